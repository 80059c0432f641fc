"""What the station says of itself: disk, journal, clock, tasks, destinations; each trouble is an alarm of its own."""

import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from config.clock import NS
from station.engine.naming import Naming
from station.journal.retention import used_bytes
from station.records import STATION_INSTRUMENT, Health
from station.timekeeping import Stamp

CLOCK_STEP_SHOWN_NS = 600 * NS
DROP_SHOWN_NS = 600 * NS
DISK_LOW_SHARE = 0.05  # of the disk
DISK_LOW_BYTES = 1_000_000_000  # or this much, whichever is less


@dataclass(frozen=True, slots=True)
class Disk:
    """What the journal's disk and files look like."""

    free_bytes: int
    total_bytes: int
    journal_bytes: int
    wal_bytes: int

    @property
    def low_limit_bytes(self) -> int:
        return min(DISK_LOW_BYTES, int(self.total_bytes * DISK_LOW_SHARE))


def look_at_disk(path: Path, connection: sqlite3.Connection) -> Disk:
    usage = shutil.disk_usage(path.parent)
    wal = path.with_name(path.name + "-wal")
    wal_bytes = wal.stat().st_size if wal.exists() else 0
    return Disk(usage.free, usage.total, used_bytes(connection), wal_bytes)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of the station itself: is it true now, by which value against which limit."""

    name: str
    active: bool
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Vitals:
    """What the engine knows of the rest of the house at this tick."""

    disk: Disk
    wal_alarm_bytes: int
    damage: str
    rolled_back: bool
    trouble: str
    configuration_error: str
    dropped: int
    restarts: int
    dying: tuple[str, ...]
    clock_steps: int
    last_step: Stamp | None
    outbox_depth: int | None
    behind: str  # destinations without progress, or empty
    refusing: str  # destinations that refuse our key or name, or empty
    quarantined: int
    last_drop: Stamp | None = None

    def conditions(self, now: Stamp) -> tuple[Condition, ...]:
        disk = self.disk
        stepped = self.last_step is not None and now.mono_ns - self.last_step.mono_ns < CLOCK_STEP_SHOWN_NS
        # a count that never falls would be one alarm for ever, and hide the next loss behind an old acknowledgement
        dropping = self.last_drop is not None and now.mono_ns - self.last_drop.mono_ns < DROP_SHOWN_NS
        return (
            Condition("journal_damaged", bool(self.damage), note=self.damage[:120]),
            Condition("journal_rolled_back", self.rolled_back),
            Condition("configuration_bad", bool(self.configuration_error), note=self.configuration_error[:120]),
            Condition("clock_step", stepped, float(self.clock_steps)),
            Condition(
                "disk_low",
                bool(self.trouble) or disk.free_bytes < disk.low_limit_bytes,
                float(disk.free_bytes),
                float(disk.low_limit_bytes),
                "B",
                self.trouble[:120],
            ),
            Condition(
                "wal_large",
                disk.wal_bytes > self.wal_alarm_bytes,
                float(disk.wal_bytes),
                float(self.wal_alarm_bytes),
                "B",
            ),
            Condition("outbox_dropped", dropping, float(self.dropped), 0.0),
            Condition("task_dying", bool(self.dying), note=", ".join(self.dying)[:120]),
            Condition("recorder_behind", bool(self.behind), _float(self.outbox_depth), note=self.behind[:120]),
            Condition("destination_refuses", bool(self.refusing), note=self.refusing[:120]),
            Condition("quarantine", self.quarantined > 0, float(self.quarantined), 0.0),
        )

    def record(self, began: Stamp, now: Stamp, naming: Naming) -> tuple[str, Health]:
        start_ns = began.wall_ns if began.epoch == now.epoch else now.wall_ns
        header = naming.header(
            "health", STATION_INSTRUMENT, now, start_ns=min(start_ns, now.wall_ns), end_ns=now.wall_ns,
            channel="station", quantity="health",
        )  # fmt: skip
        return "health", Health(
            **header,
            link="",
            polls=0,
            answers=0,
            no_answer=0,
            bad_answer=0,
            refused=0,
            port_gone=0,
            skipped=0,
            latency_ms=None,
            latency_max_ms=None,
            dropped=self.dropped,
            outbox_depth=self.outbox_depth,
            wal_bytes=self.disk.wal_bytes,
            journal_bytes=self.disk.journal_bytes,
            disk_free_bytes=self.disk.free_bytes,
            restarts=self.restarts,
            clock_steps=self.clock_steps,
        )


def _float(value: int | None) -> float | None:
    return None if value is None else float(value)
