"""One sample worked up: what comes out of counts, of a reported dose rate, and of nonsense."""

import math
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.profile import Profile
from config.quality import Quality
from config.schema import Instrument
from station.measure.counting import u_of_counts
from station.measure.types import Calibration, Sample, Worked, calibration_of
from station.measure.working import Value, work_up
from station.records import DoseRate, Header

NS = 1_000_000_000
GM = Calibration(
    period="P-1@2026-01-01",
    primary="counts",
    factor=1.1,
    u_rel=0.06,
    sensitivity_cps_per_nsv_h=0.01,
    dead_time_s=1e-4,
    dead_time_model="non_paralysable",
    own_background_cps=0.2,
    low_nsv_h=10.0,
    high_nsv_h=1e6,
)
PROBE = Calibration(period="profile:probe", primary="dose_rate", factor=1.0, high_nsv_h=1e7, low_nsv_h=10.0)


def counted(counts: int | None, live_s: float | None = 10.0, calibration: Calibration = GM) -> Value:
    return work_up(calibration, Sample(0, 10 * NS, counts, live_s))


def reported(value: float | None, calibration: Calibration = PROBE, **more: object) -> Value:
    return work_up(calibration, Sample(0, NS, reported_nsv_h=value, **more))  # type: ignore[arg-type]  # per test


def test_worked_has_exactly_the_measured_columns_of_a_dose_rate() -> None:
    measured = {f.name for f in fields(DoseRate)} - {f.name for f in fields(Header)} | {"flags"}
    assert {f.name for f in fields(Worked)} == measured


def test_counts_become_a_dose_rate() -> None:
    value = counted(1000)
    assert value.rate_cps == pytest.approx(100 / (1 - 0.01))
    assert value.gross == pytest.approx(1.1 * (100 / 0.99 - 0.2) / 0.01)


def test_counting_and_calibration_are_told_apart_and_together() -> None:
    value = counted(1000)
    assert value.u_counting == pytest.approx(1.1 / 0.01 * u_of_counts(1000.0) / 10 / 0.99**2)
    assert value.gross is not None
    assert value.u_calibration == pytest.approx(0.06 * value.gross)
    assert value.u == pytest.approx(math.hypot(value.u_counting or 0, value.u_calibration or 0))


def test_without_a_certificate_the_calibration_part_is_missing_not_zero() -> None:
    value = counted(1000, calibration=replace(GM, u_rel=None))
    assert value.u_calibration is None
    assert value.u == value.u_counting


def test_no_count_is_a_value_with_an_uncertainty_and_a_sign() -> None:
    value = counted(0)
    assert value.gross == pytest.approx(-1.1 * 0.2 / 0.01)
    assert value.u_counting is not None
    assert value.u_counting > 0
    assert value.counts == 0


def test_no_live_time_stated_is_the_whole_interval() -> None:
    assert counted(1000, None).live_s == 10.0


def test_less_live_time_is_less_complete() -> None:
    assert counted(100, 4.0).completeness == pytest.approx(0.4)


def test_missing_counts_are_missing_and_said_so() -> None:
    value = counted(None)
    assert (value.gross, value.u, value.counts, value.completeness) == (None, None, None, 0.0)
    assert value.flags & Quality.SENSOR_INVALID


def test_saturation_is_a_flagged_lower_bound() -> None:
    value = counted(35_000)
    assert value.flags & Quality.SATURATED
    assert value.flags & Quality.OVER_RANGE
    assert value.gross == pytest.approx(1.1 * (3500 / 0.7 - 0.2) / 0.01)


def test_above_range_is_flagged() -> None:
    assert reported(2e7).flags & Quality.OVER_RANGE


def test_under_range_only_when_chance_is_excluded() -> None:
    assert not counted(1).flags & Quality.UNDER_RANGE  # 1 count: its upper limit is inside the range
    assert counted(2, 10.0, replace(GM, low_nsv_h=100.0)).flags & Quality.UNDER_RANGE


def test_reported_dose_rate_takes_the_calibration_factor() -> None:
    value = reported(100.0, replace(PROBE, factor=0.9, u_rel=0.05))
    assert value.gross == pytest.approx(90.0)
    assert value.reported == 100.0
    assert value.u_calibration == pytest.approx(4.5)


def test_reported_error_is_the_counting_part() -> None:
    assert reported(100.0, reported_rel_u=0.1).u_counting == pytest.approx(10.0)


