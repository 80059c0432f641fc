"""What all instruments share: they advance by whole seconds of the world, and faults hold what they show."""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from simulator.faults.faults import Faults
from simulator.world.world import World

__all__ = ["MIDDLE_S", "Faults", "Instrument"]

ShownT_co = TypeVar("ShownT_co", covariant=True)
MIDDLE_S = 0.5  # a second's dose rate is asked for in its middle


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
            self._one_second(self._second)
        return self._shown

    def _one_second(self, second: int) -> None:
        off = self.faults.off(second)
        if not off:
            if self.faults.resets(second):
                self._reset_counters()
            self._live_second(second)
        self._second += 1
        if off and not self.faults.off(self._second):
            self._start_anew()
        if not self.faults.stuck(self._second):
            self._shown = self._show()

    def enter(self, world: World) -> None:
        """The same world until now, another one from now on: somebody has injected an event."""
        self._world = world

    def _start_anew(self) -> None:
        """Power is back: forget what a reboot forgets."""

    def _reset_counters(self) -> None:
        """The counters that it shows begin again at 0."""

    @abstractmethod
    def _live_second(self, second: int) -> None:
        """Count, measure, average over [second, second + 1)."""

    @abstractmethod
    def _show(self) -> ShownT_co:
        """What stands in the display and the registers when ``self._second`` seconds are over."""
