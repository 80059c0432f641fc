"""The tick: polls' outcomes → records and alarm events → one commit → whoever waits for it.

outcomes ─► rooms ─► records ─┐
time ─────► alarms ─► events ─┼─► commit ─► publisher, notifier, watchdog
inbox ────► commands ─► audit ┘
"""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from alerting.board import UnknownAlarmError
from alerting.events import Event
from config.clock import NS, Clock
from config.quality import Quality
from station.engine.commit import Batch, Committer, DiskHangsError
from station.engine.rig import Rig
from station.engine.vitals import Vitals
from station.inbox import Command, Door
from station.inbox.door import Knock
from station.journal.journal import AuditEntry
from station.journal.position import Position
from station.poll.bus import Outcome
from station.records import STATION_INSTRUMENT, Alarm, Header
from station.timekeeping import Stamp, Stamper

log = logging.getLogger(__name__)

TICK_S = 0.5  # real seconds: alarms' delays, inbox and watchdog wait no longer than this
OUTCOMES_A_TICK = 5_000
QUEUE_LIMIT = 10_000
LOOK_EVERY_S = 2.0
KNOCKS_IN_HAND = 256
FLUSH_LATE_S = 5.0  # real seconds: no sample is on its way from the wire to its average for longer
VITALS_EVERY_NS = 60 * NS
DAMAGE_ALARM = "station-journal_damaged"
ROLL_BACK_ALARM = "station-journal_rolled_back"
LAST_WALL = "last_wall_ns"
CLOCK_EPOCH = "clock_epoch"
ALARM_STATE = "alarms"
# A detector that says one of these of itself does not tell the dose rate; for how long is the silent alarm's matter.
BLIND = Quality.TEST_MODE | Quality.INSTRUMENT_FAULT | Quality.HIGH_VOLTAGE | Quality.PARAMETERS_CORRUPT
SAVE_ALARMS_EVERY_NS = 5 * NS  # while delays run: a station that is killed again and again must not begin them anew


@dataclass(slots=True)
class Tick:
    """What one tick gathered before its commit."""

    stamp: Stamp
    batch: Batch = field(default_factory=Batch)
    events: list[Event] = field(default_factory=list)
    reload_wanted: bool = False


class House(Protocol):
    """The rest of the station, as the engine needs it."""

    async def vitals(self) -> Vitals: ...
    async def reload(self) -> None: ...
    def committed(self, numbered: Sequence[tuple[str, Header]], events: Sequence[Event]) -> None: ...


