"""``quantrac record``: MQTT → InfluxDB for one destination.

broker ─► queue, bounded ─► batch ─► pour ──204──► tracker ─► acknowledge, confirm
                                       └─ what the database refuses ─► quarantine ─► the same
Nothing is confirmed before the position has been read back from the database, and read again after each trouble.
"""

import asyncio
import contextlib
import logging
import secrets
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pydantic import SecretStr

from config.schema import Destination, StationConfig
from station.record.answers import BackOff
from station.record.book import Book
from station.record.influx import Database
from station.record.intake import Intake
from station.record.points import line_of, position_line
from station.record.pour import BATCH_POINTS, Point, Pourer
from station.record.quarantine import Quarantine, Refused
from station.record.store import Keeper, Store
from station.wire import topics
from station.wire.lasting import keep_connected, while_there
from station.wire.link import Arrived, Link, LinkError, LinkSettings
from station.wire.message import MessageError
from station.wire.notices import Confirm, RecorderHealth

log = logging.getLogger(__name__)

LINGER_S = 0.1  # a batch waits so long for company …
QUIET_S = 0.003  # … unless nothing comes: a broker that sends 20 at a time waits for us
QUEUE_LIMIT = 2_000
RECEIVE_MAXIMUM = 1_000
KEEP_SESSION_S = 86_400
REPEAT_S = 5.0
TIDY_AFTER_S = 1.0  # nothing to do for so long: the position is written alone
CONFIRMED_JOURNALS = 2


