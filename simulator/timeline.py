"""What happens in a scenario and when, in the words that the demo tells it with."""

from collections.abc import Iterator
from dataclasses import dataclass

from simulator.build_causes import reached_nsv_h
from simulator.faults.faults import all_events
from simulator.scenario import FaultEvent, RainEvent, Scenario, SourceEvent
from simulator.timeline_causes import causes_told
from simulator.world.world import World

LONGEST_RISE_S = 4 * 3600


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens. ``instrument``: of a source, the one that it is nearest to.

    ``key``: quiet, rain_begins, washout_peak, rain_stops, source_appears, source_gone, fault_begins, fault_ends, end;
    vehicle_passes, plume_arrives, plume_full, plume_leaves, plume_gone, scanner_begins, scanner_ends,
    radiography_begins, radiography_ends.
    """

    t_s: float
    key: str
    instrument: str | None = None
    nsv_h: float | None = None
    fault: str | None = None
    rain_mm_h: float | None = None

    def details(self) -> dict[str, str | float]:
        told = {"instrument": self.instrument, "nsv_h": self.nsv_h, "fault": self.fault, "rain_mm_h": self.rain_mm_h}
        return {key: value for key, value in told.items() if value is not None}


def timeline(scenario: Scenario, world: World) -> tuple[Event, ...]:
    """In order of time."""
    events = [Event(0.0, "quiet")]
    for shower in scenario.rain:
        events.extend(_rain(shower, scenario, world))
    for source in scenario.sources:
        events.extend(_source(source, scenario))
    events.extend(Event(told.t_s, told.key, told.instrument, told.nsv_h) for told in causes_told(scenario))
    for fault in all_events(scenario):
        events.extend(_fault(fault))
    events.append(Event(scenario.duration_min * 60.0, "end"))
    return tuple(sorted(events, key=lambda event: event.t_s))


def _rain(shower: RainEvent, scenario: Scenario, world: World) -> Iterator[Event]:
    yield Event(shower.start_s, "rain_begins", rain_mm_h=shower.rate_mm_h)
    later = [other.start_s for other in scenario.rain if other.start_s > shower.start_s]
    until = min([shower.end_s + LONGEST_RISE_S, *later])
    peak_s = max(range(int(shower.start_s), int(until) + 1), key=world.washout_nsv_h)
    yield Event(float(peak_s), "washout_peak", nsv_h=round(world.washout_nsv_h(peak_s), 1))
    yield Event(shower.end_s, "rain_stops")


def _source(source: SourceEvent, scenario: Scenario) -> Iterator[Event]:
    heights = reached_nsv_h(source, scenario)
    nearest = max(heights, key=lambda instrument: heights[instrument])
    yield Event(source.start_s, "source_appears", nearest, nsv_h=heights[nearest])
    yield Event(source.end_s, "source_gone", nearest)


def _fault(fault: FaultEvent) -> Iterator[Event]:
    yield Event(fault.start_s, "fault_begins", fault.instrument, fault=fault.kind)
    yield Event(fault.end_s, "fault_ends", fault.instrument, fault=fault.kind)
