"""Readers of the journal: other processes and the publisher. Read-only, by pages, no transaction longer than a page."""

import heapq
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from station.journal.position import Position
from station.journal.rows import Entry, from_row, select_sql
from station.records import TABLES, Alarm, Header

PAGE_LIMIT = 5_000
SCAN_SEQS = 200_000
_BEYOND = 2**62  # after every seq


class JournalReader:
    """Opens ``mode=ro`` and never holds a transaction over a call. Not for several threads at once."""

    def __init__(self, path: Path) -> None:
        uri = f"file:{quote(str(path.resolve()))}?mode=ro"
        self._db = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=5.0)
        try:
            self._db.execute("PRAGMA query_only=ON")
            self.journal_id = self._read_id()
        except BaseException:
            self._db.close()
            raise

    def _read_id(self) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE key='journal_id'").fetchone()
        if row is None:
            raise sqlite3.DatabaseError("the journal has no id")
        return str(row[0])

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def last_seq(self) -> int:
        row = self._db.execute("SELECT value FROM meta WHERE key='last_seq'").fetchone()
        return int(row[0]) if row else 0

    def page(self, after_seq: int, limit: int, up_to: int | None = None) -> list[Entry]:
        """At most ``limit`` records with after_seq < seq (≤ up_to), ascending over all tables."""
        limit = max(0, min(limit, PAGE_LIMIT))
        top = up_to if up_to is not None else self.last_seq()
        parts: list[list[tuple[str, Header]]] = []
        for table in TABLES:
            rows = self._db.execute(
                select_sql(table) + "WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?", (after_seq, top, limit)
            ).fetchall()
            parts.append([(table, from_row(table, row)) for row in rows])
        merged = heapq.merge(*parts, key=lambda pair: pair[1].seq)
        chosen = [pair for pair, _ in zip(merged, range(limit), strict=False)]
        return self._with_successors(chosen)

    def _with_successors(self, chosen: list[tuple[str, Header]]) -> list[Entry]:
        if not chosen:
            return []
        low, high = chosen[0][1].seq, chosen[-1][1].seq
        newer: dict[int, int] = {}
        for table in TABLES:
            sql = f"SELECT supersedes, MAX(seq) FROM {table} WHERE supersedes BETWEEN ? AND ? GROUP BY supersedes"
            newer.update(self._db.execute(sql, (low, high)).fetchall())
        return [Entry(table, record, newer.get(record.seq)) for table, record in chosen]

    def every(self, table: str, instrument: str, start_ns: int, end_ns: int) -> Iterator[Header]:
        """Records of one instrument with start_ns < end ≤ end_ns, by end, superseded ones left out; read by pages."""
        sql = select_sql(table) + (
            "WHERE instrument=? AND (end_ns, seq) > (?, ?) AND end_ns <= ? AND seq NOT IN "
            f"(SELECT supersedes FROM {table} WHERE supersedes IS NOT NULL) ORDER BY end_ns, seq LIMIT ?"
        )
        after_seq = _BEYOND
        while True:
            rows = self._db.execute(sql, (instrument, start_ns, after_seq, end_ns, PAGE_LIMIT)).fetchall()
            page = [from_row(table, row) for row in rows]
            yield from page
            if len(page) < PAGE_LIMIT:
                return
            start_ns, after_seq = page[-1].end_ns, page[-1].seq

    def latest(self, table: str, instrument: str) -> Header | None:
        """The newest record of one instrument by seq; beyond the newest SCAN_SEQS the one with the latest end."""
        recent = "NOT INDEXED WHERE seq > ? AND instrument=? ORDER BY seq DESC LIMIT 1"
        row = self._db.execute(select_sql(table) + recent, (self.last_seq() - SCAN_SEQS, instrument)).fetchone()
        if row is None:
            older = "WHERE instrument=? ORDER BY end_ns DESC, seq DESC LIMIT 1"
            row = self._db.execute(select_sql(table) + older, (instrument,)).fetchone()
        return from_row(table, row) if row else None

    def newest(self, table: str, limit: int) -> list[Header]:
        """The newest records of a table, newest first."""
        rows = self._db.execute(select_sql(table) + "ORDER BY seq DESC LIMIT ?", (limit,)).fetchall()
        return [from_row(table, row) for row in rows]

    def newest_of_each_alarm(self) -> list[Alarm]:
        """The last event of every alarm there ever was, newest first."""
        sql = "WHERE seq IN (SELECT MAX(seq) FROM alarm GROUP BY alarm) ORDER BY seq DESC"
        records = [from_row("alarm", row) for row in self._db.execute(select_sql("alarm") + sql)]
        return [record for record in records if isinstance(record, Alarm)]

    def count(self, table: str) -> int:
        (number,) = self._db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()
        return int(number)

    def positions(self) -> dict[str, Position]:
        rows = self._db.execute("SELECT destination, journal, seq, ranges FROM outbox").fetchall()
        return {destination: Position.from_row(journal, seq, ranges) for destination, journal, seq, ranges in rows}

    def audit(self, limit: int) -> list[dict[str, Any]]:
        """The newest acts, newest first."""
        cursor = self._db.execute("SELECT * FROM audit ORDER BY id DESC LIMIT ?", (limit,))
        names = [d[0] for d in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
