"""A detector's readings become dose-rate records: one a poll, and the averages that close with it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from config.clock import NS
from config.profile import Profile
from config.quality import Quality
from config.schema import Instrument
from drivers.base import Reading
from station.engine.naming import Naming
from station.measure.counting import u_of_counts
from station.measure.kernel import DetectorKernel
from station.measure.types import Average, Period, Sample, Worked
from station.poll.bus import Outcome
from station.records import H10, DoseRate
from station.timekeeping import Stamp

TABLE_OF: dict[Period, str] = {"1m": "dose_rate_1m", "10m": "dose_rate_10m", "1h": "dose_rate_1h"}
LONGEST_INTERVAL_POLLS = 1.5  # a gap longer than this is a gap, not a long measurement


@dataclass(frozen=True, slots=True)
class Measured:
    """What one poll gave: its records, and what the alarms need: ``level_nsv_h`` is held against the levels."""

    records: list[tuple[str, DoseRate]]
    worked: Worked | None
    level_nsv_h: float | None


@dataclass(frozen=True, slots=True)
class Restored:
    """Where the journal left off: the newest raw value, and averages that closed without being told of."""

    before: Stamp
    late: list[tuple[Average, str]]  # each with its calibration


class DetectorRoom:
    """One detector: its kernel and where its intervals stand."""

    def __init__(
        self, instrument: Instrument, profile: Profile, kernel: DetectorKernel, restored: Restored | None = None
    ) -> None:
        if profile.detector is None:
            raise ValueError(f"{profile.id} is not a detector's profile")
        self._instrument = instrument
        self._counts_live_s = profile.detector.counts_live_s
        self._by_counts = profile.detector.primary == "counts"  # else a reading stands for the time since the last
        self._due = instrument.calibration.due if instrument.calibration else None
        self._kernel = kernel
        self._before = restored.before if restored else None
        self._late = restored.late if restored else []

    def take(self, outcome: Outcome, naming: Naming, *, held: bool) -> Measured:
        """Work up one poll. ``held``: an alarm of this detector is active, its background does not learn."""
        if outcome.reading is None:
            return Measured([], None, None)
        records = self.overdue(outcome.done, naming)
        sample = self._sample(outcome.reading, outcome.done)
        step = self._kernel.step(sample, held=held)
        raw = self._record("dose_rate", naming, outcome.done, sample.start_ns, sample.end_ns, step.raw)
        self._before = outcome.done
        records.append(raw)
        records += [self._average(naming, outcome.done, average) for average in step.averages]
        return Measured(records, step.raw, step.level_nsv_h)

    def overdue(self, now: Stamp, naming: Naming, flush_until_ns: int = 0) -> list[tuple[str, DoseRate]]:
        """Averages that are over although no sample of this tick closes them: a silent detector's, a restart's.

        ``flush_until_ns`` is a little before now: a sample on its way here must not find its minute closed.
        """
        before = self._before
        if before is None:
            return []
        late, self._late = self._late, []
        records = [self._average(naming, before, average, calibration=name) for average, name in late]
        if before.epoch != now.epoch:
            return records + self._end_at_step(before, naming)
        return records + [self._average(naming, before, average) for average in self._kernel.flush(flush_until_ns)]

    def _end_at_step(self, before: Stamp, naming: Naming) -> list[tuple[str, DoseRate]]:
        """Intervals end where the wall clock stepped, under the epoch in which they were measured."""
        self._before = None
        return [self._average(naming, before, average) for average in self._kernel.clock_step()]

    def _sample(self, reading: Reading, done: Stamp) -> Sample:
        counts = reading.of("counts")
        live_s = reading.of("live_time")
        flags = reading.flags
        if self._is_overdue(done.wall_ns):
            flags |= Quality.CALIBRATION_OVERDUE
        return Sample(
            start_ns=self._start_ns(done, live_s),
            end_ns=done.wall_ns,
            counts=None if counts is None else round(counts),
            live_s=self._counts_live_s if live_s is None else live_s,
            reported_nsv_h=reading.of("dose_rate"),
            reported_rel_u=_relative_error(reading),
            flags=flags,
        )

    def _start_ns(self, done: Stamp, live_s: float | None) -> int:
        """Where this interval began: at the last one's end, or one poll (or live time) ago."""
        before = self._before
        nominal_s = self._instrument.poll_s
        if self._by_counts:
            nominal_s = live_s or self._counts_live_s or nominal_s
        if before is None or before.epoch != done.epoch:
            return done.wall_ns - int(nominal_s * NS)
        return max(before.wall_ns, done.wall_ns - int(nominal_s * LONGEST_INTERVAL_POLLS * NS))

    def _is_overdue(self, wall_ns: int) -> bool:
        return self._due is not None and _day(wall_ns) > self._due

    def _average(self, naming: Naming, stamp: Stamp, average: Average, **more: Any) -> tuple[str, DoseRate]:
        return self._record(
            TABLE_OF[average.period], naming, stamp, average.start_ns, average.end_ns, average.worked, **more
        )

    def _record(
        self, table: str, naming: Naming, stamp: Stamp, start_ns: int, end_ns: int, worked: Worked, **more: Any
    ) -> tuple[str, DoseRate]:
        columns: dict[str, Any] = worked.columns()
        header = naming.header(
            table, self._instrument.id, stamp, start_ns=start_ns, end_ns=end_ns,
            channel="gamma", quantity=H10, flags=Quality(columns.pop("flags")), **more,
        )  # fmt: skip
        return table, DoseRate(**header, **columns)


def _relative_error(reading: Reading) -> float | None:
    """What the instrument states, else what the counts behind its own dose rate give."""
    stated, counts = reading.of("dose_rate_error"), reading.of("averaged_counts")
    if stated is not None or not counts:
        return stated
    return u_of_counts(counts) / counts


def _day(wall_ns: int) -> date:
    return datetime.fromtimestamp(wall_ns / NS, UTC).date()
