"""The journal's records as messages ready to go, read in a thread of their own and by bounded pages."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Protocol

from station.journal.rows import Entry
from station.publish.window import Span
from station.wire import topics
from station.wire.message import MessageError, encode, to_json
from station.wire.notices import Absent

log = logging.getLogger(__name__)

REOPEN_AFTER_S = 30.0  # a journal that was set aside keeps its old file open under a reader


class Reader(Protocol):
    """What is asked of station.journal.reader.JournalReader."""

    journal_id: str

    def last_seq(self) -> int: ...
    def page(self, after_seq: int, limit: int, up_to: int | None = None) -> list[Entry]: ...
    def close(self) -> None: ...


class Outgoing(NamedTuple):
    """One publication, which stands for the seqs of its span: a record, or a range that is absent."""

    span: Span
    topic: str
    payload: bytes


class State(NamedTuple):
    journal: str
    last_seq: int


class Pages:
    """Owns the reader and its thread. A hole in the journal becomes one ``absent`` message, however wide."""

    def __init__(self, station: str, open_reader: Callable[[], Reader]) -> None:
        self._station = station
        self._open_reader = open_reader
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="outbox")
        self._reader: Reader | None = None
        self._opened_s = 0.0
        self.unsendable = 0

    async def refresh(self, *, reopen: bool = False) -> State:
        """Which journal it is and how far it goes. ``reopen``: the writer says that it is another one."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._refresh, reopen)

    async def read(self, spans: Sequence[Span], last_seq: int) -> list[Outgoing]:
        """The messages of the spans, in their order."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._read, spans, last_seq)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._executor, self._drop)
        self._executor.shutdown(wait=True)

    def _drop(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _refresh(self, reopen: bool) -> State:
        if self._reader is not None:
            if not reopen and time.monotonic() - self._opened_s < REOPEN_AFTER_S:
                return State(self._reader.journal_id, self._reader.last_seq())
            self._drop()
        self._reader = self._open_reader()
        self._opened_s = time.monotonic()
        return State(self._reader.journal_id, self._reader.last_seq())

    def _read(self, spans: Sequence[Span], last_seq: int) -> list[Outgoing]:
        return [outgoing for span in spans for outgoing in self._read_span(span, last_seq)]

    def _read_span(self, span: Span, last_seq: int) -> list[Outgoing]:
        assert self._reader is not None  # noqa: S101 - refresh comes first
        found: list[Outgoing] = []
        expected = span.first
        for entry in self._reader.page(span.first - 1, len(span), last_seq):
            seq = entry.record.seq
            if seq > expected:
                found.append(self._absent(expected, seq - 1))  # a hole, also where it reaches beyond the span
            if seq > span.last:
                return found
            found.append(self._message(entry))
            expected = seq + 1
        if expected <= span.last:
            found.append(self._absent(expected, last_seq))  # the page was short: there is no more
        return found

    def _message(self, entry: Entry) -> Outgoing:
        assert self._reader is not None  # noqa: S101 - we come from a page of it
        record = entry.record
        span = Span(record.seq, record.seq)
        try:
            message = encode(entry.table, record, self._reader.journal_id, entry.superseded_by)
            return Outgoing(span, topics.record_topic(entry.table, record), to_json(message))
        except (MessageError, ValueError, OverflowError) as error:
            self.unsendable += 1
            log.error("record %s/%d cannot be sent and stays in the journal only: %s", entry.table, record.seq, error)
            return self._absent(record.seq, record.seq, "unsendable")

    def _absent(self, first: int, last: int, reason: str = "pruned") -> Outgoing:
        assert self._reader is not None  # noqa: S101 - we come from a page of it
        notice = Absent(self._station, self._reader.journal_id, first, last, reason)
        return Outgoing(Span(first, last), topics.absent(self._station), notice.to_bytes())
