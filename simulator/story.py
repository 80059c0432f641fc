"""What is still to be told of a scenario's timeline, also when people change it while it plays."""

from collections import Counter
from collections.abc import Iterable

from simulator.timeline import Event

STALE_S = 1.5  # what a change puts further back than this is not told any more


class Story:
    def __init__(self, events: Iterable[Event]) -> None:
        self._ahead = sorted(events, key=_when)
        self._first = Counter(self._ahead)
        self._told: Counter[Event] = Counter()

    @property
    def next_s(self) -> float | None:
        """When the next event happens."""
        return self._ahead[0].t_s if self._ahead else None

    def due(self, now_s: float) -> list[tuple[Event, bool]]:
        """What has happened and was not told yet, each with: was it injected?"""
        count = next((at for at, event in enumerate(self._ahead) if event.t_s > now_s), len(self._ahead))
        told, self._ahead = self._ahead[:count], self._ahead[count:]
        self._told.update(told)
        return [(event, event not in self._first) for event in told]

    def change(self, events: Iterable[Event], now_s: float) -> None:
        """The timeline is another one from now on."""
        left = Counter(events) - self._told
        self._ahead = sorted((event for event in left.elements() if event.t_s >= now_s - STALE_S), key=_when)


def _when(event: Event) -> float:
    return event.t_s
