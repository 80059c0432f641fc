"""``quantrac run``: the station put together, started, reloaded and ended.

It serves nobody, so nobody can slow it. The alarm path needs only this process, its disk and the modem.
"""

import asyncio
import logging
import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import sdnotify

from alerting.board import SnapshotError
from alerting.events import Event
from alerting.notify import Notifier
from config.clock import Clock
from config.loader import Loaded, load
from config.mistakes import ConfigError
from config.schema import Destination
from station.engine.commit import PATIENCE_S, Committer
from station.engine.engine import ALARM_STATE, CLOCK_EPOCH, LAST_WALL, Engine
from station.engine.keys import KeyGuard
from station.engine.rig import Rig, build, calibration_texts, keeping_wires
from station.engine.supervisor import Supervisor
from station.engine.vitals import Disk, Vitals, look_at_disk
from station.inbox.door import Door, own_programs
from station.journal.journal import Journal
from station.journal.opening import is_damage
from station.journal.reader import JournalReader
from station.journal.retention import CHUNK, prune_by_age, prune_oldest, used_bytes
from station.poll.bus import BusTask
from station.publish.publisher import Publisher
from station.records import Header
from station.timekeeping import Stamp, Stamper

log = logging.getLogger(__name__)

PRUNE_EVERY_S = 600.0
PRUNE_ROUNDS = 500  # at most, of a chunk a table each
RESERVE_BYTES = 64 << 20  # kept on the disk, to be able to delete when it is full
BEHIND_AFTER_S = 120.0


