"""Table 1: what one measurement costs the station's process, from the instrument's answer to the journal's commit.

answer (18 registers) ─► reading ─► record ─► journal, synchronous=FULL
                      decode      take      append
No network and no event loop: table 2 has these. The baselines write the same rows to the same disk without us.
"""

import os
import sqlite3
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.figures import Spread, times, written
from benchmarks.report import BASELINE, Bar, Table
from benchmarks.settings import Settings
from config.profiles import load_profile
from config.schema import Instrument, Measuring, Text
from drivers.base import Reading
from drivers.decode import register_reading
from simulator.build import build_ensemble
from simulator.load import load_scenario
from simulator.wires.modbus import Device
from station.engine.detector import DetectorRoom
from station.engine.naming import Naming
from station.journal.journal import Journal
from station.journal.rows import create_table_sql, insert_sql, row_getter
from station.measure.kernel import DetectorKernel
from station.measure.types import calibration_of
from station.poll.bus import Outcome
from station.records import DoseRate
from station.timekeeping import Stamp

NS = 1_000_000_000
T0_NS = 1_800_000_000 * NS
METER = load_profile("positron-bdmg-04")
BATCHES = (1, 10, 100)  # records a commit
COMMITS = {1: 2_000, 10: 1_000, 100: 400}
ROUND = 20  # commits of ours, then as many of each baseline, and so on: the disk's moods meet all of them
FSYNC_BYTES = 300
COLUMNS = ("step", "n", "p50 µs", "p99 µs", "µs each, p50", "of SQLite's", "of fsync's")


@dataclass(slots=True)
class Timings:
    """Nanoseconds by step."""

    decode: list[int] = field(default_factory=list)
    take: list[int] = field(default_factory=list)
    commit: dict[int, list[int]] = field(default_factory=dict)
    whole: dict[int, list[int]] = field(default_factory=dict)
    sqlite: dict[int, list[int]] = field(default_factory=dict)
    fsync: list[int] = field(default_factory=list)


class Detectors:
    """Simulated meters without their wire, each with the station's room for it, asked once a second of their time."""

    def __init__(self, number: int) -> None:
        ensemble = build_ensemble(load_scenario(number))
        self._devices: list[Device] = [d for bus in ensemble.registers.values() for d in bus.values()]
        self._rooms = [_room(f"load-{n + 1:04d}") for n in range(number)]
        self._naming = Naming("BENCH", "0" * 64, "boot", {})
        self._second = 0

    def answers(self) -> list[tuple[int, ...]]:
        """What each one's registers hold a second later."""
        self._second += 1
        return [device.read(4, 0, 18, float(self._second)) for device in self._devices]

    def take(self, number: int, reading: Reading) -> list[tuple[str, DoseRate]]:
        at_ns = self._second * NS + number * NS // len(self._rooms)
        stamp = Stamp(T0_NS + at_ns, at_ns, 0)
        outcome = Outcome(f"load-{number + 1:04d}", stamp, stamp, reading, None, 0)
        return self._rooms[number].take(outcome, self._naming, held=False).records


def _room(name: str) -> DetectorRoom:
    unit = Instrument(id=name, bus="tcp-1", profile=METER.id, name=Text(vi=name, en=name), reference_nsv_h=100.0)
    kernel = DetectorKernel(calibration_of(unit, METER), Measuring(), reference_nsv_h=100.0)
    return DetectorRoom(unit, METER, kernel)


