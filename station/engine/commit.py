"""One tick, one transaction. What the disk refuses is held, in order and bounded; what must be dropped is counted.

committed ───────────────► numbered records, to be published
disk full or busy ───────► make room, hold the batch, try again with the next tick
file broken ─────────────► set aside, new journal, the batch goes into the new one
file broken unnoticed ───► the writer lives on in its cache: ``verify`` looks with fresh eyes now and then
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from station.journal.journal import AuditEntry, Journal
from station.journal.opening import JournalError, is_damage
from station.journal.position import Position
from station.records import Header

log = logging.getLogger(__name__)

T = TypeVar("T")
HELD_LIMIT = 50_000  # records in memory while the disk takes nothing
# What SQLite says of a value rather than of the disk.
POISON = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError, OverflowError)


@dataclass(slots=True)
class Batch:
    """What one tick wants on the disk, all or nothing."""

    records: list[tuple[str, Header]] = field(default_factory=list)
    state: dict[str, object] = field(default_factory=dict)
    meta: dict[str, str] = field(default_factory=dict)
    positions: dict[str, Position] = field(default_factory=dict)
    audit: list[AuditEntry] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)

    def absorb(self, later: "Batch") -> None:
        self.records += later.records
        self.audit += later.audit
        self.state.update(later.state)
        self.meta.update(later.meta)
        self.seen.update(later.seen)
        self.positions.update(later.positions)

    def is_empty(self) -> bool:
        return not (self.records or self.state or self.positions or self.audit or self.seen)


class Committer:
    """Owns the journal's thread. Every call to the journal goes through ``call``."""

    def __init__(self, journal: Journal, lowest_confirmed: Callable[[], int]) -> None:
        """``lowest_confirmed``: up to which seq every required destination has everything."""
        self.journal = journal
        self.lowest_confirmed = lowest_confirmed
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._held = Batch()
        self.dropped = 0
        self.trouble = ""  # why the disk takes nothing, or empty
        self.damage = journal.opened.damage
        self._suspicion: sqlite3.DatabaseError | None = None

    async def call(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def commit(self, batch: Batch) -> list[tuple[str, Header]]:
        """The records that are on the disk now, with their seq; empty while the disk refuses."""
        self._held.absorb(batch)
        if self._held.is_empty():
            return []
        self._bound()
        held = self._held
        try:
            numbered = await self.call(lambda: self._append(held))
        except POISON as error:
            return await self._cast_out(error)
        except sqlite3.DatabaseError as error:
            return await self._refused(error)
        self._held = Batch()
        if self.trouble:
            log.warning("journal: the disk takes records again")
            self.trouble = ""
        return numbered

    def _append(self, batch: Batch) -> list[tuple[str, Header]]:
        return self.journal.append(
            batch.records,
            state=batch.state,
            meta=batch.meta | {"dropped": str(self.dropped)},
            positions={d: p for d, p in batch.positions.items() if p.journal == self.journal.journal_id},
            audit=batch.audit,
            seen=batch.seen,
        )

    async def _cast_out(self, error: Exception) -> list[tuple[str, Header]]:
        """A record that no table takes must not hold up the others: it is logged whole, counted, left out."""
        records = self._held.records
        bad = await self.call(lambda: self.journal.refuses(records))
        for index in bad:
            log.error("journal: a record that cannot be stored (%s) is dropped: %r", error, records[index])
        self.dropped += len(bad)
        self._held.records = [record for index, record in enumerate(records) if index not in bad]
        if not bad:
            self.trouble = f"{type(error).__name__}: {error}"
            log.error("journal: nothing can be stored: %s", self.trouble)
            return []
        return await self.commit(Batch())

    async def _refused(self, error: sqlite3.DatabaseError) -> list[tuple[str, Header]]:
        if is_damage(error):
            return await self._begin_anew(error)
        if not self.trouble:
            log.error("journal: the disk takes nothing: %s", error)
        self.trouble = str(error)
        if "full" in self.trouble:
            await self._make_room()
        return []

    async def verify(self) -> None:
        """Between two commits: begin anew where the file is not what we write any more."""
        suspicion, self._suspicion = self._suspicion, None
        damage = suspicion or await self.call(self.journal.damage_seen_afresh)
        if damage is not None:
            await self._replace(damage)

    async def suspect(self, told: sqlite3.DatabaseError) -> None:
        """A reader met damage: have the whole file read, beside the writing; ``verify`` acts on what was found."""
        log.warning("journal: a reader met damage (%s); checking the file", told)
        self._suspicion = await asyncio.to_thread(self.journal.damage_of_whole_file)

    async def _begin_anew(self, error: sqlite3.DatabaseError) -> list[tuple[str, Header]]:
        return await self.commit(Batch()) if await self._replace(error) else []

    async def _replace(self, error: sqlite3.DatabaseError) -> bool:
        self.damage = str(error)
        try:
            aside = await self.call(lambda: self.journal.replace_damaged(error))
        except JournalError as worse:
            self.trouble = str(worse)  # tried again with the next tick
            log.error("journal broke and no new one could be begun: %s", worse)
            return False
        log.error("journal broke (%s); set aside as %s, a new one begun", error, aside)
        return True

    async def _make_room(self) -> None:
        lowest = self.lowest_confirmed()
        try:
            pruned = await self.call(lambda: self.journal.make_room(lowest))
        except sqlite3.Error as error:
            log.error("journal: no room could be made: %s", error)
            return
        self.dropped += pruned.lost

    def _bound(self) -> None:
        excess = len(self._held.records) - HELD_LIMIT
        if excess > 0:
            del self._held.records[:excess]
            self.dropped += excess
            log.error(
                "journal: the disk takes nothing; %d records dropped from memory, %d in all", excess, self.dropped
            )

    def close(self) -> None:
        self._executor.shutdown(wait=True)
        self.journal.close()
