"""What all instruments share: they advance by whole seconds of the world, and faults hold what they show."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Generic, TypeVar

from simulator.scenario import FaultEvent
from simulator.world.world import World

ShownT_co = TypeVar("ShownT_co", covariant=True)
MIDDLE_S = 0.5  # a second's dose rate is asked for in its middle


class Faults:
    """What is wrong with one instrument, by the world's time."""

    def __init__(self, events: Iterable[FaultEvent] = ()) -> None:
        self._events = tuple(events)

    def stuck(self, t_s: float) -> bool:
        return any(event.kind == "stuck" for event in self._at(t_s))

    def silent(self, t_s: float) -> bool:
        return any(event.kind == "no_answer" for event in self._at(t_s))

    def delay_s(self, t_s: float) -> float:
        """How late an answer comes, in real seconds."""
        return max((event.delay_s or 0.0 for event in self._at(t_s)), default=0.0)

    def _at(self, t_s: float) -> list[FaultEvent]:
        return [event for event in self._events if event.start_s <= t_s < event.end_s]


class Instrument(ABC, Generic[ShownT_co]):
    """Lives in whole seconds: each is lived once and in order, however seldom anybody asks."""

    def __init__(self, instrument_id: str, world: World, faults: Faults) -> None:
        self.id = instrument_id
        self.faults = faults
        self._world = world
        self._second = 0
        self._shown = self._show()

    def shown(self, t_s: float) -> ShownT_co:
        """What it shows at a time that never goes back."""
        while self._second < int(t_s):
            self._live_second(self._second)
            self._second += 1
            if not self.faults.stuck(self._second):
                self._shown = self._show()
        return self._shown

    @abstractmethod
    def _live_second(self, second: int) -> None:
        """Count, measure, average over [second, second + 1)."""

    @abstractmethod
    def _show(self) -> ShownT_co:
        """What stands in the display and the registers when ``self._second`` seconds are over."""
