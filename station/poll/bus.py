"""One bus: its instruments are asked in the order in which they are due, one exchange at a time.

An instrument cannot hurt its neighbour: each exchange ends by its own deadline (in the driver), a dead instrument
rests (breaker), and a reader that is slower than the polls makes polls be skipped and counted, never queued up.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from config.clock import NS, Clock
from drivers.base import BadAnswerError, Driver, DriverError, Line, PermanentError, Reading
from station.poll.schedule import Breaker, Schedule
from station.timekeeping import Stamp, Stamper

log = logging.getLogger(__name__)

LONGEST_NAP_S = 2.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one poll came to: a reading or an error, when it was asked and when it ended, what was skipped before it."""

    instrument: str
    asked: Stamp
    done: Stamp
    reading: Reading | None
    error: DriverError | None
    skipped: int


Sink = Callable[[Outcome], Awaitable[None]]


class Polled:
    """One instrument of a bus with its schedule and breaker."""

    def __init__(self, instrument: str, driver: Driver, period_s: float, first_ns: int) -> None:
        self.instrument = instrument
        self.driver = driver
        self.schedule = Schedule(period_s, first_ns)
        self.breaker = Breaker(period_s)
        self.skipped = 0

    def retune(self, period_s: float, now_ns: int) -> None:
        self.schedule.retune(period_s, now_ns)
        self.breaker.retune(period_s)


class BusTask:
    """Polls one bus for ever; ``run`` ends only by cancellation, between two exchanges or after the one in flight."""

    def __init__(self, bus_id: str, line: Line, polled: Sequence[Polled], clock: Clock, stamper: Stamper, sink: Sink):
        self.bus_id = bus_id
        self._line = line
        self._polled = list(polled)
        self._clock = clock
        self._stamper = stamper
        self._sink = sink

    def retune(self, periods_s: Mapping[str, float]) -> None:
        """Other poll rates on the same wire, by instrument: nothing is closed, no answer is lost."""
        for polled in self._polled:
            polled.retune(periods_s[polled.instrument], self._clock.monotonic_ns())

    async def run(self) -> None:
        try:
            while True:
                await self._serve(min(self._polled, key=lambda p: p.schedule.due_ns))
        finally:
            await self._line.close()

    async def _serve(self, polled: Polled) -> None:
        wait_s = (polled.schedule.due_ns - self._clock.monotonic_ns()) / NS
        if wait_s > LONGEST_NAP_S:  # the schedule may be another one after it
            await self._clock.sleep(LONGEST_NAP_S)
            return
        await self._clock.sleep(wait_s)
        now_ns = self._clock.monotonic_ns()
        polled.skipped += polled.schedule.take(now_ns)
        if not polled.breaker.allows(now_ns):
            polled.skipped += 1
            return
        outcome = await self._ask(polled)
        polled.skipped = 0
        self._note(polled, outcome)
        await self._sink(outcome)

    async def _ask(self, polled: Polled) -> Outcome:
        asked = self._stamper.now()
        reading: Reading | None = None
        error: DriverError | None = None
        try:
            reading = await polled.driver.read()
        except DriverError as caught:
            error = caught
        except Exception as caught:  # a bug of one driver must not cost its neighbours their bus
            log.exception("%s: the driver failed", polled.instrument)
            error = BadAnswerError(f"the driver failed: {type(caught).__name__}: {caught}"[:300])
        return Outcome(polled.instrument, asked, self._stamper.now(), reading, error, polled.skipped)

    def _note(self, polled: Polled, outcome: Outcome) -> None:
        breaker = polled.breaker
        if outcome.error is None:
            if breaker.is_resting:
                log.info("%s: answers again", polled.instrument)
            breaker.succeeded()
            return
        breaker.failed(outcome.done.mono_ns, permanent=isinstance(outcome.error, PermanentError))
        if breaker.failures <= 3 or breaker.failures % 100 == 0:
            log.warning("%s: %s (failure %d in a row)", polled.instrument, outcome.error, breaker.failures)
