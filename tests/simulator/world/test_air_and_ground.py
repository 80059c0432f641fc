"""Pressure holds muons back, nights gather radon, water and snow cover the ground, and showers differ."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.build import build_world
from simulator.scenario import Scenario
from simulator.world.air import CosmicPressure, RadonWave
from simulator.world.ground import Ground, Snow, Soil
from simulator.world.rain import Rain, Shower
from simulator.world.washout import shower_strengths
from simulator.world.weather import Climate, WeatherModel

Make = Callable[..., Scenario]
HOUR = 3600.0
DAY = 24 * HOUR
SOIL = Soil(usual_mm=30.0, capacity_mm=90.0, drying_days=6.0, layer_kg_m2=300.0, attenuation=1.4)


def weather(temperature_degc: float = 22.0, pressure_swing_hpa: float = 0.0) -> WeatherModel:
    return WeatherModel(Climate(temperature_degc, 0.0, 70.0, 1008.0, 2.0, 0.0, pressure_swing_hpa), 3)


def test_muons_fall_by_1_564_percent_a_kilopascal() -> None:
    at_1008 = CosmicPressure(weather(), 1.0, -0.01564, 1008.0)
    one_kpa_lower = CosmicPressure(weather(), 1.0, -0.01564, 998.0)
    assert one_kpa_lower.at(0.0) - at_1008.at(0.0) == pytest.approx(-0.01564)


def test_only_the_muons_share_follows_the_pressure(scenario_with: Make) -> None:
    world = build_world(scenario_with(world={"cosmic": {"muon_share": 0.75}, "climate": {"pressure_swing_hpa": 15.0}}))
    for t in (0.0, 40 * HOUR, 90 * HOUR):
        kpa = (world.weather(t).pressure_hpa - 1008.0) / 10
        assert world.causes("det", t).cosmic_nsv_h == pytest.approx(40.0 * (1 - 0.75 * 0.01564 * kpa))


def test_highs_and_lows_stay_within_their_swing() -> None:
    swinging = weather(pressure_swing_hpa=15.0)
    seen = [swinging.pressure_hpa(t) for t in np.arange(0.0, 30 * DAY, HOUR)]
    assert 8.0 < max(seen) - 1008.0 < 16.2
    assert -16.2 < min(seen) - 1008.0 < -8.0


def test_radon_is_highest_at_its_hour_and_gone_twelve_hours_later() -> None:
    wave = RadonWave(1, begins_at_hour=9.0, peak_hour=5.5, day_sigma=0.0)
    assert wave.at(20.5 * HOUR) == pytest.approx(1.0)
    assert wave.at(8.5 * HOUR) == pytest.approx(0.0, abs=1e-12)


def test_nights_differ_by_the_seed_and_have_the_mean_that_was_told() -> None:
    wave = RadonWave(1, begins_at_hour=9.0, peak_hour=5.5, day_sigma=0.4)
    nights = [wave.night_strength(night) for night in range(3000)]
    assert np.mean(nights) == pytest.approx(1.0, abs=0.03)
    assert np.std(np.log(nights)) == pytest.approx(0.4, rel=0.05)
    assert nights[0] != RadonWave(2, 9.0, 5.5, 0.4).night_strength(0)


@given(st.integers(0, 40))
def test_nights_join_without_a_step(day: int) -> None:
    wave = RadonWave(1, begins_at_hour=9.0, peak_hour=5.5, day_sigma=1.0)
    join_s = day * DAY + 8.5 * HOUR
    assert wave.at(join_s - 1.0) == pytest.approx(wave.at(join_s + 1.0), abs=1e-6)


def test_rain_makes_the_soil_shine_less_and_dry_days_bring_it_back() -> None:
    ground = Ground(Rain([Shower(0.0, 10 * HOUR, 5.0)]), weather(), SOIL, None)
    assert ground.at(0.0) == 1.0
    assert ground.at(10 * HOUR) == pytest.approx(SOIL.transmission(30.0 + 50.0), rel=0.02)
    assert ground.at(60 * DAY) == pytest.approx(SOIL.transmission(0.0), rel=1e-3)


def test_thirty_percent_of_water_take_about_thirty_percent_of_the_dose_rate() -> None:
    assert SOIL.transmission(90.0) / SOIL.transmission(0.0) == pytest.approx(0.70, abs=0.01)


def test_what_is_above_the_capacity_runs_off() -> None:
    ground = Ground(Rain([Shower(0.0, 10 * HOUR, 100.0)]), weather(), SOIL, None)
    assert ground.water(10 * HOUR).soil_mm == 90.0


def test_water_in_the_soil_dries_exponentially() -> None:
    ground = Ground(Rain([]), weather(), SOIL, None)
    assert ground.water(6 * DAY).soil_mm == pytest.approx(30.0 / math.e, rel=1e-9)


@pytest.mark.parametrize(("water_mm", "measured"), [(120.0, 0.36), (230.0, 0.17)])
def test_snow_holds_back_what_was_measured(water_mm: float, measured: float) -> None:
    assert Snow(water_mm, 4.0, 120.0).transmission(water_mm) == pytest.approx(measured, abs=0.03)


def test_in_frost_all_snow_that_falls_lies() -> None:
    shower = Shower(0.0, 20 * HOUR, 2.0, snow=True)
    ground = Ground(Rain([shower]), weather(-10.0), SOIL, Snow(5.0, 4.0, 120.0))
    assert ground.water(30 * HOUR).snow_mm == pytest.approx(45.0)
    assert ground.at(30 * HOUR) < 0.75


def test_in_warm_air_the_snow_melts_by_the_degrees_and_is_gone() -> None:
    ground = Ground(Rain([]), weather(5.0), None, Snow(30.0, 4.0, 120.0))
    assert ground.water(DAY).snow_mm == pytest.approx(30.0 - 4.0 * 5.0, abs=0.5)
    assert ground.water(3 * DAY).snow_mm == 0.0
    assert ground.at(3 * DAY) == 1.0


def test_no_water_is_lost_or_made_before_it_dries() -> None:
    slow = Soil(usual_mm=0.0, capacity_mm=1e6, drying_days=1e9, layer_kg_m2=300.0, attenuation=1.4)
    showers = [Shower(0.0, 7 * HOUR, 3.0), Shower(2 * HOUR, 9 * HOUR, 4.0, snow=True)]
    ground = Ground(Rain(showers), weather(3.0), slow, Snow(11.0, 4.0, 120.0))
    for t in (HOUR, 5 * HOUR, 40 * HOUR):
        water = ground.water(t)
        assert water.soil_mm + water.snow_mm == pytest.approx(11.0 + Rain(showers).fallen_mm(t))


def test_the_ground_does_not_depend_on_how_often_it_is_asked() -> None:
    rain = Rain([Shower(0.0, 7 * HOUR, 3.0)])
    often, once = (Ground(rain, weather(), SOIL, None) for _ in range(2))
    for t in np.arange(0.0, DAY, 777.0):
        often.at(float(t))
    assert often.at(1.5 * DAY) == once.at(1.5 * DAY)


def test_showers_have_strengths_around_one_that_the_seed_gives() -> None:
    strengths = shower_strengths(5, 0.6, 5000)
    assert np.mean(strengths) == pytest.approx(1.0, abs=0.03)
    assert strengths[:3] == shower_strengths(5, 0.6, 3)
    assert strengths[:3] != shower_strengths(6, 0.6, 3)
    assert shower_strengths(5, 0.0, 2) == [1.0, 1.0]


def test_a_shower_twice_as_strong_brings_twice_as_much_and_strips_the_same(scenario_with: Make) -> None:
    def peak(strength: float) -> float:
        rain = [{"start_min": 0, "duration_min": 12, "rate_mm_h": 12, "strength": strength}]
        return build_world(scenario_with(rain=rain)).washout_nsv_h(720.0)

    assert peak(2.0) == pytest.approx(2 * peak(1.0))


def test_chance_gives_showers_strengths_only_when_it_is_told_to(scenario_with: Make) -> None:
    rain = [{"start_min": 0, "duration_min": 12, "rate_mm_h": 12}]
    plain = build_world(scenario_with(rain=rain)).washout_nsv_h(720.0)
    drawn = build_world(scenario_with(rain=rain, world={"washout": {"strength_sigma": 0.6}})).washout_nsv_h(720.0)
    assert drawn / plain == pytest.approx(shower_strengths(7, 0.6, 1)[0])
