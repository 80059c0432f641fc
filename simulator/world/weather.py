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
    pressure_swing_hpa: float = 0.0


class WeatherModel:
    """Pure in time: the same seed gives the same weather however it is asked."""

    PERIODS_S = (97.0, 431.0, 1789.0)
    HIGHS_AND_LOWS_S = (2.9 * DAY_S, 5.3 * DAY_S, 9.7 * DAY_S)

    def __init__(self, climate: Climate, seed: int) -> None:
        self._climate = climate
        phases = np.random.default_rng([seed, 0x57454154]).uniform(0.0, 2 * math.pi, (4, len(self.PERIODS_S)))
        self._phases: list[list[float]] = phases.tolist()
        slow = np.random.default_rng([seed, 0x50524553]).uniform(0.0, 2 * math.pi, len(self.HIGHS_AND_LOWS_S))
        self._slow_phases: list[float] = slow.tolist()

    def at(self, t_s: float, *, raining: bool) -> Weather:
        climate = self._climate
        day = math.sin(2 * math.pi * t_s / DAY_S)
        warm = climate.temperature_degc + climate.daily_swing_degc / 2 * day + 0.15 * self._wave(0, t_s)
        humidity = climate.humidity_pct - 8 * day + self._wave(1, t_s)
        return Weather(
            temperature_degc=warm - (1.5 if raining else 0.0),
            humidity_pct=min(100.0, max(5.0, max(humidity, 97.0) if raining else humidity)),
            pressure_hpa=self.pressure_hpa(t_s),
            wind_m_s=max(0.0, climate.wind_m_s * (1.0 + 0.4 * self._wave(2, t_s))),
            wind_from_deg=(climate.wind_from_deg + 25.0 * self._wave(3, t_s)) % 360.0,
        )

    def pressure_hpa(self, t_s: float) -> float:
        """Two tides a day, and highs and lows that take days to pass."""
        tide = self._climate.pressure_hpa + 1.2 * math.cos(4 * math.pi * t_s / DAY_S)
        if not self._climate.pressure_swing_hpa:
            return tide
        waves = zip(self.HIGHS_AND_LOWS_S, self._slow_phases, strict=True)
        slow = sum(math.sin(2 * math.pi * t_s / period + phase) for period, phase in waves)
        return tide + self._climate.pressure_swing_hpa * slow / len(self.HIGHS_AND_LOWS_S)

    def _wave(self, row: int, t_s: float) -> float:
        """Between −1 and 1."""
        waves = zip(self.PERIODS_S, self._phases[row], strict=True)
        return sum(math.sin(2 * math.pi * t_s / period + phase) for period, phase in waves) / len(self.PERIODS_S)
