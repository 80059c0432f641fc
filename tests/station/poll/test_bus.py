"""A bus: its instruments are asked on their grids, one at a time, and none of them can hurt its neighbour."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from config.clock import NS
from config.quality import Quality
from drivers.base import DriverError, NoAnswerError, PermanentError, Reading, RefusedError
from station.poll.bus import BusTask, Outcome, Polled
from station.timekeeping import Stamper
from tests.clocks import ManualClock, settle

READING = Reading({"rate": 95.0}, {"rate": "dose_rate"}, Quality(0), b"\x00\x5f")


class FakeLine:
    def __init__(self) -> None:
        self.busy = 0
        self.closed = 0
        self.overlaps = 0
        self.closed_while_busy = False

    @property
    def worst_case_s(self) -> float:
        return 1.0

    async def close(self) -> None:
        self.closed += 1
        self.closed_while_busy = self.busy > 0


class FakeDriver:
    """An instrument whose exchange takes a while and ends in a reading or an error, never by cancellation."""

    def __init__(self, line: FakeLine, clock: ManualClock, takes_s: float, error: Exception | None) -> None:
        self.line = line
        self.clock = clock
        self.takes_s = takes_s
        self.error = error
        self.asked_s: list[float] = []

    async def read(self) -> Reading:
        self.asked_s.append(self.clock.monotonic_ns() / NS)
        self.line.overlaps += self.line.busy
        self.line.busy += 1
        exchange = asyncio.ensure_future(self.clock.sleep(self.takes_s))
        try:
            await asyncio.shield(exchange)
        except asyncio.CancelledError:
            await exchange
            raise
        finally:
            self.line.busy -= 1
        if self.error is not None:
            raise self.error
        return READING


class World:
    """One bus on a clock that stands still, and what it gave."""

    def __init__(self) -> None:
        self.clock = ManualClock(monotonic_ns=0)
        self.line = FakeLine()
        self.outcomes: list[Outcome] = []

    def driver(self, takes_s: float = 0.0, error: Exception | None = None) -> FakeDriver:
        return FakeDriver(self.line, self.clock, takes_s, error)

    async def keep(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)

    def of(self, instrument: str) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.instrument == instrument]

    @asynccontextmanager
    async def polling(
        self, polled: Sequence[Polled], sink: Callable[[Outcome], Awaitable[None]] | None = None
    ) -> AsyncIterator["asyncio.Task[None]"]:
        bus = BusTask("bus-1", self.line, polled, self.clock, Stamper(self.clock), sink or self.keep)
        task = asyncio.create_task(bus.run())
        try:
            yield task
        finally:
            task.cancel()
            while not task.done():
                await self.clock.advance(1.0)
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def world() -> World:
    return World()


async def test_an_instrument_is_asked_on_its_grid(world: World) -> None:
    driver = world.driver(takes_s=0.3)
    async with world.polling([Polled("a", driver, 1.0, 2 * NS)]):
        await world.clock.advance(5.5)
    assert driver.asked_s == [2.0, 3.0, 4.0, 5.0]


async def test_an_outcome_says_when_it_was_asked_and_when_it_ended(world: World) -> None:
    async with world.polling([Polled("a", world.driver(takes_s=0.25), 1.0, NS)]):
        await world.clock.advance(1.5)
    (outcome,) = world.outcomes
    assert (outcome.instrument, outcome.reading, outcome.error) == ("a", READING, None)
    assert (outcome.asked.mono_ns, outcome.done.mono_ns) == (NS, NS + NS // 4)


async def test_each_instrument_has_its_own_period(world: World) -> None:
    fast, slow = world.driver(), world.driver()
    async with world.polling([Polled("fast", fast, 1.0, 0), Polled("slow", slow, 4.0, 0)]):
        await world.clock.advance(8.5)
    assert fast.asked_s == [float(s) for s in range(9)]
    assert slow.asked_s == [0.0, 4.0, 8.0]


async def test_two_exchanges_never_overlap_on_one_wire(world: World) -> None:
    polled = [Polled(name, world.driver(takes_s=0.4), 1.0, 0) for name in "abc"]
    async with world.polling(polled):
        await world.clock.advance(20.0)
    assert world.line.overlaps == 0
    assert len(world.outcomes) == 50


async def test_a_wire_that_is_too_slow_skips_and_counts_and_forgets_nobody(world: World) -> None:
    """Three exchanges of 0.4 s do not fit into a second: what does not fit is counted, and each one gets its turn."""
    polled = [Polled(name, world.driver(takes_s=0.4), 1.0, 0) for name in "abc"]
    async with world.polling(polled):
        await world.clock.advance(60.0)
    for name in "abc":
        found = world.of(name)
        assert len(found) >= 30
        assert 58 <= len(found) + sum(outcome.skipped for outcome in found) <= 61


async def test_a_stall_is_counted_and_not_made_up_for(world: World) -> None:
    driver = world.driver()
    async with world.polling([Polled("a", driver, 1.0, 0)]):
        await world.clock.advance(1.5)
        world.clock.tick(10.0)  # the machine was busy elsewhere
        await world.clock.advance(1.0)
    assert driver.asked_s == [0.0, 1.0, 11.5, 12.0]
    assert [outcome.skipped for outcome in world.outcomes] == [0, 0, 9, 0]


async def test_a_slow_reader_makes_polls_be_skipped_and_counted_never_queued(world: World) -> None:
    async def slow_sink(outcome: Outcome) -> None:
        world.outcomes.append(outcome)
        await world.clock.sleep(3.5)

    driver = world.driver()
    async with world.polling([Polled("a", driver, 1.0, 0)], slow_sink):
        await world.clock.advance(11.0)
    assert driver.asked_s == [0.0, 3.5, 7.0, 10.5]
    assert [outcome.skipped for outcome in world.outcomes] == [0, 2, 3, 2]


async def test_an_error_is_an_outcome(world: World) -> None:
    error = NoAnswerError("det: nothing within 0.5 s")
    async with world.polling([Polled("a", world.driver(error=error), 1.0, 0)]):
        await world.clock.advance(0.5)
    (outcome,) = world.outcomes
    assert (outcome.reading, outcome.error) == (None, error)


async def test_a_dead_instrument_is_asked_ever_more_rarely(world: World) -> None:
    driver = world.driver(error=NoAnswerError("no"))
    async with world.polling([Polled("a", driver, 1.0, 0)]):
        await world.clock.advance(100.0)
    assert driver.asked_s == [0.0, 1.0, 2.0, 3.0, 5.0, 9.0, 17.0, 33.0, 63.0, 93.0]


async def test_polls_that_are_left_out_in_a_rest_are_counted(world: World) -> None:
    async with world.polling([Polled("a", world.driver(error=NoAnswerError("no")), 1.0, 0)]):
        await world.clock.advance(9.5)
    assert [outcome.skipped for outcome in world.outcomes] == [0, 0, 0, 0, 1, 3]


async def test_a_third_refusal_rests_for_a_minute(world: World) -> None:
    driver = world.driver(error=RefusedError("illegal address"))
    assert isinstance(driver.error, PermanentError)
    async with world.polling([Polled("a", driver, 1.0, 0)]):
        await world.clock.advance(125.0)
    assert driver.asked_s == [0.0, 1.0, 2.0, 62.0, 122.0]


async def test_a_dead_neighbour_costs_at_most_its_probes(world: World) -> None:
    """On one wire: while it rests, the other one is asked on time, every time."""
    good, dead = world.driver(takes_s=0.1), world.driver(takes_s=1.5, error=NoAnswerError("no"))
    async with world.polling([Polled("dead", dead, 1.0, 0), Polled("good", good, 1.0, 0)]):
        await world.clock.advance(600.0)
    asked_late = sum(outcome.skipped for outcome in world.of("good"))
    assert len(good.asked_s) + asked_late == 601
    assert asked_late <= len(dead.asked_s) * 2
    assert len(dead.asked_s) < 30


async def test_a_dead_neighbour_on_another_wire_costs_nothing(world: World) -> None:
    other = World()
    other.clock = world.clock
    good, dead = world.driver(takes_s=0.1), other.driver(takes_s=5.0, error=NoAnswerError("no"))
    async with world.polling([Polled("good", good, 1.0, 0)]), other.polling([Polled("dead", dead, 1.0, 0)]):
        await world.clock.advance(30.5)
        assert good.asked_s == [float(s) for s in range(31)]
        assert sum(outcome.skipped for outcome in world.outcomes) == 0


async def test_it_is_asked_on_its_grid_again_once_it_answers(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    driver = world.driver(error=NoAnswerError("no"))
    async with world.polling([Polled("a", driver, 1.0, 0)]):
        await world.clock.advance(6.0)
        driver.error = None
        await world.clock.advance(6.0)
    assert driver.asked_s == [0.0, 1.0, 2.0, 3.0, 5.0, 9.0, 10.0, 11.0, 12.0]
    assert "a: answers again" in caplog.text


async def test_a_dead_instrument_does_not_fill_the_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    async with world.polling([Polled("a", world.driver(error=NoAnswerError("no")), 1.0, 0)]):
        await world.clock.advance(3600.0)
    assert len(world.outcomes) > 100
    assert len(caplog.records) <= 5


async def test_a_surprise_in_one_driver_does_not_stop_its_neighbour(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever a driver lets through (a bug, an error of a library) costs its own reading, not the bus."""
    good, broken = world.driver(), world.driver(error=ValueError("could not convert string to float: '1.2.3'"))
    async with world.polling([Polled("broken", broken, 1.0, 0), Polled("good", good, 1.0, 0)]) as task:
        await world.clock.advance(10.5)
        assert not task.done()
    assert len(good.asked_s) == 11
    first = world.of("broken")[0]
    assert isinstance(first.error, DriverError)
    assert "ValueError: could not convert string to float: '1.2.3'" in str(first.error)
    assert "Traceback" in caplog.text


