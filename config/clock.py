"""The one clock. It is made once, in ``main``, and handed to everything that waits or stamps.

Intervals and schedules run on its monotonic time, stamps come from its wall time (UTC, nanoseconds since 1970).
It lives in ``config`` because every room may import that and nothing else is shared by all of them.
"""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

NS = 1_000_000_000


class Clock(Protocol):
    """What may be asked of a clock. ``rate`` is how many of its seconds pass in one real second."""

    @property
    def rate(self) -> float: ...
    @property
    def boot_id(self) -> str: ...
    def wall_ns(self) -> int: ...
    def monotonic_ns(self) -> int: ...
    async def sleep(self, seconds: float) -> None: ...


def read_boot_id() -> str:
    """The kernel's id of this boot; monotonic times compare only within one boot."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return "unknown-boot"


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's own clock."""

    boot_id: str
    rate: float = 1.0

    def wall_ns(self) -> int:
        return time.time_ns()

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


@dataclass(frozen=True, slots=True)
class ScaledClock:
    """A clock that runs ``rate`` times as fast as the machine's, from a common origin.

    Two processes that are given the same origin and rate agree about the time, because CLOCK_MONOTONIC is the
    machine's. For ``demo`` and ``simulate`` only; ``run`` refuses it.
    """

    rate: float
    origin_wall_ns: int
    origin_monotonic_ns: int
    boot_id: str

    def _elapsed_ns(self) -> int:
        return int((time.monotonic_ns() - self.origin_monotonic_ns) * self.rate)

    def wall_ns(self) -> int:
        return self.origin_wall_ns + self._elapsed_ns()

    def monotonic_ns(self) -> int:
        return self.origin_monotonic_ns + self._elapsed_ns()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds / self.rate))


def system_clock() -> SystemClock:
    return SystemClock(boot_id=read_boot_id())
