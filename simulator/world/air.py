"""What the air does to a quiet dose rate: pressure holds muons back, and still nights gather radon's daughters."""

import math
from dataclasses import dataclass

import numpy as np

from simulator.world.cause import Slow
from simulator.world.weather import WeatherModel

HOUR_S = 3600.0
HPA_PER_KPA = 10.0


@dataclass(frozen=True, slots=True)
class CosmicPressure(Slow):
    """1 at the reference pressure; the muons' share of it changes with each kPa, the rest does not."""

    weather: WeatherModel
    muon_share: float
    muon_per_kpa: float
    reference_hpa: float

    def at(self, t_s: float) -> float:
        kpa = (self.weather.pressure_hpa(t_s) - self.reference_hpa) / HPA_PER_KPA
        return max(0.0, 1.0 + self.muon_share * self.muon_per_kpa * kpa)


class RadonWave(Slow):
    """A raised cosine, 0 in the afternoon, where nights join, and at the peak hour as strong as the night is."""

    def __init__(self, seed: int, begins_at_hour: float, peak_hour: float, day_sigma: float) -> None:
        self._seed = seed
        self._begins_at_hour = begins_at_hour
        self._peak_hour = peak_hour
        self._sigma = day_sigma
        self._strengths: dict[int, float] = {}

    def at(self, t_s: float) -> float:
        from_peak_h = self._begins_at_hour + t_s / HOUR_S - self._peak_hour
        night = math.floor((from_peak_h + 12.0) / 24.0)
        return self.night_strength(night) * (1.0 + math.cos(2 * math.pi * from_peak_h / 24.0)) / 2.0

    def night_strength(self, night: int) -> float:
        """Log-normal with a mean of 1, from the seed and the night alone."""
        found = self._strengths.get(night)
        if found is None:
            draw = float(np.random.default_rng([self._seed, 0x5241444F, night + 1]).standard_normal())
            found = self._strengths[night] = math.exp(self._sigma * draw - self._sigma**2 / 2)
        return found
