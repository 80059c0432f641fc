"""One tick, one transaction. What the disk refuses is held, in order and bounded; what must be dropped is counted.

committed ───────────────► numbered records, to be published
disk full or busy ───────► make room, hold the batch, try again with the next tick
file broken ─────────────► set aside, new journal, the batch goes into the new one
file broken unnoticed ───► the writer lives on in its cache: ``verify`` looks with fresh eyes now and then
disk hangs ──────────────► the batch stays with the journal's thread, later ones wait behind it, alarms go on
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from station.journal.journal import AuditEntry, Journal
from station.journal.opening import JournalError, is_damage
from station.journal.position import Position
from station.records import Header

log = logging.getLogger(__name__)

T = TypeVar("T")
HELD_LIMIT = 50_000  # records in memory while the disk takes nothing
PATIENCE_S = 2.0  # real seconds: alarms wait no longer for the disk
HANGING_PATIENCE_S = 0.05  # and this long when it is known to hang
FAREWELL_S = 20.0  # at the end, for what is in hand
# What SQLite says of a value rather than of the disk.
POISON = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError, OverflowError, UnicodeError)


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


class DiskHangsError(OSError):
    """The journal's thread has not come back from the disk."""


class Committer:
    """Owns the journal's thread. Every call to the journal goes through ``call``, or ``soon`` from the tick."""

    def __init__(self, journal: Journal, lowest_confirmed: Callable[[], int]) -> None:
        """``lowest_confirmed``: up to which seq every required destination has everything."""
        self.journal = journal
        self.lowest_confirmed = lowest_confirmed
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._held = Batch()  # what is being written, or was refused
        self._later = Batch()  # what came while that was being written
        self._writing: asyncio.Task[list[tuple[str, Header]]] | None = None
        self._hanging: asyncio.Future[object] | None = None
        self._given_up = False
        self.dropped = 0
        self.trouble = ""  # why the disk takes nothing, or empty
        self.damage = journal.opened.damage
        self.rolled_back = journal.opened.rolled_back
        self._suspicion: sqlite3.DatabaseError | None = None

    async def call(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    @property
    def hangs(self) -> bool:
        """Whether something that was asked of the disk has not come back in time, and still has not."""
        return self._hanging is not None and not self._hanging.done()

    @property
    def all_written(self) -> bool:
        """Whether the disk has all that was given to ``commit``."""
        return self._writing is None and self._held.is_empty() and self._later.is_empty()

    async def soon(self, work: Callable[[], T]) -> T:
        """As ``call``, for the tick, which must not wait long. Raises DiskHangsError; ``work`` is done later."""
        if self.hangs:
            raise DiskHangsError("the disk has not come back")
        future = asyncio.get_running_loop().run_in_executor(self._executor, work)
        if not await self._in_time(future):
            future.add_done_callback(_look_at)
            raise DiskHangsError(f"the disk has not come back within {PATIENCE_S} s")
        return future.result()

    async def _in_time(self, future: "asyncio.Future[Any]") -> bool:
        await asyncio.wait({future}, timeout=HANGING_PATIENCE_S if self.hangs else PATIENCE_S)
        if not future.done() and not self.hangs:
            self._hanging = future
            self.trouble = f"no answer for {PATIENCE_S} s"
            log.error("journal: the disk hangs; measuring and alarms go on, records wait in memory")
        return future.done()

    async def commit(self, batch: Batch) -> list[tuple[str, Header]]:
        """The records that are on the disk now, with their seq; empty while the disk refuses or hangs."""
        self._later.absorb(batch)
        self._bound(self._later)
        numbered = await self._written() if self._writing else []
        if self._writing is None and not self.all_written:
            self._held.absorb(self._later)
            self._later = Batch()
            self._bound(self._held)
            self._writing = asyncio.create_task(self._whatever_happens(self._write_held()), name="journal commit")
            numbered += await self._written()
        return numbered

    async def _written(self) -> list[tuple[str, Header]]:
        task = self._writing
        if task is None or not await self._in_time(task):
            return []
        self._writing = None
        return task.result()

    async def _whatever_happens(self, work: Coroutine[Any, Any, list[tuple[str, Header]]]) -> list[tuple[str, Header]]:
        """The batch stays in hand until the disk has it."""
        try:
            return await work
        except Exception as error:
            if not self.trouble:
                log.exception("journal: nothing can be stored")
            self.trouble = f"{type(error).__name__}: {error}"
            return []

    async def _write_held(self) -> list[tuple[str, Header]]:
        held = self._held
        if held.is_empty():
            return []
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
            if not self.trouble:
                log.error("journal: nothing can be stored: %s", error)
            return []
        return await self._write_held()

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
        if self._writing is not None:
            return
        suspicion, self._suspicion = self._suspicion, None
        damage = suspicion or await self.soon(self.journal.damage_seen_afresh)
        if damage is not None and self._writing is None:
            self._writing = asyncio.create_task(self._whatever_happens(self._begin_anew(damage)), name="new journal")
            await self._in_time(self._writing)  # the next commit takes what it wrote

    async def suspect(self, told: sqlite3.DatabaseError) -> None:
        """A reader met damage: have the whole file read, beside the writing; ``verify`` acts on what was found."""
        log.warning("journal: a reader met damage (%s); checking the file", told)
        self._suspicion = await asyncio.to_thread(self.journal.damage_of_whole_file)

    async def _begin_anew(self, error: sqlite3.DatabaseError) -> list[tuple[str, Header]]:
        return await self._write_held() if await self._replace(error) else []

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

    def _bound(self, batch: Batch) -> None:
        excess = len(batch.records) - HELD_LIMIT
        if excess > 0:
            del batch.records[:excess]
            self.dropped += excess
            log.error(
                "journal: the disk takes nothing; %d records dropped from memory, %d in all", excess, self.dropped
            )

    async def finish(self) -> None:
        """Before ``close``: what is in hand gets its time, but not for ever."""
        loop = asyncio.get_running_loop()
        end_s = loop.time() + FAREWELL_S
        await self.commit(Batch())
        while self.hangs and loop.time() < end_s:
            await asyncio.sleep(HANGING_PATIENCE_S)
            await self.commit(Batch())
        if not self.all_written:
            lost = len(self._held.records) + len(self._later.records)
            log.error("journal: the station ends and the disk takes nothing; %d records are lost", lost)
        self._given_up = self.hangs
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
            self._writing = None

    def close(self) -> None:
        """Waits for the journal's thread, but not for a disk that hangs: the thread ends with the process."""
        given_up = self._given_up or self.hangs
        self._executor.shutdown(wait=not given_up, cancel_futures=True)
        if not given_up:
            self.journal.close()


def _look_at(future: "asyncio.Future[Any]") -> None:
    """Nobody waits for it any more; nobody is to complain of its error either."""
    if not future.cancelled():
        future.exception()
