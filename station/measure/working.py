"""One sample worked up: from counts, or from the instrument's own dose rate, to a gross value with its uncertainty.

Everything that comes in is checked to be finite and possible; what is not, is missing (None), flagged, never guessed.
"""

import math
from typing import NamedTuple

from config.quality import Quality
from station.measure.counting import combined, garwood, relative_limits, true_rate, u_of_counts
from station.measure.types import Calibration, Sample

NS = 1_000_000_000
MOST_COUNTS = 10**15  # more than any detector gives in an hour; a register read wrongly
# Plain ints: arithmetic on IntFlag costs more than the rest of a step.
INVALID = int(Quality.SENSOR_INVALID)
OVER = int(Quality.OVER_RANGE)
UNDER = int(Quality.UNDER_RANGE)
LOWER_BOUND = int(Quality.SATURATED | Quality.OVER_RANGE)


class Value(NamedTuple):
    """The measured part of one interval, before background and net."""

    gross: float | None
    u_counting: float | None
    u_calibration: float | None
    low: float | None
    high: float | None
    counts: int | None
    live_s: float | None
    rate_cps: float | None
    reported: float | None
    flags: int
    completeness: float

    @property
    def u(self) -> float | None:
        return combined(self.u_counting, self.u_calibration)


def seconds(start_ns: int, end_ns: int) -> float:
    return max(0, end_ns - start_ns) / NS


def shared_window_s(length_s: float, live_s: float | None) -> float:
    """The time that a sample's counts were taken in: longer than its interval where windows overlap.

    Up to a tenth more is a poll's jitter, not an overlap.
    """
    return live_s if live_s is not None and live_s > 1.1 * length_s else length_s


def work_up(calibration: Calibration, sample: Sample) -> Value:
    """Gross dose rate, its uncertainty and its range flags."""
    clean = _clean(sample)
    worked = _from_counts if calibration.primary == "counts" else _from_reported
    return _in_range(calibration, worked(calibration, clean))


class _Clean(NamedTuple):
    counts: int | None
    live_s: float | None
    reported: float | None
    rel_u: float | None
    flags: int
    length_s: float


def _clean(sample: Sample) -> _Clean:
    flags = int(sample.flags)
    length_s = seconds(sample.start_ns, sample.end_ns)
    counts, live_s, reported, rel_u = sample.counts, sample.live_s, sample.reported_nsv_h, sample.reported_rel_u
    if counts is not None and not 0 <= counts <= MOST_COUNTS:
        counts, flags = None, flags | INVALID
    if live_s is None:
        live_s = length_s
    if not (math.isfinite(live_s) and live_s > 1e-9):
        flags |= INVALID if counts is not None else 0
        counts, live_s = None, 0.0
    if reported is not None and not math.isfinite(reported):
        reported, flags = None, flags | INVALID
    if rel_u is not None and not (math.isfinite(rel_u) and rel_u > 0.0):
        rel_u = None  # an instrument that claims no error at all states none
    return _Clean(counts, None if counts is None else live_s, reported, rel_u, flags, length_s)


def _completeness(clean: _Clean) -> float:
    """A sample is whole unless its counter was live for less than the interval."""
    if clean.live_s is None or clean.length_s <= 0.0:
        return 1.0
    return min(1.0, clean.live_s / clean.length_s)


def _from_counts(calibration: Calibration, clean: _Clean) -> Value:
    counts, live_s, sensitivity = clean.counts, clean.live_s, calibration.sensitivity_cps_per_nsv_h
    if counts is None or live_s is None or sensitivity is None:
        flags = clean.flags if clean.flags & INVALID else clean.flags | INVALID
        return Value(None, None, None, None, None, None, None, None, clean.reported, flags, 0.0)
    tau, model = calibration.dead_time_s, calibration.dead_time_model
    rate, slope, saturated = true_rate(counts / live_s, tau, model)
    per_cps = calibration.factor / sensitivity
    own = calibration.own_background_cps
    low, high = garwood(float(counts), 0.95)
    gross = per_cps * (rate - own)
    return Value(
        gross=gross,
        u_counting=per_cps * slope * u_of_counts(float(counts)) / live_s,
        u_calibration=_u_calibration(calibration, gross),
        low=per_cps * (true_rate(low / live_s, tau, model).rate_cps - own),
        high=per_cps * (true_rate(high / live_s, tau, model).rate_cps - own),
        counts=counts,
        live_s=live_s,
        rate_cps=rate,
        reported=clean.reported,
        flags=clean.flags | (LOWER_BOUND if saturated else 0),
        completeness=_completeness(clean),
    )


def _from_reported(calibration: Calibration, clean: _Clean) -> Value:
    reported, flags = clean.reported, clean.flags
    rate = None
    if clean.counts is not None and clean.live_s is not None:
        rate = true_rate(clean.counts / clean.live_s, calibration.dead_time_s, calibration.dead_time_model).rate_cps
    if flags & OVER:
        # The instrument itself says "more than I can tell": its range end is the least that it can be.
        gross = max(calibration.factor * (reported or 0.0), calibration.high_nsv_h)
        u_counting = u_calibration = None
    elif reported is None:
        return Value(None, None, None, None, None, clean.counts, clean.live_s, rate, None, flags | INVALID, 0.0)
    else:
        gross = calibration.factor * reported
        u_counting = _u_of_reported(calibration, clean, gross)
        u_calibration = _u_calibration(calibration, gross)
    low, high = relative_limits(gross, u_counting)
    return Value(
        gross, u_counting, u_calibration, low, high, clean.counts, clean.live_s, rate, reported, flags, 1.0
    )  # fmt: skip


def _u_calibration(calibration: Calibration, gross: float) -> float | None:
    return None if calibration.u_rel is None else abs(gross) * calibration.u_rel


def _u_of_reported(calibration: Calibration, clean: _Clean, gross: float) -> float | None:
    """From the stated error, else from the pulses behind the value, else None: unknown is not 0."""
    if gross <= 0.0:
        return None
    if clean.rel_u is not None:
        return gross * clean.rel_u
    pulses = _pulses_behind(calibration, clean)
    if pulses is None or pulses <= 0.0:
        return None
    return gross * (u_of_counts(pulses) / pulses)


def _pulses_behind(calibration: Calibration, clean: _Clean) -> float | None:
    """The counts that a smoothed value stands on: an exponential mean of time constant T is worth 2 T of counting."""
    window_s = 2.0 * (calibration.smoothing_s or 0.0)
    if clean.counts is not None and clean.live_s is not None:
        return clean.counts * max(1.0, window_s / clean.live_s)
    if window_s > 0.0 and calibration.sensitivity_cps_per_nsv_h is not None and clean.reported is not None:
        return (clean.reported * calibration.sensitivity_cps_per_nsv_h + calibration.own_background_cps) * window_s
    return None


def _in_range(calibration: Calibration, value: Value) -> Value:
    """Range flags; and nothing that is not a finite number leaves."""
    numbers = (value.gross, value.u_counting, value.low, value.high, value.rate_cps)
    if not all(number is None or math.isfinite(number) for number in numbers):
        return Value(None, None, None, None, None, value.counts, value.live_s, None, value.reported,
                     value.flags | INVALID, 0.0)  # fmt: skip
    if value.gross is None:
        return value
    if value.gross > calibration.high_nsv_h:
        return value._replace(flags=value.flags | OVER)
    surely_at_most = value.gross if value.high is None else value.high
    if surely_at_most < calibration.low_nsv_h:
        return value._replace(flags=value.flags | UNDER)
    return value
