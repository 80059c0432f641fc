"""The story in plain words: what the world does (the simulator's events) and what the station says to it (its alarms).

Language-free: a beat names sentences of the catalogue and their parameters.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from config.catalogue import Catalogue
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
_WORLD: dict[str, tuple[str, str, Tone]] = {
    "quiet": ("demo.quiet", "demo.look_quiet", "calm"),
    "rain_begins": ("demo.rain_begins", "demo.look_washout", "rain"),
    "rain_stops": ("demo.rain_ends", "demo.look_rain_ends", "rain"),
    "end": ("demo.story_over", "demo.look_over", "calm"),
}
_FAULTS = {
    "no_answer": "demo.fault_no_answer",
    "late_answer": "demo.fault_late_answer",
    "stuck": "demo.fault_stuck",
}


def beat_of_world(event: Mapping[str, Any]) -> Beat | None:
    """What an event of the simulator means in words; None for one that has none here."""
    key, at_ns = str(event.get("event", "")), int(event.get("at_ns", 0))
    about = {"instrument": str(event.get("instrument", ""))}
    if key in _WORLD:
        sentence, look, tone = _WORLD[key]
        return Beat(at_ns, Line(sentence), Line(look), tone)
    match key:
        case "washout_peak":
            return Beat(
                at_ns, Line("demo.washout_peak", {"value": event.get("nsv_h")}), Line("demo.look_washout"), "rain"
            )
        case "source_appears":
            return Beat(at_ns, Line("demo.source_near", about), Line("demo.look_source", about), "source")
        case "source_gone":
            return Beat(at_ns, Line("demo.source_gone", about), Line("demo.look_gone"), "good")
        case "fault_begins" if event.get("fault") in _FAULTS:
            return Beat(at_ns, Line(_FAULTS[event["fault"]], about), Line("demo.look_fault"), "source")
        case "fault_ends":
            return Beat(at_ns, Line("demo.fault_ends", about), None, "good")
    return None


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

    def alarm(self, record: Alarm) -> Beat | None:
        before = self._levels.get(record.alarm, "")
        self._levels[record.alarm] = record.level if record.state in HOLDING else ""
        return self._add(beat_of_alarm(record, before))

    def _add(self, beat: Beat | None) -> Beat | None:
        if beat is not None:
            self.beats.append(beat)
        return beat
