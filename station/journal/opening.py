"""Opening the journal: integrity, migrations, setting a damaged file aside, noticing a roll-back.

file good ────────────► migrate ► same journal id, go on
file damaged ─────────► set aside under a name that says so ► new file, new id, reported
older than its head ──► (a restored copy) keep the records ► new id, reported
"""

import logging
import os
import sqlite3
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from config.quality import FLAGS_VERSION, Quality
from station.records import TABLES

log = logging.getLogger(__name__)

CHECK_DEADLINE_S = 60.0
NEWEST_SCHEMA = 1
_STEPS_BETWEEN_LOOKS = 100_000


class JournalError(Exception):
    """The journal cannot be used; the text says which file and why."""


class NewerSchemaError(JournalError):
    """The file was written by a newer version of the software: it is left alone."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What was found. ``set_aside``: where a damaged file went; ``rolled_back``: an older copy had been put back."""

    connection: sqlite3.Connection
    journal_id: str
    last_seq: int
    set_aside: Path | None
    damage: str
    rolled_back: bool
    fully_checked: bool


def open_journal(path: Path, wall_ns: Callable[[], int]) -> Opened:
    """Open or begin the journal at ``path``. Raises JournalError when not even a new file can be made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    set_aside: Path | None = None
    damage = ""
    if path.exists():
        try:
            return _open_existing(path, wall_ns, set_aside=None, damage="")
        except (sqlite3.DatabaseError, JournalError) as error:
            if isinstance(error, NewerSchemaError | sqlite3.OperationalError) and not _is_damage(error):
                raise JournalError(f"journal {path}: {error}") from error
            damage = str(error)
            set_aside = set_file_aside(path, wall_ns())
            log.error("journal %s is damaged (%s); set aside as %s", path, damage, set_aside)
    try:
        return _open_existing(path, wall_ns, set_aside=set_aside, damage=damage)
    except sqlite3.DatabaseError as error:
        raise JournalError(f"journal {path}: cannot begin a new one: {error}") from error


def _is_damage(error: Exception) -> bool:
    text = str(error)
    return any(sign in text for sign in ("malformed", "not a database", "corrupt", "no such table", "no such column"))


def connect(path: Path) -> sqlite3.Connection:
    """The writer's connection: WAL, every commit on the disk before it returns."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10.0)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA cache_size=-8000")
    connection.execute("PRAGMA journal_size_limit=67108864")
    return connection


def _open_existing(path: Path, wall_ns: Callable[[], int], *, set_aside: Path | None, damage: str) -> Opened:
    connection = connect(path)
    try:
        fully_checked = _check(connection)
        migrate(connection, NEWEST_SCHEMA)
        journal_id, last_seq = _identity(connection, wall_ns())
        rolled_back = _is_rolled_back(path, journal_id, last_seq)
        if rolled_back:
            journal_id = _new_identity(connection)
            log.error(
                "journal %s is older than it was: a restored copy; it goes on under the new id %s", path, journal_id
            )
        return Opened(connection, journal_id, last_seq, set_aside, damage, rolled_back, fully_checked)
    except BaseException:
        connection.close()
        raise


def _check(connection: sqlite3.Connection) -> bool:
    """SQLite's quick check, given up after a deadline (a huge file must not hold up the alarms). False: given up."""
    deadline = time.monotonic() + CHECK_DEADLINE_S
    connection.set_progress_handler(lambda: int(time.monotonic() > deadline), _STEPS_BETWEEN_LOOKS)
    try:
        found = connection.execute("PRAGMA quick_check(3)").fetchall()
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            log.warning("journal: integrity check not finished in %.0f s; going on", CHECK_DEADLINE_S)
            return False
        raise
    finally:
        connection.set_progress_handler(None, 0)
    if found != [("ok",)]:
        raise JournalError("; ".join(str(row[0]) for row in found)[:300] + " (corrupt)")
    return True


def migrate(connection: sqlite3.Connection, target: int) -> None:
    """Bring the schema to ``target``, one numbered step a transaction. A step that fails leaves the file as it was."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > target:
        raise NewerSchemaError(f"schema {version} is newer than this software's {target}")
    for number in range(version + 1, target + 1):
        script = files("station.journal").joinpath("migrations", f"{number:04d}.sql").read_text(encoding="utf-8")
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in statements_of(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={number}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


def statements_of(script: str) -> list[str]:
    """The statements of an SQL file, one by one (executescript would commit behind our back)."""
    found: list[str] = []
    pending = ""
    for line in script.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            found.append(pending.strip())
            pending = ""
    return found


def _identity(connection: sqlite3.Connection, now_ns: int) -> tuple[str, int]:
    row = connection.execute("SELECT value FROM meta WHERE key='journal_id'").fetchone()
    journal_id = row[0] if row else _begin(connection, now_ns)
    newest = [connection.execute(f"SELECT MAX(seq) FROM {table}").fetchone()[0] or 0 for table in TABLES]
    kept = connection.execute("SELECT value FROM meta WHERE key='last_seq'").fetchone()
    return journal_id, max([*newest, int(kept[0]) if kept else 0])


def _begin(connection: sqlite3.Connection, now_ns: int) -> str:
    journal_id = _new_identity(connection)
    connection.execute("INSERT INTO meta VALUES ('begun_ns', ?)", (str(now_ns),))
    return journal_id


def _new_identity(connection: sqlite3.Connection) -> str:
    journal_id = uuid.uuid4().hex
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('journal_id', ?)", (journal_id,))
    rows = [(FLAGS_VERSION, flag.bit_length() - 1, str(flag.name).lower()) for flag in Quality]
    connection.executemany("INSERT OR IGNORE INTO flag_bit VALUES (?, ?, ?)", rows)
    connection.execute("COMMIT")
    return journal_id


def head_path(path: Path) -> Path:
    """Beside the journal: its id and last seq as last written. A journal that is behind its head was put back."""
    return path.with_name(path.name + ".head")


def _is_rolled_back(path: Path, journal_id: str, last_seq: int) -> bool:
    try:
        head_id, head_seq = head_path(path).read_text(encoding="ascii").split()
        return head_id == journal_id and int(head_seq) > last_seq
    except (OSError, ValueError):
        return False


def set_file_aside(path: Path, now_ns: int) -> Path:
    """Rename a damaged journal with its WAL to a name that says so; never deletes, never overwrites."""
    stamp = datetime.fromtimestamp(now_ns / 1e9, UTC).strftime("%Y%m%dT%H%M%SZ")
    target = path.with_name(f"{path.stem}.damaged-{stamp}{path.suffix}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.stem}.damaged-{stamp}-{number}{path.suffix}")
    for ending in ("", "-wal", "-shm", ".head"):
        source = path.with_name(path.name + ending)
        if source.exists():
            source.rename(target.with_name(target.name + ending))
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return target
