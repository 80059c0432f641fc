"""Another poll rate on the same wire: taken soon, without a question too many."""

import asyncio

from config.clock import NS
from station.poll.bus import LONGEST_NAP_S, BusTask, Polled
from station.poll.schedule import Breaker, Schedule
from tests.clocks import ManualClock


def test_a_shorter_period_counts_from_now() -> None:
    schedule = Schedule(3600.0, 100 * NS)
    schedule.retune(1.0, 40 * NS)
    assert schedule.due_ns == 41 * NS


def test_a_longer_period_counts_from_the_next_slot() -> None:
    schedule = Schedule(1.0, 41 * NS)
    schedule.retune(10.0, 40 * NS)
    assert (schedule.due_ns, schedule.take(41 * NS), schedule.due_ns) == (41 * NS, 0, 51 * NS)


def test_the_same_period_keeps_the_grid() -> None:
    schedule = Schedule(1.0, 41 * NS)
    schedule.retune(1.0, 40 * NS + 1)
    assert schedule.due_ns == 41 * NS


def test_a_dead_instrument_is_probed_by_the_new_period() -> None:
    breaker = Breaker(1.0)
    breaker.retune(20.0)
    for _ in range(3):
        breaker.failed(0, permanent=False)
    assert breaker.resting_until_ns == 20 * NS


async def test_a_bus_that_sleeps_long_takes_the_new_rate_after_a_nap() -> None:
    clock = ManualClock()
    now_ns = clock.monotonic_ns()
    polled = Polled("det", None, 3600.0, now_ns + 3600 * NS)  # type: ignore[arg-type] # never asked here
    bus = BusTask("lan", None, [polled], clock, None, None)  # type: ignore[arg-type] # never used here
    bus.retune({"det": 10.0})
    assert polled.schedule.due_ns == now_ns + 10 * NS
    await _naps(bus, polled, clock)
    assert clock.monotonic_ns() == now_ns + LONGEST_NAP_S * NS


async def _naps(bus: BusTask, polled: Polled, clock: ManualClock) -> None:
    turn = asyncio.create_task(bus._serve(polled))
    await clock.advance(LONGEST_NAP_S)
    await turn
