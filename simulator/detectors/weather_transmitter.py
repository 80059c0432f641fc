"""A weather transmitter that also says for how long it has rained."""

from simulator.detectors.instrument import Faults
from simulator.detectors.weather_station import WeatherStation
from simulator.world.world import World


class WeatherTransmitter(WeatherStation):
    def __init__(self, instrument_id: str, world: World, faults: Faults) -> None:
        self.rained_s = 0
        super().__init__(instrument_id, world, faults)

    def _live_second(self, second: int) -> None:
        self.rained_s += self._world.gauge_rate_mm_h(self.id, float(second)) > 0
