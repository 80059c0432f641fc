"""The state machine of one alarm, by ISA-18.2: raise, rise, acknowledge, return, doubt, restart."""

import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from alerting.events import CONDITIONS, LEVELS, Event
from alerting.state import Machine, Observed, Rule
from station.records import Alarm, Header

NS = 1_000_000_000
RULES = (
    Rule("warning", "above_background", 2, 3),
    Rule("alarm", "level_exceeded", 0, 2),
    Rule("emergency", "level_exceeded", 0, 2),
)
LIMITS = (200.0, 1000.0, 100_000.0)


class Bench:
    """A machine with plain limits, stepped in seconds. Wall time is monotonic time + 1000 s."""

    def __init__(self, rules: tuple[Rule, ...] = RULES, doubt_after_s: float = 0.0) -> None:
        self.machine = Machine("gm-1-dose", "gm-1", "nSv/h", rules, doubt_after_s)
        self.now_s = 0

    def see(self, value: float | None, seconds: int = 1) -> list[Event]:
        self.now_s += seconds
        seen = [Observed(None if value is None else value > limit, value, limit) for limit in LIMITS]
        return self.machine.step(self.now_s * NS, (1000 + self.now_s) * NS, seen)

    def told(self, value: float | None, seconds: int = 1) -> list[tuple[str, str, str, bool]]:
        return [(e.event, e.state, e.level, e.announce) for e in self.see(value, seconds)]

    def ack(self) -> list[tuple[str, str, str, bool]]:
        events = self.machine.acknowledge((1000 + self.now_s) * NS)
        return [(e.event, e.state, e.level, e.announce) for e in events]


def test_event_has_the_columns_of_the_alarm_record() -> None:
    (event,) = Bench().see(2000.0)
    own = {f.name for f in fields(Alarm)} - {f.name for f in fields(Header)}
    assert set(event.columns()) == own
    assert {f.name for f in fields(Event)} == own | {"at_ns", "instrument", "announce"}


def test_conditions_are_named_once() -> None:
    assert len(set(CONDITIONS)) == len(CONDITIONS) == 15


def test_a_value_above_the_limit_raises_and_says_what_decided() -> None:
    (event,) = Bench().see(2000.0)
    assert (event.event, event.state, event.level) == ("raised", "unacknowledged", "alarm")
    assert (event.condition, event.value, event.limit, event.unit) == ("level_exceeded", 2000.0, 1000.0, "nSv/h")
    assert event.since_ns == event.at_ns == 1001 * NS


def test_since_is_the_beginning_not_the_end_of_the_delay() -> None:
    bench = Bench()
    assert bench.see(300.0) == bench.see(300.0) == []
    (event,) = bench.see(300.0)
    assert (event.since_ns, event.at_ns) == (1001 * NS, 1003 * NS)


def test_highest_level_wins() -> None:
    assert Bench().told(2e5) == [("raised", "unacknowledged", "emergency", True)]


def test_what_stands_says_nothing_again() -> None:
    bench = Bench()
    bench.see(2000.0)
    assert [bench.told(2000.0 + n) for n in range(5)] == [[]] * 5


def test_a_rise_is_announced_again_even_when_acknowledged() -> None:
    bench = Bench()
    bench.see(2000.0)
    assert bench.ack() == [("acknowledged", "acknowledged", "alarm", False)]
    assert bench.told(2e5) == [("level_changed", "unacknowledged", "emergency", True)]


def test_a_fall_is_told_but_not_announced_and_stays_acknowledged() -> None:
    bench = Bench()
    bench.see(2e5)
    bench.ack()
    assert bench.told(2000.0) == []  # off-delay
    bench.see(2000.0)
    assert bench.told(2000.0) == [("level_changed", "acknowledged", "alarm", False)]


def test_acknowledged_alarm_returns_to_normal() -> None:
    bench = Bench()
    bench.see(2000.0)
    bench.ack()
    bench.see(100.0)
    bench.see(100.0)
    assert bench.told(100.0) == [("returned", "normal", "", False)]
    assert bench.machine.standing() is None


def test_unseen_alarm_that_returned_waits_for_a_person() -> None:
    bench = Bench()
    bench.see(2000.0)
    bench.see(100.0)
    bench.see(100.0)
    assert bench.told(100.0) == [("returned", "returned_unacknowledged", "alarm", False)]
    assert not bench.machine.active
    assert bench.ack() == [("acknowledged", "normal", "", False)]


def test_it_comes_again_before_anybody_saw_it() -> None:
    bench = Bench()
    for value in (2000.0, 100.0, 100.0, 100.0):
        bench.see(value)
    assert bench.told(2000.0) == [("raised", "unacknowledged", "alarm", True)]


def test_nothing_to_acknowledge() -> None:
    bench = Bench()
    assert bench.ack() == []
    bench.see(2000.0)
    bench.ack()
    assert bench.ack() == []


def test_no_data_holds_the_alarm_and_says_once_that_it_is_unknown() -> None:
    bench = Bench()
    bench.see(2000.0)
    assert bench.told(None) == [("unknown", "unacknowledged", "alarm", False)]
    assert [bench.told(None, 3600) for _ in range(5)] == [[]] * 5
    standing = bench.machine.standing()
    assert standing is not None
    assert standing.unknown
    assert bench.told(2000.0) == []


