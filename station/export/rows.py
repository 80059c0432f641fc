"""One record as flat, readable columns: times as ISO-8601 with Z, flags by name, missing as nothing (never 0)."""

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TextIO

from config.quality import names
from station.records import Header, columns_of

_TIMES = {"start_ns": "start", "end_ns": "end", "since_ns": "since"}
NS = 1_000_000_000


def iso(wall_ns: int) -> str:
    """ISO-8601 in UTC with nine digits, so that no nanosecond is lost."""
    seconds, rest = divmod(wall_ns, NS)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def flat(record: Header) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column in columns_of(type(record)):
        value = getattr(record, column.name)
        row[_TIMES.get(column.name, column.name)] = iso(value) if column.name in _TIMES else value
    row["quality"] = " ".join(names(record.flags))
    return row


def write_csv(records: Iterable[Header], out: TextIO, record_type: type[Header]) -> int:
    """RFC 4180 with a header line; returns how many records."""
    fieldnames = [_TIMES.get(c.name, c.name) for c in columns_of(record_type)] + ["quality"]
    writer = csv.DictWriter(out, fieldnames)
    writer.writeheader()
    number = 0
    for number, record in enumerate(records, 1):  # noqa: B007 - the last number is the count
        writer.writerow(flat(record))
    return number


def write_json(records: Iterable[Header], out: TextIO) -> int:
    """One JSON object a line; returns how many records."""
    number = 0
    for line in _lines(records):
        out.write(line)
        number += 1
    return number


def _lines(records: Iterable[Header]) -> Iterator[str]:
    for record in records:
        yield json.dumps(flat(record), ensure_ascii=False, allow_nan=False) + "\n"
