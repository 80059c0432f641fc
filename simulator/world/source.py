"""A source that comes and goes: a trapezium of dose rate in time, at each detector its own height."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """Rises over ``ramp_s`` from ``start_s``, stays, and is gone at ``end_s`` after falling over ``ramp_s``."""

    start_s: float
    end_s: float
    ramp_s: float
    at_nsv_h: Mapping[str, float]  # full height, by instrument

    def presence(self, t_s: float) -> float:
        """0 when it is away, 1 when it is fully there."""
        if not self.start_s <= t_s < self.end_s:
            return 0.0
        if self.ramp_s <= 0:
            return 1.0
        return min(1.0, (t_s - self.start_s) / self.ramp_s, (self.end_s - t_s) / self.ramp_s)

    def dose_rate_nsv_h(self, instrument_id: str, t_s: float) -> float:
        height = self.at_nsv_h.get(instrument_id)
        return height * self.presence(t_s) if height else 0.0


def at_distance_nsv_h(strength_nsv_h_at_1m: float, distance_m: float) -> float:
    """A point source without shielding: the inverse square of the distance."""
    return strength_nsv_h_at_1m / distance_m**2
