"""Records as SQLite rows, and back. Column names are the record's field names."""

import sqlite3
from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

from station.records import TABLES, Header, columns_of

SQL_TYPE = {"int": "INTEGER", "float": "REAL", "str": "TEXT", "bool": "INTEGER"}


class Entry(NamedTuple):
    """A record as a reader of the journal gets it. ``superseded_by``: seq of the newest record that replaces it."""

    table: str
    record: Header
    superseded_by: int | None


@cache
def names_of(table: str) -> tuple[str, ...]:
    return tuple(f.name for f in fields(TABLES[table]))


def _quoted(table: str) -> str:
    return ", ".join(f'"{name}"' for name in names_of(table))  # "limit" is a word of SQL


@cache
def insert_sql(table: str) -> str:
    return f"INSERT INTO {table} ({_quoted(table)}) VALUES ({', '.join('?' * len(names_of(table)))})"


@cache
def select_sql(table: str) -> str:
    return f"SELECT {_quoted(table)} FROM {table} "


@cache
def row_getter(table: str) -> "attrgetter[tuple[Any, ...]]":
    """A fast record -> row (dataclasses.astuple copies deeply)."""
    return attrgetter(*names_of(table))


def from_row(table: str, row: "sqlite3.Row | tuple[Any, ...]") -> Header:
    return TABLES[table](**dict(zip(names_of(table), row, strict=True)))


def from_rows(table: str, rows: Iterable[tuple[Any, ...]]) -> list[Header]:
    return [from_row(table, row) for row in rows]


def create_table_sql(table: str) -> str:
    """The table as the record's declaration wants it; migrations are held against this in a test."""
    lines = []
    for column in columns_of(TABLES[table]):
        null = "" if column.nullable else " NOT NULL"
        key = " PRIMARY KEY" if column.name == "seq" else null
        lines.append(f'    "{column.name}" {SQL_TYPE[column.kind]}{key}')
    return f"CREATE TABLE {table} (\n" + ",\n".join(lines) + "\n) STRICT"
