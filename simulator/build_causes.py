"""From a scenario to the causes of its dose rates."""

import math
from collections.abc import Iterator

import numpy as np

from simulator.scenario import Scenario
from simulator.scenario_causes import NEAREST_M, PlumeEvent, Reaching, VehicleEvent
from simulator.world.air import CosmicPressure, RadonWave
from simulator.world.cause import Always, Cause, FloatArray, Shape, Slow, Spread, burst_train
from simulator.world.ground import Ground, Snow, Soil
from simulator.world.plume import Cloud, Deposit, Passage, shares
from simulator.world.rain import Rain, Shower
from simulator.world.source import Visit, at_distance_nsv_h
from simulator.world.vehicle import Vehicle, by_distance, by_road
from simulator.world.washout import Washout, shower_strengths
from simulator.world.weather import WeatherModel
from simulator.world.world import Place

RADIOGRAPHY, SCANNER = 0x52414447, 0x5343414E  # which chance is meant, beside the scenario's seed
MINUTE_S = 60.0


class _WashedOut(Slow):
    def __init__(self, washout: Washout) -> None:
        self._washout = washout

    def at(self, t_s: float) -> float:
        return self._washout.dose_rate_nsv_h(t_s)


class Sites:
    """All places as arrays, in the order of the scenario's instruments."""

    def __init__(self, places: dict[str, Place]) -> None:
        self.ids = tuple(places)
        self.terrestrial_nsv_h = np.array([place.terrestrial_nsv_h for place in places.values()])
        self.cosmic_nsv_h = np.array([place.cosmic_nsv_h for place in places.values()])
        self.washout_factor = np.array([place.washout_factor for place in places.values()])
        self.x_m = np.array([math.nan if place.x_m is None else place.x_m for place in places.values()])
        self.y_m = np.array([math.nan if place.y_m is None else place.y_m for place in places.values()])

    def of(self, heights: dict[str, float], otherwise: float = 0.0) -> FloatArray:
        return np.array([heights.get(site, otherwise) for site in self.ids])


def build_rain(scenario: Scenario) -> Rain:
    drawn = shower_strengths(scenario.seed, scenario.world.washout.strength_sigma, len(scenario.rain))
    return Rain(
        Shower(event.start_s, event.end_s, event.rate_mm_h, chance if event.strength is None else event.strength, snow)
        for event, chance, snow in zip(
            scenario.rain, drawn, [event.falls_as == "snow" for event in scenario.rain], strict=True
        )
    )


def build_causes(
    scenario: Scenario, places: dict[str, Place], rain: Rain, washout: Washout, weather: WeatherModel
) -> tuple[Cause, ...]:
    sites = Sites(places)
    return (
        Spread("terrestrial", "natural", sites.terrestrial_nsv_h, _ground(scenario, rain, weather)),
        Spread("cosmic", "cosmic", sites.cosmic_nsv_h, _cosmic(scenario, weather)),
        Spread("washout", "natural", sites.washout_factor, _WashedOut(washout)),
        *_radon(scenario, sites),
        *_sources(scenario, sites),
        *(_vehicle(event, sites) for event in scenario.vehicles),
        *(cause for plume in scenario.plumes for cause in _plume(plume, sites, rain)),
        *_machines(scenario, sites),
    )


def reached_nsv_h(event: Reaching, scenario: Scenario) -> dict[str, float]:
    """The full dose rate of a source at each instrument that it reaches."""
    if event.strength_nsv_h_at_1m is None:
        return dict(event.at_nsv_h)
    distances = dict(event.distance_m)
    if event.at_m is not None:
        for spec in scenario.instruments:
            if spec.place.x_m is not None and spec.place.y_m is not None:
                away_m = math.hypot(spec.place.x_m - event.at_m[0], spec.place.y_m - event.at_m[1])
                distances[spec.id] = max(NEAREST_M, away_m)
    return {site: at_distance_nsv_h(event.strength_nsv_h_at_1m, distance) for site, distance in distances.items()}


