"""A record comes out of the journal as it went in: every table, every column, every missing value."""

import math
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from station.journal.journal import Journal
from station.journal.reader import JournalReader
from station.records import TABLES, Header, columns_of
from tests import builders

MAKERS: dict[str, Any] = {
    "dose_rate": builders.dose_rate,
    "dose_rate_1m": builders.dose_rate,
    "dose_rate_10m": builders.dose_rate,
    "dose_rate_1h": builders.dose_rate,
    "meteo": builders.meteo,
    "alarm": builders.alarm,
    "health": builders.health,
}


def read_one(path: Path, table: str) -> Header:
    with JournalReader(path) as reader:
        (entry,) = reader.page(0, 10)
    assert entry.table == table
    return entry.record


def test_there_is_a_maker_for_every_table() -> None:
    assert MAKERS.keys() == TABLES.keys()


@pytest.mark.parametrize("table", TABLES)
def test_every_column_comes_back(table: str, journal: Journal) -> None:
    ((_, written),) = journal.append([(table, MAKERS[table]())])
    assert read_one(journal.path, table) == written


@pytest.mark.parametrize("table", TABLES)
def test_every_type_comes_back_as_it_was(table: str, journal: Journal) -> None:
    ((_, written),) = journal.append([(table, MAKERS[table]())])
    found = read_one(journal.path, table)
    assert [type(getattr(found, f.name)) for f in fields(found)] == [
        type(getattr(written, f.name)) for f in fields(written)
    ]


@pytest.mark.parametrize("table", TABLES)
def test_missing_is_missing_and_never_0(table: str, journal: Journal) -> None:
    nullable = {column.name: None for column in columns_of(TABLES[table]) if column.nullable}
    ((_, written),) = journal.append([(table, MAKERS[table](**nullable))])
    found = read_one(journal.path, table)
    assert found == written
    assert all(getattr(found, name) is None for name in nullable)


def test_a_float_comes_back_to_the_last_bit(journal: Journal) -> None:
    value = math.nextafter(95.1, 96.0)
    journal.append([("dose_rate", builders.dose_rate(gross_nsv_h=value))])
    found = read_one(journal.path, "dose_rate")
    assert getattr(found, "gross_nsv_h").hex() == value.hex()  # noqa: B009 - the header's type does not have it


def test_nanoseconds_come_back_whole(journal: Journal) -> None:
    end_ns = builders.T0_NS + 123_456_789
    journal.append([("meteo", builders.meteo(end_ns=end_ns))])
    assert read_one(journal.path, "meteo").end_ns == end_ns


def test_not_a_number_is_missing(journal: Journal) -> None:
    """SQLite has no NaN: it keeps NULL. None is missing, so nothing false comes back."""
    ((_, written),) = journal.append([("dose_rate", builders.dose_rate(significance=math.nan))])
    assert read_one(journal.path, "dose_rate") == replace(written, significance=None)


def test_vietnamese_text_comes_back(journal: Journal) -> None:
    journal.append([("alarm", builders.alarm(note="mưa lớn ở Lạng Sơn — 雨"))])
    assert read_one(journal.path, "alarm").note == "mưa lớn ở Lạng Sơn — 雨"  # type: ignore[attr-defined]  # an Alarm
