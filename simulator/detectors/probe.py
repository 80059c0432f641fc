"""A counting probe with the plain inside that most instruments share: one or two tubes, a running mean, a dose.

Its mean is that of the last ``average_s`` seconds: how each maker averages is not published, so this is chosen.
"""

import math
from collections import deque
from dataclasses import dataclass

from simulator.detectors.bdmg04 import meter_nsv_h
from simulator.detectors.counting import Tube, generator
from simulator.detectors.instrument import Faults, Instrument
from simulator.detectors.meter_logic import FarTube, Smoother
from simulator.scenario_parts import Channel
from simulator.scenario_wires import ProbeSettings
from simulator.world.world import World

MINUTE_S = 60
REMEMBERED_S = 4096  # seconds that a line may be behind what was asked already


@dataclass(frozen=True, slots=True)
class TubeState:
    """One tube: what it counted, and what that means."""

    last_second: int
    last_minute: int
    total: int  # since the world began; each instrument wraps it as its own counter does
    mean_cps: float
    mean_counts: int
    mean_s: int
    dose_rate_nsv_h: float

    @property
    def error_pct(self) -> float:
        """Relative standard deviation of the mean; 100 when nothing was counted."""
        return 100.0 / math.sqrt(self.mean_counts) if self.mean_counts else 100.0


@dataclass(frozen=True, slots=True)
class ProbeState:
    second: int
    near: TubeState  # the sensitive tube, or the only one
    far: TubeState | None
    dose_rate_nsv_h: float  # of the tube that is in charge
    dose_nsv: float
    temperature_degc: float


class Counter:
    """One tube and its running sums."""

    def __init__(self, channel: Channel, tube: Tube, average_s: int, before: list[int]) -> None:
        self.channel = channel
        self.tube = tube
        self._mean: deque[int] = deque(before[-average_s:], maxlen=average_s)
        self._minute: deque[int] = deque(before[-MINUTE_S:], maxlen=MINUTE_S)
        self.total = 0

    def add(self, counts: int) -> None:
        self._mean.append(counts)
        self._minute.append(counts)
        self.total += counts

    def restart(self) -> None:
        self._mean.clear()

    def reset(self) -> None:
        self.total = 0

    def start_anew(self) -> None:
        self.restart()
        self.reset()
        self._minute = deque((0,), maxlen=MINUTE_S)

    def state(self) -> TubeState:
        counts, seconds = sum(self._mean), len(self._mean)
        cps = counts / seconds if seconds else 0.0
        return TubeState(
            last_second=self._minute[-1],
            last_minute=sum(self._minute),
            total=self.total,
            mean_cps=cps,
            mean_counts=counts,
            mean_s=seconds,
            dose_rate_nsv_h=meter_nsv_h(cps, self.channel),
        )


class Probe(Instrument[ProbeState]):
    def __init__(self, instrument_id: str, settings: ProbeSettings, world: World, faults: Faults, seed: int) -> None:
        self.settings = settings
        channels = [settings.near, *([settings.far] if settings.far is not None else [])]
        before_s = max(settings.average_s, MINUTE_S)
        self._counters: list[Counter] = []
        for number, channel in enumerate(channels):
            tube = Tube(channel, generator(seed, instrument_id, number))
            self._counters.append(
                Counter(channel, tube, settings.average_s, tube.before(world, instrument_id, before_s))
            )
        self._far_tube = FarTube(settings.far_above_nsv_h, settings.near_below_nsv_h)
        self._smoother = Smoother(settings.smoothing_s)
        self._smoother.add(self._in_charge().dose_rate_nsv_h)
        self.boots = 0
        self.booted_s = 0  # second of the world in which its power last came
        self._dose_nsv = 0.0
        self._seconds: dict[int, int] = {}  # by the second in which they were complete
        super().__init__(instrument_id, world, faults)

    def counted_in(self, second: int) -> int:
        """The sensitive tube's counts of the second that ended at ``second``, also when it has lived further since."""
        return self._seconds.get(second, 0)

    def restart_mean(self, t_s: float) -> None:
        """By a command: what was averaged so far is forgotten, and so is the dose."""
        self.shown(t_s)
        self._dose_nsv = 0.0
        self._smoother.restart()
        for counter in self._counters:
            counter.restart()

    def _live_second(self, second: int) -> None:
        counts = [
            self.faults.counts(second, number, counter.tube.live(self._world, self.id, second))
            for number, counter in enumerate(self._counters)
        ]
        for counter, number in zip(self._counters, counts, strict=True):
            counter.add(number)
        self._seconds[second + 1] = counts[0]
        self._seconds.pop(second + 1 - REMEMBERED_S, None)
        if len(self._counters) == 2:
            self._far_tube.see(self._counters[1].state().dose_rate_nsv_h)
        self._dose_nsv += self._smoother.add(self._in_charge().dose_rate_nsv_h) / 3600.0

    def _start_anew(self) -> None:
        self.boots += 1
        self.booted_s = self._second
        self._dose_nsv = 0.0
        self._smoother.restart()
        for counter in self._counters:
            counter.start_anew()

    def _reset_counters(self) -> None:
        self._dose_nsv = 0.0
        for counter in self._counters:
            counter.reset()

    def _in_charge(self) -> TubeState:
        return self._counters[1 if self._far_tube.in_charge else 0].state()

    def _show(self) -> ProbeState:
        states = [counter.state() for counter in self._counters]
        return ProbeState(
            second=self._second,
            near=states[0],
            far=states[1] if len(states) == 2 else None,
            dose_rate_nsv_h=self._smoother.value or 0.0,
            dose_nsv=self._dose_nsv,
            temperature_degc=self._world.weather(float(self._second)).temperature_degc,
        )