class Recorder:
    """One recorder. ``run`` until cancelled; it may be run again."""

    def __init__(
        self,
        config: StationConfig,
        destination: Destination,
        *,
        password: SecretStr | None = None,
        token: SecretStr | None = None,
        quarantine_folder: Path | None = None,
        back_off: BackOff | None = None,
        store: Store | None = None,
    ) -> None:
        """``store``: what takes the records instead of the destination's InfluxDB."""
        if config.mqtt is None:
            raise ValueError("a recorder needs [mqtt]")
        self._mqtt = config.mqtt
        self._station = config.station.id
        self._destination = destination
        self._password = password
        self._token = token
        self._folder = quarantine_folder or config.paths.data / "quarantine" / destination.id
        self._back_off = back_off or BackOff()
        self._store = store
        self._book = Book(self._station, destination.id, store.position_line if store else position_line)
        self.intake = Intake(self._station, self._book.tracker, store.line_of if store else line_of)
        self._queue: deque[Arrived] = deque()
        self._came = asyncio.Event()
        self._link: Link | None = None
        self._session = secrets.token_hex(8)
        self._n = 0
        self._looks_wanted = 1
        self._looked = 0
        self.overflowed = 0

    async def run(self) -> None:
        """Record until cancelled. Trouble with broker and database does not come out."""
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="quarantine") as disk:
            await self._run(disk)

    async def _run(self, disk: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        quarantine = self._quarantine = await loop.run_in_executor(disk, Quarantine, self._folder)

        async def keep(refused: Refused) -> None:
            await loop.run_in_executor(disk, quarantine.add, [refused])

        self._database: Keeper = self._store or Database(self._destination.influx, self._token)
        self._pourer = Pourer(self._database, self._book, keep, self._done, self._say_health, self._back_off)
        self._looks_wanted += 1
        executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recorder")
        who = f"recorder {self._destination.id}"
        tasks = {
            asyncio.create_task(self._work()),
            asyncio.create_task(keep_connected(lambda: self._make_link(executor), self._use, who)),
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._queue.clear()
            await self._database.close()
            executor.shutdown(wait=True)

    # -- one connection

    def _make_link(self, executor: ThreadPoolExecutor) -> Link:
        client_id = f"quantrac-{self._station}-record-{self._destination.id}"
        settings = LinkSettings(self._mqtt, client_id, self._password, KEEP_SESSION_S, RECEIVE_MAXIMUM)
        return Link(settings, executor, self._arrived)

    async def _use(self, link: Link) -> None:
        self._begin_session()
        self._looks_wanted += 1  # the database may have been restored while nobody listened
        try:
            await link.subscribe(topics.recorder_filters(self._station))
            self._link = link
            self._came.set()
            await while_there(link, self._repeat())
        finally:
            self._link = None

    def _begin_session(self) -> None:
        self._session = secrets.token_hex(8)
        self._n = 0

    async def _repeat(self) -> None:
        while True:
            self._confirm()
            self._say_health()
            await asyncio.sleep(REPEAT_S)

    def _arrived(self, arrived: Arrived) -> None:
        if len(self._queue) >= QUEUE_LIMIT:
            self.overflowed += 1  # not acknowledged, not confirmed: the station sends it again
            if self.overflowed == 1 or self.overflowed % 10_000 == 0:
                log.warning("the broker sends more than was asked for: %d left unread", self.overflowed)
            return
        self._queue.append(arrived)
        self._came.set()

    # -- the work: one batch after another

    async def _work(self) -> None:
        while True:
            if not self._queue and not self._must_look:
                await self._wait_for_work()
            if self._must_look:
                await self._look()
            batch = await self._collect()
            before = self._pourer.waits
            if batch:
                await self._process(batch)
            else:
                await self._pourer.store_positions()
            self._looks_wanted += self._pourer.waits != before

    @property
    def _must_look(self) -> bool:
        return self._looked != self._looks_wanted

    async def _wait_for_work(self) -> None:
        self._came.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TIDY_AFTER_S):
                await self._came.wait()

    async def _look(self) -> None:
        """Read our position back; a database that holds less than it did is told to the station as a new session."""
        while True:
            wanted = self._looks_wanted
            answer, positions = await self._database.positions(self._station, self._destination.id)
            if answer.status == 200:
                break
            await self._pourer.wait(answer)
        self._looked = wanted
        self._pourer.recovered()
        if self._book.take_read(positions):
            self._begin_session()
        self._confirm()

    async def _collect(self) -> list[Arrived]:
        loop = asyncio.get_running_loop()
        until = loop.time() + LINGER_S
        seen = 0
        while seen < len(self._queue) < BATCH_POINTS and loop.time() < until:
            seen = len(self._queue)
            await asyncio.sleep(QUIET_S)
        return [self._queue.popleft() for _ in range(min(BATCH_POINTS, len(self._queue)))]

    async def _process(self, batch: Sequence[Arrived]) -> None:
        """Everything in the batch becomes durable; then it is acknowledged and confirmed."""
        points: list[Point] = []
        again: list[Arrived] = []  # sent twice before it was written once
        seen: set[tuple[str, int]] = set()
        for arrived in batch:
            try:
                point = self.intake.sort(arrived)
            except MessageError as error:
                await self._put_malformed_aside(arrived, error)
                continue
            if point is None:
                arrived.acknowledge()
                continue
            name = (point[1].journal, point[1].record.seq)
            if name in seen:
                again.append(arrived)
            else:
                seen.add(name)
                points.append(point)
        await self._pourer.pour(points)
        for arrived in again:
            arrived.acknowledge()
        self._confirm()

    async def _put_malformed_aside(self, arrived: Arrived, error: MessageError) -> None:
        if not self.intake.is_put_aside(arrived.payload):
            log.error("%s: not a message, quarantine: %s", arrived.topic, error)
            await self._pourer.put_aside(Refused(str(error), arrived.topic, arrived.payload))
            self.intake.remember_put_aside(arrived.payload)
        self.intake.count_as_had(arrived.payload)
        arrived.acknowledge()

    def _done(self, points: Sequence[Point]) -> None:
        """They are durable. What a record supersedes needs no writing any more, so that it can never overwrite it."""
        for arrived, message, _ in points:
            record = message.record
            self._book.tracker.add(message.journal, record.seq, record.seq)
            if record.supersedes is not None and record.supersedes > 0:
                self._book.tracker.add(message.journal, record.supersedes, record.supersedes)
            arrived.acknowledge()

    # -- what is said

    def _confirm(self) -> None:
        link = self._link
        if link is None or self._must_look:
            return
        topic = topics.confirm(self._station, self._destination.id)
        for position in self._book.tracker.positions()[:CONFIRMED_JOURNALS]:
            self._n += 1
            confirm = Confirm(self._station, self._destination.id, self._session, self._n, position)
            self._publish(link, topic, confirm.to_bytes())

    def _say_health(self) -> None:
        if self._link is not None:
            topic = topics.recorder_health(self._station, self._destination.id)
            self._publish(self._link, topic, self.health().to_bytes())

    def _publish(self, link: Link, topic: str, payload: bytes) -> None:
        """Said again soon: a broker that takes nothing now is no trouble."""
        if link.room > 0:
            with contextlib.suppress(LinkError):
                link.publish(topic, payload)

    @property
    def listening(self) -> bool:
        """Subscribed on a connection that stands."""
        return self._link is not None

    def health(self) -> RecorderHealth:
        trouble = self._pourer.trouble
        return RecorderHealth(
            station=self._station,
            recorder=self._destination.id,
            state=trouble.state,
            detail=trouble.detail,
            written=self._pourer.written,
            quarantined=self._quarantine.entries,
            quarantine_bytes=self._quarantine.size_bytes,
            malformed=self.intake.malformed,
            old_revisions=self.intake.old_revisions,
            forgotten_ranges=self._book.tracker.forgotten,
        )
