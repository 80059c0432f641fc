"""The messages that are not records: confirmations, what the journal no longer has, status, alarm states, health.

Confirm   what a recorder's database has, after its 204; only this moves the station's outbox
Absent    seqs that nobody can send any more (retention, a full disk); the recorder stops waiting for them
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from station.journal.position import Position
from station.wire.message import MessageError, from_json, to_json
from station.wire.times import to_iso

CONFIRM = "quantrac/1/confirm"
ABSENT = "quantrac/1/absent"
STATUS = "quantrac/1/status"
ALARM_STATE = "quantrac/1/alarm"
RECORDER_HEALTH = "quantrac/1/recorder-health"
RANGES_LIMIT = 64  # closed ranges above the contiguous mark that one confirmation may carry


@dataclass(frozen=True, slots=True)
class Confirm:
    """``session``: random per recorder process and connection; ``n`` rises within it, so a late one is known."""

    station: str
    recorder: str
    session: str
    n: int
    position: Position

    def to_bytes(self) -> bytes:
        return to_json(
            {
                "schema": CONFIRM,
                "station": self.station,
                "recorder": self.recorder,
                "session": self.session,
                "n": self.n,
                "journal": self.position.journal,
                "seq": self.position.seq,
                "ranges": self.position.ranges,
            }
        )

    @classmethod
    def from_bytes(cls, payload: bytes) -> "Confirm":
        content = _of_schema(payload, CONFIRM)
        seq = _number(content, "seq")
        position = Position(_text(content, "journal"), seq, ranges_from(content.get("ranges"), seq))
        return cls(
            _text(content, "station"),
            _text(content, "recorder"),
            _text(content, "session"),
            _number(content, "n"),
            position,
        )


@dataclass(frozen=True, slots=True)
class Absent:
    """first..last of this journal are not there any more. ``reason``: pruned, or unsendable."""

    station: str
    journal: str
    first: int
    last: int
    reason: str = "pruned"

    def to_bytes(self) -> bytes:
        return to_json(
            {
                "schema": ABSENT,
                "station": self.station,
                "journal": self.journal,
                "first": self.first,
                "last": self.last,
                "reason": self.reason,
            }
        )

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Absent":
        first, last = _number(content, "first"), _number(content, "last")
        if not 1 <= first <= last:
            raise MessageError("first and last: 1 ≤ first ≤ last is needed")
        return cls(_text(content, "station"), _text(content, "journal"), first, last, _text(content, "reason"))


@dataclass(frozen=True, slots=True)
class RecorderHealth:
    """How a recorder does. ``state``: ok, waiting (the database is away), refused (it says no: a person must act)."""

    station: str
    recorder: str
    state: str
    detail: str
    written: int
    quarantined: int
    quarantine_bytes: int
    malformed: int
    old_revisions: int
    forgotten_ranges: int

    def to_bytes(self) -> bytes:
        names = self.__slots__
        return to_json({"schema": RECORDER_HEALTH} | {name: getattr(self, name) for name in names})

    @classmethod
    def from_bytes(cls, payload: bytes) -> "RecorderHealth":
        content = _of_schema(payload, RECORDER_HEALTH)
        texts = {name: _text(content, name, empty=True) for name in ("station", "recorder", "state", "detail")}
        numbers = {name: _number(content, name) for name in cls.__slots__ if name not in texts}
        return cls(**texts, **numbers)  # type: ignore[arg-type] # texts are str, numbers int, by name


def status_message(station: str, *, online: bool, reason: str, journal: str, software: str) -> bytes:
    """``reason``: started (birth), lost (last will), stopped (orderly end)."""
    return to_json(
        {
            "schema": STATUS,
            "station": station,
            "online": online,
            "reason": reason,
            "journal": journal,
            "software": software,
        }
    )


def alarm_state_message(station: str, alarm: str, state: Mapping[str, Any]) -> bytes:
    """``since_ns`` becomes ``since``, as times are written; a number that is not finite is missing."""
    said = {name: None if _not_finite(value) else value for name, value in state.items() if name != "since_ns"}
    if isinstance(state.get("since_ns"), int):
        said["since"] = to_iso(state["since_ns"])
    return to_json(said | {"schema": ALARM_STATE, "station": station, "alarm": alarm})


def _not_finite(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def ranges_from(found: object, seq: int) -> tuple[tuple[int, int], ...]:
    """Closed ranges above ``seq``, ascending, disjoint, not adjacent, at most RANGES_LIMIT. Raises MessageError."""
    if not isinstance(found, list) or len(found) > RANGES_LIMIT:
        raise MessageError(f"ranges: a list of at most {RANGES_LIMIT} pairs is needed")
    ranges = []
    before = seq
    for pair in found:
        if not (isinstance(pair, list) and len(pair) == 2 and all(type(n) is int for n in pair)):
            raise MessageError("ranges: each is a pair of integers")
        low, high = pair
        if not before + 1 < low <= high:
            raise MessageError("ranges: must be above seq, ascending and not adjacent")
        ranges.append((low, high))
        before = high
    return tuple(ranges)


def _of_schema(payload: bytes, schema: str) -> dict[str, Any]:
    content = from_json(payload)
    if content.get("schema") != schema:
        raise MessageError(f"schema: {str(content.get('schema'))[:60]!r} is not {schema}")
    return content


def _text(content: Mapping[str, Any], key: str, *, empty: bool = False) -> str:
    found = content.get(key)
    if not isinstance(found, str) or not (empty or found) or len(found) > 1_000:
        raise MessageError(f"{key}: a text is needed")
    return found


def _number(content: Mapping[str, Any], key: str) -> int:
    found = content.get(key)
    if type(found) is not int or not 0 <= found < 2**63:
        raise MessageError(f"{key}: an integer of at least 0 is needed")
    return found
