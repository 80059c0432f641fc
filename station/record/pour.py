"""One batch into the database, whatever it answers: the table of station.record.answers carried out.

``pour`` returns when each point is either in the database (after its 204) or in quarantine (after its fsync).
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from station.record.answers import Action, Answer, BackOff
from station.record.book import Book
from station.record.quarantine import QuarantineFullError, Refused
from station.wire.link import Arrived
from station.wire.message import Message

log = logging.getLogger(__name__)

BATCH_POINTS = 1_000


class Point(NamedTuple):
    """One record on its way into the database."""

    arrived: Arrived
    message: Message
    line: str


class Writer(Protocol):
    async def write(self, lines: list[str]) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Trouble:
    """ok, waiting (the database is away) or refused (it says no), and why."""

    state: str = "ok"
    detail: str = ""


class Pourer:
    """Knows how large a batch may be and how long to wait; ``on_news`` follows what is worth telling at once.

    ``keep`` puts one message into quarantine, durably; it raises OSError or QuarantineFullError.
    """

    def __init__(
        self,
        writer: Writer,
        book: Book,
        keep: Callable[[Refused], Awaitable[None]],
        on_done: Callable[[Sequence[Point]], None],
        on_news: Callable[[], None],
        back_off: BackOff,
    ) -> None:
        self._writer = writer
        self._book = book
        self._keep = keep
        self._on_done = on_done
        self._on_news = on_news
        self._back_off = back_off
        self._limit = BATCH_POINTS
        self.trouble = Trouble()
        self.written = 0
        self.waits = 0

    async def pour(self, points: Sequence[Point]) -> None:
        """``on_done`` follows for each part as soon as it is durable."""
        parts: deque[Sequence[Point]] = deque(points[i : i + self._limit] for i in range(0, len(points), self._limit))
        while parts:
            part = parts.popleft()
            answer = await self._writer.write([*(point.line for point in part), *self._book.lines()])
            if answer.action is Action.DONE:
                self._done(part)
            elif answer.action is Action.HALVE:
                await self._split_or_refuse(part, parts, answer)
                self._limit = max(1, len(part) // 2)
            elif answer.action is Action.SEARCH and await self._takes_anything(part[0].message.journal, answer):
                await self._split_or_refuse(part, parts, answer)
            elif answer.action is Action.SEARCH:
                parts.appendleft(part)
            else:
                await self.wait(answer)
                parts.appendleft(part)

    async def store_positions(self) -> None:
        """Without points to go along with: one try, the next batch is another."""
        lines = self._book.lines()
        if not lines:
            return
        answer = await self._writer.write(lines)
        if answer.action is Action.DONE:
            self._book.stored()
            self.recovered()
        else:
            await self.wait(answer)

    def _done(self, part: Sequence[Point]) -> None:
        self._book.stored()
        self.recovered()
        self.written += len(part)
        self._limit = min(BATCH_POINTS, self._limit * 2)
        self._on_done(part)

    async def _takes_anything(self, journal: str, answer: Answer) -> bool:
        """A database that refuses a position too refuses everything: nothing of it belongs into quarantine."""
        probe = await self._writer.write(self._book.lines(journal))
        if probe.action is Action.DONE:
            self._book.stored()
            return True
        refuses_all = probe.action is Action.SEARCH
        await self.wait(Answer(0, f"everything is refused: {answer.status} {answer.text}") if refuses_all else probe)
        return False

    async def _split_or_refuse(self, part: Sequence[Point], parts: "deque[Sequence[Point]]", answer: Answer) -> None:
        if len(part) > 1:
            middle = len(part) // 2
            parts.extendleft((part[middle:], part[:middle]))
            return
        point = part[0]
        reason = f"{answer.status} {answer.text}"
        log.error("the database refuses %s/%d: quarantine: %s", point.message.table, point.message.record.seq, reason)
        await self.put_aside(Refused(reason, point.arrived.topic, point.arrived.payload))
        self._on_done(part)

    async def put_aside(self, refused: Refused) -> None:
        """Into quarantine, durably; one that takes nothing is waited for, the station keeps what is not confirmed."""
        while True:
            try:
                await self._keep(refused)
            except (OSError, QuarantineFullError) as error:
                await self.wait(Answer(0, f"quarantine: {error}"))
            else:
                self._on_news()
                return

    async def wait(self, answer: Answer) -> None:
        """Back off. Whatever needs a person is said as refused."""
        waiting = answer.action is Action.WAIT
        self._tell("waiting" if waiting else "refused", f"{answer.status or ''} {answer.text}".strip())
        self.waits += 1
        await asyncio.sleep(self._back_off.next_s(answer.retry_after_s))

    def recovered(self) -> None:
        self._back_off.reset()
        self._tell("ok", "")

    def _tell(self, state: str, detail: str) -> None:
        changed = state != self.trouble.state
        self.trouble = Trouble(state, detail)
        if not changed:
            return
        if state == "ok":
            log.warning("the database takes records again")
        elif state == "waiting":
            log.warning("the database is away: %s", detail)
        else:
            log.error("a person must act, the database or the quarantine says no: %s", detail)
        self._on_news()
