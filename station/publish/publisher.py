"""Journal → MQTT, and the confirmations back. One connection at a time; memory is bounded by the windows.

on each connection: birth · subscribe · alarm states · outboxes go back to their low-water marks · pump
pump:               alarm states that changed, then live records, then the backlog, oldest first
A PUBACK only makes room; a recorder's confirmation moves its outbox.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pydantic import SecretStr

from config.schema import Destination, Mqtt
from station import __version__
from station.journal.position import Position
from station.publish.confirms import Doorkeeper
from station.publish.pages import Outgoing, Pages, Reader
from station.publish.stats import PublisherStats
from station.publish.window import NEWEST_AGAIN, Outbox, Span, next_spans
from station.wire import topics
from station.wire.lasting import keep_connected, while_there
from station.wire.link import Arrived, Link, LinkError, LinkSettings
from station.wire.message import MessageError
from station.wire.notices import Confirm, RecorderHealth, alarm_state_message, status_message

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0  # without any event: has somebody lost patience, is there something new
PAGE_RECORDS = 100
FAREWELL_S = 2.0
ALARM_TOPICS_LIMIT = 1_000


class Publisher:
    """Publishes one journal to one broker for its destinations. ``run`` until cancelled; it may be run again."""

    def __init__(
        self,
        mqtt: Mqtt,
        station_id: str,
        destinations: tuple[Destination, ...],
        open_reader: Callable[[], Reader],
        on_position: Callable[[str, Position], None],
        positions: Mapping[str, Position],
        password: SecretStr | None,
    ) -> None:
        if not destinations:
            raise ValueError("a publisher needs at least one destination")
        self._mqtt = mqtt
        self._station = station_id
        self._destinations = {d.id: d for d in destinations}
        self._open_reader = open_reader
        self._on_position = on_position
        self._password = password
        self._journal = ""
        self._last_seq = 0
        self._told = 0
        self._reopen = False
        self._known = dict(positions)
        self._outboxes = {d.id: self._outbox(d, self._known.get(d.id, Position("", 0))) for d in destinations}
        self._doorkeeper = Doorkeeper(station_id, frozenset(self._destinations))
        self._alarms: dict[str, bytes] = {}
        self._changed: dict[str, None] = {}
        self._unacked: dict[int, Span | None] = {}
        self._work = asyncio.Event()
        self._link: Link | None = None
        self.stats_now = PublisherStats.begin(self._destinations, time.monotonic())

    @staticmethod
    def _outbox(destination: Destination, position: Position) -> Outbox:
        return Outbox(position, destination.window_records, destination.no_progress_s)

    # -- what the station calls

    def wake(self, last_seq: int) -> None:
        """Records up to this seq are committed."""
        self.stats_now.committed(self.positions(), self._told, time.monotonic())
        self._reopen = self._reopen or last_seq < self._told  # the writer began a new journal
        self._told = last_seq
        self._work.set()

    def retain_alarm(self, alarm_id: str, state: dict[str, Any] | None) -> None:
        """The present state of an alarm; None empties its topic. Call for all known alarms before ``run``."""
        if state is None:
            self._alarms.pop(alarm_id, None)
        else:
            self._alarms[alarm_id] = alarm_state_message(self._station, alarm_id, state)
        self._mark_changed(alarm_id)

    def positions(self) -> dict[str, Position]:
        return {name: box.position for name, box in self._outboxes.items()}

    def stats(self) -> PublisherStats:
        """A copy of what is known now."""
        resent = sum(box.resent for box in self._outboxes.values())
        connected = self._link is not None
        return self.stats_now.snapshot(self.positions(), self._told, connected, resent, time.monotonic())

    async def run(self) -> None:
        """Publish until cancelled. sqlite3.Error and OSError of the journal come out; broker trouble does not."""
        pages = Pages(self._station, self._open_reader)
        executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="publisher")
        try:
            await self._refresh(pages)
            await keep_connected(
                lambda: self._make_link(executor), lambda link: self._use(link, pages), f"publisher {self._station}"
            )
        finally:
            self._link = None
            await pages.close()
            executor.shutdown(wait=True)

    # -- one connection

    def _make_link(self, executor: ThreadPoolExecutor) -> Link:
        will = (topics.status(self._station), self._status(online=False, reason="lost"))
        settings = LinkSettings(
            self._mqtt,
            f"quantrac-{self._station}-publish",
            self._password,
            keep_session_s=0,  # confirmations are repeated: nothing of an old connection is wanted
            receive_maximum=100,
            will=will,
        )
        return Link(settings, executor, self._arrived, self._acked)

    async def _use(self, link: Link, pages: Pages) -> None:
        self._unacked.clear()
        self._link = link
        try:
            self._send(link, topics.status(self._station), self._status(online=True, reason="started"), retain=True)
            await link.subscribe(topics.publisher_filters(self._station))
            for alarm_id in self._alarms:
                self._mark_changed(alarm_id)
            await self._refresh(pages)
            for box in self._outboxes.values():
                box.rewind(self._last_seq, time.monotonic())
            await while_there(link, self._pump(link, pages))
        except BaseException as error:
            await self._farewell(link, "stopped" if isinstance(error, asyncio.CancelledError) else "lost")
            raise
        finally:
            self._link = None

    async def _farewell(self, link: Link, reason: str) -> None:
        """An orderly disconnect takes the will away, so what it would have said is said here."""
        with contextlib.suppress(LinkError):
            self._send(link, topics.status(self._station), self._status(online=False, reason=reason), retain=True)
            await link.settled(FAREWELL_S)

    def _status(self, *, online: bool, reason: str) -> bytes:
        return status_message(self._station, online=online, reason=reason, journal=self._journal, software=__version__)

    async def _pump(self, link: Link, pages: Pages) -> None:
        while True:
            self._work.clear()
            self._send_alarms(link)
            if link.has_much_room:
                await self._refresh(pages)
                self._look_for_patience()
                spans = next_spans(self._outboxes.values(), self._last_seq, min(link.room, PAGE_RECORDS))
                if spans:
                    self._send_page(link, await pages.read(spans, self._last_seq))
                    continue
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._work.wait()
            except TimeoutError:
                continue

    async def _refresh(self, pages: Pages) -> None:
        reopen, self._reopen = self._reopen, False
        state = await pages.refresh(reopen=reopen)
        self.stats_now.unsendable = pages.unsendable
        if state.journal != self._journal:
            self._take_journal(state.journal)
        self._last_seq = state.last_seq
        self._told = max(self._told, state.last_seq) if not self._reopen else self._told

    def _take_journal(self, journal: str) -> None:
        """A journal with another id starts at 0 for whoever was at another one."""
        if self._journal:
            log.warning("the journal is a new one: %s instead of %s", journal, self._journal)
        self._journal = journal
        for name, destination in self._destinations.items():
            known = self._outboxes[name].position
            position = known if known.journal == journal else Position(journal, 0)
            self._outboxes[name] = self._outbox(destination, position)

    def _look_for_patience(self) -> None:
        now_s = time.monotonic()
        for name, box in self._outboxes.items():
            if box.lost_patience(self._last_seq, now_s):
                log.warning("recorder %s confirms nothing after seq %d: sending again", name, box.position.seq)

    # -- sending

    def _send(self, link: Link, topic: str, payload: bytes, *, retain: bool = False, span: Span | None = None) -> None:
        self._unacked[link.publish(topic, payload, retain=retain)] = span

    def _send_page(self, link: Link, page: list[Outgoing]) -> None:
        for outgoing in page:
            self._send(link, outgoing.topic, outgoing.payload, span=outgoing.span)
            self.stats_now.sent += 1
            for box in self._outboxes.values():
                box.sent(outgoing.span, time.monotonic())

    def _send_alarms(self, link: Link) -> None:
        while self._changed and link.room > 0:
            alarm_id = next(iter(self._changed))
            self._send(link, topics.alarm_state(self._station, alarm_id), self._alarms.get(alarm_id, b""), retain=True)
            del self._changed[alarm_id]

    def _mark_changed(self, alarm_id: str) -> None:
        self._changed[alarm_id] = None
        self._work.set()

    def _acked(self, mid: int, refusal: str) -> None:
        """A PUBACK: the broker has it in memory, no more. It makes room; it moves nothing."""
        span = self._unacked.pop(mid, None)
        if refusal:
            self.stats_now.refused += 1
            log.error("the broker refused a publication (%s): %s", span or "status or alarm", refusal)
        self._work.set()

    # -- what comes back

    def _arrived(self, arrived: Arrived) -> None:
        arrived.acknowledge()
        try:
            if "/confirm/" in arrived.topic:
                self._confirmed(Confirm.from_bytes(arrived.payload))
            elif "/recorder/" in arrived.topic:
                self._recorder_health(RecorderHealth.from_bytes(arrived.payload))
            elif arrived.retained and arrived.payload:
                self._left_behind(arrived.topic.rsplit("/", 1)[1])
        except MessageError as error:
            log.warning("%s: %s", arrived.topic, error)

    def _confirmed(self, confirm: Confirm) -> None:
        box = self._outboxes.get(confirm.recorder)
        if box is None or not self._doorkeeper.admits(confirm, self._journal, self._last_seq):
            return
        is_new = self._doorkeeper.is_new_session(confirm)
        self._doorkeeper.take(confirm)
        now_s = time.monotonic()
        changed = confirm.position != box.position
        self.stats_now.confirmed(confirm.recorder, confirm.position, box.position, now_s)
        if box.confirmed(confirm.position, now_s):
            log.warning("recorder %s went back to seq %d: sending again", confirm.recorder, confirm.position.seq)
        if is_new:  # it may have come after the station: live values of that moment went to nobody
            box.rewind(self._last_seq, now_s, NEWEST_AGAIN)
        if changed:
            self._on_position(confirm.recorder, confirm.position)
        self._work.set()

    def _recorder_health(self, health: RecorderHealth) -> None:
        if health.recorder in self._destinations:
            self.stats_now.recorders[health.recorder] = health

    def _left_behind(self, alarm_id: str) -> None:
        """A retained alarm of an earlier life that is not active any more."""
        if alarm_id not in self._alarms and len(self._changed) < ALARM_TOPICS_LIMIT:
            self._mark_changed(alarm_id)
