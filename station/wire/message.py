"""A record as a JSON message, and back, exactly: times to the nanosecond, numbers to the last bit, None as null.

What is not finite is refused on both sides. Unknown keys are ignored; a nullable or defaulted column may be absent
(an older writer), anything else must be there with its type.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import MISSING as NO_DEFAULT
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from station.records import TABLES, Alarm, Column, Header, columns_of
from station.wire.times import from_iso, to_iso
from station.wire.topics import PERIOD_OF

LARGEST_BYTES = 65_536
BY_FIELD = "by_field"  # the message's unit where each field has its own, named in the field and in the schema
SCHEMA_OF = {
    "dose_rate": "quantrac/1/measurement",
    "dose_rate_1m": "quantrac/1/average",
    "dose_rate_10m": "quantrac/1/average",
    "dose_rate_1h": "quantrac/1/average",
    "meteo": "quantrac/1/meteo",
    "alarm": "quantrac/1/alarm-event",
    "health": "quantrac/1/health",
}
_TABLE_OF = {(schema, PERIOD_OF.get(table)): table for table, schema in SCHEMA_OF.items()}
_INT64 = 2**63
_TIMES = ("start_ns", "end_ns")


class MessageError(ValueError):
    """Not a message of this protocol; the text says which key and why."""


@dataclass(frozen=True, slots=True)
class Message:
    """A record with the name it has everywhere, (journal, seq). ``superseded_by``: a newer record replaces it."""

    table: str
    record: Header
    journal: str
    superseded_by: int | None


def unit_of(record: Header) -> str:
    """Dose rates have one unit, an alarm has its value's, the rest names it in each field."""
    if isinstance(record, Alarm):
        return record.unit
    return "nSv/h" if hasattr(record, "gross_nsv_h") else BY_FIELD


@cache
def _names(table: str) -> tuple[str, ...]:
    return tuple(f.name for f in fields(TABLES[table]) if f.name not in _TIMES)


def encode(table: str, record: Header, journal: str, superseded_by: int | None) -> dict[str, Any]:
    """The message as a dict. ``to_json`` makes its bytes."""
    message: dict[str, Any] = {"schema": SCHEMA_OF[table]}
    if table in PERIOD_OF:
        message["period"] = PERIOD_OF[table]
    message |= {
        "unit": unit_of(record),
        "start": to_iso(record.start_ns),
        "end": to_iso(record.end_ns),
        "journal": journal,
    }
    message |= {name: getattr(record, name) for name in _names(table)}
    message["superseded_by"] = superseded_by
    return message


def to_json(message: Mapping[str, Any]) -> bytes:
    """Compact JSON. Raises MessageError for NaN, infinities and what has no UTF-8."""
    try:
        text = json.dumps(message, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        return text.encode()
    except ValueError as error:
        raise MessageError(f"cannot be said in JSON: {error}") from None


def from_json(payload: bytes) -> dict[str, Any]:
    """One JSON object of bounded size. Raises MessageError."""
    if len(payload) > LARGEST_BYTES:
        raise MessageError(f"{len(payload)} bytes; at most {LARGEST_BYTES} are allowed")
    try:
        content = json.loads(payload, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise MessageError(f"not JSON: {error}") from None
    if not isinstance(content, dict):
        raise MessageError("not a JSON object")
    return content


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def decode(payload: bytes) -> Message:
    """The message that ``encode`` and ``to_json`` made, exactly. Raises MessageError."""
    return from_dict(from_json(payload))


def from_dict(content: Mapping[str, Any]) -> Message:
    table = table_of(content)
    journal = content.get("journal")
    if not isinstance(journal, str) or not 0 < len(journal) <= 64:
        raise MessageError("journal: a name of at most 64 characters is needed")
    values = {name: value(column, content, default) for name, column, default in _plan(table)}
    values["start_ns"], values["end_ns"] = _time(content, "start"), _time(content, "end")
    superseded_by = content.get("superseded_by")
    if superseded_by is not None:
        _checked_int("superseded_by", superseded_by)
    if values["seq"] < 1:
        raise MessageError("seq: must be at least 1")
    return Message(table, TABLES[table](**values), journal, superseded_by)


def table_of(content: Mapping[str, Any]) -> str:
    """Which table a message belongs to. Raises MessageError for a schema that is not a record's."""
    schema, period = content.get("schema"), content.get("period")
    table = _TABLE_OF.get((schema, period)) if isinstance(schema, str) and isinstance(period, str | None) else None
    if table is None:
        raise MessageError(f"schema: {str(schema)[:60]!r} with period {str(period)[:10]!r} is not known")
    return table


@cache
def _plan(table: str) -> tuple[tuple[str, Column, object], ...]:
    """(name, column, default) of each value that stands under its own name."""
    columns = {c.name: c for c in columns_of(TABLES[table])}
    return tuple((f.name, columns[f.name], f.default) for f in fields(TABLES[table]) if f.name not in _TIMES)


def value(column: Column, content: Mapping[str, Any], default: object) -> Any:
    """One column's value, of its type. Raises MessageError."""
    if column.name not in content:
        if default is not NO_DEFAULT:
            return default
        if column.nullable:
            return None
        raise MessageError(f"{column.name}: is missing")
    found = content[column.name]
    if found is None:
        if column.nullable:
            return None
        raise MessageError(f"{column.name}: null is not allowed")
    return _CHECKS[column.kind](column.name, found) if column.influx != "tag" else _checked_tag(column, found)


def _checked_tag(column: Column, found: object) -> object:
    if found == "":
        raise MessageError(f"{column.name}: must not be empty")
    return _CHECKS[column.kind](column.name, found)


def _time(content: Mapping[str, Any], key: str) -> int:
    text = content.get(key)
    if not isinstance(text, str):
        raise MessageError(f"{key}: a time is needed")
    try:
        return _checked_int(key, from_iso(text))
    except ValueError as error:
        raise MessageError(f"{key}: {error}") from None


def _checked_int(name: str, found: object) -> int:
    if type(found) is not int or not -_INT64 <= found < _INT64:
        raise MessageError(f"{name}: not a 64-bit integer: {str(found)[:40]!r}")
    return found


def _checked_float(name: str, found: object) -> float:
    if type(found) not in (int, float):
        raise MessageError(f"{name}: not a number: {str(found)[:40]!r}")
    try:
        number = float(found)  # type: ignore[arg-type] # int or float by the line above
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise MessageError(f"{name}: not finite")
    return number


def _checked_str(name: str, found: object) -> str:
    if not isinstance(found, str):
        raise MessageError(f"{name}: not a text: {str(found)[:40]!r}")
    try:
        found.encode()
    except UnicodeEncodeError:
        raise MessageError(f"{name}: has no UTF-8") from None
    return found


def _checked_bool(name: str, found: object) -> bool:
    if not isinstance(found, bool):
        raise MessageError(f"{name}: not true or false: {str(found)[:40]!r}")
    return found


_CHECKS: dict[str, Any] = {"int": _checked_int, "float": _checked_float, "str": _checked_str, "bool": _checked_bool}
