"""An engine in this process: real rooms, board, journal and door; clock, polls and the house are the test's."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from alerting.events import Event
from config.loader import load
from config.quality import Quality
from drivers.base import DriverError, Reading
from station.engine.commit import Committer
from station.engine.engine import ALARM_STATE, CLOCK_EPOCH, LAST_WALL, Engine
from station.engine.keys import KeyGuard
from station.engine.rig import build
from station.engine.vitals import Disk, Vitals
from station.inbox.door import Door, own_programs
from station.journal.journal import Journal
from station.journal.reader import JournalReader
from station.poll.bus import Outcome
from station.records import Header
from station.timekeeping import Stamper
from tests.clocks import ManualClock

FILE = """
[station]
id = "TEST-1"
name = { vi = "Trạm thử", en = "Test station" }
latitude_deg = 21.85
longitude_deg = 106.76
height_above_sea_m = 258

[paths]
data = "./data"

[measuring.background]
window_days = 1
learning_min = 1

[[alarms.levels]]
level = "warning"
above_nsv_h = 300
on_delay_s = 120
source = "test"

[[alarms.levels]]
level = "alarm"
above_nsv_h = 1000
source = "test"

[[buses]]
id = "bus"
kind = "modbus-tcp"
host = "127.0.0.1"

[[instruments]]
id = "meter"
bus = "bus"
profile = "positron-bdmg-04"
name = { vi = "meter", en = "meter" }
reference_nsv_h = 100

[[instruments]]
id = "weather"
bus = "bus"
profile = "lufft-ws-umb"
address = 2
name = { vi = "weather", en = "weather" }
"""
GOOD = Quality(0)
FINE = Vitals(Disk(10**12, 10**12, 0, 0), 10**9, "", False, "", "", 0, 0, (), 0, None, None, "", "", 0)


def station_toml(folder: Path, text: str = FILE) -> Path:
    path = folder / "station.toml"
    path.write_text(text, encoding="utf-8")
    return path


class Town:
    """The engine's house: notes what it is told."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.numbered: list[tuple[str, Header]] = []
        self.health = FINE
        self.reloads = 0

    async def vitals(self) -> Vitals:
        return self.health

    async def reload(self) -> None:
        self.reloads += 1

    def committed(self, numbered: Sequence[tuple[str, Header]], events: Sequence[Event]) -> None:
        self.numbered += numbered
        self.events += events

    @property
    def told(self) -> list[str]:
        return [f"{e.alarm} {e.event} {e.level}".strip() for e in self.events]


class Bench:
    """One life of a station's engine. ``seconds`` lets polls come, one a second."""

    def __init__(self, file: Path, clock: ManualClock) -> None:
        self.clock = clock
        self.town = Town()
        self.loaded = load(file)
        data = self.loaded.config.paths.data
        data.mkdir(parents=True, exist_ok=True)
        self.journal = Journal.open(data / "journal.sqlite", clock.wall_ns)
        last_wall = self.journal.meta(LAST_WALL)
        epoch = int(self.journal.meta(CLOCK_EPOCH) or 0)
        self.stamper = Stamper(clock, epoch, int(last_wall) if last_wall else None)
        self.committer = Committer(self.journal, lambda: 0)
        self.engine = Engine(clock, self.stamper, self.committer, Door(data / "inbox", own_programs()), self.town, 0.02)
        self.journal.keep_text(self.loaded.sha256, self.loaded.text, {})
        with JournalReader(self.journal.path) as reader:
            self.engine.rig = build(self.loaded, clock, self.stamper, KeyGuard(), reader, self.engine.take)
        alarms = self.journal.state(ALARM_STATE)
        if isinstance(alarms, dict):
            now = self.stamper.now()
            self.engine.owed += self.engine.rig.board.restore(alarms, now.mono_ns, now.wall_ns)

    def poll(
        self, nsv_h: float | None, flags: Quality = GOOD, error: DriverError | None = None, counts: float = 4.0
    ) -> Outcome:
        now = self.stamper.now()
        quantities = {"dose_rate": "dose_rate", "pulses": "counts"}
        reading = Reading({"dose_rate": nsv_h, "pulses": counts}, quantities, flags, b"")
        return Outcome("meter", now, now, None if error else reading, error, 0)

    async def tick(self, *outcomes: Outcome) -> None:
        await self.engine._tick(outcomes)

    async def seconds(self, number: int, nsv_h: float | None, flags: Quality = GOOD) -> None:
        for _ in range(number):
            self.clock.tick(1.0)
            await self.tick(self.poll(nsv_h, flags))

    def records(self, table: str) -> list[Header]:
        with JournalReader(self.journal.path) as reader:
            return [entry.record for entry in reader.page(0, 5000) if entry.table == table]


@asynccontextmanager
async def life(file: Path, clock: ManualClock) -> AsyncIterator[Bench]:
    """A station that is killed at the end: nothing is said or saved on the way out."""
    bench = Bench(file, clock)
    try:
        yield bench
    finally:
        bench.committer.close()
