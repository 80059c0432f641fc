"""A world that people may change while it plays: they inject what a scenario's file could have said, and clear it.

What is injected begins at the next whole second or later, and the new world is the old one until then; so nothing that
an instrument has lived already is undone. The same injections at the same seconds give the same bytes.
"""

import math
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from simulator.build import build_ensemble, build_world
from simulator.faults.faults import events_of
from simulator.scenario import Scenario
from simulator.story import Story
from simulator.timeline import timeline
from simulator.world.world import World

MOST_INJECTED = 200
LONGEST_S = 86_400.0  # of one injected event, and how far ahead it may lie
SMALLEST, LARGEST = 0.001, 1e12  # of any number in it, unless it is 0
LARGEST_NSV_H = 1e13
LOOKED_AT_S = (0.0, 0.5, 1.0, 10.0, 60.0, 600.0, 3600.0)
TIMES = ("start_min", "at_min")


class InjectionError(Exception):
    """It cannot be done; the text says why."""


def groups() -> dict[str, str]:
    """The lists of a scenario that have times, and what the time is called in each."""
    found: dict[str, str] = {}
    for name, field in Scenario.model_fields.items():
        for part in get_args(field.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel):
                time = next((time for time in TIMES if time in part.model_fields), None)
                found |= {name: time} if time else {}
    return found


GROUPS = groups()


class Live:
    """One scenario as it is now, its instruments, and the story still to be told."""

    def __init__(self, scenario: Scenario, origin_wall_ns: int = 0) -> None:
        self.scenario = scenario
        self.ensemble = build_ensemble(scenario, origin_wall_ns)
        self.world: World = self.ensemble.world
        self.story = Story(timeline(scenario, self.world))
        self._ids = {group: [f"{group}-{at + 1}" for at in range(len(getattr(scenario, group)))] for group in GROUPS}
        self._injected = 0

    def inject(self, what: str, entry: Mapping[str, Any], now_s: float) -> str:
        """``entry``: as in the scenario's file, but ``in_s`` (0) and ``for_s`` instead of times. Returns its id."""
        if what not in GROUPS:
            raise InjectionError(f"what: one of {', '.join(GROUPS)}")
        if self._injected >= MOST_INJECTED:
            raise InjectionError(f"{MOST_INJECTED} events have been injected; that is all")
        made = _with_times(what, entry, now_s)
        changed = _checked(self.scenario, what, [*_dumped(self.scenario, what), made])
        self._take(changed, now_s, made[GROUPS[what]] * 60.0)
        self._injected += 1
        identity = f"injected-{self._injected}"
        self._ids[what].append(identity)
        return identity

    def clear(self, identity: str, now_s: float) -> None:
        """It ends now; what has not begun, or has no end, is taken away."""
        what = next((group for group, ids in self._ids.items() if identity in ids), None)
        if what is None:
            raise InjectionError("there is no such event")
        at = self._ids[what].index(identity)
        items = _dumped(self.scenario, what)
        shortened = _ended(items[at], math.ceil(now_s) / 60.0)
        kept = [*items[:at], *([shortened] if shortened else []), *items[at + 1 :]]
        self._take(_checked(self.scenario, what, kept), now_s, now_s)
        if not shortened:
            self._ids[what].pop(at)

    def going_on(self, now_s: float) -> list[dict[str, object]]:
        """All events of the scenario that are not over, with their ids, and the random faults of this moment."""
        listed: list[dict[str, object]] = []
        for what, ids in self._ids.items():
            for identity, item in zip(ids, getattr(self.scenario, what), strict=True):
                end_s = getattr(item, "end_s", math.inf)
                if end_s > now_s:
                    start_s = getattr(item, GROUPS[what]) * 60.0
                    said = item.model_dump(exclude_none=True, exclude_defaults=True)
                    listed.append({"id": identity, "what": what, "now": start_s <= now_s, **said})
        return listed + self._drawn(now_s)

    def _drawn(self, now_s: float) -> list[dict[str, object]]:
        if not self.scenario.random_faults:
            return []
        return [
            {"what": "random_faults", "now": True, **event.model_dump(exclude_none=True)}
            for spec in self.scenario.instruments
            for event in events_of(self.scenario, spec)
            if event.start_s <= now_s < event.end_s and event not in self.scenario.faults
        ]

    def _take(self, changed: Scenario, now_s: float, look_s: float) -> None:
        """All of it or nothing."""
        try:
            world = build_world(changed)
            for instrument in self.ensemble.instruments:
                for after_s in LOOKED_AT_S:
                    if not world.dose_rate_nsv_h(instrument, look_s + after_s) <= LARGEST_NSV_H:
                        raise InjectionError(f"more than {LARGEST_NSV_H:.0e} nSv/h at {instrument}")
            story = timeline(changed, world)
        except (ArithmeticError, ValueError) as error:
            raise InjectionError(f"no such world: {error}") from error
        for spec in changed.instruments:
            instrument_now = self.ensemble.instruments[spec.id]
            instrument_now.enter(world)
            instrument_now.faults.replace(events_of(changed, spec))
        self.scenario, self.world = changed, world
        self.story.change(story, now_s)


def _dumped(scenario: Scenario, what: str) -> list[dict[str, Any]]:
    return [item.model_dump(exclude_unset=True) for item in getattr(scenario, what)]


def _checked(scenario: Scenario, what: str, items: list[dict[str, Any]]) -> Scenario:
    whole = scenario.model_dump(exclude_unset=True) | {what: items}
    try:
        return Scenario.model_validate(whole)
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, item['loc'])) or what}: {item['msg']}" for item in error.errors()]
        raise InjectionError("; ".join(lines[:5])) from error


def _with_times(what: str, entry: Mapping[str, Any], now_s: float) -> dict[str, Any]:
    made = dict(entry)
    for number in _numbers(made):
        if number and not SMALLEST <= abs(number) <= LARGEST:
            raise InjectionError(f"numbers are 0 or {SMALLEST:g} to {LARGEST:g}")
    if any(key in made for key in (*TIMES, "duration_min")):
        raise InjectionError("times are in_s and for_s, from now on")
    in_s = _seconds(made.pop("in_s", 0.0), "in_s")
    made[GROUPS[what]] = math.ceil(max(0.0, now_s) + in_s) / 60.0
    if "for_s" in made:
        made["duration_min"] = _seconds(made.pop("for_s"), "for_s") / 60.0
    return made


def _seconds(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST_S:
        raise InjectionError(f"{name}: 0 to {LONGEST_S:.0f} seconds")
    return float(value)


def _numbers(value: object) -> list[float]:
    if isinstance(value, Mapping):
        return [number for part in value.values() for number in _numbers(part)]
    if isinstance(value, list):
        return [number for part in value for number in _numbers(part)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


def _ended(item: dict[str, Any], now_min: float) -> dict[str, Any] | None:
    """The same until now; None when nothing of it remains."""
    if "duration_min" not in item or item["start_min"] >= now_min:
        return None
    if item["start_min"] + item["duration_min"] <= now_min:
        raise InjectionError("it is over")
    lasted_min = now_min - item["start_min"]
    ended = item | {"duration_min": lasted_min}
    if "ramp_s" in item:  # it rises as it did; it is gone at once
        ended["ramp_s"] = min(item["ramp_s"], lasted_min * 30.0)
    return ended
