"""A source that comes and goes: a trapezium in time, and its height by the inverse square of the distance."""

from dataclasses import dataclass

from simulator.world.cause import Slow


@dataclass(frozen=True, slots=True)
class Visit(Slow):
    """Rises over ``ramp_s`` from ``start_s``, stays, and is gone at ``end_s`` after falling over ``ramp_s``."""

    start_s: float
    end_s: float
    ramp_s: float

    def at(self, t_s: float) -> float:
        """0 when it is away, 1 when it is fully there."""
        if not self.start_s <= t_s < self.end_s:
            return 0.0
        if self.ramp_s <= 0:
            return 1.0
        return min(1.0, (t_s - self.start_s) / self.ramp_s, (self.end_s - t_s) / self.ramp_s)


def at_distance_nsv_h(strength_nsv_h_at_1m: float, distance_m: float) -> float:
    """A point source without shielding: the inverse square of the distance."""
    return strength_nsv_h_at_1m / distance_m**2
