"""Room on a full disk. Deleting needs the disk too: its pages go through the write-ahead log before any is free.

So a reserve file lies beside the journal. On a full disk it is let go, the log goes into the journal, the oldest
raw records make way until enough pages are free, the journal is forbidden to grow, and the reserve is taken again:

disk full ─► let go ─► empty the log ─┬─► the disk has room again ─► may grow ───────────────────┬─► take it again
                                      └─► delete the oldest, if few pages are free ─► no growth ─┘
"""

import logging
import os
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from station.journal.retention import Pruned, prune_oldest

log = logging.getLogger(__name__)

WORKING_BYTES = 8 << 20  # left for the log, which is emptied at about half of this
_MOST_ROUNDS = 16
_NO_BOUND = 1 << 30  # pages


@dataclass(frozen=True, slots=True)
class Reserve:
    """Disk space kept for bad times. ``size`` 0: none."""

    path: Path
    size: int

    def take(self) -> bool:
        """Take it, or as much as leaves the log its working room. False: the disk is too full for all of it."""
        if not self.size:
            return True
        self.let_go()
        wanted = min(self.size, self._free() - WORKING_BYTES)
        if wanted > 0:
            try:
                self._allocate(wanted)
            except OSError as error:
                log.warning("journal: no reserve on the disk: %s", error.strerror)
                self.let_go()
                return False
        return wanted == self.size

    def _allocate(self, size: int) -> None:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o640)
        try:
            os.posix_fallocate(descriptor, 0, size)
        finally:
            os.close(descriptor)

    def _free(self) -> int:
        return shutil.disk_usage(self.path.parent).free

    def has_room(self) -> bool:
        """Whether the disk has room for more than the reserve (which has been let go)."""
        return self._free() >= self.size + 2 * WORKING_BYTES

    def spare(self) -> int:
        """What the disk has beyond the log's working room (while the reserve is let go)."""
        return max(0, self._free() - WORKING_BYTES)

    def let_go(self) -> None:
        self.path.unlink(missing_ok=True)


def make_room(db: sqlite3.Connection, confirmed_seq: int, reserve: Reserve) -> Pruned:
    """Room for a while; the answer counts what was dropped. Raises sqlite3.Error when there is none to be made."""
    reserve.let_go()
    try:
        _empty_log(db)
        if reserve.has_room():
            db.execute(f"PRAGMA max_page_count={_NO_BOUND}")
            return Pruned(0, 0)
        pruned = _prune(db, confirmed_seq)
        nothing_to_drop = pruned == Pruned(0, 0) and not _has_free_pages(db)
        stop_growth(db, beyond_bytes=reserve.spare() // 2 if nothing_to_drop else 0)
        return pruned
    finally:
        reserve.take()


def stop_growth(db: sqlite3.Connection, beyond_bytes: int = 0) -> None:
    """From now on the journal uses its free pages only, and is full when there are none: the log keeps its room.

    ``beyond_bytes``: what it may still grow; a young journal has nothing to drop.
    """
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    (size,) = db.execute("PRAGMA page_size").fetchone()
    db.execute(f"PRAGMA max_page_count={pages + beyond_bytes // size}")


def _prune(db: sqlite3.Connection, confirmed_seq: int) -> Pruned:
    confirmed = lost = 0
    for _ in range(_MOST_ROUNDS):
        if _has_free_pages(db):
            break
        pruned = prune_oldest(db, confirmed_seq)
        _empty_log(db)
        confirmed += pruned.confirmed
        lost += pruned.lost
        if pruned == Pruned(0, 0):
            break
    return Pruned(confirmed, lost)


def _empty_log(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _has_free_pages(db: sqlite3.Connection) -> bool:
    """Enough for a while; of a small journal, an eighth."""
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    (free,) = db.execute("PRAGMA freelist_count").fetchone()
    (size,) = db.execute("PRAGMA page_size").fetchone()
    return bool(free >= min(WORKING_BYTES // size, pages // 8))
