"""What the journal forgets, and when: by age per table, never what a required destination still waits for.

Only a full disk or a file beyond its bound takes unconfirmed records; these are counted, logged and alarmed.
"""

import logging
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from station.records import TABLES

log = logging.getLogger(__name__)

DAY_NS = 86_400 * 1_000_000_000
CHUNK = 2_000  # rows a call and table: a tick must not wait long for it


@dataclass(frozen=True, slots=True)
class Pruned:
    """``confirmed`` went by age; ``lost`` were dropped although a required destination had not confirmed them."""

    confirmed: int
    lost: int


def prune_by_age(db: sqlite3.Connection, now_ns: int, days: Mapping[str, float], confirmed_seq: int) -> Pruned:
    """Delete up to CHUNK rows a table that are older than its days and confirmed."""
    gone = 0
    db.execute("BEGIN IMMEDIATE")
    try:
        for table in TABLES:
            gone += _prune_table(db, table, now_ns - int(days[table] * DAY_NS), confirmed_seq)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    return Pruned(gone, 0)


def _prune_table(db: sqlite3.Connection, table: str, cutoff_ns: int, confirmed_seq: int) -> int:
    gone = 0
    for (instrument,) in db.execute(_instruments_sql(table)).fetchall():
        old = (instrument, cutoff_ns, confirmed_seq, CHUNK - gone)
        gone += db.execute(f"DELETE FROM {table} WHERE seq IN ({old_rows_sql(table)})", old).rowcount
    return gone


def old_rows_sql(table: str) -> str:
    """By instrument, because the index is: without it, each call would read the whole table."""
    return f"SELECT seq FROM {table} WHERE instrument=? AND end_ns < ? AND seq <= ? ORDER BY end_ns LIMIT ?"


def _instruments_sql(table: str) -> str:
    """Each instrument once, from one to the next by the index (DISTINCT would read all of it)."""
    return f"""
        WITH RECURSIVE names(name) AS (
            SELECT MIN(instrument) FROM {table}
            UNION ALL SELECT (SELECT MIN(instrument) FROM {table} WHERE instrument > name) FROM names
            WHERE name IS NOT NULL
        ) SELECT name FROM names WHERE name IS NOT NULL"""


def prune_oldest(db: sqlite3.Connection, confirmed_seq: int) -> Pruned:
    """Make room: delete the oldest CHUNK raw measurements, whatever has confirmed them; averages and alarms last."""
    for table in ("health", "dose_rate", "meteo", "dose_rate_1m", "dose_rate_10m", "dose_rate_1h"):
        seqs = [row[0] for row in db.execute(f"SELECT seq FROM {table} ORDER BY seq LIMIT ?", (CHUNK,))]
        if len(seqs) < CHUNK // 10:
            continue
        db.execute(f"DELETE FROM {table} WHERE seq <= ?", (seqs[-1],))
        lost = sum(seq > confirmed_seq for seq in seqs)
        if lost:
            log.error("journal: no room; %d unconfirmed records of %s dropped", lost, table)
        return Pruned(len(seqs) - lost, lost)
    return Pruned(0, 0)


def used_bytes(db: sqlite3.Connection) -> int:
    """What the file holds, without its free pages."""
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    (free,) = db.execute("PRAGMA freelist_count").fetchone()
    (size,) = db.execute("PRAGMA page_size").fetchone()
    return int((pages - free) * size)