async def test_a_broken_driver_rests_like_a_dead_one(world: World) -> None:
    driver = world.driver(error=ValueError("no"))
    async with world.polling([Polled("a", driver, 1.0, 0)]):
        await world.clock.advance(10.0)
    assert driver.asked_s == [0.0, 1.0, 2.0, 3.0, 5.0, 9.0]


async def test_a_cancelled_bus_closes_its_line(world: World) -> None:
    async with world.polling([Polled("a", world.driver(), 1.0, 0)]) as task:
        await world.clock.advance(2.5)
        task.cancel()
        await settle()
        assert task.cancelled()
    assert (world.line.closed, world.line.closed_while_busy) == (1, False)


async def test_a_bus_cancelled_within_an_exchange_closes_its_line_after_it(world: World) -> None:
    async with world.polling([Polled("a", world.driver(takes_s=0.5), 1.0, 0)]) as task:
        await world.clock.advance(1.2)
        assert world.line.busy == 1
        task.cancel()
        await settle()
        assert world.line.closed == 0
        await world.clock.advance(0.5)
        assert task.cancelled()
    assert (world.line.closed, world.line.closed_while_busy) == (1, False)


async def test_a_wall_clock_step_does_not_move_the_polls(world: World) -> None:
    driver = world.driver()
    async with world.polling([Polled("a", driver, 1.0, 0)]):
        for step_s in (3600.0, -3600.0, 31_536_000.0, -31_536_000.0):
            await world.clock.advance(1.0)
            world.clock.step_wall(step_s)
        await world.clock.advance(1.0)
    assert driver.asked_s == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert [outcome.asked.epoch for outcome in world.outcomes] == [0, 0, 1, 2, 3, 4]
