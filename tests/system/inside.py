"""The station in this process, with a clock of the test's own, and a recorder beside it."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from alerting.events import Event
from config.clock import NS, Clock
from config.loader import Loaded, load
from station.app import Station
from station.engine.engine import Engine
from station.poll.bus import Outcome
from station.record.pour import Point
from station.record.recorder import Recorder
from station.records import Header

END_WITHIN_S = 20.0


@dataclass(slots=True)
class MovedClock:
    """The machine's clock, except that its wall time is wherever the test moves it."""

    offset_ns: int
    boot_id: str = "a-boot"
    rate: float = 1.0

    def wall_ns(self) -> int:
        return time.time_ns() + self.offset_ns

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))

    def step(self, seconds: float) -> None:
        """What NTP or a person does."""
        self.offset_ns += round(seconds * NS)


class WatchedStation(Station):
    """Notes when each record was committed."""

    def __init__(self, loaded: Loaded, clock: Clock) -> None:
        super().__init__(loaded, clock)
        self.committed_at_s: dict[int, float] = {}

    def committed(self, numbered: Sequence[tuple[str, Header]], events: Sequence[Event]) -> None:
        now_s = time.monotonic()
        self.committed_at_s.update((record.seq, now_s) for _, record in numbered)
        super().committed(numbered, events)

    @property
    def last_seq(self) -> int:
        return max(self.committed_at_s, default=0)


class WatchedRecorder(Recorder):
    """Notes when the database had taken each record for the first time, in the order in which it did."""

    stored_at_s: dict[int, float]

    def has(self, first: int, last: int) -> bool:
        return all(seq in self.stored_at_s for seq in range(first, last + 1))

    def _done(self, points: Sequence[Point]) -> None:
        now_s = time.monotonic()
        for _, message, _ in points:
            self.stored_at_s.setdefault(message.record.seq, now_s)
        super()._done(points)


@contextlib.asynccontextmanager
async def station_of(file: Path, clock: Clock) -> AsyncIterator[WatchedStation]:
    """The station runs inside and is ended in order."""
    station = WatchedStation(load(file), clock)
    stop = asyncio.Event()
    task = asyncio.create_task(station.run(stop))
    try:
        yield station
    finally:
        stop.set()
        await asyncio.wait_for(task, END_WITHIN_S)


@contextlib.asynccontextmanager
async def recorder_of(file: Path) -> AsyncIterator[WatchedRecorder]:
    config = load(file).config
    recorder = WatchedRecorder(config, config.destinations[0])
    recorder.stored_at_s = {}
    task = asyncio.create_task(recorder.run())
    try:
        yield recorder
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], object], what: str, within_s: float = 40.0) -> None:
    """Wait for something to become true, without standing in the way of what runs in this loop."""
    end = time.monotonic() + within_s
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {within_s} s: {what}")
        await asyncio.sleep(0.05)


def counted_readings(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many readings each instrument gave to any station of this process."""
    readings: Counter[str] = Counter()
    take = Engine.take

    async def counting(engine: Engine, outcome: Outcome) -> None:
        readings[outcome.instrument] += outcome.reading is not None
        await take(engine, outcome)

    monkeypatch.setattr(Engine, "take", counting)
    return readings
