"""The world of one scenario: every dose rate has causes, and they can be asked one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulator.world.rain import Rain
from simulator.world.source import Source
from simulator.world.washout import Washout
from simulator.world.weather import Weather, WeatherModel


@dataclass(frozen=True, slots=True)
class Place:
    """Where an instrument stands."""

    terrestrial_nsv_h: float
    cosmic_nsv_h: float
    washout_factor: float = 1.0  # how much of the washed-out progeny it sees: roof, slope, shelter
    gauge_factor: float = 1.0  # how much of the rain a gauge here catches
    gauge_start_mm: float = 0.0  # what the gauge's counter showed when the world began


@dataclass(frozen=True, slots=True)
class Causes:
    terrestrial_nsv_h: float
    cosmic_nsv_h: float
    washout_nsv_h: float
    source_nsv_h: float

    @property
    def total_nsv_h(self) -> float:
        return self.terrestrial_nsv_h + self.cosmic_nsv_h + self.washout_nsv_h + self.source_nsv_h


class World:
    """Pure in time: t_s is seconds since the world began; asking twice, or in another order, gives the same."""

    def __init__(
        self,
        places: Mapping[str, Place],
        rain: Rain,
        washout: Washout,
        sources: Sequence[Source],
        weather: WeatherModel,
    ) -> None:
        self._places = dict(places)
        self._rain = rain
        self._washout = washout
        self._sources = tuple(sources)
        self._weather = weather
        self._remembered: dict[float, float] = {}  # washout by time: all detectors ask for the same second

    def dose_rate_nsv_h(self, instrument_id: str, t_s: float) -> float:
        """The truth at an instrument's place: what an ideal detector would say."""
        return self.causes(instrument_id, t_s).total_nsv_h

    def causes(self, instrument_id: str, t_s: float) -> Causes:
        place = self._places[instrument_id]
        return Causes(
            place.terrestrial_nsv_h,
            place.cosmic_nsv_h,
            place.washout_factor * self.washout_nsv_h(t_s),
            sum(source.dose_rate_nsv_h(instrument_id, t_s) for source in self._sources),
        )

    def washout_nsv_h(self, t_s: float) -> float:
        """Washout at a place of factor 1."""
        found = self._remembered.get(t_s)
        if found is None:
            if len(self._remembered) >= 4096:
                self._remembered.clear()
            found = self._remembered[t_s] = self._washout.dose_rate_nsv_h(t_s)
        return found

    def rain_rate_mm_h(self, t_s: float) -> float:
        return self._rain.rate_mm_h(t_s)

    def gauge_rate_mm_h(self, instrument_id: str, t_s: float) -> float:
        return self._places[instrument_id].gauge_factor * self._rain.rate_mm_h(t_s)

    def gauge_total_mm(self, instrument_id: str, t_s: float) -> float:
        """A gauge's absolute counter; the instrument makes it wrap."""
        place = self._places[instrument_id]
        return place.gauge_start_mm + place.gauge_factor * self._rain.fallen_mm(t_s)

    def weather(self, t_s: float) -> Weather:
        return self._weather.at(t_s, raining=self._rain.rate_mm_h(t_s) > 0)
