"""A MightyOhm kit: one tube, and counts a minute as its dose rate."""

from collections import deque
from dataclasses import dataclass
from typing import Literal

from simulator.detectors.counting import Tube, generator
from simulator.detectors.instrument import Faults, Instrument
from simulator.scenario import MightyOhmSettings
from simulator.world.world import World

FAST_ABOVE_CPM = 1000
INSTANT_ABOVE_CPS = 255


@dataclass(frozen=True, slots=True)
class KitState:
    cps: int
    cpm: int
    mode: Literal["SLOW", "FAST", "INST"]


class MightyOhm(Instrument[KitState]):
    """SLOW: the counts of the last minute. FAST: those of 5 s times 12. INST: those of one second times 60."""

    def __init__(
        self, instrument_id: str, settings: MightyOhmSettings, world: World, faults: Faults, seed: int
    ) -> None:
        self._tube = Tube(settings.tube, generator(seed, instrument_id))
        before = self._tube.before(world, instrument_id, 60)
        self._minute: deque[int] = deque(before, maxlen=60)
        super().__init__(instrument_id, world, faults)

    def _live_second(self, second: int) -> None:
        counts = self._tube.live(self._world, self.id, second)
        self._minute.append(self.faults.counts(second, 0, counts))

    def _start_anew(self) -> None:
        self._minute = deque((0,), maxlen=60)

    def _show(self) -> KitState:
        last = self._minute[-1]
        fast = 12 * sum(list(self._minute)[-5:])
        if last > INSTANT_ABOVE_CPS:
            return KitState(last, 60 * last, "INST")
        if fast > FAST_ABOVE_CPM:
            return KitState(last, fast, "FAST")
        return KitState(last, sum(self._minute), "SLOW")