class Engine:
    """Turns outcomes into committed records, tick by tick. ``run`` ends between two ticks, after a last commit."""

    def __init__(
        self, clock: Clock, stamper: Stamper, committer: Committer, door: Door, house: House, commit_interval_s: float
    ) -> None:
        self._clock = clock
        self._stamper = stamper
        self._committer = committer
        self._door = door
        self._house = house
        self._commit_interval_s = commit_interval_s
        self._queue: asyncio.Queue[Outcome] = asyncio.Queue(QUEUE_LIMIT)
        self._positions: dict[str, Position] = {}
        self._began = stamper.now()
        self._next_look_s = 0.0
        self._steps_seen = 0  # a clock that was set back while the station was down is a step, too
        self._saved_alarms_ns = self._began.mono_ns
        self._saved_in = ""  # id of the journal that has them
        self._was_waiting = False
        self._knocks: list[Knock] = []  # carried out, and the disk does not have it yet
        self.last_step: Stamp | None = None
        self.owed: list[Event] = []  # events of a restart or reload, told with the next tick
        self.faults = 0
        self.rig: Rig | None = None

    async def take(self, outcome: Outcome) -> None:
        """The buses' sink. A full queue makes the buses wait, and their polls be skipped and counted."""
        await self._queue.put(outcome)

    def confirmed(self, destination: str, position: Position) -> None:
        """A destination has confirmed: goes to the disk with the next tick."""
        self._positions[destination] = position

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._tick(await self._collect())
        await self.settle()

    async def settle(self) -> None:
        """Work up all that was read so far; at least one tick."""
        for _ in range(QUEUE_LIMIT // OUTCOMES_A_TICK + 1):
            await self._tick(self._drain([]))
            if self._queue.empty():
                break

    async def _collect(self) -> list[Outcome]:
        """What arrived since the last tick; a moment is waited so that one fsync serves many polls."""
        try:
            first = await asyncio.wait_for(self._queue.get(), TICK_S)
        except TimeoutError:
            return []
        await asyncio.sleep(self._commit_interval_s)
        return self._drain([first])

    def _drain(self, outcomes: list[Outcome]) -> list[Outcome]:
        while len(outcomes) < OUTCOMES_A_TICK and not self._queue.empty():
            outcomes.append(self._queue.get_nowait())
        return outcomes

    async def _tick(self, outcomes: Sequence[Outcome]) -> None:
        rig = self.rig
        if rig is None:
            return
        tick = Tick(self._stamper.now())
        tick.events, self.owed = self.owed, []
        self._note_step(tick.stamp)
        for outcome in outcomes:
            with self._contained(outcome.instrument):
                self._work(outcome, rig, tick)
        tick.events += rig.board.tick(tick.stamp.mono_ns, tick.stamp.wall_ns)
        with self._contained("the station's own conditions"):
            await self._look(rig, tick)
        with self._contained("inbox"):
            await self._open_door(rig, tick)
        self._finish(rig, tick)
        numbered = await self._committer.commit(tick.batch)
        self._house.committed(numbered, tick.events)
        if self._knocks and self._committer.all_written:
            self._door.done(self._knocks)
            self._knocks = []
        if tick.reload_wanted:
            with self._contained("reload"):
                await self._house.reload()

    def _note_step(self, now: Stamp) -> None:
        if self._stamper.steps != self._steps_seen:
            self._steps_seen = self._stamper.steps
            self.last_step = now
            log.warning("the wall clock stepped; clock epoch is %d now", now.epoch)

    @contextlib.contextmanager
    def _contained(self, what: str) -> Iterator[None]:
        """One surprise must not cost the others their tick, nor fill the log when it comes with each of them."""
        try:
            yield
        except Exception:
            self.faults += 1
            if self.faults <= 10 or self.faults % 1000 == 0:
                log.exception("%s: failed (%d such faults)", what, self.faults)

    def _work(self, outcome: Outcome, rig: Rig, tick: Tick) -> None:
        name = outcome.instrument
        link = rig.links[name]
        tick.batch.records += link.take(outcome, rig.naming)
        if link.due(outcome.done):
            tick.batch.records += link.report(outcome.done, rig.naming)
        good = outcome.reading.flags if outcome.reading else None
        if name in rig.detectors:
            good = self._measure(outcome, rig, tick)
        elif name in rig.weather:
            tick.batch.records += rig.weather[name].take(outcome, rig.naming)
            if outcome.reading is not None and all(v is None for v in outcome.reading.values.values()):
                good = None
        done = outcome.done
        if good is not None:
            link.saw(done, good)
        tick.events += rig.board.link(name, done.mono_ns, done.wall_ns, link.last_good_mono_ns, link.last_good_flags)

    def _measure(self, outcome: Outcome, rig: Rig, tick: Tick) -> Quality | None:
        """The flags of a value that tells the dose rate, or None: an answer without one is silence."""
        name, done = outcome.instrument, outcome.done
        measured = rig.detectors[name].take(outcome, rig.naming, held=rig.board.held(name))
        tick.batch.records += measured.records
        worked = measured.worked
        if worked is None:
            tick.events += rig.board.dose(name, done.mono_ns, done.wall_ns, None, None, Quality(0))
            return None
        flags = Quality(worked.flags)
        tick.events += rig.board.dose(
            name, done.mono_ns, done.wall_ns, measured.level_nsv_h, worked.background_nsv_h, flags
        )
        return None if worked.gross_nsv_h is None or flags & BLIND else flags

    async def _look(self, rig: Rig, tick: Tick) -> None:
        """The station's own conditions, every few real seconds; its health record once a minute."""
        now_s = asyncio.get_running_loop().time()
        if now_s < self._next_look_s:
            return
        self._next_look_s = now_s + LOOK_EVERY_S
        stamp = tick.stamp
        flush_until_ns = stamp.wall_ns - int(FLUSH_LATE_S * NS * self._clock.rate)
        for room in rig.detectors.values():
            tick.batch.records += room.overdue(stamp, rig.naming, flush_until_ns)
        vitals = await self._house.vitals()
        for c in vitals.conditions(stamp):
            tick.events += rig.board.station(
                c.name,
                stamp.mono_ns,
                stamp.wall_ns,
                active=c.active,
                value=c.value,
                limit=c.limit,
                unit=c.unit,
                note=c.note,
            )
        if stamp.mono_ns - self._began.mono_ns >= VITALS_EVERY_NS:
            tick.batch.records.append(vitals.record(self._began, stamp, rig.naming))
            self._began = stamp

    async def _open_door(self, rig: Rig, tick: Tick) -> None:
        if len(self._knocks) >= KNOCKS_IN_HAND:
            return  # the disk refuses: what was carried out waits for it
        now_ns, in_hand = tick.stamp.wall_ns, {knock.command.id for knock in self._knocks if knock.command}

        def known(command_id: str) -> bool:
            return command_id in in_hand or self._committer.journal.command_seen(command_id)

        try:
            knocks = await self._committer.soon(lambda: self._door.look(now_ns, known))
        except DiskHangsError:
            return  # the committer has said so
        except (OSError, sqlite3.Error) as error:  # a journal that is being replaced knows no commands
            log.warning("inbox: cannot be read: %s", error)
            return
        self._door.hold(knocks)
        self._knocks += knocks
        done: set[str] = set()
        for knock in knocks:
            command = knock.command
            if command is None or command.id in done:
                verdict = f"refused: {knock.refusal or 'repeated in one tick'}"
            else:
                done.add(command.id)
                verdict = self._carry_out(command, rig, tick)
                tick.batch.seen[command.id] = command.expires_ns
            tick.batch.audit.append(_audit(knock, verdict, tick.stamp, self._clock.boot_id))

    def _carry_out(self, command: Command, rig: Rig, tick: Tick) -> str:
        if command.command == "reload":
            tick.reload_wanted = True
            return "accepted"
        if command.alarm == DAMAGE_ALARM:
            self._committer.damage = ""
        if command.alarm == ROLL_BACK_ALARM:
            self._committer.rolled_back = False
        try:
            events = rig.board.acknowledge(command.alarm or "", tick.stamp.wall_ns, note=command.person)
        except UnknownAlarmError:
            return f"refused: no alarm {command.alarm}"
        tick.events += events
        return "accepted" if events else f"refused: {command.alarm} has nothing to acknowledge"

    def _alarms_must_be_saved(self, rig: Rig, tick: Tick) -> bool:
        """At every event, into every new journal, and now and then while something waits to become an alarm."""
        if tick.events or self._saved_in != self._committer.journal.journal_id:
            self._was_waiting = True
            return True
        if tick.stamp.mono_ns - self._saved_alarms_ns < SAVE_ALARMS_EVERY_NS:
            return False
        was, self._was_waiting = self._was_waiting, rig.board.is_waiting(tick.stamp.mono_ns)
        return was or self._was_waiting

    def _finish(self, rig: Rig, tick: Tick) -> None:
        """Events become records; what a restart needs goes into the same transaction."""
        tick.batch.records += [_alarm_record(rig, tick.stamp, event) for event in tick.events]
        if self._alarms_must_be_saved(rig, tick):
            tick.batch.state[ALARM_STATE] = rig.board.snapshot(tick.stamp.mono_ns)
            self._saved_alarms_ns = tick.stamp.mono_ns
            self._saved_in = self._committer.journal.journal_id
        tick.batch.positions, self._positions = self._positions, {}
        tick.batch.meta = {LAST_WALL: str(tick.stamp.wall_ns), CLOCK_EPOCH: str(tick.stamp.epoch)}


def _alarm_record(rig: Rig, stamp: Stamp, event: Event) -> tuple[str, Header]:
    header = rig.naming.header(
        "alarm", event.instrument or STATION_INSTRUMENT, stamp, start_ns=min(event.since_ns, event.at_ns),
        end_ns=event.at_ns, key=(event.alarm,), channel="alarm", quantity="alarm",
    )  # fmt: skip
    return "alarm", Alarm(**header, **event.columns())


def _audit(knock: Knock, verdict: str, stamp: Stamp, boot: str) -> AuditEntry:
    command = knock.command
    return AuditEntry(
        wall_ns=stamp.wall_ns,
        boot=boot,
        mono_ns=stamp.mono_ns,
        clock_epoch=stamp.epoch,
        program=knock.program,
        person=command.person if command else "",
        command=command.command if command else "",
        command_id=command.id if command else knock.name,
        verdict=verdict.partition(":")[0],
        detail=verdict.partition(": ")[2] or (f"{command.alarm or ''} {command.reason}".strip() if command else ""),
    )
