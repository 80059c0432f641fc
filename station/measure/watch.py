"""Does the instrument still see? Too many zeros (silent) and too exact repeats (stuck), by their probability.

Both runs keep only what was seen, not what was expected, so that they can be rebuilt from stored samples.
The bounds where no probability can be known are in docs/measuring.md.
"""

import math

from config.quality import Quality
from station.measure.types import Calibration
from station.measure.working import shared_window_s

NS = 1_000_000_000
SILENT = int(Quality.SILENT)
STUCK = int(Quality.STUCK)
# An exponential mean forgets e^-3 = 95 % of what it was in three time constants: readings so far apart are independent.
INDEPENDENT_TIME_CONSTANTS = 3.0
# Without a known spread only time tells: an hour where the display is fine, a day where it is coarse or never moved.
LONGEST_FINE_REPEAT_S = 3600.0
LONGEST_COARSE_REPEAT_S = 86400.0
FINE_STEPS = 50.0  # a display is fine when the value is at least so many of its steps


class Watch:
    """One detector's run of zeros and run of repeats."""

    def __init__(self, calibration: Calibration, silent_probability: float, stuck_probability: float) -> None:
        self._by_counts = calibration.primary == "counts"
        self._smoothing_s = calibration.smoothing_s
        self._silent_below = math.log(silent_probability)
        self._stuck_below = math.log(stuck_probability)
        self._zeros_s = 0.0
        self._until_ns: int | None = None  # end of what was seen
        self._value: float | None = None
        self._repeats = 0  # independent exact repeats of counts
        self._repeat_s = 0.0  # time that the value has not moved
        self._judged_until_ns = 0
        self._display_step: float | None = None  # the smallest change ever seen

    def step(
        self,
        start_ns: int,
        end_ns: int,
        *,
        counts: int | None,
        live_s: float | None,
        reported: float | None,
        u_counting: float | None,
        expected_cps: float | None,
    ) -> int:
        """Flags of this sample. A sample without a value says nothing and changes nothing."""
        value = counts if self._by_counts else reported
        if value is None:
            return 0
        length_s = max(0, end_ns - start_ns) / NS
        new_s = self._new_time_s(start_ns, end_ns)
        self._watch_zeros(value, new_s if live_s is None else min(live_s, new_s))
        self._watch_repeats(float(value), end_ns, shared_window_s(length_s, live_s), new_s)
        silent = SILENT if self._is_silent(expected_cps) else 0
        return silent | (STUCK if self._is_stuck(u_counting) else 0)

    def clock_step(self) -> None:
        """Wall times before and after do not compare."""
        self._until_ns = None
        self._judged_until_ns = 0

    def _new_time_s(self, start_ns: int, end_ns: int) -> float:
        """Overlapping windows see the same time: only what is new counts."""
        if self._until_ns is not None and end_ns < self._until_ns:
            self.clock_step()
        since_ns = start_ns if self._until_ns is None else max(start_ns, self._until_ns)
        self._until_ns = end_ns
        return max(0, end_ns - since_ns) / NS

    def _watch_zeros(self, value: float, new_s: float) -> None:
        self._zeros_s = 0.0 if value != 0 else self._zeros_s + new_s

    def _is_silent(self, expected_cps: float | None) -> bool:
        """P(no count in t) = exp(-r t)."""
        return expected_cps is not None and -expected_cps * self._zeros_s < self._silent_below

    def _watch_repeats(self, value: float, end_ns: int, window_s: float, new_s: float) -> None:
        if value != self._value:
            if self._value is not None:
                change = abs(value - self._value)
                self._display_step = change if self._display_step is None else min(self._display_step, change)
            self._value, self._repeats, self._repeat_s, self._judged_until_ns = value, 0, 0.0, end_ns
            return
        self._repeat_s += new_s
        if end_ns - round(window_s * NS) >= self._judged_until_ns:  # shares no counts with the last one judged
            self._repeats += 1
            self._judged_until_ns = end_ns

    def _is_stuck(self, u_counting: float | None) -> bool:
        if self._value is None:
            return False
        if self._by_counts:
            return self._repeats * log_most_likely_repeat(self._value) < self._stuck_below
        return self._reported_is_stuck(self._value, u_counting)

    def _reported_is_stuck(self, value: float, u_counting: float | None) -> bool:
        step = self._display_step
        if step is not None and u_counting and self._smoothing_s:
            # An independent reading falls into the same display step with at most this probability.
            same = step / (u_counting * math.sqrt(2.0 * math.pi))
            independent = self._repeat_s / (INDEPENDENT_TIME_CONSTANTS * self._smoothing_s)
            return same < 1.0 and independent * math.log(same) < self._stuck_below
        fine = step is not None and abs(value) >= FINE_STEPS * step
        return self._repeat_s > (LONGEST_FINE_REPEAT_S if fine else LONGEST_COARSE_REPEAT_S)


def log_most_likely_repeat(counts: float) -> float:
    """ln of the largest probability that any Poisson mean gives to this count: that of the mean equal to it."""
    if counts <= 0.0:
        return 0.0  # zeros repeat; whether there are too many of them is the other watch's matter
    return counts * math.log(counts) - counts - math.lgamma(counts + 1.0)
