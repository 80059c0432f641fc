"""The rest of the weather: smooth daily swings and a few slow waves whose phases come from the seed."""

import math
from dataclasses import dataclass

import numpy as np

DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class Weather:
    temperature_degc: float
    humidity_pct: float
    pressure_hpa: float
    wind_m_s: float
    wind_from_deg: float

    @property
    def dew_point_degc(self) -> float:
        """Magnus' formula over water."""
        gamma = math.log(self.humidity_pct / 100.0) + 17.62 * self.temperature_degc / (243.12 + self.temperature_degc)
        return 243.12 * gamma / (17.62 - gamma)


@dataclass(frozen=True, slots=True)
class Climate:
    temperature_degc: float
    daily_swing_degc: float
    humidity_pct: float
    pressure_hpa: float
    wind_m_s: float
    wind_from_deg: float


class WeatherModel:
    """Pure in time: the same seed gives the same weather however it is asked."""

    PERIODS_S = (97.0, 431.0, 1789.0)

    def __init__(self, climate: Climate, seed: int) -> None:
        self._climate = climate
        phases = np.random.default_rng([seed, 0x57454154]).uniform(0.0, 2 * math.pi, (4, len(self.PERIODS_S)))
        self._phases: list[list[float]] = phases.tolist()

    def at(self, t_s: float, *, raining: bool) -> Weather:
        climate = self._climate
        day = math.sin(2 * math.pi * t_s / DAY_S)
        warm = climate.temperature_degc + climate.daily_swing_degc / 2 * day + 0.15 * self._wave(0, t_s)
        humidity = climate.humidity_pct - 8 * day + self._wave(1, t_s)
        return Weather(
            temperature_degc=warm - (1.5 if raining else 0.0),
            humidity_pct=min(100.0, max(5.0, max(humidity, 97.0) if raining else humidity)),
            pressure_hpa=climate.pressure_hpa + 1.2 * math.cos(4 * math.pi * t_s / DAY_S),
            wind_m_s=max(0.0, climate.wind_m_s * (1.0 + 0.4 * self._wave(2, t_s))),
            wind_from_deg=(climate.wind_from_deg + 25.0 * self._wave(3, t_s)) % 360.0,
        )

    def _wave(self, row: int, t_s: float) -> float:
        """Between −1 and 1."""
        waves = zip(self.PERIODS_S, self._phases[row], strict=True)
        return sum(math.sin(2 * math.pi * t_s / period + phase) for period, phase in waves) / len(self.PERIODS_S)
