"""A clock that stands still until the test moves it: no test waits for real time, none depends on the machine's."""

import asyncio
import heapq
from itertools import count

from config.clock import NS
from tests.builders import T0_NS

SETTLING_ROUNDS = 25  # turns of the event loop in which whatever was woken may run to its next wait


async def settle() -> None:
    """Let every task that can run do so, until it waits again."""
    for _ in range(SETTLING_ROUNDS):
        await asyncio.sleep(0)


class ManualClock:
    """A ``config.clock.Clock``: ``advance`` moves its monotonic and wall time, ``step_wall`` its wall time alone."""

    def __init__(self, wall_ns: int = T0_NS, monotonic_ns: int = 1_000 * NS, *, rate: float = 1.0) -> None:
        self.rate = rate
        self.boot_id = "boot-1"
        self._wall_ns = wall_ns
        self._monotonic_ns = monotonic_ns
        self._order = count()
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []

    def wall_ns(self) -> int:
        return self._wall_ns

    def monotonic_ns(self) -> int:
        return self._monotonic_ns

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._monotonic_ns + round(seconds * NS), next(self._order), woken))
        await woken

    @property
    def sleepers(self) -> int:
        """How many are waiting for this clock."""
        return sum(not woken.done() for _, _, woken in self._sleepers)

    def step_wall(self, seconds: float) -> None:
        """What NTP or a person does: the wall clock jumps, the monotonic clock knows nothing of it."""
        self._wall_ns += round(seconds * NS)

    def tick(self, seconds: float) -> None:
        """Time passes and nobody is woken (for code that does not wait)."""
        self._monotonic_ns += round(seconds * NS)
        self._wall_ns += round(seconds * NS)

    async def advance(self, seconds: float) -> None:
        """Time passes; each sleeper wakes at its own moment and runs before the next one does."""
        await settle()
        target_ns = self._monotonic_ns + round(seconds * NS)
        while self._sleepers and self._sleepers[0][0] <= target_ns:
            due_ns, _, woken = heapq.heappop(self._sleepers)
            if woken.done():
                continue
            self.tick(max(0, due_ns - self._monotonic_ns) / NS)
            woken.set_result(None)
            await settle()
        self.tick((target_ns - self._monotonic_ns) / NS)
