"""The story: each event of the world and of the alarms in plain words, in both languages."""

from typing import get_args

import pytest

from config.catalogue import LANGUAGES, Catalogue
from config.schema import Language
from simulator.build import build_world
from simulator.library import read_scenario, shipped
from simulator.scenario_faults import FaultKind
from simulator.timeline import timeline
from station.demo.story import BEATS_KEPT, Beat, Story, beat_of_alarm, beat_of_world, names_of
from station.records import Alarm
from tests.builders import T0_NS, alarm

WORLD = {
    "quiet": "demo.quiet",
    "rain_begins": "demo.rain_begins",
    "washout_peak": "demo.washout_peak",
    "rain_stops": "demo.rain_ends",
    "source_appears": "demo.source_near",
    "source_gone": "demo.source_gone",
    "vehicle_passes": "demo.vehicle_passes",
    "scanner_begins": "demo.scanner_begins",
    "scanner_ends": "demo.scanner_ends",
    "radiography_begins": "demo.radiography_begins",
    "radiography_ends": "demo.radiography_ends",
    "plume_arrives": "demo.plume_arrives",
    "plume_full": "demo.plume_full",
    "plume_leaves": "demo.plume_leaves",
    "plume_gone": "demo.plume_gone",
    "fault_begins": "demo.fault_stuck",
    "fault_ends": "demo.fault_ends",
    "end": "demo.story_over",
}


def event(key: str) -> dict[str, object]:
    return {"event": key, "at_ns": T0_NS, "t_s": 1.0, "instrument": "det-north", "nsv_h": 45.0, "fault": "stuck"}


def told(key: str) -> Beat:
    beat = beat_of_world(event(key))
    assert beat is not None
    return beat


def of_alarm(record: Alarm, before: str = "") -> Beat:
    beat = beat_of_alarm(record, before)
    assert beat is not None
    return beat


@pytest.mark.parametrize(("key", "sentence"), WORLD.items())
def test_each_event_of_the_world_has_its_sentence(key: str, sentence: str) -> None:
    assert (told(key).line.key, told(key).at_ns) == (sentence, T0_NS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", WORLD)
def test_each_sentence_can_be_said_with_the_instruments_name(language: Language, key: str) -> None:
    words = Catalogue.load(language)
    beat = told(key)
    names = names_of(words, {"det-north": "Tower"})
    said = beat.line.said(words, names) + (beat.look.said(words, names) if beat.look else "")
    assert "det-north" not in said
    assert ("Tower" in said) == ("instrument" in beat.line.params)


@pytest.mark.parametrize("kind", get_args(FaultKind))
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_fault_of_the_simulator_is_told(language: Language, kind: str) -> None:
    beat = beat_of_world(event("fault_begins") | {"fault": kind})
    assert beat is not None
    assert beat.look is not None
    assert beat.line.said(Catalogue.load(language), {}) != beat.look.said(Catalogue.load(language), {})


def test_the_power_is_of_no_instrument() -> None:
    cut = {"event": "fault_begins", "at_ns": T0_NS, "fault": "power_cut"}
    assert [beat and beat.line.key for beat in (beat_of_world(cut), beat_of_world(cut | {"event": "fault_ends"}))] == [
        "demo.fault_power_cut",
        "demo.power_back",
    ]


@pytest.mark.parametrize("name", sorted(shipped()))
def test_nothing_that_happens_in_a_shipped_scenario_goes_untold(name: str) -> None:
    scenario = read_scenario(name)
    events = [{"event": e.key, "at_ns": T0_NS, **e.details()} for e in timeline(scenario, build_world(scenario))]
    assert [one["event"] for one in events if beat_of_world(one) is None] == []


def test_an_event_that_is_not_known_says_nothing() -> None:
    assert beat_of_world({"event": "earthquake", "at_ns": T0_NS}) is None


def test_rain_says_why_the_dose_rate_rises_while_it_rises() -> None:
    look = told("rain_begins").look
    assert look is not None
    assert look.key == "demo.look_washout"


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ("level_exceeded", "demo.alarm_raised"),
        ("above_background", "demo.rise_raised"),
        ("silent", "demo.condition_raised"),
    ],
)
def test_an_alarm_that_is_raised_is_told_by_its_condition(condition: str, sentence: str) -> None:
    beat = of_alarm(alarm(condition=condition))
    assert (beat.line.key, beat.tone) == (sentence, "alarm")


def test_an_alarm_that_becomes_worse_is_told_like_a_new_one() -> None:
    assert of_alarm(alarm(event="level_changed"), "warning").line.key == "demo.alarm_raised"


def test_an_alarm_that_becomes_milder_says_that_it_changes() -> None:
    milder = alarm(event="level_changed", level="warning", condition="above_background")
    assert of_alarm(milder, "alarm").line.key == "demo.level_changed"


@pytest.mark.parametrize(("unit", "sentence"), [("nSv/h", "demo.alarm_returned"), ("", "demo.condition_returned")])
def test_an_alarm_that_returns_is_told(unit: str, sentence: str) -> None:
    assert of_alarm(alarm(event="returned", unit=unit)).line.key == sentence


def test_an_acknowledgement_is_no_news_of_the_world() -> None:
    assert beat_of_alarm(alarm(event="acknowledged")) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_stations_own_alarm_names_the_station(language: Language) -> None:
    words = Catalogue.load(language)
    said = of_alarm(alarm(instrument="station", condition="disk_low")).line.said(words, names_of(words, {}))
    assert words.text("live.station_itself") in said


def test_a_story_remembers_the_level_before() -> None:
    story = Story()
    steps = [
        alarm(level="warning", condition="above_background"),
        alarm(event="level_changed", level="alarm"),
        alarm(event="level_changed", level="warning", condition="above_background"),
        alarm(event="returned", state="returned_unacknowledged", level="warning"),
        alarm(level="warning", condition="above_background"),
    ]
    for step in steps:
        story.alarm(step)
    assert [beat.line.key for beat in story.beats] == [
        "demo.rise_raised",
        "demo.alarm_raised",
        "demo.level_changed",
        "demo.alarm_returned",
        "demo.rise_raised",
    ]


def test_a_story_is_bounded_and_knows_its_end() -> None:
    story = Story()
    for _ in range(3 * BEATS_KEPT):
        story.world(event("quiet"))
    assert (len(story.beats), story.is_over) == (BEATS_KEPT, False)
    story.world(event("end"))
    assert story.is_over
