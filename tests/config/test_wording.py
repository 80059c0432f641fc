"""How numbers, dose rates and times are written for readers of both languages."""

import pytest

from config.catalogue import Catalogue

T_NS = 1_768_446_660_123_456_789  # 2026-01-15T03:11:00.123Z, 10:11 in Vietnam


@pytest.mark.parametrize(
    ("nsv_h", "vi", "en"),
    [
        (115.23, "115 nSv/h", "115 nSv/h"),
        (85.26, "85,3 nSv/h", "85.3 nSv/h"),
        (-3.456, "-3,46 nSv/h", "-3.46 nSv/h"),
        (0.0, "0 nSv/h", "0 nSv/h"),
        (1234.5, "1,23 µSv/h", "1.23 µSv/h"),
        (2_500_000.0, "2,50 mSv/h", "2.50 mSv/h"),
        (7e9, "7,00 Sv/h", "7.00 Sv/h"),
    ],
)
def test_a_dose_rate_has_the_unit_a_person_would_choose(nsv_h: float, vi: str, en: str) -> None:
    assert Catalogue.load("vi").wording.rate(nsv_h) == vi
    assert Catalogue.load("en").wording.rate(nsv_h) == en


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_what_is_missing_is_never_a_number(value: float | None) -> None:
    wording = Catalogue.load("vi").wording
    assert wording.rate(value) == wording.number(value) == "—"


def test_decimals_can_be_fixed() -> None:
    assert Catalogue.load("vi").wording.number(12.3456, decimals=1) == "12,3"


def test_tiny_numbers_have_no_exponent() -> None:
    assert Catalogue.load("en").wording.number(1.5e-7) == "0.000000150"


def test_times_are_local_to_the_station() -> None:
    assert Catalogue.load("vi").wording.time(T_NS) == "10:11:00 15/01/2026"
    assert Catalogue.load("en").wording.time(T_NS) == "2026-01-15 10:11:00"
    assert Catalogue.load("en", "UTC").wording.time(T_NS) == "2026-01-15 03:11:00"


def test_short_times_fit_an_sms() -> None:
    assert Catalogue.load("vi").wording.short_time(T_NS) == "10:11 15/01"
