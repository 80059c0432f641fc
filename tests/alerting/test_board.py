"""The board: all alarms of a station, over restarts and configuration changes."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.board import AlarmBoard, SnapshotError, UnknownAlarmError
from alerting.events import STATION_CONDITIONS, Event
from config.quality import Quality
from config.schema import Alarms, Instrument, InstrumentRule, LevelRule

NS = 1_000_000_000
ALARMS = Alarms(
    levels=(
        LevelRule(level="warning", above_background_nsv_h=100, on_delay_s=2, off_delay_s=3, source="test"),
        LevelRule(level="alarm", above_nsv_h=1000, hysteresis_nsv_h=50, off_delay_s=2, source="test"),
    ),
    silent=InstrumentRule(on_delay_s=1, off_delay_s=2),
    stuck=InstrumentRule(off_delay_s=0),
    station=InstrumentRule(on_delay_s=5, off_delay_s=5),
)


def instrument(name: str) -> Instrument:
    return Instrument.model_validate(
        {"id": name, "bus": "b", "profile": "p", "name": {"vi": name, "en": name}, "silent_after_s": 10}
    )


def board(*names: str) -> AlarmBoard:
    return AlarmBoard(ALARMS, [instrument(name) for name in names or ("gm-1", "gm-2")])


def names(events: list[Event]) -> list[str]:
    return [f"{e.alarm} {e.event}" for e in events]


def test_every_alarm_has_its_name() -> None:
    assert board("gm-1").alarms() == sorted(
        ["gm-1-dose", "gm-1-silent", "gm-1-stuck", *(f"station-{c}" for c in STATION_CONDITIONS)]
    )


def test_one_detector_does_not_move_its_neighbour() -> None:
    b = board()
    assert names(b.dose("gm-1", 0, 0, 5000.0, 90.0, 0)) == ["gm-1-dose raised"]
    assert (b.held("gm-1"), b.held("gm-2")) == (True, False)
    assert [s.alarm for s in b.active()] == ["gm-1-dose"]


def test_held_ends_when_the_dose_rate_returns_not_when_somebody_acknowledges() -> None:
    b = board()
    b.dose("gm-1", 0, 0, 5000.0, 90.0, 0)
    b.acknowledge("gm-1-dose", 1)
    assert b.held("gm-1")
    for second in range(1, 4):
        b.dose("gm-1", second * NS, 0, 90.0, 90.0, 0)
    assert not b.held("gm-1")


def test_a_silent_or_stuck_alarm_does_not_hold_the_background() -> None:
    b = board()
    b.link("gm-1", 0, 0, 0, int(Quality.STUCK))
    assert not b.held("gm-1")


def test_events_name_their_instrument_or_the_station() -> None:
    b = board()
    (event,) = b.link("gm-2", 0, 5, 0, int(Quality.STUCK))
    assert (event.instrument, event.at_ns) == ("gm-2", 5)
    b.station("disk_low", 0, 0, True)
    (event,) = b.tick(5 * NS, 9)
    assert (event.instrument, event.alarm, event.condition) == ("station", "station-disk_low", "disk_low")


def test_a_station_condition_says_its_value_limit_unit_and_note() -> None:
    b = AlarmBoard(ALARMS.model_copy(update={"station": InstrumentRule()}), [])
    (event,) = b.station("disk_low", 0, 0, True, 12.0, 100.0, "MB", "data")
    assert (event.value, event.limit, event.unit, event.note) == (12.0, 100.0, "MB", "data")


def test_delays_of_station_conditions_run_out_with_the_tick() -> None:
    b = board()
    assert b.station("wal_large", 0, 0, True) == []
    assert b.tick(4 * NS, 0) == []
    assert names(b.tick(5 * NS, 0)) == ["station-wal_large raised"]
    b.station("wal_large", 6 * NS, 0, False)
    assert names(b.tick(11 * NS, 0)) == ["station-wal_large returned"]


def test_silence_is_found_by_the_tick() -> None:
    b = board()
    b.link("gm-1", 0, 0, 0, 0)
    b.tick(11 * NS, 0)
    assert names(b.tick(12 * NS, 0)) == ["gm-1-silent raised"]


def test_dose_rates_do_not_move_with_the_tick() -> None:
    b = board()
    b.dose("gm-1", 0, 0, 300.0, 90.0, 0)
    assert b.tick(3600 * NS, 0) == []


def test_acknowledging_what_is_not_there_is_an_error_and_what_is_normal_is_nothing() -> None:
    b = board()
    with pytest.raises(UnknownAlarmError, match="gm-9-dose"):
        b.acknowledge("gm-9-dose", 0)
    assert b.acknowledge("gm-1-dose", 0) == []


def test_an_instrument_that_left_the_configuration_takes_its_alarm_with_it() -> None:
    old = board("gm-1", "gm-2")
    old.dose("gm-2", 0, 0, 5000.0, 90.0, 0)
    old.dose("gm-1", 0, 0, 5000.0, 90.0, 0)
    new = board("gm-1", "gm-3")
    (event,) = new.restore(saved(old, 0), 0, 77)
    assert (event.alarm, event.event, event.state, event.at_ns) == ("gm-2-dose", "returned", "normal", 77)
    assert [s.alarm for s in new.active()] == ["gm-1-dose"]


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"schema": 2, "alarms": {}},
        {"schema": 1, "alarms": {"gm-1-dose": {}}},
        {"schema": 1, "alarms": {"gm-1-dose": 3}},
        {"schema": 1, "alarms": []},
    ],
    ids=["empty", "another schema", "nothing in it", "a number", "a list"],
)
def test_a_damaged_snapshot_is_refused_and_changes_nothing(broken: dict[str, Any]) -> None:
    b = board()
    b.dose("gm-1", 0, 0, 5000.0, 90.0, 0)
    before = b.snapshot(0)
    with pytest.raises(SnapshotError):
        b.restore(broken, 0, 0)
    assert b.snapshot(0) == before


def saved(b: AlarmBoard, now_ns: int) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(json.dumps(b.snapshot(now_ns), allow_nan=False))
    return data


FLAGS = st.sampled_from([0, int(Quality.SILENT), int(Quality.STUCK), int(Quality.OVER_RANGE), int(Quality.TEST_MODE)])
ACTS = st.one_of(
    st.tuples(st.just("dose"), st.sampled_from([None, 80.0, 250.0, 960.0, 5000.0]), FLAGS),
    st.tuples(st.just("link"), st.booleans(), FLAGS),
    st.tuples(st.just("station"), st.booleans(), st.just(0)),
    st.tuples(st.just("tick"), st.just(None), st.just(0)),
    st.tuples(st.just("ack"), st.sampled_from(["gm-1-dose", "gm-1-silent", "station-disk_low"]), st.just(0)),
)
LIVES = st.lists(st.tuples(st.integers(0, 6), ACTS), max_size=30)


class Life:
    """Acts on a board at times; ``good_ns`` is what the engine would know."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.good_ns: int | None = None

    def act(self, b: AlarmBoard, wait_s: int, what: tuple[str, Any, int]) -> list[Event]:
        self.now_ns += wait_s * NS
        now, (kind, value, flags) = self.now_ns, what
        if kind == "dose":
            return b.dose("gm-1", now, now, value, 90.0, flags)
        if kind == "link":
            self.good_ns = now if value else self.good_ns
            return b.link("gm-1", now, now, self.good_ns, flags)
        if kind == "station":
            return b.station("disk_low", now, now, value, 1.0, 2.0, "MB")
        return b.tick(now, now) if kind == "tick" else b.acknowledge(value, now)


@settings(max_examples=150)
@given(LIVES, LIVES)
def test_a_board_restored_at_any_point_goes_on_as_if_nothing_had_been(
    before: list[tuple[int, Any]], after: list[tuple[int, Any]]
) -> None:
    life, whole, again = Life(), board(), board()
    for wait_s, what in before:
        life.act(whole, wait_s, what)
    assert again.restore(saved(whole, life.now_ns), life.now_ns, life.now_ns) == []
    assert again.active() == whole.active()
    for wait_s, what in after:
        events = life.act(whole, wait_s, what)
        life.now_ns -= wait_s * NS
        assert life.act(again, wait_s, what) == events
        assert again.active() == whole.active()


@settings(max_examples=100)
@given(LIVES)
def test_what_the_events_say_is_what_stands(acts: list[tuple[int, Any]]) -> None:
    life, b = Life(), board()
    last: dict[str, Event] = {}
    for wait_s, what in acts:
        last |= {event.alarm: event for event in life.act(b, wait_s, what)}
    said = {name: (e.state, e.level, e.condition, e.since_ns) for name, e in last.items() if e.state != "normal"}
    assert {s.alarm: (s.state, s.level, s.condition, s.since_ns) for s in b.active()} == said
