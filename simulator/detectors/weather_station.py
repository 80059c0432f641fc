"""A weather station like Lufft's: it measures the world's weather without error, and its gauge counts the rain."""

from dataclasses import dataclass

from simulator.detectors.instrument import Instrument
from simulator.world.weather import Weather


@dataclass(frozen=True, slots=True)
class WeatherState:
    weather: Weather
    rain_total_mm: float  # absolute counter since the instrument was born; the register wraps
    rain_rate_mm_h: float


class WeatherStation(Instrument[WeatherState]):
    _counter_began_mm = 0.0  # what had fallen when the counter was last set to 0

    def _live_second(self, second: int) -> None:
        """Nothing is averaged."""

    def _reset_counters(self) -> None:
        self._counter_began_mm = self._world.gauge_total_mm(self.id, float(self._second))

    def _show(self) -> WeatherState:
        t_s = float(self._second)
        return WeatherState(
            self._world.weather(t_s),
            self._world.gauge_total_mm(self.id, t_s) - self._counter_began_mm,
            self._world.gauge_rate_mm_h(self.id, t_s),
        )
