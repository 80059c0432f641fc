"""What a cause of dose rate is: a name, a spectrum, and its dose rate at every site at once.

Most causes are one shape in time and one height at each site. A shape says its value at a moment and its mean over a
while: what a detector counts in a second follows the mean, however short a burst is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.scenario_parts import Spectrum

FloatArray = NDArray[np.float64]


class Cause(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def spectrum(self) -> Spectrum: ...
    def at_nsv_h(self, t_s: float) -> FloatArray: ...
    def mean_nsv_h(self, from_s: float, to_s: float) -> FloatArray: ...
    def pulses(self, from_s: float, to_s: float) -> float | None:
        """In how many pulses it came, each short beside any dead time; None: as chance has it."""


class Shape(Protocol):
    def at(self, t_s: float) -> float: ...
    def mean(self, from_s: float, to_s: float) -> float: ...


class Slow:
    """A shape that hardly changes within a second: its mean is its value in the middle."""

    def at(self, t_s: float) -> float:
        raise NotImplementedError

    def mean(self, from_s: float, to_s: float) -> float:
        return self.at((from_s + to_s) / 2)


class Steady:
    """A cause whose photons come as chance has it."""

    def pulses(self, from_s: float, to_s: float) -> float | None:  # noqa: ARG002 - whenever it is asked for
        return None


class Always(Slow):
    def at(self, t_s: float) -> float:  # noqa: ARG002 - a shape is asked by time
        return 1.0


@dataclass(frozen=True, slots=True)
class Spread:
    """A shape in time, and how high it is at each site."""

    name: str
    spectrum: Spectrum
    heights_nsv_h: FloatArray
    shape: Shape
    pulse_hz: float | None = None

    def at_nsv_h(self, t_s: float) -> FloatArray:
        return self.heights_nsv_h * self.shape.at(t_s)

    def mean_nsv_h(self, from_s: float, to_s: float) -> FloatArray:
        return self.heights_nsv_h * self.shape.mean(from_s, to_s)

    def pulses(self, from_s: float, to_s: float) -> float | None:
        if self.pulse_hz is None:
            return None
        return self.pulse_hz * self.shape.mean(from_s, to_s) * (to_s - from_s)


class Bursts:
    """On and off: 1 within [begin, end) of each burst, 0 between; the bursts are in order and do not touch."""

    def __init__(self, bursts: Sequence[tuple[float, float]]) -> None:
        self.bursts = tuple(bursts)
        self._begins = np.array([begin for begin, _ in bursts])
        self._ends = np.array([end for _, end in bursts])
        self._on_before_s = np.concatenate(([0.0], np.cumsum(self._ends - self._begins)))

    def at(self, t_s: float) -> float:
        last = int(np.searchsorted(self._begins, t_s, side="right")) - 1
        return 1.0 if last >= 0 and t_s < self._ends[last] else 0.0

    def mean(self, from_s: float, to_s: float) -> float:
        return (self.on_s(to_s) - self.on_s(from_s)) / (to_s - from_s)

    def on_s(self, t_s: float) -> float:
        """For how long it has been on until then."""
        last = int(np.searchsorted(self._begins, t_s, side="right")) - 1
        if last < 0:
            return 0.0
        return float(self._on_before_s[last] + min(t_s, self._ends[last]) - self._begins[last])


def burst_train(
    rng: np.random.Generator, start_s: float, end_s: float, on_s: float, off_s: float, jitter_on: float = 0.5
) -> Bursts:
    """Bursts and pauses of these mean lengths within [start, end); lengths differ by chance, up to a half."""
    bursts: list[tuple[float, float]] = []
    at_s = start_s
    while at_s < end_s:
        until_s = at_s + on_s * float(rng.uniform(1.0 - jitter_on, 1.0 + jitter_on))
        bursts.append((at_s, min(until_s, end_s)))
        at_s = until_s + off_s * float(rng.uniform(0.5, 1.5))
    return Bursts(bursts)