def test_pulses_behind_a_reported_value_give_its_uncertainty() -> None:
    value = reported(120.0, counts=600, live_s=1000.0)
    assert value.u_counting == pytest.approx(120 * u_of_counts(600.0) / 600)


def test_smoothing_adds_the_counts_of_two_time_constants() -> None:
    value = reported(100.0, replace(PROBE, smoothing_s=30.0), counts=5, live_s=1.0)
    assert value.u_counting == pytest.approx(100 * u_of_counts(300.0) / 300)


def test_smoothing_and_sensitivity_give_the_expected_counts() -> None:
    value = reported(100.0, replace(PROBE, smoothing_s=50.0, sensitivity_cps_per_nsv_h=0.01))
    assert value.u_counting == pytest.approx(100 * u_of_counts(100.0) / 100)


def test_unknown_statistics_are_missing_not_zero() -> None:
    value = reported(100.0)
    assert (value.u_counting, value.u, value.low, value.high) == (None, None, None, None)


def test_an_instrument_that_says_over_range_reads_at_least_its_range() -> None:
    for value in (None, 0.0, 3.0):
        got = reported(value, flags=Quality.OVER_RANGE)
        assert (got.gross, got.u) == (1e7, None)
        assert got.reported == value


ANY = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True))


@given(
    st.sampled_from([GM, PROBE, replace(PROBE, smoothing_s=10.0), replace(GM, dead_time_model="paralysable")]),
    st.one_of(st.none(), st.integers(-5, 10**18)),
    ANY, ANY, ANY, st.integers(0, 10 * NS),
)  # fmt: skip
def test_nothing_that_is_not_a_finite_number_ever_leaves(
    calibration: Calibration,
    counts: int | None,
    live_s: float | None,
    value: float | None,
    rel_u: float | None,
    length_ns: int,
) -> None:
    got = work_up(calibration, Sample(0, length_ns, counts, live_s, value, rel_u))
    assert all(number is None or math.isfinite(number) for number in got)
    assert got.u is None or math.isfinite(got.u)


PROFILE = Profile.model_validate(
    {
        "id": "gm-test",
        "maker": "test",
        "model": "test",
        "kind": "detector",
        "protocol": "line",
        "source": "made for this test",
        "proven": "user",
        "line": {"pattern": r"(?P<counts>\d+)", "period_s": 1.0},
        "line_values": [{"name": "counts", "quantity": "counts", "unit": "1"}],
        "detector": {
            "primary": "counts",
            "sensitivity_cps_per_usv_h": 10.0,
            "dead_time_us": 150.0,
            "dead_time_model": "non_paralysable",
            "own_background_cps": 0.1,
            "high_nsv_h": 1e6,
        },
    }
)
INSTRUMENT = Instrument.model_validate(
    {
        "id": "gm-1",
        "bus": "b",
        "profile": "gm-test",
        "name": {"vi": "x", "en": "x"},
        "calibration": {
            "certificate": "VN-17",
            "valid_from": "2026-03-01",
            "factor": 1.05,
            "u_rel": 0.07,
            "sensitivity_cps_per_usv_h": 12.0,
            "own_background_cps": 0.0,
        },
    }
)


def test_certificate_goes_before_profile() -> None:
    calibration = calibration_of(INSTRUMENT, PROFILE)
    assert calibration.period == "VN-17@2026-03-01"
    assert calibration.sensitivity_cps_per_nsv_h == pytest.approx(0.012)
    assert calibration.dead_time_s == pytest.approx(150e-6)  # the profile's: the certificate does not say
    assert calibration.own_background_cps == 0.0  # the certificate says 0, and that is not "nothing said"
    assert (calibration.factor, calibration.u_rel) == (1.05, 0.07)


def test_without_a_certificate_the_profile_speaks() -> None:
    calibration = calibration_of(INSTRUMENT.model_copy(update={"calibration": None}), PROFILE)
    assert (calibration.period, calibration.u_rel, calibration.factor) == ("profile:gm-test", None, 1.0)
    assert calibration.sensitivity_cps_per_nsv_h == pytest.approx(0.01)


def test_counts_without_a_sensitivity_are_refused() -> None:
    with pytest.raises(ValueError, match="sensitivity"):
        Calibration(period="p", primary="counts", high_nsv_h=1.0)
