"""The first robust background: what is learned, what is not, and how sure it is."""

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import schema
from config.quality import Quality
from station.measure.background import Background, Minute, median, median_absolute_deviation

MINUTE = 60_000_000_000


def settings(window_min: float = 100, learning_min: float = 5) -> schema.Background:
    return schema.Background(window_days=window_min / 1440, learning_min=learning_min)


def fed(values: list[float], background: Background | None = None) -> Background:
    background = background or Background(settings())
    for at, value in enumerate(values):
        background.feed(Minute((at + 1) * MINUTE, value, 0, 1.0), held=False)
    return background


def test_nothing_is_known_before_it_is_learned() -> None:
    background = fed([100.0] * 4)
    assert background.now() == (None, None, True)
    assert background.minutes_to_learn == 1


def test_reference_stands_in_while_learning() -> None:
    assert fed([100.0] * 4, Background(settings(), reference_nsv_h=85.0)).now() == (85.0, None, True)


def test_learned_background_is_the_median() -> None:
    now = fed([90.0, 100.0, 101.0, 99.0, 5000.0]).now()
    assert (now.nsv_h, now.learning) == (100.0, False)


def test_window_forgets_the_oldest_minutes() -> None:
    background = fed([50.0] * 100 + [80.0] * 100)
    assert background.minutes == 100
    assert background.now().nsv_h == 80.0


@pytest.mark.parametrize("flag", [Quality.SILENT, Quality.STUCK, Quality.OVER_RANGE, Quality.MAINTENANCE])
def test_bad_minutes_are_not_learned(flag: Quality) -> None:
    assert not Background(settings()).feed(Minute(MINUTE, 100.0, int(flag), 1.0), held=False)


def test_flags_that_do_not_spoil_are_learned() -> None:
    assert Background(settings()).feed(Minute(MINUTE, 100.0, int(Quality.LEARNING | Quality.LATE), 1.0), held=False)


@pytest.mark.parametrize(
    "minute",
    [Minute(MINUTE, None, 0, 1.0), Minute(MINUTE, float("nan"), 0, 1.0), Minute(MINUTE, 100.0, 0, 0.49)],
    ids=["missing", "not a number", "incomplete"],
)
def test_minutes_without_a_value_are_not_learned(minute: Minute) -> None:
    assert not Background(settings()).feed(minute, held=False)


def test_an_alarm_is_not_learned_however_long_it_lasts() -> None:
    background = fed([100.0] * 50)
    before = background.now()
    for at in range(5000):
        background.feed(Minute(at * MINUTE, 600.0, 0, 1.0), held=True)
    assert background.now() == before


def test_restored_background_is_the_same_and_skips_the_alarms() -> None:
    rng = np.random.default_rng(1)
    minutes = [Minute((i + 1) * MINUTE, float(x), 0, 1.0) for i, x in enumerate(rng.normal(100, 5, 300))]
    alarms = [(40 * MINUTE, 60 * MINUTE), (250 * MINUTE, 251 * MINUTE)]
    live, restored = Background(settings()), Background(settings())
    for minute in minutes:
        live.feed(minute, held=any(a < minute.end_ns <= b for a, b in alarms))
    assert restored.restore(minutes, held=alarms) == 300 - 21
    assert restored.now() == live.now()


def test_stated_uncertainty_is_that_of_a_median_of_noise() -> None:
    rng = np.random.default_rng(11)
    errors, stated = [], []
    for _ in range(200):
        now = fed(rng.normal(100, 8, 100).tolist()).now()
        assert now.nsv_h is not None
        assert now.u_nsv_h is not None
        errors.append(now.nsv_h - 100)
        stated.append(now.u_nsv_h)
    assert statistics.mean(stated) == pytest.approx(statistics.pstdev(errors), rel=0.15)


def test_no_spread_seen_is_an_unknown_uncertainty_not_zero() -> None:
    assert fed([100.0] * 50).now().u_nsv_h is None


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_median_and_spread_without_sorting_again_are_exact(values: list[float]) -> None:
    ordered = sorted(values)
    assert median(ordered) == statistics.median(ordered)
    middle = statistics.median(ordered)
    assert median_absolute_deviation(ordered, middle) == statistics.median([abs(x - middle) for x in ordered])


@given(st.lists(st.integers(0, 6).map(float), min_size=1, max_size=80))
def test_rolling_window_with_ties_keeps_the_median_of_its_last_values(values: list[float]) -> None:
    background = fed(values, Background(settings(window_min=15, learning_min=1)))
    assert background.now().nsv_h == statistics.median(values[-15:])
