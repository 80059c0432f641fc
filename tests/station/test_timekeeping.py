"""Stamps: whatever the wall clock does, no key comes twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.clock import NS
from station.timekeeping import SANE_AFTER_NS, STEP_NS, Stamp, Stamper
from tests.builders import T0_NS
from tests.clocks import ManualClock

HOUR_S = 3600.0
YEAR_S = 365 * 24 * HOUR_S


def test_a_stamp_is_one_moment_by_every_clock() -> None:
    stamper = Stamper(ManualClock(wall_ns=T0_NS, monotonic_ns=5), epoch=3)
    assert stamper.now() == Stamp(T0_NS, 5, 3)


@pytest.mark.parametrize("step_s", [HOUR_S, -HOUR_S, YEAR_S, -YEAR_S, 0.6, -0.6])
def test_a_step_begins_a_new_epoch(step_s: float) -> None:
    clock = ManualClock()
    stamper = Stamper(clock)
    before = stamper.now()
    clock.tick(1.0)
    clock.step_wall(step_s)
    after = stamper.now()
    assert (before.epoch, after.epoch, stamper.steps) == (0, 1, 1)
    assert after.wall_ns == clock.wall_ns()


def test_a_step_is_counted_once() -> None:
    clock = ManualClock()
    stamper = Stamper(clock)
    clock.step_wall(-HOUR_S)
    assert [stamper.now().epoch for _ in range(3)] == [1, 1, 1]


def test_a_step_there_and_back_is_two_epochs() -> None:
    clock = ManualClock()
    stamper = Stamper(clock)
    for step_s in (YEAR_S, -YEAR_S):
        clock.tick(1.0)
        clock.step_wall(step_s)
        stamper.now()
    assert (stamper.epoch, stamper.steps) == (2, 2)


def test_a_step_before_the_first_stamp_is_a_step() -> None:
    clock = ManualClock()
    stamper = Stamper(clock)
    clock.step_wall(HOUR_S)
    assert stamper.now().epoch == 1


@pytest.mark.parametrize("slew", [500e-6, -500e-6, 0.01, -0.01])
def test_a_slewed_clock_does_not_step_however_long_it_is_slewed(slew: float) -> None:
    clock = ManualClock()
    stamper = Stamper(clock)
    for _ in range(10_000):
        clock.tick(1.0)
        clock.step_wall(slew)
        stamper.now()
    assert (stamper.epoch, stamper.steps) == (0, 0)


def test_time_that_stands_still_is_no_step() -> None:
    stamper = Stamper(ManualClock())
    assert [stamper.now() for _ in range(2)][1].epoch == 0


def test_the_smallest_step_backwards_that_would_repeat_a_time_is_a_step() -> None:
    clock = ManualClock()
    stamper = Stamper(clock)
    first = stamper.now()
    clock.step_wall(-1e-9)
    second = stamper.now()
    assert second.wall_ns < first.wall_ns
    assert second.epoch == first.epoch + 1


def test_a_restart_later_is_no_step() -> None:
    stamper = Stamper(ManualClock(), epoch=4, last_wall_ns=T0_NS - 1)
    assert (stamper.now().epoch, stamper.steps) == (4, 0)


@pytest.mark.parametrize("last_wall_ns", [T0_NS, T0_NS + 1, T0_NS + int(YEAR_S) * NS])
def test_a_restart_at_or_before_the_last_wall_time_is_a_step(last_wall_ns: int) -> None:
    stamper = Stamper(ManualClock(wall_ns=T0_NS), epoch=4, last_wall_ns=last_wall_ns)
    assert (stamper.now().epoch, stamper.steps) == (5, 1)


def test_a_scaled_clock_is_not_taken_for_a_stepping_one() -> None:
    """At 600 times the speed, a millisecond between two reads is 0.6 s of the world's time."""
    clock = ManualClock(rate=600.0)
    stamper = Stamper(clock)
    clock.step_wall(0.6)
    assert stamper.now().epoch == 0


def test_a_machine_without_a_battery_clock_is_not_trusted() -> None:
    assert not Stamp(SANE_AFTER_NS - 1, 0, 0).trusted
    assert Stamp(SANE_AFTER_NS, 0, 0).trusted


PASSING = st.tuples(
    st.sampled_from([0.0, 0.001, 1.0, 3600.0]),
    st.one_of(
        st.just(0.0),
        st.floats(-STEP_NS / NS, STEP_NS / NS),
        st.sampled_from([HOUR_S, -HOUR_S, YEAR_S, -YEAR_S, -1e-9]),
        st.floats(-2 * YEAR_S, 2 * YEAR_S),
    ),
    st.booleans(),
)


@given(passing=st.lists(PASSING, max_size=30))
def test_whatever_the_wall_clock_does_keys_only_rise(passing: list[tuple[float, float, bool]]) -> None:
    """(epoch, wall) never goes down, also over restarts that remember the last stamp. Ties: see the key guard."""
    clock = ManualClock(wall_ns=T0_NS)
    stamper = Stamper(clock)
    keys = [stamper.now()]
    for passed_s, step_s, restarts in passing:
        clock.tick(passed_s)
        clock.step_wall(step_s)
        if restarts:
            stamper = Stamper(clock, keys[-1].epoch, keys[-1].wall_ns)
        keys.append(stamper.now())
    pairs = [(stamp.epoch, stamp.wall_ns) for stamp in keys]
    assert pairs == sorted(pairs)
    assert [stamp.mono_ns for stamp in keys] == sorted(stamp.mono_ns for stamp in keys)


@given(passing=st.lists(PASSING, max_size=30))
def test_wall_time_and_monotonic_time_agree_within_an_epoch(passing: list[tuple[float, float, bool]]) -> None:
    """Two stamps in a row of one epoch differ by the same on both clocks, but for what a slew may do."""
    clock = ManualClock(wall_ns=T0_NS)
    stamper = Stamper(clock)
    before = stamper.now()
    for passed_s, step_s, _ in passing:
        clock.tick(passed_s)
        clock.step_wall(step_s)
        after = stamper.now()
        if after.epoch == before.epoch:
            assert abs((after.wall_ns - before.wall_ns) - (after.mono_ns - before.mono_ns)) <= STEP_NS
        before = after
