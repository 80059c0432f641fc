"""The world of one scenario: every dose rate has causes, and they can be asked one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from simulator.scenario_parts import Spectrum
from simulator.world.cause import Cause, FloatArray
from simulator.world.rain import Rain
from simulator.world.washout import Washout
from simulator.world.weather import Weather, WeatherModel

REMEMBERED_NUMBERS = 2_000_000  # about 16 MB of arrays, however many sites and causes there are
FLAT: Mapping[Spectrum, float] = {}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an instrument stands."""

    terrestrial_nsv_h: float
    cosmic_nsv_h: float
    washout_factor: float = 1.0  # how much of the washed-out progeny it sees: roof, slope, shelter
    gauge_factor: float = 1.0  # how much of the rain a gauge here catches
    gauge_start_mm: float = 0.0  # what the gauge's counter showed when the world began
    x_m: float | None = None
    y_m: float | None = None


@dataclass(frozen=True, slots=True)
class Causes:
    """The truth at one place, split by cause. A cause that the scenario has not got is 0."""

    by_name: Mapping[str, float]
    total_nsv_h: float

    def __getitem__(self, name: str) -> float:
        return self.by_name.get(name, 0.0)

    @property
    def terrestrial_nsv_h(self) -> float:
        return self["terrestrial"]

    @property
    def cosmic_nsv_h(self) -> float:
        return self["cosmic"]

    @property
    def radon_nsv_h(self) -> float:
        return self["radon"]

    @property
    def washout_nsv_h(self) -> float:
        return self["washout"]

    @property
    def source_nsv_h(self) -> float:
        return self["source"]


class Field(NamedTuple):
    """What one tube meets in one second, weighted with its energy response."""

    steady_nsv_h: float
    pulsed_nsv_h: float = 0.0  # mean over the second
    pulses: float = 0.0  # in which ``pulsed_nsv_h`` came


@dataclass(frozen=True, slots=True)
class _Second:
    """All sites, in one second."""

    total: list[float]
    by_spectrum: dict[Spectrum, list[float]]
    pulsed: tuple[tuple[Spectrum, float, list[float]], ...]  # pulses in this second, mean nSv/h


class World:
    """Pure in time: t_s is seconds since the world began; asking twice, or in another order, gives the same."""

    def __init__(
        self, places: Mapping[str, Place], rain: Rain, washout: Washout, weather: WeatherModel, causes: Sequence[Cause]
    ) -> None:
        self.instruments = tuple(places)
        self._places = dict(places)
        self._site = {instrument: number for number, instrument in enumerate(places)}
        self._rain = rain
        self._washout = washout
        self._weather = weather
        self._causes = tuple(causes)
        self._seconds: dict[int, _Second] = {}  # all detectors ask for the same ones
        self._bound = max(64, min(4096, REMEMBERED_NUMBERS // max(1, len(places) * (len(causes) + 1))))

    def dose_rate_nsv_h(self, instrument_id: str, t_s: float) -> float:
        """The truth at an instrument's place: what an ideal detector would say."""
        return self.causes(instrument_id, t_s).total_nsv_h

    def dose_rates_nsv_h(self, t_s: float) -> FloatArray:
        """The truth at all places, in the order of ``instruments``."""
        total = np.zeros(len(self._places))
        for cause in self._causes:
            total = total + cause.at_nsv_h(t_s)
        return total

    def causes(self, instrument_id: str, t_s: float) -> Causes:
        site = self._site[instrument_id]
        by_name: dict[str, float] = {}
        total = 0.0
        for cause in self._causes:
            value = float(cause.at_nsv_h(t_s)[site])
            by_name[cause.name] = by_name.get(cause.name, 0.0) + value
            total += value
        return Causes(by_name, total)

    def field(self, instrument_id: str, second: int, response: Mapping[Spectrum, float] = FLAT) -> Field:
        """The mean over [second, second + 1), as a tube with this response (1 where it names none) meets it."""
        moment = self._second(second)
        site = self._site[instrument_id]
        if response:
            parts = moment.by_spectrum.items()
            steady = sum(response.get(spectrum, 1.0) * values[site] for spectrum, values in parts)
        else:
            steady = moment.total[site]
        if not moment.pulsed:
            return Field(steady)
        met = [(response.get(spectrum, 1.0) * values[site], pulses) for spectrum, pulses, values in moment.pulsed]
        here = [(nsv_h, pulses) for nsv_h, pulses in met if nsv_h > 0]
        return Field(steady, sum(nsv_h for nsv_h, _ in here), sum(pulses for _, pulses in here))

    def _second(self, second: int) -> _Second:
        found = self._seconds.get(second)
        if found is None:
            if len(self._seconds) >= self._bound:
                self._seconds.clear()
            found = self._seconds[second] = self._lived(float(second))
        return found

    def _lived(self, from_s: float) -> _Second:
        total = np.zeros(len(self._places))
        by_spectrum: dict[Spectrum, FloatArray] = {}
        pulsed: list[tuple[Spectrum, float, list[float]]] = []
        for cause in self._causes:
            values = cause.mean_nsv_h(from_s, from_s + 1.0)
            pulses = cause.pulses(from_s, from_s + 1.0)
            if pulses is None:
                total = total + values
                by_spectrum[cause.spectrum] = by_spectrum.get(cause.spectrum, 0.0) + values
            elif pulses > 0:
                pulsed.append((cause.spectrum, pulses, values.tolist()))
        lists = {spectrum: values.tolist() for spectrum, values in by_spectrum.items()}
        return _Second(total.tolist(), lists, tuple(pulsed))

    def washout_nsv_h(self, t_s: float) -> float:
        """Washout at a place of factor 1."""
        return self._washout.dose_rate_nsv_h(t_s)

    def rain_rate_mm_h(self, t_s: float) -> float:
        return self._rain.rate_mm_h(t_s)

    def snowing(self, t_s: float) -> bool:
        return self._rain.snowing(t_s)

    def gauge_rate_mm_h(self, instrument_id: str, t_s: float) -> float:
        return self._places[instrument_id].gauge_factor * self._rain.rate_mm_h(t_s)

    def gauge_total_mm(self, instrument_id: str, t_s: float) -> float:
        """A gauge's absolute counter; the instrument makes it wrap."""
        place = self._places[instrument_id]
        return place.gauge_start_mm + place.gauge_factor * self._rain.fallen_mm(t_s)

    def weather(self, t_s: float) -> Weather:
        return self._weather.at(t_s, raining=self._rain.rate_mm_h(t_s) > 0)
