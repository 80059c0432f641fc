"""A first robust background: the median of the last good 1-minute averages.

The window is counted in good minutes, not in hours of the clock: a clock step or a long alarm cannot empty it.
Later references (fast, anchor) stand beside this one; it has no part in them.
"""

import math
from array import array
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from config import schema
from config.quality import NOT_FOR_BACKGROUND

LEAST_COMPLETENESS = 0.5
MINUTES_A_DAY = 1440
SIGMA_OF_MAD = 1.482602218505602  # sigma of a normal distribution over its median absolute deviation
MEDIAN_OVER_MEAN = 1.2533141373155001  # sqrt(pi / 2): standard error of a median over that of a mean
UNFIT = int(NOT_FOR_BACKGROUND)


class Natural(NamedTuple):
    """What is known of the background. ``learning``: not learned yet, so it is the reference or nothing."""

    nsv_h: float | None
    u_nsv_h: float | None
    learning: bool


class Minute(NamedTuple):
    """A 1-minute average as the journal has it."""

    end_ns: int
    gross_nsv_h: float | None
    flags: int
    completeness: float


class Background:
    """Fed minute by minute; bounded by its window. One feed costs a binary search and a short memory move."""

    def __init__(self, settings: schema.Background, *, reference_nsv_h: float | None = None) -> None:
        self._window = max(1, round(settings.window_days * MINUTES_A_DAY))
        self._needed = max(1, min(math.ceil(settings.learning_min), self._window))
        self._reference = reference_nsv_h
        self._in_time: deque[float] = deque()
        self._sorted = array("d")
        self._now: Natural | None = None

    @property
    def minutes(self) -> int:
        """Good minutes learned, at most the window."""
        return len(self._in_time)

    @property
    def minutes_to_learn(self) -> int:
        return max(0, self._needed - len(self._in_time))

    def feed(self, minute: Minute, *, held: bool) -> bool:
        """Learn one minute if it is fit to be learned from. ``held``: an alarm of this detector was active in it."""
        gross = minute.gross_nsv_h
        if held or gross is None or not math.isfinite(gross):
            return False
        if minute.flags & UNFIT or minute.completeness < LEAST_COMPLETENESS:
            return False
        if len(self._in_time) == self._window:
            del self._sorted[bisect_left(self._sorted, self._in_time.popleft())]
        self._in_time.append(gross)
        insort(self._sorted, gross)
        self._now = None
        return True

    def restore(self, minutes: Iterable[Minute], *, held: Sequence[tuple[int, int]] = ()) -> int:
        """Learn again from the journal, oldest first. ``held``: [start, end) wall times of this detector's alarms."""
        learned = 0
        for minute in minutes:
            was_held = any(start < minute.end_ns <= end for start, end in held)
            learned += self.feed(minute, held=was_held)
        return learned

    def now(self) -> Natural:
        """The background as it stands."""
        if self._now is None:
            self._now = self._work_out()
        return self._now

    def _work_out(self) -> Natural:
        count = len(self._sorted)
        if count < self._needed:
            return Natural(self._reference, None, True)
        middle = median(self._sorted)
        sigma = SIGMA_OF_MAD * median_absolute_deviation(self._sorted, middle)
        # Minutes without any spread tell nothing of their uncertainty: unknown is not 0.
        return Natural(middle, MEDIAN_OVER_MEAN * sigma / math.sqrt(count) if sigma > 0.0 else None, False)


def median(ordered: Sequence[float]) -> float:
    half, odd = divmod(len(ordered), 2)
    return ordered[half] if odd else 0.5 * (ordered[half - 1] + ordered[half])


def median_absolute_deviation(ordered: Sequence[float], middle: float) -> float:
    """Median of |x - middle| of an ordered sequence, without sorting again: two ordered halves, searched together."""
    half, odd = divmod(len(ordered), 2)
    upper = _kth_deviation(ordered, middle, half)
    return upper if odd else 0.5 * (_kth_deviation(ordered, middle, half - 1) + upper)


def _kth_deviation(ordered: Sequence[float], middle: float, k: int) -> float:
    """The k-th smallest deviation (from 0). Left of ``cut`` deviations grow leftwards, right of it rightwards."""
    cut = bisect_right(ordered, middle)
    left, right = cut, len(ordered) - cut
    low, high = max(0, k + 1 - right), min(k + 1, left)  # how many of the k + 1 smallest lie on the left
    while low < high:
        take = (low + high) // 2
        if middle - ordered[cut - 1 - take] < ordered[cut + k - take] - middle:
            low = take + 1
        else:
            high = take
    deepest_left = middle - ordered[cut - low] if low else 0.0
    taken_right = k + 1 - low
    deepest_right = ordered[cut + taken_right - 1] - middle if taken_right else 0.0
    return max(deepest_left, deepest_right)