class Station:
    """One station process. ``run`` returns after ``stop`` is set and everything in hand is on the disk."""

    def __init__(self, loaded: Loaded, clock: Clock, notifier: Notifier | None = None) -> None:
        self._loaded = loaded
        self._clock = clock
        self._notifier = notifier
        self._configuration_error = ""
        self._supervisor = Supervisor()
        self._guard = KeyGuard()
        self._texts_in = ""
        self._disk = Disk(0, 0, 0, 0)  # not looked at yet
        self._dropped_seen = 0
        self._last_drop: Stamp | None = None
        self._publisher: Publisher | None = None
        self._published_by: object = None  # what the publisher was made of
        # without systemd the notifier would leave an open socket behind and send nothing
        self._systemd = sdnotify.SystemdNotifier() if os.environ.get("NOTIFY_SOCKET") else None

    @property
    def journal_path(self) -> Path:
        return self._loaded.config.paths.data / "journal.sqlite"

    async def run(self, stop: asyncio.Event) -> None:
        """Raises JournalError when no journal can be made, BlockingIOError when another station has it."""
        data = self._loaded.config.paths.data
        data.mkdir(parents=True, exist_ok=True)
        journal = await asyncio.to_thread(Journal.open, self.journal_path, self._clock.wall_ns, RESERVE_BYTES)
        self._committer = Committer(journal, self._lowest_confirmed)
        try:
            await self._run(stop, journal, data)
        finally:
            await self._supervisor.stop_all()
            await self._committer.finish()
            self._committer.close()

    async def _run(self, stop: asyncio.Event, journal: Journal, data: Path) -> None:
        last_wall = journal.meta(LAST_WALL)
        epoch = int(journal.meta(CLOCK_EPOCH) or 0)
        self._stamper = Stamper(self._clock, epoch, int(last_wall) if last_wall else None)
        door = Door(data / "inbox", own_programs())
        interval_s = self._loaded.config.journal.commit_interval_s
        self._engine = Engine(self._clock, self._stamper, self._committer, door, self, interval_s)
        self._committer.dropped = self._dropped_seen = int(journal.meta("dropped") or 0)
        await self._take_rig(self._loaded, await self._committer.call(lambda: journal.state(ALARM_STATE)))
        self._supervisor.start("housekeeping", self._keep_house)
        self._tell_systemd("READY=1")
        log.info(
            "station %s runs; journal %s from seq %d",
            self._loaded.config.station.id,
            journal.journal_id,
            journal.last_seq,
        )
        await self._engine.run(stop)
        await self._stop_buses(self._engine.rig.buses if self._engine.rig else ())
        await self._engine.run(stop)  # what the last exchanges brought
        log.info("station %s ends; journal at seq %d", self._loaded.config.station.id, journal.last_seq)

    # -- configuration: taken at start, and anew by ``reload``

    async def _take_rig(self, loaded: Loaded, alarms: object) -> None:
        await self._keep_text(loaded)
        rig = await asyncio.to_thread(self._build, loaded)
        old = self._engine.rig
        if old is not None:
            rig = keeping_wires(rig, old)
            await self._stop_buses(bus for bus in old.buses if bus not in rig.buses)
        self._restore_alarms(rig, alarms)
        self._loaded = loaded
        self._engine.rig = rig
        self._start_buses(bus for bus in rig.buses if old is None or bus not in old.buses)
        await self._start_publisher(rig)

    async def _keep_text(self, loaded: Loaded) -> None:
        """The journal keeps what its records name; a new journal in mid-run too."""
        journal = self._committer.journal
        await self._committer.call(lambda: journal.keep_text(loaded.sha256, loaded.text, calibration_texts(loaded)))
        self._texts_in = journal.journal_id

    def _restore_alarms(self, rig: Rig, alarms: object) -> None:
        """Alarms go on where they stood; what the configuration no longer has ends, and is told with the next tick."""
        if not isinstance(alarms, dict):
            return
        now = self._stamper.now()
        try:
            self._engine.owed += rig.board.restore(alarms, now.mono_ns, now.wall_ns)
        except SnapshotError as error:
            log.error("alarms begin anew: %s", error)

    def _build(self, loaded: Loaded) -> Rig:
        with JournalReader(self.journal_path) as reader:
            return build(loaded, self._clock, self._stamper, self._guard, reader, self._engine.take)

    def _start_buses(self, buses: Iterable[BusTask]) -> None:
        for bus in buses:
            self._supervisor.start(f"bus {bus.bus_id}", bus.run)

    async def _stop_buses(self, buses: Iterable[BusTask]) -> None:
        await asyncio.gather(*(self._supervisor.stop(f"bus {bus.bus_id}") for bus in buses))

    async def _start_publisher(self, rig: Rig) -> None:
        """The one that runs goes on where neither broker, nor destinations, nor password have changed."""
        config = rig.loaded.config
        password = config.mqtt.password.read() if config.mqtt and config.mqtt.password else None
        wanted = (config.mqtt, config.destinations, password)
        if wanted == self._published_by:
            return
        await self._supervisor.stop("publisher")
        self._publisher, self._published_by = None, wanted
        if config.mqtt is None or not config.destinations:
            return
        journal = self._committer.journal
        positions = await self._committer.call(journal.positions)
        self._publisher = Publisher(
            config.mqtt,
            config.station.id,
            config.destinations,
            lambda: JournalReader(self.journal_path),
            self._engine.confirmed,
            {d: p for d, p in positions.items() if p.journal == journal.journal_id},
            password,
        )
        for alarm in rig.board.active():
            self._publisher.retain_alarm(alarm.alarm, asdict(alarm))
        self._supervisor.start("publisher", partial(self._publish, self._publisher))
        self._publisher.wake(journal.last_seq)

    async def _publish(self, publisher: Publisher) -> None:
        """The outbox reads every page sooner or later; the writer may not meet a damaged one for years."""
        try:
            await publisher.run()
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                await self._committer.suspect(error)
            raise

    async def reload(self) -> None:
        """Validate, swap at a tick, keep the old one on error. The same text is a no-op."""
        try:
            loaded = await asyncio.to_thread(load, self._loaded.path, check_secrets=True)
        except ConfigError as error:
            self._configuration_error = f"{len(error.mistakes)}: {error.mistakes[0].key}"
            log.error("configuration not taken, the old one stays: %s", error)
            return
        self._configuration_error = ""
        if loaded.sha256 == self._loaded.sha256 and loaded.profiles == self._loaded.profiles:
            log.info("configuration unchanged")
            return
        if (
            loaded.config.paths != self._loaded.config.paths
            or loaded.config.station.id != self._loaded.config.station.id
        ):
            self._configuration_error = "paths, station.id"
            log.error("configuration not taken: paths and station.id change only with a restart")
            return
        await self._swap(loaded)

    async def _swap(self, loaded: Loaded) -> None:
        rig = self._engine.rig
        now = self._stamper.now()
        alarms = rig.board.snapshot(now.mono_ns) if rig else None
        await self._take_rig(loaded, alarms)
        log.info("configuration %s taken", loaded.sha256[:12])

    # -- what the engine asks and tells (station.engine.engine.House)

    async def vitals(self) -> Vitals:
        committer = self._committer
        trouble = await self._look_at_journal()
        if committer.dropped > self._dropped_seen:
            self._dropped_seen, self._last_drop = committer.dropped, self._stamper.now()
        stats = self._publisher.stats() if self._publisher else None
        return Vitals(
            disk=self._disk,
            wal_alarm_bytes=int(self._loaded.config.journal.wal_alarm_mb * 1e6),
            damage=committer.damage,
            rolled_back=committer.rolled_back,
            trouble=committer.trouble or trouble,
            configuration_error=self._configuration_error,
            dropped=committer.dropped,
            restarts=self._supervisor.restarts + self._engine.faults,
            dying=tuple(self._supervisor.dying()),
            clock_steps=self._stamper.steps,
            last_step=self._engine.last_step,
            outbox_depth=max(stats.depth.values(), default=0) if stats else None,
            behind=", ".join(stats.behind(BEHIND_AFTER_S)) if stats else "",
            refusing=", ".join(stats.refusing()) if stats else "",
            quarantined=stats.quarantined if stats else 0,
            last_drop=self._last_drop,
        )

    async def _look_at_journal(self) -> str:
        """Journal and disk as they are; where they cannot be seen, as they were last, and what is wrong with them."""
        committer = self._committer
        try:
            await committer.verify()
            if self._texts_in != committer.journal.journal_id:
                await asyncio.wait_for(self._keep_text(self._loaded), PATIENCE_S)
            journal = committer.journal
            self._disk = await committer.soon(lambda: look_at_disk(journal.path, journal.connection))
        except (OSError, sqlite3.Error, TimeoutError) as error:
            return f"{type(error).__name__}: {error}"
        return ""

    def committed(self, numbered: Sequence[tuple[str, Header]], events: Sequence[Event]) -> None:
        """After the commit: publish, show, tell people. An event is told even when the disk refused it."""
        self._tell_systemd("WATCHDOG=1")
        publisher, rig = self._publisher, self._engine.rig
        if publisher is not None and rig is not None:
            if numbered:
                publisher.wake(numbered[-1][1].seq)
            active = {alarm.alarm: alarm for alarm in rig.board.active()} if events else {}
            for event in events:
                alarm = active.get(event.alarm)
                publisher.retain_alarm(event.alarm, asdict(alarm) if alarm else None)
        for event in events:
            self._notify(event)

    def _notify(self, event: Event) -> None:
        """One event that a notifier cannot take costs neither the next one nor the station."""
        if self._notifier is None:
            return
        try:
            self._notifier.notify(event)
        except Exception:
            log.exception("nobody could be told of %s %s", event.alarm, event.event)

    def _tell_systemd(self, state: str) -> None:
        if self._systemd is not None:
            self._systemd.notify(state)

    # -- housekeeping

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(PRUNE_EVERY_S)
            await self._prune()

    async def _prune(self) -> None:
        committer, config = self._committer, self._loaded.config
        journal = committer.journal
        lowest = self._lowest_confirmed()
        days = config.journal.retention_days.model_dump()
        now_ns = self._clock.wall_ns()
        await committer.call(lambda: journal.forget_commands(now_ns))
        forgotten = 0
        for _ in range(PRUNE_ROUNDS):
            gone = await committer.call(lambda: prune_by_age(journal.connection, now_ns, days, lowest))
            forgotten += gone.confirmed
            if gone.confirmed < CHUNK:
                break
        for _ in range(PRUNE_ROUNDS):
            if await committer.call(lambda: used_bytes(journal.connection)) <= config.journal.largest_mb * 1e6:
                break
            room = await committer.call(lambda: prune_oldest(journal.connection, lowest))
            forgotten += room.confirmed
            committer.dropped += room.lost
        if forgotten:
            log.info("journal: %d old records forgotten", forgotten)

    def _lowest_confirmed(self) -> int:
        """What every required destination has confirmed; without one, everything."""
        required: list[Destination] = [d for d in self._loaded.config.destinations if d.required]
        if not required:
            return self._committer.journal.last_seq
        positions = self._publisher.positions() if self._publisher else {}
        journal_id = self._committer.journal.journal_id
        known = [positions.get(d.id) for d in required]
        return min((p.seq if p and p.journal == journal_id else 0) for p in known)