class BareSqlite:
    """The same rows into the same table without indices, one FULL commit; nothing else."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute(create_table_sql("dose_rate"))
        self._sql, self._row = insert_sql("dose_rate"), row_getter("dose_rate")

    def commit(self, records: Sequence[DoseRate]) -> int:
        rows = [self._row(record) for record in records]
        began = time.perf_counter_ns()
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(self._sql, rows)
        self._db.execute("COMMIT")
        return time.perf_counter_ns() - began

    def close(self) -> None:
        self._db.close()


def bare_fsync(descriptor: int, data: bytes) -> int:
    began = time.perf_counter_ns()
    os.write(descriptor, data)
    os.fsync(descriptor)
    return time.perf_counter_ns() - began


def run(settings: Settings, bar: Bar) -> list[Table]:
    timings = Timings()
    plan = [(size, max(2 * ROUND, COMMITS[size] // settings.divisor)) for size in BATCHES]
    bar.expect(sum(commits for _, commits in plan))
    for size, commits in plan:
        bar.say(f"{commits} commits of {size}")
        with _disk(settings.folder / f"commits-of-{size}") as (journal, sqlite, descriptor):
            _measure(timings, size, commits, _Places(journal, sqlite, descriptor), bar.advance)
    return [_table(timings)]


@dataclass(frozen=True, slots=True)
class _Places:
    journal: Journal
    sqlite: BareSqlite
    descriptor: int


@contextmanager
def _disk(folder: Path) -> Iterator[tuple[Journal, BareSqlite, int]]:
    folder.mkdir()
    journal = Journal.open(folder / "journal.sqlite", time.time_ns)
    sqlite = BareSqlite(folder / "bare.sqlite")
    descriptor = os.open(folder / "bare.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        yield journal, sqlite, descriptor
    finally:
        os.close(descriptor)
        sqlite.close()
        journal.close()


def _measure(timings: Timings, size: int, commits: int, places: _Places, advance: Callable[[float], None]) -> None:
    detectors = Detectors(size)
    commit, whole = timings.commit.setdefault(size, []), timings.whole.setdefault(size, [])
    sqlite = timings.sqlite.setdefault(size, [])
    line = b"x" * FSYNC_BYTES
    for _ in range(commits // ROUND):
        done = [_one_commit(timings, detectors, places.journal) for _ in range(ROUND)]
        commit += [ns for ns, _, _ in done]
        whole += [ns for _, ns, _ in done]
        sqlite += [places.sqlite.commit(records) for _, _, records in done]
        timings.fsync += [bare_fsync(places.descriptor, line) for _ in range(ROUND)]
        advance(ROUND)


def _one_commit(timings: Timings, detectors: Detectors, journal: Journal) -> tuple[int, int, list[DoseRate]]:
    """(ns of the commit, ns of everything, what was written)."""
    answers = detectors.answers()
    records: list[tuple[str, DoseRate]] = []
    began = time.perf_counter_ns()
    for number, registers in enumerate(answers):
        asked = time.perf_counter_ns()
        words = dict(enumerate(registers))
        reading = register_reading(METER, words, struct.pack(f">{len(registers)}H", *registers))
        decoded = time.perf_counter_ns()
        records += detectors.take(number, reading)
        timings.take.append(time.perf_counter_ns() - decoded)
        timings.decode.append(decoded - asked)
    worked = time.perf_counter_ns()
    numbered = journal.append(records, meta={"last_wall_ns": str(T0_NS), "clock_epoch": "0"})
    ended = time.perf_counter_ns()
    return ended - worked, ended - began, [record for _, record in numbered]


def _table(timings: Timings) -> Table:
    table = Table("1. One measurement, from the answer to the journal's commit (µs)", COLUMNS)
    fsync = Spread.of(timings.fsync)
    bare = {size: Spread.of(found) for size, found in timings.sqlite.items()}
    for name, found in (("decode 18 registers", timings.decode), ("work up one reading", timings.take)):
        spread = Spread.of(found)
        table.rows.append((name, *_numbers(spread, 1), "", ""))
    for what, by_size in (("journal commit", timings.commit), ("answer to commit", timings.whole)):
        for size in BATCHES:
            spread = Spread.of(by_size[size])
            ratios = (times(spread.p50, bare[size].p50), times(spread.p50, fsync.p50))
            table.rows.append((f"{what}, {size} a commit", *_numbers(spread, size), *ratios))
    for size, spread in bare.items():
        ratio = times(spread.p50, fsync.p50)
        table.rows.append((f"{BASELINE}SQLite FULL, {size} a commit", *_numbers(spread, size), "1", ratio))
    table.rows.append((f"{BASELINE}append {FSYNC_BYTES} B, fsync", *_numbers(fsync, 1), "", "1"))
    table.notes.append(
        "Of SQLite's: p50 over that of the baseline with as many rows. Of fsync's: over that of one append with fsync."
    )
    table.notes.append(
        "n: repetitions. Averages that close with a measurement are made and written with it (one record in sixty)."
    )
    return table


def _numbers(spread: Spread, size: int) -> tuple[str, str, str, str]:
    return f"{spread.n:,}", written(spread.p50 / 1e3), written(spread.p99 / 1e3), written(spread.p50 / 1e3 / size)
