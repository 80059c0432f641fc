"""Telling people: one event that a notifier cannot take costs neither the next one nor the station."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from alerting.events import Event
from config.loader import load
from station.app import Station
from tests.clocks import ManualClock
from tests.station.engine.engine_rig import life, station_toml


class Clumsy:
    """Cannot take the first event."""

    def __init__(self) -> None:
        self.asked: list[Event] = []

    def notify(self, event: Event) -> None:
        self.asked.append(event)
        if len(self.asked) == 1:
            raise RuntimeError("the queue is gone")


async def test_a_notifier_that_raises_is_asked_again_with_the_next_event(tmp_path: Path) -> None:
    file = station_toml(tmp_path)
    async with life(file, ManualClock()) as bench:
        await bench.seconds(1, 5000.0)
        await bench.seconds(121, 500.0)
        events = bench.town.events
    clumsy = Clumsy()
    station = Station(load(file), ManualClock(), clumsy)
    station._engine = cast("Any", SimpleNamespace(rig=None))
    station.committed([], events)
    assert len(events) > 1
    assert clumsy.asked == events
