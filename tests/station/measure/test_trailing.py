"""What alarm levels see: not chance, and not late."""

import math

import numpy as np
import pytest

from config.quality import Quality
from station.measure.trailing import MOST_SAMPLES, Trailing
from station.measure.types import Calibration, Sample
from station.measure.working import work_up

NS = 1_000_000_000
SMALL = Calibration(period="p", primary="counts", sensitivity_cps_per_nsv_h=0.0025, high_nsv_h=1e9)
PROBE = Calibration(period="p", primary="dose_rate", high_nsv_h=1e9)


def fed(trailing: Trailing, counts: list[int], calibration: Calibration = SMALL) -> list[float]:
    """The levels; NaN where nothing is said."""
    levels = [trailing.step(work_up(calibration, Sample(0, NS, n, 1.0)), 1.0) for n in counts]
    return [math.nan if level is None else level for level in levels]


def test_a_small_tube_never_reads_a_microsievert_by_chance() -> None:
    counts = np.random.default_rng(2).poisson(0.25, 80_000).tolist()
    single = max(counts) / 0.0025
    levels = fed(Trailing(SMALL), counts)
    assert single >= 1000.0  # one second alone would
    assert max(levels[120:]) < 350.0
    assert np.mean(levels[120:]) == pytest.approx(100.0, rel=0.03)


def test_a_strong_source_is_seen_with_its_first_sample() -> None:
    assert fed(Trailing(SMALL), [0] * 300 + [250])[-1] == pytest.approx(100_000.0)


def test_a_source_is_read_right_after_a_hundred_counts() -> None:
    levels = fed(Trailing(SMALL), [0, 0, 0, 1] * 60 + [5] * 40)
    assert levels[239 + 20] == pytest.approx(2000.0)  # 20 s of 5 counts
    assert levels[-1] == pytest.approx(2000.0)


def test_own_background_and_factor_are_taken_into_account() -> None:
    tube = Calibration(
        period="p", primary="counts", factor=2.0, sensitivity_cps_per_nsv_h=0.01, own_background_cps=10, high_nsv_h=1e9
    )
    assert fed(Trailing(tube), [110], tube) == pytest.approx([2.0 * 100 / 0.01])


def test_a_sample_without_a_value_gives_none_and_is_forgotten() -> None:
    trailing = Trailing(SMALL)
    fed(trailing, [100])
    assert trailing.step(work_up(SMALL, Sample(0, NS)), 1.0) is None
    assert fed(trailing, [100]) == pytest.approx([40_000.0])


def test_a_reported_dose_rate_is_taken_as_it_is() -> None:
    assert Trailing(PROBE).step(work_up(PROBE, Sample(0, NS, reported_nsv_h=123.0)), 1.0) == 123.0


def test_what_is_kept_is_bounded() -> None:
    trailing = Trailing(SMALL)
    for _ in range(MOST_SAMPLES + 500):
        trailing.step(work_up(SMALL, Sample(0, NS // 1000, 0, 0.001)), 0.001)
    assert len(trailing._samples) <= MOST_SAMPLES


def test_never_fewer_counts_than_enough_where_there_are_enough() -> None:
    # the last 100 counts: 60 + 30 + 30 in 3 s
    assert fed(Trailing(SMALL), [30] * 10 + [60])[-1] == pytest.approx(40 / 0.0025)


def test_a_start_says_nothing_to_the_levels_before_it_stands_on_enough_counts_or_enough_time() -> None:
    levels = fed(Trailing(SMALL), [1] + [0] * 125)  # the first second alone would read as 400
    assert all(math.isnan(level) for level in levels[:119])
    assert levels[119] == pytest.approx(1 / 120 / 0.0025)


def test_a_start_in_a_strong_field_is_told_with_the_first_hundred_counts() -> None:
    levels = fed(Trailing(SMALL), [40] * 5)
    assert [math.isnan(level) for level in levels] == [True, True, False, False, False]
    assert levels[2] == pytest.approx(40 / 0.0025)


def test_samples_longer_than_the_longest_window_are_told_at_once() -> None:
    assert Trailing(SMALL).step(work_up(SMALL, Sample(0, 600 * NS, 30, 600.0)), 600.0) == pytest.approx(20.0)


@pytest.mark.parametrize("flag", [Quality.TEST_MODE, Quality.MAINTENANCE])
def test_the_counts_of_a_test_are_no_part_of_what_levels_see_afterwards(flag: Quality) -> None:
    trailing = Trailing(SMALL)
    fed(trailing, [1, 0, 0, 0] * 40)
    trailing.step(work_up(SMALL, Sample(0, NS, 5000, 1.0, flags=flag)), 1.0)
    assert fed(trailing, [0])[-1] < 150.0
