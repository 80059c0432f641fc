"""The migrations make exactly the tables that the record declarations want, and can fail without harm."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib import resources
from pathlib import Path

import pytest

from config.quality import FLAGS_VERSION, Quality
from station.journal import opening
from station.journal.errors import MigrationError, NewerSchemaError, NotAJournalError
from station.journal.journal import Journal
from station.journal.opening import NEWEST_SCHEMA, migrate, statements_of
from station.journal.rows import create_table_sql
from station.records import TABLES
from tests.builders import T0_NS, dose_rate


@pytest.fixture
def fresh() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        yield connection


def layout(connection: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    return connection.execute(f"PRAGMA table_info({table})").fetchall()


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()
        return [f"user_version {version}", *connection.iterdump()]


def journal_with_a_record(path: Path) -> str:
    with closing(Journal.open(path, lambda: T0_NS)) as journal:
        journal.append([("dose_rate", dose_rate())])
        return journal.journal_id


def add_migration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str) -> None:
    """The next version of the software, with one migration more."""
    folder = tmp_path / "software" / "migrations"
    folder.mkdir(parents=True)
    for shipped in resources.files("station.journal").joinpath("migrations").iterdir():
        (folder / shipped.name).write_bytes(shipped.read_bytes())
    (folder / f"{NEWEST_SCHEMA + 1:04d}.sql").write_text(script, encoding="utf-8")
    monkeypatch.setattr(opening, "NEWEST_SCHEMA", NEWEST_SCHEMA + 1)
    monkeypatch.setattr(resources, "files", lambda _package: folder.parent)


@pytest.mark.parametrize("table", TABLES)
def test_a_migrated_table_has_the_declared_columns(table: str, fresh: sqlite3.Connection) -> None:
    migrate(fresh, NEWEST_SCHEMA)
    with closing(sqlite3.connect(":memory:")) as wanted:
        wanted.execute(create_table_sql(table))
        assert layout(fresh, table) == layout(wanted, table)
        assert len(layout(fresh, table)) > 18


@pytest.mark.parametrize("table", TABLES)
def test_a_table_refuses_a_value_of_another_type(table: str, fresh: sqlite3.Connection) -> None:
    migrate(fresh, NEWEST_SCHEMA)
    (strict,) = fresh.execute("SELECT strict FROM pragma_table_list WHERE name=?", (table,)).fetchone()
    assert strict == 1


def test_every_flag_bit_is_explained_in_the_file(journal: Journal) -> None:
    rows = journal.connection.execute("SELECT version, bit, name FROM flag_bit ORDER BY bit").fetchall()
    assert rows == [(FLAGS_VERSION, bit, str(flag.name).lower()) for bit, flag in enumerate(Quality)]


def test_a_migration_is_applied_once(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal_id = journal_with_a_record(path)
    add_migration(monkeypatch, tmp_path, "CREATE TABLE added (a TEXT) STRICT;")
    for _ in range(2):
        with closing(Journal.open(path, lambda: T0_NS)) as journal:
            assert journal.journal_id == journal_id
            assert journal.connection.execute("PRAGMA user_version").fetchone() == (NEWEST_SCHEMA + 1,)
            assert journal.connection.execute("SELECT * FROM added").fetchall() == []


@pytest.mark.parametrize(
    "second_half",
    [
        pytest.param("CREATE TABLE dose_rate (a TEXT);", id="a table that exists"),
        pytest.param("INSERT INTO nowhere VALUES (1);", id="no such table"),
        pytest.param("UPDATE dose_rate SET station = NULL;", id="a constraint"),
        pytest.param("CREATE TABEL x (a TEXT);", id="a misspelling"),
    ],
)
def test_a_migration_that_fails_half_way_leaves_the_file_as_it_was(
    second_half: str, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal_with_a_record(path)
    before = dump(path)
    add_migration(
        monkeypatch,
        tmp_path,
        f"CREATE TABLE added (a TEXT);\nUPDATE dose_rate SET station = 'changed';\n{second_half}\n",
    )
    with pytest.raises(MigrationError, match=f"{path}: migration to schema {NEWEST_SCHEMA + 1}"):
        Journal.open(path, lambda: T0_NS)
    assert dump(path) == before
    assert list(path.parent.glob("*damaged*")) == []


def test_a_file_of_a_newer_version_is_refused_untouched(path: Path) -> None:
    journal_with_a_record(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version=99")
    before = dump(path)
    with pytest.raises(NewerSchemaError, match=f"journal {path}: schema 99 is newer"):
        Journal.open(path, lambda: T0_NS)
    assert dump(path) == before
    assert list(path.parent.glob("*damaged*")) == []


def test_migrate_knows_a_newer_schema(fresh: sqlite3.Connection) -> None:
    fresh.execute("PRAGMA user_version=2")
    with pytest.raises(NewerSchemaError, match="schema 2 is newer than this software's 1"):
        migrate(fresh, 1)


def test_another_programs_database_is_refused_untouched(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE dashboards (title TEXT)")
    before = path.read_bytes()
    with pytest.raises(NotAJournalError, match="is not a journal"):
        Journal.open(path, lambda: T0_NS)
    assert path.read_bytes() == before
    assert list(path.parent.glob("*damaged*")) == []


def test_statements_are_told_apart_by_their_ends_not_by_semicolons() -> None:
    script = "-- a; comment\nCREATE TABLE a (b TEXT DEFAULT ';');\n\nCREATE TABLE c (\n  d TEXT\n);\n"
    assert statements_of(script) == [
        "-- a; comment\nCREATE TABLE a (b TEXT DEFAULT ';');",
        "CREATE TABLE c (\n  d TEXT\n);",
    ]


def test_a_statement_without_its_end_is_an_error_and_not_forgotten() -> None:
    with pytest.raises(ValueError, match="ends within a statement"):
        statements_of("CREATE TABLE a (b TEXT);\nCREATE TABLE c (d TEXT)\n")
