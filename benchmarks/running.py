"""Processes under measurement: started on free loopback ports, watched, and ended whatever happens, Ctrl-C too."""

import contextlib
import signal
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from benchmarks.machine import busy_s
from tests.servers.processes import Mosquitto
from tests.system.children import Child, Simulator, quantrac
from tests.system.house import House
from tests.system.station_file import station_file

READY_WITHIN_S = 60.0
SAID_CHARS = 1_500


class NotRunningError(Exception):
    """What was to be measured does not work; nothing can be said of how well."""


class Running(Protocol):
    """What is started and ended as one."""

    simulator: Simulator
    station: Child
    folder: Path

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def recorded(self) -> int: ...


class Alone:
    """Simulator and station: no destination, so the station measures and keeps, and publishes nothing."""

    def __init__(self, folder: Path, instruments: int, poll_s: float) -> None:
        folder.mkdir()
        self.folder = folder
        self.simulator = Simulator(folder, "--load", str(instruments))
        self._poll_s = poll_s

    def start(self) -> None:
        self.simulator.start()
        file = station_file(self.folder, self.simulator.ready(READY_WITHIN_S), poll_s=self._poll_s)
        self.station = quantrac("station", self.folder, "run", str(file))
        self.station.start()

    def stop(self) -> None:
        station = getattr(self, "station", None)
        if station is not None:
            station.stop()
        self.simulator.stop()

    def recorded(self) -> int:
        """Nothing is recorded anywhere."""
        return 0


class Whole(House):
    """Everything: simulator, station, Mosquitto, recorder, InfluxDB."""

    def __init__(
        self, folder: Path, instruments: int, poll_s: float, commit_interval_s: float = 0.2, broker: str = ""
    ) -> None:
        """``broker``: more lines of the broker's file."""
        load = ("--load", str(instruments))
        super().__init__(folder, persistence=False, scenario=load, poll_s=poll_s, commit_interval_s=commit_interval_s)
        if broker:
            self.broker = Mosquitto(folder / "broker", settings=broker)

    def recorded(self) -> int:
        """Measurements that InfluxDB has."""
        return sum(int(row["count"]) for row in self.influx.rows('SELECT count("seq") FROM "dose_rate"'))


@contextlib.contextmanager
def running(what: Running) -> Iterator[None]:
    """Started inside, ended after; a second Ctrl-C does not cut the ending short."""
    try:
        what.start()
        yield
    finally:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            what.stop()
        finally:
            signal.signal(signal.SIGINT, before)


class JournalEye:
    """Looks at a station's journal from outside, read-only."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "data" / "journal.sqlite"

    def one(self, sql: str, *values: object) -> int:
        """The one number that a query gives; 0 where there is no journal yet."""
        try:
            with contextlib.closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=5)) as db:
                row = db.execute(sql, values).fetchone()
        except sqlite3.OperationalError:
            return 0
        return int(row[0] or 0) if row else 0

    def instruments(self) -> int:
        """How many have a measurement."""
        return self.one("SELECT COUNT(DISTINCT instrument) FROM dose_rate")

    def measured(self, after_ns: int, until_ns: int) -> int:
        """Measurements that ended in (after, until]."""
        return self.one("SELECT COUNT(*) FROM dose_rate WHERE end_ns > ? AND end_ns <= ?", after_ns, until_ns)

    def ends(self, after_ns: int, until_ns: int) -> dict[int, int]:
        """seq → end of these measurements."""
        sql = "SELECT seq, end_ns FROM dose_rate WHERE end_ns > ? AND end_ns <= ?"
        with contextlib.closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=5)) as db:
            return dict(db.execute(sql, (after_ns, until_ns)).fetchall())

    def commits(self) -> int:
        """Transactions since the station opened it: iChange of the WAL index (sqlite.org/walformat.html)."""
        try:
            header = self._path.with_name(self._path.name + "-shm").read_bytes()[:12]
        except OSError:
            return 0
        return int.from_bytes(header[8:12], "little")

    def wait_for_all(self, instruments: int, station: Child, within_s: float = READY_WITHIN_S) -> None:
        """Until each has a measurement. Raises NotRunningError, with what the station said last."""
        until = time.monotonic() + within_s
        while (found := self.instruments()) < instruments:
            if time.monotonic() > until or not station.alive():
                said = station.log.read_text(encoding="utf-8", errors="replace")[-SAID_CHARS:]
                raise NotRunningError(f"{found} of {instruments} instruments measured; the station said:\n{said}")
            time.sleep(0.1)


@dataclass(frozen=True, slots=True)
class Moment:
    """One look at everything, for differences between two."""

    mono_s: float
    wall_ns: int
    station_s: float  # CPU seconds, user and system
    simulator_s: float
    machine_s: float  # of all cores and everybody
    commits: int
    recorded: int

    @classmethod
    def of(cls, what: Running, eye: JournalEye) -> "Moment":
        return cls(
            time.monotonic(),
            time.time_ns(),
            _cpu_s(what.station),
            _cpu_s(what.simulator),
            busy_s(),
            eye.commits(),
            what.recorded(),
        )


def _cpu_s(child: Child) -> float:
    used = psutil.Process(child.pid).cpu_times()
    return used.user + used.system


def memory_mb(child: Child) -> float:
    """Resident, in 10^6 bytes."""
    return psutil.Process(child.pid).memory_info().rss / 1e6