def test_lost_polls_are_not_told_of_each() -> None:
    bench = Bench(doubt_after_s=10)
    bench.see(2000.0)
    assert [bench.told(None if n % 3 else 2000.0) for n in range(60)] == [[]] * 60
    told = [bench.told(None) for _ in range(20)]
    assert [len(events) for events in told].count(1) == 1


def test_no_data_is_nothing_where_nothing_stands() -> None:
    assert Bench().told(None) == []


def test_a_rule_whose_limit_is_unknown_does_not_stop_the_others() -> None:
    machine = Machine("a", "i", "", RULES)
    seen = [Observed(None), Observed(True, 2000.0, 1000.0), Observed(False, 2000.0, 1e5)]
    assert [e.level for e in machine.step(0, 0, seen)] == ["alarm"]


def restarted(bench: Bench, down_s: int) -> Bench:
    data = json.loads(json.dumps(bench.machine.snapshot(bench.now_s * NS)))
    again = Bench()
    again.now_s = bench.now_s + down_s
    again.machine.restore(data, again.now_s * NS)
    return again


def test_restart_unchanged_says_nothing() -> None:
    bench = Bench()
    bench.see(2000.0)
    assert restarted(bench, 600).told(2000.0) == []


def test_restart_keeps_the_acknowledgement() -> None:
    bench = Bench()
    bench.see(2000.0)
    bench.ack()
    assert restarted(bench, 600).machine.state == "acknowledged"


def test_cleared_while_down_returns_after_its_delay() -> None:
    bench = Bench()
    bench.see(2000.0)
    again = restarted(bench, 600)
    assert [bool(again.told(100.0)) for _ in range(3)] == [False, False, True]


def test_raised_while_down_is_raised() -> None:
    bench = Bench()
    bench.see(100.0)
    assert restarted(bench, 600).told(2000.0) == [("raised", "unacknowledged", "alarm", True)]


def test_a_delay_goes_on_after_a_restart_and_the_time_away_does_not_count() -> None:
    bench = Bench()
    bench.see(300.0)
    bench.see(300.0)  # 1 s of 2
    again = restarted(bench, 600)
    assert again.told(300.0, 0) == []
    assert again.told(300.0) == [("raised", "unacknowledged", "warning", True)]


def test_a_rule_that_the_configuration_lost_does_not_leave_its_alarm_standing() -> None:
    bench = Bench()
    bench.see(2000.0)
    data = bench.machine.snapshot(bench.now_s * NS)
    left = Machine("gm-1-dose", "gm-1", "nSv/h", RULES[2:])
    left.restore(data, 0)
    assert [e.event for e in left.step(0, 0, [Observed(False, 2000.0, 1e5)])] == ["returned"]


def test_an_unknown_state_is_refused() -> None:
    data = Bench().machine.snapshot(0) | {"state": "asleep"}
    with pytest.raises(ValueError, match="asleep"):
        Bench().machine.restore(data, 0)


VALUES = st.sampled_from([None, 100.0, 300.0, 2000.0, 2e5])


class Life(RuleBasedStateMachine):
    """Random lives; a twin that is restarted now and then tells the same."""

    @initialize()
    def begin(self) -> None:
        self.bench, self.twin = Bench(), Bench()
        self.told: list[Event] = []
        self.above_since: dict[int, int] = {}

    @rule(value=VALUES, seconds=st.integers(0, 4))
    def see(self, value: float | None, seconds: int) -> None:
        events = self.bench.see(value, seconds)
        assert self.twin.see(value, seconds) == events
        self.told += events
        for at, limit in enumerate(LIMITS):
            if value is not None and value > limit:
                self.above_since.setdefault(at, self.bench.now_s)
            else:
                self.above_since.pop(at, None)

    @rule()
    def acknowledge(self) -> None:
        events = self.bench.machine.acknowledge(1)
        assert self.twin.machine.acknowledge(1) == events
        self.told += events

    @rule()
    def restart_the_twin(self) -> None:
        self.twin = restarted(self.twin, 0)

    @precondition(lambda self: self.told)
    @rule()
    def standing_agrees(self) -> None:
        assert self.twin.machine.standing() == self.bench.machine.standing()

    @invariant()
    def never_quiet_while_it_holds_beyond_its_delay(self) -> None:
        for at, since in getattr(self, "above_since", {}).items():
            if self.bench.now_s - since >= RULES[at].on_delay_s:
                assert self.bench.machine.active
                standing = self.bench.machine.standing()
                assert standing is not None
                assert LEVELS.index(standing.level) >= LEVELS.index(RULES[at].level)

    @invariant()
    def no_two_raises_without_a_return_and_no_announcement_without_a_rise(self) -> None:
        standing, level = False, -1
        for event in getattr(self, "told", []):
            if event.event == "raised":
                assert not standing
                standing, level = True, -1
            if event.event == "returned":
                assert standing
                standing = False
            if event.event in ("raised", "level_changed"):
                assert event.announce == (LEVELS.index(event.level) > level)
                assert LEVELS.index(event.level) != level
                level = LEVELS.index(event.level)
            else:
                assert not event.announce


TestLife = Life.TestCase


@given(st.lists(VALUES, max_size=30))
def test_no_data_never_returns_an_alarm(values: list[float | None]) -> None:
    bench = Bench()
    for value in values:
        before = bench.machine.active
        events = bench.told(value)
        if value is None:
            assert {e[0] for e in events} <= {"unknown"}
            assert bench.machine.active == before
