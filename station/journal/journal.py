"""The writer. One station process has one; every call blocks until the disk has it, so it runs off the event loop.

Journal first: nothing is published, fed or alarmed from a record that ``append`` has not returned.
"""

import json
import logging
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from pathlib import Path
from typing import Self, TypeVar

from station.journal.aside import head_path, set_file_aside
from station.journal.errors import JournalError
from station.journal.lock import take_lock
from station.journal.opening import Opened, damage_of, is_damage, open_journal
from station.journal.position import Position
from station.journal.reader import JournalReader
from station.journal.retention import Pruned
from station.journal.room import Reserve, make_room, stop_growth
from station.journal.rows import insert_sql, row_getter
from station.records import TABLES, Header

log = logging.getLogger(__name__)

R = TypeVar("R", bound=Header)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act of a person, or its refusal."""

    wall_ns: int
    boot: str
    mono_ns: int
    clock_epoch: int
    program: str
    person: str
    command: str
    command_id: str
    verdict: str
    detail: str


_AUDIT_NAMES = tuple(f.name for f in fields(AuditEntry))
_audit_row = attrgetter(*_AUDIT_NAMES)


def _writable(value: object) -> object:
    """A file's name may be any bytes: what is no text must not stop the audit trail, and the tick with it."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value


class Journal:
    """The station's own durable record, open for writing."""

    def __init__(self, path: Path, opened: Opened, wall_ns: Callable[[], int], lock: int, reserve: Reserve) -> None:
        self.path = path
        self._reserve = reserve
        self._wall_ns = wall_ns
        self._lock = lock
        self._broken: sqlite3.DatabaseError | None = None
        self._take(opened)

    def _take(self, opened: Opened) -> None:
        try:
            self._head = os.open(head_path(self.path), os.O_WRONLY | os.O_CREAT, 0o640)
        except OSError as error:
            opened.connection.close()
            raise JournalError(f"journal {self.path}: {error}") from error
        self.opened = opened
        self._db = opened.connection
        self.journal_id = opened.journal_id
        self.last_seq = opened.last_seq
        self._write_head()

    @classmethod
    def open(cls, path: Path, wall_ns: Callable[[], int], reserve_bytes: int = 0) -> Self:
        """Open or begin the journal at ``path`` as its only writer. Raises JournalError.

        ``reserve_bytes``: disk space to keep for ``make_room``; SQLite needs some to open a journal, too.
        """
        lock = take_lock(path)
        reserve = Reserve(path.with_name(path.name + ".reserve"), reserve_bytes)
        try:
            reserve.let_go()
            journal = cls(path, open_journal(path, wall_ns), wall_ns, lock, reserve)
        except BaseException:
            os.close(lock)
            raise
        if not reserve.take():
            stop_growth(journal.connection)
        return journal

    def close(self) -> None:
        """Let go of the file and of the lock. A second time does nothing."""
        self._let_go()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _let_go(self) -> None:
        self._db.close()
        if self._head >= 0:
            os.close(self._head)
            self._head = -1

    def append(
        self,
        records: Sequence[tuple[str, R]],
        *,
        state: Mapping[str, object] | None = None,
        meta: Mapping[str, str] | None = None,
        positions: Mapping[str, Position] | None = None,
        audit: Sequence[AuditEntry] = (),
        seen: Mapping[str, int] | None = None,
    ) -> list[tuple[str, R]]:
        """Commit one tick in one transaction and give its records back with their seq. Raises sqlite3.Error."""
        if self._broken is not None:
            raise self._broken
        numbered = [(table, replace(record, seq=self.last_seq + i)) for i, (table, record) in enumerate(records, 1)]
        last = self.last_seq + len(numbered)
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._insert(numbered)
            self._put("state", ((name, json.dumps(content)) for name, content in (state or {}).items()))
            self._put("meta", [*(meta or {}).items(), ("last_seq", str(last))])
            rows = ((d, p.journal, p.seq, p.ranges_json()) for d, p in (positions or {}).items())
            self._put("outbox", rows, width=4)
            self._put("command_seen", (seen or {}).items())
            self._audit(audit)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self.last_seq = last
        self._write_head()
        return numbered

    def _insert(self, numbered: Sequence[tuple[str, Header]]) -> None:
        for table in TABLES:
            to_row = row_getter(table)
            rows = [to_row(record) for name, record in numbered if name == table]
            if rows:
                self._db.executemany(insert_sql(table), rows)

    def _put(self, table: str, rows: Iterable[tuple[object, ...]], width: int = 2) -> None:
        marks = ", ".join("?" * width)
        self._db.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", rows)

    def _audit(self, entries: Sequence[AuditEntry]) -> None:
        rows = [tuple(_writable(value) for value in _audit_row(entry)) for entry in entries]
        marks = ", ".join("?" * len(_AUDIT_NAMES))
        self._db.executemany(f"INSERT INTO audit ({', '.join(_AUDIT_NAMES)}) VALUES ({marks})", rows)

    def _write_head(self) -> None:
        # no fsync: after a power cut an older head is right too, only a head ahead of the journal tells of a roll-back
        try:
            os.pwrite(self._head, f"{self.journal_id} {self.last_seq:020d}\n".encode("ascii"), 0)
        except OSError as error:  # the records are committed: they must not be taken for refused and written again
            log.warning("journal: the head beside it cannot be written: %s", error)

    def keep_text(self, config_hash: str, text: str, calibrations: Mapping[str, tuple[str, str]]) -> None:
        """Keep what records will name: the configuration's text and calibration periods {id: (instrument, content)}."""
        now = self._wall_ns()
        self._db.execute("INSERT OR IGNORE INTO config_text VALUES (?, ?, ?)", (config_hash, text, now))
        rows = [(key, instrument, content, now) for key, (instrument, content) in calibrations.items()]
        self._db.executemany("INSERT OR IGNORE INTO calibration_period VALUES (?, ?, ?, ?)", rows)

    def meta(self, key: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE key=?", (key,)).fetchone()
        return str(row[0]) if row else None

    def state(self, name: str) -> object | None:
        """A piece of state as it was put with ``append(state=…)``, or None."""
        row = self._db.execute("SELECT content FROM state WHERE name=?", (name,)).fetchone()
        found: object = json.loads(row[0]) if row else None
        return found

    def positions(self) -> dict[str, Position]:
        rows = self._db.execute("SELECT destination, journal, seq, ranges FROM outbox").fetchall()
        return {destination: Position.from_row(journal, seq, ranges) for destination, journal, seq, ranges in rows}

    def command_seen(self, command_id: str) -> bool:
        return self._db.execute("SELECT 1 FROM command_seen WHERE command_id=?", (command_id,)).fetchone() is not None

    def forget_commands(self, before_ns: int) -> None:
        self._db.execute("DELETE FROM command_seen WHERE expires_ns < ?", (before_ns,))

    def replace_damaged(self, damage: sqlite3.DatabaseError) -> Path:
        """The file broke under our hands: set it aside, begin a new one. Returns where the old one went.

        Raises JournalError when the disk takes neither; then ``append`` raises the damage again until this succeeds.
        """
        self._broken = damage
        self._let_go()
        try:
            aside = set_file_aside(self.path, self._wall_ns())
        except OSError as error:
            raise JournalError(f"journal {self.path}: cannot be set aside: {error}") from error
        self._take(replace(open_journal(self.path, self._wall_ns), set_aside=aside, damage=str(damage)))
        self._broken = None
        return aside

    def refuses(self, records: Sequence[tuple[str, Header]]) -> list[int]:
        """Which of these no table takes, by index: each is tried alone and taken back."""
        found = []
        for index, (table, record) in enumerate(records):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._insert([(table, replace(record, seq=self.last_seq + 1))])
            except (
                sqlite3.IntegrityError,
                sqlite3.ProgrammingError,
                sqlite3.InterfaceError,
                OverflowError,
                UnicodeError,
            ):
                found.append(index)
            finally:
                self._db.execute("ROLLBACK")
        return found

    def damage_seen_afresh(self) -> sqlite3.DatabaseError | None:
        """What a connection without our cache finds: a broken head, or a file that is not the one we write."""
        if not self.path.exists():
            return sqlite3.DatabaseError("the file is gone")
        try:
            with JournalReader(self.path) as reader:
                if reader.journal_id == self.journal_id and reader.last_seq() >= self.last_seq:
                    return None
                return sqlite3.DatabaseError("the file is another one than the one that was opened")
        except sqlite3.DatabaseError as error:
            return error if is_damage(error) else None

    def damage_of_whole_file(self) -> sqlite3.DatabaseError | None:
        """Every page read by another connection, from any thread, under a deadline."""
        return damage_of(self.path)

    def make_room(self, confirmed_seq: int) -> Pruned:
        """The disk is full: drop the oldest raw records. Raises sqlite3.Error when even that needs room."""
        return make_room(self._db, confirmed_seq, self._reserve)

    @property
    def connection(self) -> sqlite3.Connection:
        """For retention, which deletes; nobody else."""
        return self._db
