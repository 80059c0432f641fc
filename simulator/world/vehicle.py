"""A source that drives past: the inverse square of the distance to a point on a straight road.

    dose rate = strength / (c² + v² (t − t0)²)
    its mean over [a, b] = strength / (c v (b − a)) · [atan(v (t − t0) / c)]

c is the closest distance of a site and t0 when it is reached. Nothing shields it and the air takes nothing away.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simulator.scenario_parts import Spectrum
from simulator.world.cause import FloatArray, Steady

NEAREST_M = 0.5


@dataclass(frozen=True, slots=True)
class Vehicle(Steady):
    spectrum: Spectrum
    strength_nsv_h_at_1m: float
    speed_m_s: float
    closest_m: FloatArray  # infinite where it is not seen
    nearest_at_s: FloatArray
    name: str = "vehicle"

    def at_nsv_h(self, t_s: float) -> FloatArray:
        along_m = self.speed_m_s * (t_s - self.nearest_at_s)
        return self.strength_nsv_h_at_1m / (self.closest_m**2 + along_m**2)

    def mean_nsv_h(self, from_s: float, to_s: float) -> FloatArray:
        rate = self.speed_m_s / self.closest_m
        angle = np.arctan(rate * (to_s - self.nearest_at_s)) - np.arctan(rate * (from_s - self.nearest_at_s))
        return self.strength_nsv_h_at_1m * angle / (self.closest_m * self.speed_m_s * (to_s - from_s))


def by_distance(ids: Sequence[str], closest_m: Mapping[str, float], at_s: float) -> tuple[FloatArray, FloatArray]:
    """Closest distances and when: all at once."""
    return np.array([closest_m.get(site, math.inf) for site in ids]), np.full(len(ids), at_s)


def by_road(
    x_m: FloatArray, y_m: FloatArray, through_m: tuple[float, float], heading_deg: float, speed_m_s: float, at_s: float
) -> tuple[FloatArray, FloatArray]:
    """Closest distances to a road through a point, and when the vehicle that is there at ``at_s`` is nearest."""
    east, north = math.sin(math.radians(heading_deg)), math.cos(math.radians(heading_deg))
    dx, dy = x_m - through_m[0], y_m - through_m[1]
    aside_m = np.maximum(np.abs(dx * north - dy * east), NEAREST_M)
    unplaced = np.isnan(aside_m)
    along_s = (dx * east + dy * north) / speed_m_s
    return np.where(unplaced, math.inf, aside_m), at_s + np.where(unplaced, 0.0, along_s)
