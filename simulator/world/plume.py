"""A plume passes: its cloud shines while it is overhead, what it leaves on the ground shines on and decays.

The cloud c(t) rises, stays and falls along straight lines, later at each site the farther it lies down the wind.
Of each nuclide on the ground, in the dose rate that it makes:

    dD/dt = share · deposit · c(t) (1 + w R^0.8) / ∫c dt − ln 2 / T½ · D

R is the rain in mm/h and w how much rain brings down. Between the edges of cloud and rain the source is a straight
line, so Gauss's rule with 8 points gives the integral to the last digits. All sites are one array.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simulator.scenario_parts import Spectrum
from simulator.world.cause import FloatArray, Steady
from simulator.world.rain import Rain

DAY_S = 86400.0
YEAR_S = 365.25 * DAY_S
HALF_LIFE_S = {"i131": 8.02 * DAY_S, "cs137": 30.1 * YEAR_S, "ru106": 371.8 * DAY_S}
SPECTRUM: dict[str, Spectrum] = {"i131": "medium", "cs137": "caesium", "ru106": "caesium"}
RAIN_EXPONENT = 0.8
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(8)
MOST_EDGES_APART_S = 6 * 3600.0  # longer stretches are cut, so that no decay is steep within one


@dataclass(frozen=True, slots=True)
class Passage:
    """The cloud over a site that it reaches at time 0: a trapezium of height 1."""

    rise_s: float
    plateau_s: float
    fall_s: float

    @property
    def edges_s(self) -> tuple[float, float, float, float]:
        fall_begins = self.rise_s + self.plateau_s
        return 0.0, self.rise_s, fall_begins, fall_begins + self.fall_s

    @property
    def area_s(self) -> float:
        return self.plateau_s + (self.rise_s + self.fall_s) / 2

    def at(self, since_s: FloatArray) -> FloatArray:
        gone_s = self.edges_s[-1]
        inside = np.minimum(since_s / self.rise_s, (gone_s - since_s) / self.fall_s)
        return np.clip(inside, 0.0, 1.0)


class Cloud(Steady):
    """The cloud overhead. ``arrives_s``: at each site."""

    name = "plume_cloud"
    spectrum: Spectrum = "medium"

    def __init__(self, passage: Passage, arrives_s: FloatArray, heights_nsv_h: FloatArray) -> None:
        self._passage = passage
        self._arrives_s = arrives_s
        self._heights_nsv_h = heights_nsv_h

    def at_nsv_h(self, t_s: float) -> FloatArray:
        return self._heights_nsv_h * self._passage.at(t_s - self._arrives_s)

    def mean_nsv_h(self, from_s: float, to_s: float) -> FloatArray:
        return self.at_nsv_h((from_s + to_s) / 2)


class Deposit(Steady):
    """One nuclide on the ground at all sites."""

    def __init__(
        self,
        nuclide: str,
        passage: Passage,
        arrives_s: FloatArray,
        heights_nsv_h: FloatArray,
        rain: Rain,
        rain_enhancement: float,
    ) -> None:
        self.name = f"deposit_{nuclide}"
        self.spectrum = SPECTRUM[nuclide]
        self._per_s = math.log(2) / HALF_LIFE_S[nuclide]
        self._passage = passage
        self._arrives_s = arrives_s
        self._heights_nsv_h = heights_nsv_h
        self._edges, self._driven = self._segments(rain, rain_enhancement)
        self._at_edges = self._history()

    def at_nsv_h(self, t_s: float) -> FloatArray:
        sites = np.arange(len(self._arrives_s))
        last = np.sum(self._edges <= t_s, axis=1) - 1
        before = np.maximum(last, 0)
        begin_s = self._edges[sites, before]
        grown = self._at_edges[sites, before] * np.exp(-self._per_s * np.maximum(0.0, t_s - begin_s))
        fallen = self._fallen(begin_s, np.maximum(t_s, begin_s), self._driven[sites, before])
        return self._heights_nsv_h * np.where(last < 0, 0.0, grown + fallen)

    def mean_nsv_h(self, from_s: float, to_s: float) -> FloatArray:
        return self.at_nsv_h((from_s + to_s) / 2)

    def _segments(self, rain: Rain, enhancement: float) -> tuple[FloatArray, FloatArray]:
        """By site: where cloud or rain change, and how much faster than dry the deposit grows from there on."""
        first, gone = float(self._arrives_s.min()), float(self._arrives_s.max()) + self._passage.edges_s[-1]
        common = [piece.start_s for piece in rain.pieces if enhancement and first < piece.start_s < gone]
        common.extend(np.arange(first, gone, MOST_EDGES_APART_S)[1:])
        own = self._arrives_s[:, None] + np.array(self._passage.edges_s)[None, :]
        edges = np.sort(np.hstack([own, np.tile(np.array(common), (len(own), 1))]), axis=1)
        starts = np.array([piece.start_s for piece in rain.pieces])
        driven = np.array([1.0 + enhancement * piece.rate_mm_h**RAIN_EXPONENT for piece in rain.pieces])
        return edges, driven[np.maximum(np.searchsorted(starts, edges, side="right") - 1, 0)]

    def _history(self) -> FloatArray:
        """What lies there at each edge, for a height of 1."""
        lies = np.zeros_like(self._edges)
        for k in range(1, self._edges.shape[1]):
            begin_s, end_s = self._edges[:, k - 1], self._edges[:, k]
            kept = lies[:, k - 1] * np.exp(-self._per_s * (end_s - begin_s))
            lies[:, k] = kept + self._fallen(begin_s, end_s, self._driven[:, k - 1])
        return lies

    def _fallen(self, begin_s: FloatArray, end_s: FloatArray, driven: FloatArray) -> FloatArray:
        """What fell between and has not decayed at the end."""
        half_s = ((end_s - begin_s) / 2)[:, None]
        at_s = begin_s[:, None] + half_s * (_POINTS + 1.0)[None, :]
        source = self._passage.at(at_s - self._arrives_s[:, None]) / self._passage.area_s
        decayed = np.exp(-self._per_s * (end_s[:, None] - at_s))
        fallen: FloatArray = driven * np.sum(source * decayed * _WEIGHTS[None, :] * half_s, axis=1)
        return fallen


def shares(mixture: Mapping[str, float]) -> dict[str, float]:
    """Only the nuclides that are there."""
    return {nuclide: share for nuclide, share in mixture.items() if share > 0}
