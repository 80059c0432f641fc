"""What covers the shining ground: water in the soil and snow above it.

Both are kept on a grid of ten minutes and joined by straight lines. In a step the snow melts by the degrees above zero,
rain and meltwater enter the soil evenly while it dries exponentially, and what is above its capacity runs off.
"""

import math
from dataclasses import dataclass

from simulator.world.cause import Slow
from simulator.world.rain import Rain
from simulator.world.weather import WeatherModel

GRID_S = 600.0
DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class Soil:
    usual_mm: float
    capacity_mm: float
    drying_days: float
    layer_kg_m2: float
    attenuation: float

    def transmission(self, water_mm: float) -> float:
        """Dose rate over this soil against the same soil with its usual water (1 mm is 1 kg/m²)."""
        usual = 1.0 + self.attenuation * self.usual_mm / self.layer_kg_m2
        return usual / (1.0 + self.attenuation * water_mm / self.layer_kg_m2)


@dataclass(frozen=True, slots=True)
class Snow:
    cover_mm: float
    melt_mm_per_degc_day: float
    efold_mm: float

    def transmission(self, cover_mm: float) -> float:
        return math.exp(-cover_mm / self.efold_mm)


@dataclass(frozen=True, slots=True)
class GroundWater:
    soil_mm: float
    snow_mm: float


class Ground(Slow):
    """The factor on terrestrial radiation. Without soil or without snow, that one changes nothing."""

    def __init__(self, rain: Rain, weather: WeatherModel, soil: Soil | None, snow: Snow | None) -> None:
        self._rain = rain
        self._weather = weather
        self._soil = soil
        self._snow = snow
        self._grid = [GroundWater(soil.usual_mm if soil else 0.0, snow.cover_mm if snow else 0.0)]

    def at(self, t_s: float) -> float:
        if self._soil is None and self._snow is None:
            return 1.0
        water = self.water(t_s)
        through = self._soil.transmission(water.soil_mm) if self._soil else 1.0
        return through * (self._snow.transmission(water.snow_mm) if self._snow else 1.0)

    def water(self, t_s: float) -> GroundWater:
        step, rest_s = divmod(max(0.0, t_s), GRID_S)
        while len(self._grid) <= int(step) + 1:
            self._grid.append(self._next(len(self._grid) - 1))
        here, there = self._grid[int(step)], self._grid[int(step) + 1]
        part = rest_s / GRID_S
        return GroundWater(
            here.soil_mm + part * (there.soil_mm - here.soil_mm), here.snow_mm + part * (there.snow_mm - here.snow_mm)
        )

    def _next(self, step: int) -> GroundWater:
        begin_s, end_s = step * GRID_S, (step + 1) * GRID_S
        before = self._grid[step]
        snowed_mm = self._rain.snow_fallen_mm(end_s) - self._rain.snow_fallen_mm(begin_s)
        rained_mm = self._rain.fallen_mm(end_s) - self._rain.fallen_mm(begin_s) - snowed_mm
        cover_mm = before.snow_mm + snowed_mm
        melted_mm = min(cover_mm, self._melt_mm((begin_s + end_s) / 2))
        return GroundWater(self._wetted(before.soil_mm, rained_mm + melted_mm), cover_mm - melted_mm)

    def _melt_mm(self, t_s: float) -> float:
        if self._snow is None:
            return math.inf  # snow that nobody models is as rain
        warm = self._weather.at(t_s, raining=self._rain.rate_mm_h(t_s) > 0).temperature_degc
        return self._snow.melt_mm_per_degc_day * max(0.0, warm) * GRID_S / DAY_S

    def _wetted(self, soil_mm: float, entering_mm: float) -> float:
        if self._soil is None:
            return 0.0
        steps = GRID_S / (self._soil.drying_days * DAY_S)
        kept = math.exp(-steps)
        return min(self._soil.capacity_mm, soil_mm * kept + entering_mm * (1.0 - kept) / steps)
