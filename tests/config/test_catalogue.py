"""The catalogue: both languages say the same things, and what is declared is what may be asked."""

import pytest

from config.catalogue import LANGUAGES, Catalogue, Kind, MessageError, declared_keys, fields_of, sentences_of
from config.gsm7 import ONE_PART, is_gsm7, septets
from config.quality import Quality
from config.schema import Language, Text

T_NS = 1_768_446_660_000_000_000
# The longest that a province's station is likely to put into an SMS.
LONG: dict[Kind, object] = {
    "text": "Trạm Lạng Sơn 12345",
    "count": 123456,
    "number": 12345.0,
    "rate": 123_456.0,
    "duration": 31_536_000.0,
    "time": T_NS,
    "level": "emergency",
    "state": "returned_unacknowledged",
    "link": "degraded",
    "condition": "task_dying",
}
KEYS = sorted(declared_keys())


def said_with(catalogue: Catalogue, key: str) -> tuple[str, str]:
    params = {name: LONG[kind] for name, kind in catalogue.declared[key].items()}
    return catalogue.text(key, **params), catalogue.sms(key, **params)


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_languages_have_exactly_the_declared_keys(language: Language) -> None:
    assert sorted(Catalogue.load(language).sentences) == KEYS


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_sentence_has_exactly_the_declared_parameters(language: Language) -> None:
    catalogue = Catalogue.load(language)
    for key in KEYS:
        assert fields_of(catalogue.sentences[key].text) == set(catalogue.declared[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_can_be_said_and_sent(language: Language) -> None:
    catalogue = Catalogue.load(language)
    for key in KEYS:
        text, sms = said_with(catalogue, key)
        assert text.strip(), key
        assert is_gsm7(sms), key


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", [key for key in KEYS if key.startswith("alarm.")])
def test_an_alarm_fits_one_sms(language: Language, key: str) -> None:
    assert septets(said_with(Catalogue.load(language), key)[1]) <= ONE_PART


def test_the_languages_differ() -> None:
    vi, en = Catalogue.load("vi"), Catalogue.load("en")
    same = [key for key in KEYS if vi.sentences[key] == en.sentences[key]]
    assert sorted(same) == ["format.missing", "format.short_time", "found.value", "live.title"]


def test_every_quality_flag_has_a_name() -> None:
    assert {f"quality.{flag.name.lower()}" for flag in Quality if flag.name} <= set(KEYS)


def test_every_condition_has_a_sentence_and_a_short_name() -> None:
    conditions = {key.partition(".")[2] for key in KEYS if key.startswith("condition.")}
    sentences = {key.partition(".")[2] for key in KEYS if key.startswith("alarm.")}
    assert conditions == sentences - {"returned", "station_returned"}


def test_an_alarm_reads_in_both_languages() -> None:
    what: dict[str, object] = {
        "station": "Lạng Sơn",
        "instrument": "Liều kế 1",
        "level": "alarm",
        "value": 1250.0,
        "limit": 1000.0,
        "time": T_NS,
    }
    vi, en = Catalogue.load("vi"), Catalogue.load("en")
    assert vi.text("alarm.level_exceeded", **what) == (
        "Báo động. Lạng Sơn, Liều kế 1: suất liều 1,25 µSv/h vượt ngưỡng 1,00 µSv/h (10:11:00 15/01/2026)."
    )
    assert vi.sms("alarm.level_exceeded", **what) == (
        "Bao dong: Lang Son, Lieu ke 1: suat lieu 1,25 uSv/h, nguong 1,00 uSv/h, 10:11 15/01"
    )
    assert en.text("alarm.level_exceeded", **what) == (
        "Alarm. Lạng Sơn, Liều kế 1: dose rate 1.25 µSv/h is above the level of 1.00 µSv/h (2026-01-15 10:11:00)."
    )


def test_a_sentence_without_an_sms_form_is_folded() -> None:
    assert Catalogue.load("vi").sms("demo.rain_begins") == "Troi bat dau mua."


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(MessageError, match=r"no\.such"):
        Catalogue.load("vi").text("no.such")


@pytest.mark.parametrize(
    "params", [{}, {"count": 1, "factor": 2.0}, {"factor": "10"}, {"factor": True}], ids=["few", "many", "text", "bool"]
)
def test_wrong_parameters_are_refused(params: dict[str, object]) -> None:
    with pytest.raises(MessageError, match=r"demo\.fast"):
        Catalogue.load("vi").text("demo.fast", **params)


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(MessageError, match=r"level\.panic"):
        Catalogue.load("en").text("demo.alarm_raised", instrument="x", level="panic", value=1.0)


def test_a_name_is_picked_in_the_language() -> None:
    name = Text(vi="Bắc", en="North")
    assert (Catalogue.load("vi").pick(name), Catalogue.load("en").pick(name)) == ("Bắc", "North")


@pytest.mark.parametrize(
    ("entries", "complaint"),
    [
        ({}, "lacks"),
        ({"a.b": "x {n}", "a.c": "y"}, "does not declare"),
        ({"a.b": "x"}, "its parameters are"),
        ({"a.b": "x {n} {m}"}, "its parameters are"),
        ({"a.b": {"text": "x {n}", "sms": "ạ {n}"}}, "not GSM-7"),
        ({"a.b": {"text": "x {n}", "sms": "{m}"}}, "its parameters are"),
        ({"a.b": {"text": "x {n}"}}, "text and sms"),
        ({"a.b": 3}, "text and sms"),
        ({"a.b": "x {n.real}"}, "plain name"),
        ({"a.b": "x {n:>3}"}, "plain name"),
    ],
)
def test_a_language_that_does_not_match_the_declarations_does_not_load(
    entries: dict[str, object], complaint: str
) -> None:
    with pytest.raises(MessageError, match=complaint):
        sentences_of("xx.toml", entries, {"a.b": {"n": "count"}})
