"""Opening the journal: integrity, migrations, setting a damaged file aside, noticing a roll-back.

file good ────────────► migrate ► same journal id, go on
file damaged or gone ─► what is left is set aside under a name that says so ► new file, new id, reported
older than its head ──► (a restored copy) keep the records ► new id, reported
no file, no traces ───► new file, new id
"""

import logging
import sqlite3
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from urllib.parse import quote

from config.quality import FLAGS_VERSION, Quality
from station.journal.aside import is_rolled_back, set_file_aside, traces_of_a_lost_file
from station.journal.errors import DamagedError, JournalError, MigrationError, NewerSchemaError, NotAJournalError
from station.records import TABLES

__all__ = ["JournalError", "NewerSchemaError", "Opened", "is_damage", "migrate", "open_journal"]

log = logging.getLogger(__name__)

CHECK_DEADLINE_S = 60.0
NEWEST_SCHEMA = 1
_STEPS_BETWEEN_LOOKS = 100_000


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
    try:
        return _open_or_begin(path, wall_ns)
    except JournalError as error:
        raise type(error)(f"journal {path}: {error}") from error
    except (OSError, sqlite3.DatabaseError) as error:
        raise JournalError(f"journal {path}: {error}") from error


def _open_or_begin(path: Path, wall_ns: Callable[[], int]) -> Opened:
    path.parent.mkdir(parents=True, exist_ok=True)
    damage = traces_of_a_lost_file(path)
    if not damage:
        try:
            return _open_existing(path, wall_ns, set_aside=None, damage="")
        except (sqlite3.DatabaseError, JournalError) as error:
            if not is_damage(error):
                raise
            damage = str(error)
    set_aside = set_file_aside(path, wall_ns())
    log.error("journal %s is damaged (%s); set aside as %s", path, damage, set_aside)
    return _open_existing(path, wall_ns, set_aside=set_aside, damage=damage)


def is_damage(error: Exception) -> bool:
    """Whether the file itself is broken, and not the disk, the rights or the software."""
    if isinstance(error, JournalError):
        return isinstance(error, DamagedError)
    text = str(error)
    return any(sign in text for sign in ("malformed", "not a database", "no such table", "no such column"))


def connect(path: Path) -> sqlite3.Connection:
    """The writer's connection: WAL, every commit on the disk before it returns."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10.0)
    try:
        _refuse_what_is_not_ours(connection)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA cache_size=-8000")
        connection.execute("PRAGMA journal_size_limit=67108864")
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_what_is_not_ours(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    if version == 0 and tables:
        raise NotAJournalError("this database is not a journal; it is left alone")


def _open_existing(path: Path, wall_ns: Callable[[], int], *, set_aside: Path | None, damage: str) -> Opened:
    connection = connect(path)
    try:
        fully_checked = _check(connection)
        migrate(connection, NEWEST_SCHEMA)
        journal_id, last_seq = _identity(connection, wall_ns())
        rolled_back = is_rolled_back(path, journal_id, last_seq)
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
        raise DamagedError("; ".join(str(row[0]) for row in found)[:300])
    return True


def damage_of(path: Path) -> sqlite3.DatabaseError | None:
    """The damage of a file that is in use, or None: a good one, or one that cannot be looked at now."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)) as connection:
            _check(connection)
    except DamagedError as error:
        return sqlite3.DatabaseError(str(error))
    except sqlite3.DatabaseError as error:
        return error if is_damage(error) else None
    return None


def migrate(connection: sqlite3.Connection, target: int) -> None:
    """Bring the schema to ``target``, one numbered step a transaction. A step that fails leaves the file as it was."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > target:
        raise NewerSchemaError(f"schema {version} is newer than this software's {target}")
    for number in range(version + 1, target + 1):
        script = (
            resources.files("station.journal").joinpath("migrations", f"{number:04d}.sql").read_text(encoding="utf-8")
        )
        try:
            _step(connection, number, statements_of(script))
        except sqlite3.Error as error:
            if "malformed" in str(error):
                raise
            raise MigrationError(f"migration to schema {number} failed, the file is as it was: {error}") from error


def _step(connection: sqlite3.Connection, number: int, statements: list[str]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in statements:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version={number}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
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
    if pending.strip():
        raise ValueError(f"the script ends within a statement: {pending.strip()[:80]}")
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
