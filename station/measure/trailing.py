"""The value that is held against levels: the shortest trailing mean that stands on enough counts.

A small tube counts once in four seconds: one second with one count reads as 400 nSv/h, and a fixed level would fire on
chance. So levels see the last 100 counts (10 %), or the last two minutes where there are fewer. At a high rate that is
one sample: a strong source is seen at once. A start says nothing before it has the one or the other.
"""

from collections import deque

from config.quality import NOT_FOR_ALARMS as _NOT_FOR_ALARMS
from station.measure.types import Calibration
from station.measure.working import Value, shared_window_s

ENOUGH_COUNTS = 100
LONGEST_S = 120.0
TOLERANCE_S = 1e-6
NOT_FOR_ALARMS = int(_NOT_FOR_ALARMS)  # plain ints are faster
MOST_SAMPLES = 4096  # bound for polls faster than the longest window expects


class Trailing:
    """Trailing mean of one detector. An instrument that gives a dose rate smooths by itself: its value is taken."""

    def __init__(self, calibration: Calibration) -> None:
        self._calibration = calibration
        self._by_counts = calibration.primary == "counts"
        self._samples: deque[tuple[int, float, float]] = deque()  # counts, corrected counts, live time
        self._counts = 0
        self._is_filled = False  # once it stood on enough: from then on it does

    def step(self, value: Value, length_s: float) -> float | None:
        """The trailing mean with this sample in it, nSv/h. None when it has no value, or there are too few yet."""
        sensitivity = self._calibration.sensitivity_cps_per_nsv_h
        counts, live_s, rate_cps = value.counts, value.live_s, value.rate_cps
        if value.gross is None or not self._by_counts or sensitivity is None:
            return value.gross
        if counts is None or live_s is None or rate_cps is None or shared_window_s(length_s, live_s) > length_s:
            return value.gross  # overlapping windows are trailing means already
        if value.flags & NOT_FOR_ALARMS:
            return value.gross  # a test source's counts must not outlive the test
        self._samples.append((counts, rate_cps * live_s, live_s))
        self._counts += counts
        total_s, total = self._shorten()
        if not self._is_filled:
            return None
        rate = total / total_s
        return self._calibration.factor * (rate - self._calibration.own_background_cps) / sensitivity

    def _shorten(self) -> tuple[float, float]:
        """Drop the oldest while what stays is enough; give back live time and corrected counts of what stays."""
        total_s = sum(live_s for _, _, live_s in self._samples)
        enough = self._counts >= ENOUGH_COUNTS or total_s >= LONGEST_S - TOLERANCE_S
        self._is_filled = self._is_filled or enough or len(self._samples) >= MOST_SAMPLES
        while len(self._samples) > 1:
            counts, _, live_s = self._samples[0]
            if self._counts - counts < ENOUGH_COUNTS and total_s <= LONGEST_S and len(self._samples) <= MOST_SAMPLES:
                break
            self._samples.popleft()
            self._counts -= counts
            total_s -= live_s
        return sum(s[2] for s in self._samples), sum(s[1] for s in self._samples)
