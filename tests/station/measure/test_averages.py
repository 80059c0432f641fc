"""Averages: aligned, weighted by time, nothing twice, missing is missing."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.quality import Quality
from station.measure.averages import Averager, Closed
from station.measure.counting import garwood, u_of_counts
from station.measure.sums import variance_kept
from station.measure.types import Calibration, Sample, Worked
from station.measure.working import work_up

NS = 1_000_000_000
GM = Calibration(
    period="p", primary="counts", sensitivity_cps_per_nsv_h=0.01, own_background_cps=0.1, u_rel=0.05, high_nsv_h=1e6
)
PROBE = Calibration(period="p", primary="dose_rate", high_nsv_h=1e6, u_rel=0.05)


def worked(calibration: Calibration, sample: Sample) -> Worked:
    v = work_up(calibration, sample)
    return Worked(
        gross_nsv_h=v.gross, u_nsv_h=v.u, u_counting_nsv_h=v.u_counting, u_calibration_nsv_h=v.u_calibration,
        low_nsv_h=v.low, high_nsv_h=v.high, background_nsv_h=None, u_background_nsv_h=None, net_nsv_h=None,
        decision_threshold_nsv_h=None, significance=None, counts=v.counts, live_s=v.live_s, count_rate_cps=v.rate_cps,
        reported_nsv_h=v.reported, flags=v.flags, completeness=v.completeness, samples=1,
    )  # fmt: skip


class Bench:
    """An averager that is fed in seconds."""

    def __init__(self, period_s: int = 60, calibration: Calibration = GM) -> None:
        self.calibration = calibration
        self.averager = Averager(period_s, calibration)
        self.closed: list[Closed] = []

    def counts(
        self, start_s: float, end_s: float, counts: int | None, live_s: float | None = None, flags: int = 0
    ) -> None:
        self.add(Sample(round(start_s * NS), round(end_s * NS), counts, live_s, flags=Quality(flags)))

    def dose(self, start_s: float, end_s: float, value: float, rel_u: float | None = None) -> None:
        self.add(Sample(round(start_s * NS), round(end_s * NS), reported_nsv_h=value, reported_rel_u=rel_u))

    def add(self, sample: Sample) -> None:
        self.closed += self.averager.add(sample.start_ns, sample.end_ns, worked(self.calibration, sample))

    @property
    def only(self) -> Closed:
        assert len(self.closed) == 1
        return self.closed[0]


def test_intervals_are_aligned_to_utc() -> None:
    bench = Bench()
    for second in range(30, 130):
        bench.counts(second, second + 1, 1)
    assert [(c.start_ns // NS, c.end_ns // NS) for c in bench.closed] == [(0, 60), (60, 120)]


def test_an_interval_is_told_of_as_soon_as_a_sample_ends_with_it() -> None:
    bench = Bench()
    for second in range(60):
        bench.counts(second, second + 1, 1)
    assert bench.only.value.completeness == 1.0


def test_counts_and_live_time_are_summed() -> None:
    bench = Bench()
    for second in range(60):
        bench.counts(second, second + 1, second % 3, 0.9)
    assert (bench.only.value.counts, bench.only.samples) == (60, 60)
    assert bench.only.value.live_s == pytest.approx(54.0)
    assert bench.only.value.completeness == pytest.approx(0.9)


def test_mean_of_counting_samples_is_the_rate_of_all_their_counts() -> None:
    bench = Bench()
    for at, counts in enumerate([3, 0, 7, 2]):
        bench.counts(15 * at, 15 * at + 15, counts, 15.0 - at)
    assert bench.only.value.gross == pytest.approx((12 / (15 + 14 + 13 + 12) - 0.1) / 0.01)


def test_uncertainty_and_limits_are_exact_for_the_sum_of_a_few_counts() -> None:
    bench = Bench()
    for second in range(60):
        bench.counts(second, second + 1, int(second in (7, 20, 41)))
    value, per_count = bench.only.value, 1 / 60 / 0.01
    low, high = garwood(3.0, 0.95)
    assert value.u_counting == pytest.approx(per_count * u_of_counts(3.0))
    assert value.low == pytest.approx(per_count * low - 10.0)
    assert value.high == pytest.approx(per_count * high - 10.0)


def test_an_average_of_no_counts_still_has_an_uncertainty() -> None:
    bench = Bench()
    for second in range(60):
        bench.counts(second, second + 1, 0)
    assert bench.only.value.u_counting == pytest.approx(u_of_counts(0.0) / 60 / 0.01)


def test_calibration_error_does_not_average_out() -> None:
    bench = Bench()
    for second in range(60):
        bench.counts(second, second + 1, 100)
    assert bench.only.value.u_calibration == pytest.approx(0.05 * (100 - 0.1) / 0.01)


def test_intervals_cover_the_truth_as_promised() -> None:
    """1-second samples of 0.3 counts, averaged over a minute: at least 95 % of the limits hold the true rate."""
    rng = np.random.default_rng(5)
    bench = Bench()
    for second, counts in enumerate(rng.poisson(0.3, 60 * 600).tolist()):
        bench.counts(second, second + 1, counts)
    truth = (0.3 - 0.1) / 0.01
    held = [c.value.low <= truth <= c.value.high for c in bench.closed if c.value.low is not None and c.value.high]
    assert len(held) == 600
    assert sum(held) / 600 > 0.95 - 3 * math.sqrt(0.95 * 0.05 / 600)


def test_dose_rates_are_weighted_by_time() -> None:
    bench = Bench(calibration=PROBE)
    bench.dose(0, 10, 100.0)
    bench.dose(10, 60, 160.0)
    assert bench.only.value.gross == pytest.approx((10 * 100 + 50 * 160) / 60)


def test_readings_of_unknown_smoothing_are_as_good_as_one() -> None:
    bench = Bench(calibration=PROBE)
    for second in range(60):
        bench.dose(second, second + 1, 100.0, 0.2)
    assert bench.only.value.u_counting == pytest.approx(20.0)


def test_smoothed_readings_average_out_only_as_far_as_they_are_independent() -> None:
    """An exponential mean of white noise, polled each second: the stated u is the real scatter of the average."""
    rng = np.random.default_rng(9)
    time_constant_s, sigma, seconds = 5.0, 20.0, 60 * 1500
    keep = math.exp(-1 / time_constant_s)
    noise = rng.normal(0, sigma * math.sqrt(1 - keep**2), seconds)
    values, value = [], 0.0
    for n in noise.tolist():
        value = keep * value + n
        values.append(100.0 + value)
    calibration = Calibration(period="p", primary="dose_rate", high_nsv_h=1e6, smoothing_s=time_constant_s)
    bench = Bench(calibration=calibration)
    for second, reading in enumerate(values):
        bench.dose(second, second + 1, reading, sigma / reading)
    scatter = float(np.std([c.value.gross or 0.0 for c in bench.closed]))
    assert bench.closed[5].value.u_counting == pytest.approx(scatter, rel=0.08)


def test_variance_kept_is_all_of_it_at_first_and_two_time_constants_a_span_at_last() -> None:
    assert variance_kept(1e-6, 10.0) == pytest.approx(1.0)
    assert variance_kept(1e-2, 10.0) == pytest.approx(variance_kept(1.0001e-2, 10.0), rel=1e-4)
    assert variance_kept(1e5, 10.0) == pytest.approx(2e-4, rel=1e-3)


def test_without_any_uncertainty_the_average_has_none() -> None:
    bench = Bench(calibration=PROBE)
    bench.dose(0, 60, 100.0)
    assert (bench.only.value.u_counting, bench.only.value.u) == (None, None)


def test_overlapping_windows_count_once() -> None:
    """A sliding 60 s sum, polled each 10 s: six times the same counts."""
    bench = Bench()
    for end in range(60, 181, 10):
        bench.counts(end - 60, end, 30, 60.0)
    assert [(c.value.counts, c.value.completeness) for c in bench.closed] == [(30, 1.0), (30, 1.0), (30, 1.0)]
    assert bench.closed[1].value.u_counting == pytest.approx(u_of_counts(30.0) / 60 / 0.01)


def test_a_window_longer_than_its_interval_is_an_overlap_too() -> None:
    bench = Bench()
    for end in range(1, 121):
        bench.counts(end - 1, end, 30, 60.0)
    assert [c.value.counts for c in bench.closed] == [30, 30]


def test_jitter_of_a_poll_is_not_an_overlap() -> None:
    bench = Bench()
    ends = [second + (0.03 if second % 2 else -0.03) for second in range(1, 60)] + [60.0]
    start = 0.0
    for end in ends:
        bench.counts(start, end, 1, 1.0)
        start = end
    assert bench.only.value.counts == 60


def test_a_sample_across_a_boundary_belongs_to_its_end() -> None:
    bench = Bench()
    bench.counts(0, 50, 50)
    bench.counts(50, 70, 20)
    bench.counts(70, 120, 50)
    assert [c.value.counts for c in bench.closed] == [50, 70]
    assert [c.value.completeness for c in bench.closed] == pytest.approx([50 / 60, 1.0])


def test_an_outage_is_missing_and_the_interval_before_it_is_told_with_the_next_sample() -> None:
    bench = Bench()
    bench.counts(0, 30, 30)
    bench.counts(600, 601, 1)
    assert [(c.end_ns // NS, c.value.completeness) for c in bench.closed] == [(60, 0.5)]


def test_flush_tells_of_what_is_over_by_the_clock() -> None:
    bench = Bench()
    bench.counts(0, 30, 30)
    assert bench.averager.flush(59 * NS) == []
    assert [c.end_ns // NS for c in bench.averager.flush(60 * NS)] == [60]
    assert bench.averager.flush(600 * NS) == []


def test_samples_without_a_value_make_no_average() -> None:
    bench = Bench()
    bench.counts(0, 60, None)
    assert bench.closed == []


def test_clock_step_ends_the_interval_where_it_stands_and_the_next_begins_there() -> None:
    bench = Bench(3600)
    bench.counts(0, 1800, 1800)
    closed = bench.averager.close()
    assert [(c.start_ns // NS, c.end_ns // NS, c.value.completeness) for c in closed] == [(0, 1800, 0.5)]
    bench.counts(2400, 3600, 1200)
    assert [(c.start_ns // NS, c.end_ns // NS) for c in bench.closed] == [(2400, 3600)]


def test_a_sample_from_the_past_ends_the_interval_like_a_step() -> None:
    bench = Bench(3600)
    bench.counts(7200, 7300, 100)
    bench.counts(3600, 3700, 100)
    assert [(c.start_ns // NS, c.end_ns // NS) for c in bench.closed] == [(7200, 7300)]


@pytest.mark.parametrize(("seconds", "flagged"), [(44, True), (45, False)])
def test_less_than_three_quarters_is_flagged_incomplete(seconds: int, flagged: bool) -> None:
    bench = Bench()
    bench.counts(0, seconds, 10)
    (closed,) = bench.averager.flush(60 * NS)
    assert bool(closed.value.flags & Quality.INCOMPLETE) is flagged


def test_one_faulty_sample_marks_the_average() -> None:
    bench = Bench()
    bench.counts(0, 50, 50)
    bench.counts(50, 60, 10, flags=int(Quality.INSTRUMENT_FAULT))
    assert bench.only.value.flags == Quality.INSTRUMENT_FAULT


@pytest.mark.parametrize(("late", "flagged"), [(2, False), (3, True)])
def test_what_concerns_samples_marks_the_average_from_half_of_them(late: int, flagged: bool) -> None:
    bench = Bench()
    for at in range(6):
        bench.counts(10 * at, 10 * at + 10, 10, flags=int(Quality.LATE) if at < late else 0)
    assert bool(bench.only.value.flags & Quality.LATE) is flagged


COUNTS = st.lists(st.tuples(st.integers(1, 25), st.integers(0, 5), st.booleans()), min_size=1, max_size=120)


@given(COUNTS)
def test_every_count_is_in_exactly_one_average_and_hours_agree_with_minutes(
    pieces: list[tuple[int, int, bool]],
) -> None:
    minutes, hour = Bench(60), Bench(3600)
    now = total = 0
    for length, counts, there in pieces:
        if there:
            minutes.counts(now, now + length, counts)
            hour.counts(now, now + length, counts)
            total += counts
        now += length
    minutes.closed += minutes.averager.flush(10**15 * NS)
    hour.closed += hour.averager.flush(10**15 * NS)
    assert sum(c.value.counts or 0 for c in minutes.closed) == total
    assert all(0.0 < c.value.completeness <= 1.0 for c in minutes.closed)
    if not hour.closed:
        assert total == 0
        return
    weights = [c.value.live_s or 0.0 for c in minutes.closed]
    mean = sum(w * (c.value.gross or 0.0) for w, c in zip(weights, minutes.closed, strict=True)) / sum(weights)
    assert hour.only.value.gross == pytest.approx(mean, abs=1e-6)
    assert hour.only.value.counts == total


def test_overlapping_windows_do_not_make_a_half_measured_interval_whole() -> None:
    bench = Bench()
    for end in (60, 70, 80):
        bench.counts(end - 60, end, 30, 60.0)
    (half,) = bench.averager.flush(120 * NS)
    assert half.value.completeness == pytest.approx(20 / 60)


def test_readings_far_apart_are_independent_but_no_more_of_them_than_there_are() -> None:
    calibration = Calibration(period="p", primary="dose_rate", high_nsv_h=1e6, smoothing_s=0.1)
    bench = Bench(calibration=calibration)
    for at in range(0, 60, 10):
        bench.dose(at, at + 10, 100.0, 0.2)
    assert bench.only.value.u_counting == pytest.approx(20.0 / math.sqrt(6))
