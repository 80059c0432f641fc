"""The story in plain words: what the world does (the simulator's events) and what the station says to it (its alarms).

Language-free: a beat names sentences of the catalogue and their parameters.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from config.catalogue import Catalogue, declared_keys
from station.demo.picture import HOLDING, rank
from station.records import STATION_INSTRUMENT, Alarm

Tone = Literal["calm", "rain", "source", "alarm", "good"]
BEATS_KEPT = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of the catalogue. ``instrument`` is an id here; people read the instrument's name."""

    key: str
    params: Mapping[str, object] = field(default_factory=dict)

    def said(self, catalogue: Catalogue, names: Mapping[str, str]) -> str:
        params = dict(self.params)
        if "instrument" in params:
            params["instrument"] = names.get(str(params["instrument"]), str(params["instrument"]))
        return catalogue.text(self.key, **params)


@dataclass(frozen=True, slots=True)
class Beat:
    """One thing that happened at ``at_ns``, and what is worth looking at."""

    at_ns: int
    line: Line
    look: Line | None
    tone: Tone


# event of the simulator's timeline -> sentence, what to look at, tone
_WORLD: dict[str, tuple[str, str | None, Tone]] = {
    "quiet": ("demo.quiet", "demo.look_quiet", "calm"),
    "rain_begins": ("demo.rain_begins", "demo.look_washout", "rain"),
    "washout_peak": ("demo.washout_peak", "demo.look_washout", "rain"),
    "rain_stops": ("demo.rain_ends", "demo.look_rain_ends", "rain"),
    "source_appears": ("demo.source_near", "demo.look_source", "source"),
    "source_gone": ("demo.source_gone", "demo.look_gone", "good"),
    "vehicle_passes": ("demo.vehicle_passes", "demo.look_vehicle", "source"),
    "scanner_begins": ("demo.scanner_begins", "demo.look_scanner", "source"),
    "scanner_ends": ("demo.scanner_ends", None, "good"),
    "radiography_begins": ("demo.radiography_begins", "demo.look_radiography", "source"),
    "radiography_ends": ("demo.radiography_ends", None, "good"),
    "plume_arrives": ("demo.plume_arrives", "demo.look_plume", "source"),
    "plume_full": ("demo.plume_full", "demo.look_plume_full", "source"),
    "plume_leaves": ("demo.plume_leaves", "demo.look_plume_gone", "source"),
    "plume_gone": ("demo.plume_gone", "demo.look_plume_gone", "good"),
    "end": ("demo.story_over", "demo.look_over", "calm"),
}
# kind of fault -> sentence, what to look at
_FAULTS = {
    "no_answer": ("demo.fault_no_answer", "demo.look_fault"),
    "late_answer": ("demo.fault_late_answer", "demo.look_fault"),
    "bad_checksum": ("demo.fault_bad_checksum", "demo.look_fault"),
    "exception": ("demo.fault_exception", "demo.look_fault"),
    "wrong_unit": ("demo.fault_wrong_unit", "demo.look_fault"),
    "half_open": ("demo.fault_half_open", "demo.look_fault"),
    "line_noise": ("demo.fault_line_noise", "demo.look_fault"),
    "collision": ("demo.fault_collision", "demo.look_fault"),
    "stuck": ("demo.fault_stuck", "demo.look_fault"),
    "hv_off": ("demo.fault_hv_off", "demo.look_fault_counts"),
    "noise_counts": ("demo.fault_noise_counts", "demo.look_fault_counts"),
    "light_leak": ("demo.fault_light_leak", "demo.look_fault_counts"),
    "counter_reset": ("demo.fault_counter_reset", "demo.look_fault"),
    "reboot": ("demo.fault_reboot", "demo.look_fault"),
    "clock_wrong": ("demo.fault_clock_wrong", "demo.look_fault"),
    "power_cut": ("demo.fault_power_cut", "demo.look_power"),
}
# what the sentences may say, and where an event has it
_SAID = {"instrument": "instrument", "value": "nsv_h"}


def beat_of_world(event: Mapping[str, Any]) -> Beat | None:
    """What an event of the simulator means in words; None for one that has none here."""
    key, at_ns = str(event.get("event", "")), int(event.get("at_ns", 0))
    if key in _WORLD:
        sentence, look, tone = _WORLD[key]
    elif key == "fault_begins" and event.get("fault") in _FAULTS:
        (sentence, look), tone = _FAULTS[event["fault"]], "source"
    elif key == "fault_ends":
        cut = event.get("fault") == "power_cut"
        sentence, look, tone = ("demo.power_back" if cut else "demo.fault_ends"), None, "good"
    else:
        return None
    said = {word: event[name] for word, name in _SAID.items() if name in event}
    declared = declared_keys()
    if sentence not in declared or not set(declared[sentence]) <= set(said):
        return None
    return Beat(at_ns, _line(sentence, said), _line(look, said) if look else None, tone)


def _line(key: str, said: Mapping[str, object]) -> Line:
    return Line(key, {word: said[word] for word in declared_keys()[key]})


def beat_of_alarm(record: Alarm, level_before: str = "") -> Beat | None:
    """What an alarm's event means in words; acknowledgements and doubts are seen in the list."""
    about = {"instrument": record.instrument}
    match record.event:
        case "raised" | "level_changed":
            line = _worse(record) if rank(record.level) > rank(level_before) else _milder(record)
            return Beat(record.end_ns, line, Line("demo.look_alarm"), "alarm")
        case "returned" if record.unit == "nSv/h":
            return Beat(record.end_ns, Line("demo.alarm_returned", about), Line("demo.look_returned"), "good")
        case "returned":
            line = Line("demo.condition_returned", about | {"condition": record.condition})
            return Beat(record.end_ns, line, Line("demo.look_returned"), "good")
    return None


def _worse(record: Alarm) -> Line:
    params: dict[str, object] = {"instrument": record.instrument, "level": record.level}
    match record.condition:
        case "level_exceeded":
            return Line("demo.alarm_raised", params | {"value": record.value})
        case "above_background":
            return Line("demo.rise_raised", params | {"value": record.value})
    return Line("demo.condition_raised", params | {"condition": record.condition})


def _milder(record: Alarm) -> Line:
    params = {"instrument": record.instrument, "level": record.level, "value": record.value}
    return Line("demo.level_changed", params)


def names_of(catalogue: Catalogue, instruments: Mapping[str, str]) -> dict[str, str]:
    """Instrument id → the name that people read, the station itself included."""
    return dict(instruments) | {STATION_INSTRUMENT: catalogue.text("live.station_itself")}


class Story:
    """The beats so far, oldest first."""

    def __init__(self) -> None:
        self.beats: deque[Beat] = deque(maxlen=BEATS_KEPT)
        self._levels: dict[str, str] = {}
        self.is_over = False

    def world(self, event: Mapping[str, Any]) -> Beat | None:
        if event.get("event") == "end":
            self.is_over = True
        return self._add(beat_of_world(event))

    def tell_network(self, at_ns: int, stations: int) -> Beat | None:
        """That one station stands here for many."""
        return self._add(Beat(at_ns, Line("demo.network", {"count": stations}), Line("demo.look_network"), "calm"))

    def alarm(self, record: Alarm) -> Beat | None:
        before = self._levels.get(record.alarm, "")
        self._levels[record.alarm] = record.level if record.state in HOLDING else ""
        return self._add(beat_of_alarm(record, before))

    def _add(self, beat: Beat | None) -> Beat | None:
        if beat is not None:
            self.beats.append(beat)
        return beat
