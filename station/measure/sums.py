"""The sums of one open average and what they come to: mean, uncertainty, flags.

Counting parts: independent where counts are summed, as far as smoothing allows where they are not. The calibration
part is the same error in every sample: it does not average out.
"""

import math

from config.quality import Quality
from station.measure.counting import garwood, relative_limits, u_of_counts
from station.measure.types import Calibration, Worked
from station.measure.working import Value

INCOMPLETE_BELOW = 0.75
# These tell of a part of the samples: an average has them when at least half of its samples do.
BY_SHARE = (Quality.UNDER_RANGE, Quality.NOT_POISSON, Quality.POOR_STATISTICS, Quality.LATE, Quality.SENSOR_INVALID)
# These are said of the average itself, not inherited.
OWN = Quality.INCOMPLETE | Quality.LEARNING
_SHARED = tuple(int(q) for q in BY_SHARE)
# All others: one sample that has it is enough.
_ANY = ~(int(OWN) | sum(_SHARED))
_INCOMPLETE = int(Quality.INCOMPLETE)


class Sums:
    """The sums of one interval."""

    __slots__ = (
        "bucket_ns",
        "counted",
        "counted_s",
        "counts",
        "flags",
        "gross",
        "last_ns",
        "live_longest_s",
        "per_count",
        "per_count_sq",
        "rate",
        "reported",
        "reported_s",
        "samples",
        "seen",
        "shares",
        "start_ns",
        "u_calibration",
        "u_counting",
        "u_counting_sq",
        "u_known_s",
        "u_missing",
        "weight_s",
    )  # fmt: skip

    def __init__(self, bucket_ns: int, start_ns: int) -> None:
        self.bucket_ns, self.start_ns, self.last_ns = bucket_ns, start_ns, start_ns
        self.seen = self.samples = self.flags = 0
        self.shares = [0] * len(_SHARED)
        self.weight_s = self.gross = self.reported = self.reported_s = 0.0
        self.u_calibration = self.u_counting = self.u_counting_sq = self.u_known_s = self.live_longest_s = 0.0
        self.u_missing = False
        self.counted = self.counts = 0
        self.counted_s = self.rate = self.per_count = self.per_count_sq = 0.0

    def saw(self, end_ns: int, flags: int) -> None:
        self.last_ns = end_ns
        self.seen += 1
        self.flags |= flags & _ANY
        if flags & ~_ANY:
            for at, flag in enumerate(_SHARED):
                self.shares[at] += bool(flags & flag)

    def add(self, gross: float, weight_s: float, worked: Worked) -> None:
        self.samples += 1
        self.weight_s += weight_s
        self.gross += weight_s * gross
        if worked.u_calibration_nsv_h is None:
            self.u_missing = True
        else:
            self.u_calibration += weight_s * worked.u_calibration_nsv_h
        if worked.u_counting_nsv_h is not None:
            self.u_known_s += weight_s
            self.u_counting += weight_s * worked.u_counting_nsv_h
            self.u_counting_sq += weight_s * worked.u_counting_nsv_h**2
        if worked.reported_nsv_h is not None:
            self.reported += weight_s * worked.reported_nsv_h
            self.reported_s += weight_s
        self.live_longest_s = max(self.live_longest_s, worked.live_s or 0.0)

    def count(self, counts: int, live_s: float, worked: Worked) -> None:
        """Counts that no other sample has counted. One count is worth u / u(counts), dead time included."""
        self.counted += 1
        self.counts += counts
        self.counted_s += live_s
        self.rate += live_s * (worked.count_rate_cps or 0.0)
        worth = live_s * (worked.u_counting_nsv_h or 0.0) / u_of_counts(float(counts))
        self.per_count += worth
        self.per_count_sq += worth * worth * counts

    def value(self, calibration: Calibration, period_s: int) -> Value:
        gross = self.gross / self.weight_s
        by_counts = calibration.primary == "counts" and self.counted > 0
        if by_counts:
            u_counting, low, high = self._by_counts(gross)
        elif self.counts > 0 and 10 * self.counted >= 9 * self.samples:
            u_counting, low, high = self._by_counts_behind(gross)
        else:
            u_counting, low, high = self._by_spread(calibration, gross)
        completeness = min(1.0, self.weight_s / period_s)
        return Value(
            gross=gross,
            u_counting=u_counting,
            u_calibration=None if self.u_missing else self.u_calibration / self.weight_s,
            low=low,
            high=high,
            counts=self.counts if self.counted else None,
            live_s=self.counted_s if self.counted else None,
            rate_cps=self.rate / self.counted_s if self.counted else None,
            reported=self.reported / self.reported_s if self.reported_s > 0.0 else None,
            flags=self._flags(completeness),
            completeness=completeness,
        )

    def _flags(self, completeness: float) -> int:
        flags = self.flags
        for flag, having in zip(_SHARED, self.shares, strict=True):
            if 2 * having >= self.seen:
                flags |= flag
        return flags | (_INCOMPLETE if completeness < INCOMPLETE_BELOW else 0)

    def _by_counts(self, gross: float) -> tuple[float | None, float | None, float | None]:
        """From the sum of the counts: independent samples, and exact for a few counts."""
        counts = float(self.counts)
        if counts > 0.0:
            worth = math.sqrt(self.per_count_sq / counts) / self.counted_s
        else:
            worth = self.per_count / self.counted / self.counted_s
        low, high = garwood(counts, 0.95)
        return worth * u_of_counts(counts), gross - worth * (counts - low), gross + worth * (high - counts)

    def _by_counts_behind(self, gross: float) -> tuple[float | None, float | None, float | None]:
        """From the counts behind the instrument's own dose rates: these repeat each other, the counts do not."""
        u = gross * u_of_counts(float(self.counts)) / self.counts if gross > 0.0 else None
        low, high = relative_limits(gross, u)
        return u, low, high

    def _by_spread(self, calibration: Calibration, gross: float) -> tuple[float | None, float | None, float | None]:
        """From the samples' own uncertainties, as far as they are independent of each other."""
        if self.u_known_s < 0.5 * self.weight_s or self.u_known_s <= 0.0:
            return None, None, None
        time_constant_s = calibration.smoothing_s
        if time_constant_s is None and self.live_longest_s > 0.0:
            time_constant_s = 0.5 * self.live_longest_s  # a box of length W forgets as an exponential of W / 2 does
        if time_constant_s is None:
            u = self.u_counting / self.u_known_s  # nothing is known: as if they were one reading
        else:
            kept = max(variance_kept(self.weight_s, time_constant_s), 1.0 / self.samples)
            u = math.sqrt(self.u_counting_sq / self.u_known_s * kept)
        low, high = relative_limits(gross, u)
        return u, low, high


def variance_kept(span_s: float, time_constant_s: float) -> float:
    """What is left of a smoothed reading's variance in its mean over a span: 2T/D (1 - T/D (1 - exp(-D/T)))."""
    if time_constant_s <= 0.0:
        return 0.0
    x = span_s / time_constant_s
    if x < 1e-3:
        return 1.0 - x / 3.0  # the difference below would cancel to noise
    return 2.0 / x * (1.0 + math.expm1(-x) / x)
