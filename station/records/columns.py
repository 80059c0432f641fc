"""How a record's fields become columns: one declaration gives journal table, MQTT schema and InfluxDB types.

@dataclass field ──► SQLite column      (station.journal.ddl)
                 ├─► JSON property      (station.wire)
                 └─► InfluxDB field     (station.record.points)
"""

from dataclasses import Field, field, fields
from typing import Any, Literal, NamedTuple

Kind = Literal["int", "float", "str", "bool"]
Role = Literal["field", "tag", "time", "none"]  # what it is in InfluxDB

# What stands in an InfluxDB field beside ``<name>_missing = true`` (docs/decisions: a point writes every field).
MISSING: dict[str, object] = {"float": -1e30, "int": -1, "str": "", "bool": False}


class Column(NamedTuple):
    """One field of a record. ``nullable``: None is missing, and InfluxDB gets a ``<name>_missing`` flag beside it."""

    name: str
    kind: Kind
    unit: str
    doc: str
    nullable: bool
    influx: Role


def column(
    kind: Kind, doc: str, *, unit: str = "", nullable: bool = False, influx: Role = "field", default: Any = ...
) -> Any:
    """A dataclass field that knows its column."""
    metadata = {"kind": kind, "doc": doc, "unit": unit, "nullable": nullable, "influx": influx}
    if default is ...:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


def columns_of(record_type: type) -> tuple[Column, ...]:
    """The columns of a record type, in order."""
    return tuple(_column(f) for f in fields(record_type))


def _column(f: "Field[Any]") -> Column:
    m = f.metadata
    return Column(f.name, m["kind"], m["unit"], m["doc"], m["nullable"], m["influx"])