def _ground(scenario: Scenario, rain: Rain, weather: WeatherModel) -> Shape:
    soil, snow = scenario.world.soil, scenario.world.snow
    return Ground(
        rain,
        weather,
        None if soil is None else Soil(**soil.model_dump()),
        None if snow is None else Snow(**snow.model_dump()),
    )


def _cosmic(scenario: Scenario, weather: WeatherModel) -> Shape:
    cosmic = scenario.world.cosmic
    if cosmic is None:
        return Always()
    reference = cosmic.reference_hpa or scenario.world.climate.pressure_hpa
    return CosmicPressure(weather, cosmic.muon_share, cosmic.muon_per_kpa, reference)


def _radon(scenario: Scenario, sites: Sites) -> Iterator[Cause]:
    if (radon := scenario.world.radon) is not None:
        wave = RadonWave(scenario.seed, scenario.world.begins_at_hour, radon.peak_hour, radon.day_sigma)
        yield Spread("radon", "natural", np.full(len(sites.ids), radon.wave_nsv_h), wave)


def _sources(scenario: Scenario, sites: Sites) -> Iterator[Cause]:
    for event in scenario.sources:
        heights = sites.of(reached_nsv_h(event, scenario))
        yield Spread("source", event.spectrum, heights, Visit(event.start_s, event.end_s, event.ramp_s))


def _vehicle(event: VehicleEvent, sites: Sites) -> Cause:
    at_s = event.at_min * MINUTE_S
    if event.through_m is None:
        closest_m, nearest_at_s = by_distance(sites.ids, event.closest_m, at_s)
    else:
        road = (event.through_m, event.heading_deg, event.speed_m_s)
        closest_m, nearest_at_s = by_road(sites.x_m, sites.y_m, *road, at_s)
    return Vehicle(event.spectrum, event.strength_nsv_h_at_1m, event.speed_m_s, closest_m, nearest_at_s)


def _plume(event: PlumeEvent, sites: Sites, rain: Rain) -> Iterator[Cause]:
    passage = Passage(event.rise_min * MINUTE_S, event.plateau_min * MINUTE_S, event.fall_min * MINUTE_S)
    arrives_s = np.full(len(sites.ids), event.start_min * MINUTE_S)
    if event.wind_m_s is not None:
        towards = math.radians(event.wind_from_deg + 180.0)
        down_wind_m = sites.x_m * math.sin(towards) + sites.y_m * math.cos(towards)
        arrives_s = arrives_s + np.nan_to_num(down_wind_m) / event.wind_m_s
    factor = sites.of(event.at_factor, 1.0)
    yield Cloud(passage, arrives_s, factor * event.cloud_nsv_h)
    for nuclide, share in shares(event.mixture.model_dump()).items():
        heights = factor * (event.deposit_nsv_h * share)
        yield Deposit(nuclide, passage, arrives_s, heights, rain, event.rain_enhancement)


def _machines(scenario: Scenario, sites: Sites) -> Iterator[Cause]:
    for number, shots in enumerate(scenario.radiography):
        heights = sites.of(reached_nsv_h(shots, scenario))
        rng = np.random.default_rng([scenario.seed, RADIOGRAPHY, number])
        on_s, off_s = shots.exposure_min * MINUTE_S, shots.pause_min * MINUTE_S
        train = burst_train(rng, shots.start_s, shots.end_s, on_s, off_s)
        yield Spread("radiography", shots.spectrum, heights, train)
    for number, scans in enumerate(scenario.scanners):
        heights = sites.of(reached_nsv_h(scans, scenario))
        rng = np.random.default_rng([scenario.seed, SCANNER, number])
        pause_s = scans.lorry_every_min * MINUTE_S
        train = burst_train(rng, scans.start_s, scans.end_s, scans.scan_s, pause_s, jitter_on=0.0)
        yield Spread("scanner", scans.spectrum, heights, train, scans.pulse_hz)
