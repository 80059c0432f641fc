"""Records as InfluxDB points (docs/influxdb.md). One fixed type a field; every point writes every field.

Fields of an overwritten point merge, so a number that is missing is written too: a value that nothing measures
(MISSING) beside ``<name>_missing = true``.
"""

from functools import cache
from typing import Any, NamedTuple

from influxdb_client.client.write.point import Point

from station.journal.position import Position
from station.records import MISSING, TABLES, Column, columns_of
from station.wire.message import Message

POSITION = "position"
# One point a (station, recorder, journal), overwritten: its time is fixed. Far ahead, so that no retention takes it
# and no clock, however wrong, makes an older position look newer.
POSITION_NS = 7_258_118_400_000_000_000  # 2200-01-01T00:00:00Z
INFLUX_TYPE = {"int": "integer", "float": "float", "str": "string", "bool": "boolean"}


class Layout(NamedTuple):
    """How a table's columns stand in InfluxDB. ``tags`` maps a column to its tag."""

    tags: tuple[tuple[str, str], ...]
    fields: tuple[Column, ...]


@cache
def layout(table: str) -> Layout:
    columns = columns_of(TABLES[table])
    detector = table.startswith("dose_rate")
    names = {"instrument": "detector"} if detector else {}
    tags = tuple((c.name, names.get(c.name, c.name)) for c in columns if c.influx == "tag" and c.name != "clock_epoch")
    return Layout(tags, tuple(c for c in columns if c.influx == "field"))


@cache
def field_types(table: str) -> dict[str, str]:
    """Field -> InfluxDB type, in order; the one type that it has for ever."""
    types = {"journal": "string"}
    for column in layout(table).fields:
        types[column.name] = INFLUX_TYPE[column.kind]
        if column.nullable:
            types[f"{column.name}_missing"] = "boolean"
    return types


def line_of(message: Message) -> str:
    """The point in line protocol; time is the interval's end, in ns."""
    record = message.record
    plan = layout(message.table)
    point: Any = Point(message.table)  # type: ignore[no-untyped-call] # the library types it not
    for name, tag in plan.tags:
        point.tag(tag, getattr(record, name))
    if record.clock_epoch:
        point.tag("clock_epoch", record.clock_epoch)
    point.field("journal", message.journal)
    for column in plan.fields:
        value = getattr(record, column.name)
        if column.nullable:
            point.field(f"{column.name}_missing", value is None)
        point.field(column.name, MISSING[column.kind] if value is None else value)
    return str(point.time(record.end_ns).to_line_protocol())


def key_of(message: Message) -> tuple[object, ...]:
    """What makes two records one point: table, tags, time."""
    record = message.record
    tags = tuple(getattr(record, name) for name, _ in layout(message.table).tags)
    return (message.table, *tags, record.end_ns, record.clock_epoch)


def position_line(station: str, recorder: str, position: Position) -> str:
    point: Any = Point(POSITION)  # type: ignore[no-untyped-call] # the library types it not
    point.tag("station", station).tag("recorder", recorder).tag("journal", position.journal)
    point.field("seq", position.seq).field("ranges", position.ranges_json())
    return str(point.time(POSITION_NS).to_line_protocol())
