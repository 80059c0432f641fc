"""Silent and stuck: by the probability of what is seen."""

import math
from dataclasses import replace

import numpy as np
import pytest

from config.quality import Quality
from station.measure.types import Calibration
from station.measure.watch import Watch, log_most_likely_repeat

NS = 1_000_000_000
GM = Calibration(period="p", primary="counts", sensitivity_cps_per_nsv_h=0.0025, high_nsv_h=1e6)
PROBE = Calibration(period="p", primary="dose_rate", high_nsv_h=1e6)


class Bench:
    def __init__(self, calibration: Calibration = GM, expected_cps: float | None = 0.25) -> None:
        self.watch = Watch(calibration, 1e-9, 1e-9)
        self.expected_cps = expected_cps
        self.now_s = 0.0

    def counts(self, counts: int | None, length_s: float = 1.0, live_s: float | None = None) -> int:
        return self._step(counts, None, None, length_s, length_s if live_s is None else live_s)

    def dose(self, value: float, u: float | None = None, length_s: float = 1.0) -> int:
        return self._step(None, value, u, length_s, None)

    def _step(
        self, counts: int | None, value: float | None, u: float | None, length_s: float, live_s: float | None
    ) -> int:  # fmt: skip
        start, self.now_s = self.now_s, self.now_s + length_s
        return self.watch.step(
            round(start * NS), round(self.now_s * NS), counts=counts, live_s=live_s, reported=value,
            u_counting=u, expected_cps=self.expected_cps,
        )  # fmt: skip


def zeros_until_silent(bench: Bench) -> int:
    for second in range(1, 100_000):
        if bench.counts(0) & Quality.SILENT:
            return second
    raise AssertionError("never silent")


def test_silence_is_when_its_probability_falls_below_the_limit() -> None:
    # exp(-0.25 t) < 1e-9: t > 82.9 s
    assert zeros_until_silent(Bench()) == math.ceil(math.log(1e9) / 0.25)


def test_a_fast_counter_is_silent_sooner() -> None:
    assert zeros_until_silent(Bench(expected_cps=25.0)) == 1


def test_one_count_ends_the_silence() -> None:
    bench = Bench()
    zeros_until_silent(bench)
    assert bench.counts(1) == 0
    assert bench.counts(0) == 0


def test_without_an_expectation_nothing_is_called_silent() -> None:
    bench = Bench(expected_cps=None)
    assert not any(bench.counts(0) for _ in range(10_000))


def test_time_without_a_sample_is_not_silence() -> None:
    bench = Bench()
    bench.counts(0)
    bench.now_s += 86_400
    assert bench.counts(0) == 0
    assert not any(bench.counts(None) for _ in range(1000))


def test_overlapping_windows_of_zeros_are_the_same_silence() -> None:
    bench = Bench(expected_cps=0.25)
    seconds = next(s for s in range(1, 1000) if bench.counts(0, 1.0, live_s=60.0) & Quality.SILENT)
    assert seconds == 83


def test_real_counts_of_a_year_of_minutes_are_never_silent_or_stuck() -> None:
    rng = np.random.default_rng(17)
    bench = Bench(expected_cps=0.25)
    flags = {bench.counts(n, 10.0) for n in rng.poisson(2.5, 60_000).tolist()}
    assert flags == {0}


@pytest.mark.parametrize("counts", [1, 4, 100, 10_000])
def test_repeats_are_stuck_when_even_the_likeliest_mean_makes_them_improbable(counts: int) -> None:
    bench = Bench()
    bench.counts(counts)
    repeats = next(n for n in range(1, 1000) if bench.counts(counts) & Quality.STUCK)
    assert repeats == math.floor(math.log(1e-9) / log_most_likely_repeat(counts)) + 1


def test_repeat_probability_is_the_poisson_mass_at_its_own_mean() -> None:
    assert math.exp(log_most_likely_repeat(4)) == pytest.approx(4**4 * math.exp(-4) / 24)
    assert log_most_likely_repeat(0) == 0.0


def test_a_change_ends_the_run() -> None:
    bench = Bench()
    for _ in range(100):
        stuck = bench.counts(7)
    assert stuck & Quality.STUCK
    assert bench.counts(8) == 0
    assert bench.counts(7) == 0


def test_a_sliding_window_may_repeat_because_it_is_the_same_counts() -> None:
    bench = Bench()
    flags = [bench.counts(15, 1.0, live_s=60.0) for _ in range(300)]
    assert not any(flags)  # five windows: not yet improbable enough
    flags = [bench.counts(15, 1.0, live_s=60.0) for _ in range(3000)]
    assert flags[-1] & Quality.STUCK


def seconds_until_stuck(bench: Bench, u: float | None, values: list[float]) -> int | None:
    for value in values:
        bench.dose(value, u)
    return next((s for s in range(1, 100_000) if bench.dose(values[-1], u) & Quality.STUCK), None)


def test_a_fine_reading_that_does_not_move_is_stuck_after_a_few_time_constants() -> None:
    smoothed = replace(PROBE, smoothing_s=10.0)
    # step 0.1, sigma 5: p = 0.1 / (5 sqrt(2 pi)) = 0.008, one independent reading in 30 s
    expected = math.log(1e-9) / math.log(0.1 / (5 * math.sqrt(2 * math.pi))) * 30
    assert seconds_until_stuck(Bench(smoothed), 5.0, [100.0, 100.1]) == math.floor(expected) + 1


def test_a_coarse_display_is_allowed_to_rest() -> None:
    assert seconds_until_stuck(Bench(replace(PROBE, smoothing_s=600.0)), 2.0, [100.0, 110.0]) is None


def test_without_a_spread_a_fine_reading_is_stuck_after_an_hour() -> None:
    assert seconds_until_stuck(Bench(PROBE), None, [100.0, 100.1]) == 3601


def test_without_a_spread_a_coarse_reading_is_stuck_after_a_day() -> None:
    assert seconds_until_stuck(Bench(PROBE), None, [100.0, 110.0]) == 86_401


def test_a_reading_that_never_moved_is_stuck_after_a_day() -> None:
    assert seconds_until_stuck(Bench(PROBE), None, [100.0]) == 86_401


def test_a_reported_zero_is_silence_where_the_rate_is_known() -> None:
    bench = Bench(PROBE, expected_cps=1.0)
    assert next(s for s in range(1, 100) if bench.dose(0.0) & Quality.SILENT) == math.ceil(math.log(1e9))


def test_dead_counters_do_not_make_silence() -> None:
    bench = Bench(expected_cps=1.0)
    assert next(s for s in range(1, 100) if bench.counts(0, 1.0, live_s=0.5) & Quality.SILENT) == 42  # 20.7 s live
