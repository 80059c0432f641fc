"""What vehicles, plumes, scanners and radiography do and when, as events of the timeline."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from simulator.scenario import Scenario
from simulator.scenario_causes import PlaceM, PlumeEvent, RadiographyEvent, Reaching, ScannerEvent, VehicleEvent


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that a cause does; ``instrument`` is the one that it is nearest to."""

    t_s: float
    key: str
    instrument: str | None = None
    nsv_h: float | None = None


def causes_told(scenario: Scenario) -> Iterator[Told]:
    """In no order. The rest of the timeline's keys are in ``simulator.timeline``."""
    for vehicle in scenario.vehicles:
        yield _vehicle(vehicle, scenario)
    for plume in scenario.plumes:
        yield from _plume(plume)
    for scanner in scenario.scanners:
        yield from _working(scanner, "scanner", scenario)
    for work in scenario.radiography:
        yield from _working(work, "radiography", scenario)


def _vehicle(vehicle: VehicleEvent, scenario: Scenario) -> Told:
    distances = dict(vehicle.closest_m) or {
        instrument: max(_off_the_road_m(place, vehicle), 0.5) for instrument, place in _places(scenario).items()
    }
    if not distances:
        return Told(vehicle.at_min * 60.0, "vehicle_passes")
    nearest = min(distances, key=lambda instrument: distances[instrument])
    nsv_h = vehicle.strength_nsv_h_at_1m / distances[nearest] ** 2
    return Told(vehicle.at_min * 60.0, "vehicle_passes", nearest, round(nsv_h, 1))


def _off_the_road_m(place: PlaceM, vehicle: VehicleEvent) -> float:
    east, north = vehicle.through_m or (0.0, 0.0)
    heading = math.radians(vehicle.heading_deg)
    return abs((place[0] - east) * math.cos(heading) - (place[1] - north) * math.sin(heading))


def _plume(plume: PlumeEvent) -> Iterator[Told]:
    """As the scenario's origin sees it; with wind it is elsewhere at other times."""
    at_min = plume.start_min
    yield Told(at_min * 60.0, "plume_arrives")
    at_min += plume.rise_min
    yield Told(at_min * 60.0, "plume_full")
    at_min += plume.plateau_min
    yield Told(at_min * 60.0, "plume_leaves")
    at_min += plume.fall_min
    yield Told(at_min * 60.0, "plume_gone")


def _working(event: ScannerEvent | RadiographyEvent, what: str, scenario: Scenario) -> Iterator[Told]:
    nearest = _nearest(event, scenario)
    yield Told(event.start_s, f"{what}_begins", nearest)
    yield Told(event.end_s, f"{what}_ends", nearest)


def _nearest(event: Reaching, scenario: Scenario) -> str | None:
    if event.at_nsv_h:
        return max(event.at_nsv_h, key=lambda instrument: event.at_nsv_h[instrument])
    distances = dict(event.distance_m)
    if event.at_m is not None:
        distances = {instrument: math.dist(place, event.at_m) for instrument, place in _places(scenario).items()}
    return min(distances, key=lambda instrument: distances[instrument], default=None)


def _places(scenario: Scenario) -> dict[str, PlaceM]:
    return {
        spec.id: (spec.place.x_m, spec.place.y_m)
        for spec in scenario.instruments
        if spec.place.x_m is not None and spec.place.y_m is not None
    }
