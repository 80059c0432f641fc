"""Averages over UTC-aligned intervals, from samples in the order of their time.

 raw      |--1--|--2--|--3--|--4--|--5--|        a sample belongs to the interval in which it ends (3 to B)
 average  [----- A ------)[----- B ------)       A is told of as soon as a sample ends at or after its end

Nothing is split (counts are whole), nothing counts twice (of overlapping samples only the new time), an interval
without a value is not told of. A clock step ends the open interval where it stands; what follows starts anew there.
"""

from typing import NamedTuple

from station.measure.sums import Sums
from station.measure.types import Calibration, Worked
from station.measure.working import NS, Value, shared_window_s


class Closed(NamedTuple):
    """An interval that is over, before background and net."""

    start_ns: int
    end_ns: int
    value: Value
    samples: int


class Averager:
    """Averages of one period of one detector. Keeps sums only."""

    def __init__(self, period_s: int, calibration: Calibration) -> None:
        self._period_s = period_s
        self._period_ns = period_s * NS
        self._calibration = calibration
        self._open: Sums | None = None
        self._covered_ns: int | None = None  # end of the time that is already in an average
        self._counted_ns: int | None = None  # end of the time whose counts are already in an average
        self._stepped = False

    def add(self, start_ns: int, end_ns: int, worked: Worked) -> list[Closed]:
        """Take one sample in; give back what it closed. A sample from the past ends the open interval like a step."""
        closed = []
        if self._covered_ns is not None and end_ns < self._covered_ns:
            closed += self.close()
        bucket_ns = (end_ns - 1) // self._period_ns * self._period_ns
        if self._open is not None and self._open.bucket_ns != bucket_ns:
            closed += self._close_at(self._open.bucket_ns + self._period_ns)
        if self._open is None:
            first_ns = max(bucket_ns, start_ns) if self._stepped else bucket_ns
            self._open, self._stepped = Sums(bucket_ns, first_ns), False
        self._take(self._open, start_ns, end_ns, worked)
        if end_ns == bucket_ns + self._period_ns:
            closed += self._close_at(end_ns)
        return closed

    def flush(self, now_ns: int) -> list[Closed]:
        """Close what is over by the clock, when no sample comes to close it."""
        if self._open is None or now_ns < self._open.bucket_ns + self._period_ns:
            return []
        return self._close_at(self._open.bucket_ns + self._period_ns)

    def close(self) -> list[Closed]:
        """End the open interval at its last sample: the clock was stepped, or it will not go on."""
        closed = [] if self._open is None else self._close_at(self._open.last_ns)
        self._covered_ns = self._counted_ns = None
        self._stepped = True
        return closed

    def _take(self, sums: Sums, start_ns: int, end_ns: int, worked: Worked) -> None:
        sums.saw(end_ns, worked.flags)
        if worked.gross_nsv_h is None:
            return
        length_s = max(0, end_ns - start_ns) / NS
        since_ns = start_ns if self._covered_ns is None else max(start_ns, self._covered_ns)
        new_s = max(0, end_ns - since_ns) / NS
        self._covered_ns = end_ns
        live_s = worked.live_s
        by_counts = self._calibration.primary == "counts"  # an instrument's own dose rate covers its whole interval
        share = min(1.0, live_s / length_s) if by_counts and live_s is not None and length_s > 0.0 else 1.0
        sums.add(worked.gross_nsv_h, new_s * share, worked)
        window_ns = round(shared_window_s(length_s, live_s) * NS)
        jitter_ns = (end_ns - start_ns) // 10
        if worked.counts is None or live_s is None:
            return
        is_new = self._counted_ns is None or end_ns - window_ns >= self._counted_ns - jitter_ns
        if is_new or self._calibration.counts_disjoint:
            sums.count(worked.counts, live_s, worked)
            self._counted_ns = end_ns

    def _close_at(self, end_ns: int) -> list[Closed]:
        sums, self._open = self._open, None
        if sums is None or sums.weight_s <= 0.0:
            return []
        value = sums.value(self._calibration, self._period_s)
        return [Closed(sums.start_ns, end_ns, value, sums.samples)]
