"""The dose rate that the station reports for a minute, held against the true one: 68 % and 95 % are what they say.

Counts-primary (the kit): how often an exact interval holds the truth is computed for each minute's true mean, since
counts are whole; the hits must be binomial about that, and that must not be less than 68 or 95 %.
BDMG-04: its own running mean is what is reported. Where the truth stands still, its intervals hold at least what they
say; where it moves, they hold what the mean's lag leaves, and the tests say how much that is.
Z is the two-sided 0.1 % quantile: with a fixed seed each result is a fact, with another each fails once in a thousand.
"""

import math
from functools import cache

import numpy as np
import pytest
from scipy import stats

from simulator.build import build_ensemble
from simulator.detectors.bdmg04 import MeterState
from simulator.scenario import Scenario
from station.measure.counting import ONE_SIGMA, garwood, u_of_counts
from tests.agreement.coverage import Minute, minutes, world

Z = 3.29
KIT_HOURS, METER_HOURS = 3, 3
KIT_COUNTS_PER_NSV = 175.0 / 1000.0  # a minute, per nSv/h
NOMINAL = {"68 %": ONE_SIGMA, "95 %": 0.95}


@cache
def measured(what: str, name: str) -> tuple[Minute, ...]:
    return tuple(minutes(what, name, KIT_HOURS if name == "kit" else METER_HOURS))


def hits(found: tuple[Minute, ...], interval: str) -> int:
    return sum(minute.within_u if interval == "68 %" else minute.within_95 for minute in found)


def least(interval: str, n: int) -> float:
    """The fewest hits of n that chance leaves to an interval that holds what it says."""
    p = NOMINAL[interval]
    return n * p - Z * math.sqrt(n * p * (1 - p))


@cache
def exact_coverage(interval: str, mean: float) -> float:
    """How often the interval about a Poisson count of this mean holds the mean."""
    counts = range(int(stats.poisson.ppf(1e-9, mean)), int(stats.poisson.isf(1e-9, mean)) + 1)
    held = [k for k in counts if _holds(interval, k, mean)]
    return float(np.sum(stats.poisson.pmf(held, mean)))


def _holds(interval: str, k: int, mean: float) -> bool:
    if interval == "68 %":
        return abs(k - mean) <= u_of_counts(float(k))
    low, high = garwood(float(k), 0.95)
    return low <= mean <= high


@pytest.mark.parametrize("interval", NOMINAL)
@pytest.mark.parametrize("what", ["quiet", "washout", "source"])
def test_a_minute_of_counts_holds_the_truth_as_often_as_exact_intervals_do(what: str, interval: str) -> None:
    found = measured(what, "kit")
    p = np.array([exact_coverage(interval, round(KIT_COUNTS_PER_NSV * minute.true, 2)) for minute in found])
    tolerance = Z * math.sqrt(float((p * (1 - p)).sum()))
    assert len(found) == 60 * KIT_HOURS
    assert hits(found, interval) == pytest.approx(float(p.sum()), abs=tolerance)


@pytest.mark.parametrize("interval", NOMINAL)
@pytest.mark.parametrize("what", ["quiet", "washout", "source"])
def test_a_minute_of_counts_holds_the_truth_at_least_as_often_as_it_says(what: str, interval: str) -> None:
    found = measured(what, "kit")
    assert hits(found, interval) >= least(interval, len(found))


@pytest.mark.parametrize("interval", NOMINAL)
@pytest.mark.parametrize("what", ["quiet", "washout"])
def test_a_minute_of_the_meter_s_own_mean_holds_the_truth_at_least_as_often_as_it_says(
    what: str, interval: str
) -> None:
    found = measured(what, "det")
    assert len(found) == 60 * METER_HOURS
    assert hits(found, interval) >= least(interval, len(found))


@pytest.mark.parametrize("interval", NOMINAL)
def test_it_does_so_beside_a_source_too_while_that_stands_still(interval: str) -> None:
    still = tuple(minute for minute in measured("source", "det") if minute.shift < 1.0)
    assert len(still) > 100
    assert hits(still, interval) >= least(interval, len(still))


def test_while_a_shower_rises_smoothing_makes_minutes_too_low_by_more_than_their_uncertainty() -> None:
    """Known: the mean of 600 pulses is 4 minutes long at background, and no interval of counts tells of its lag."""
    rising = tuple(minute for minute in measured("washout", "det") if 30 <= minute.minute % 240 < 42)
    lag_nsv_h = float(np.mean([minute.true - minute.said for minute in rising]))
    assert 6.0 < lag_nsv_h < 14.0
    assert lag_nsv_h > float(np.mean([minute.u for minute in rising]))


def test_the_minute_in_which_a_source_comes_is_reported_too_low_by_more_than_its_interval() -> None:
    """Known: no interval of counts alone tells of the meter's delay of some seconds."""
    came = [minute for minute in measured("source", "det") if minute.minute % 240 == 30]
    assert came
    assert all(0.8 * minute.true < minute.said < minute.true for minute in came)


def meter_counts(nsv_h: float, seconds: int) -> np.ndarray:
    """What the BDMG-04 says of each second, at a steady place."""
    quiet = world("quiet", 1, 5).model_dump(exclude_unset=True)
    scenario = Scenario.model_validate(quiet | {"world": {"terrestrial_nsv_h": nsv_h, "cosmic_nsv_h": 0.0}})
    meter = build_ensemble(scenario).instruments["det"]
    shown = [meter.shown(second) for second in range(1, seconds + 1)]
    return np.array([state.last_second_sensitive for state in shown if isinstance(state, MeterState)])


def test_at_background_the_register_s_counts_are_poisson() -> None:
    counts = meter_counts(100.0, 3000)
    dispersion = (len(counts) - 1) * counts.var(ddof=1) / counts.mean()
    assert 0.001 < stats.chi2.cdf(dispersion, len(counts) - 1) < 0.999
    assert counts.mean() == pytest.approx(2.6, abs=Z * math.sqrt(2.6 / 3000))


def test_at_a_high_rate_they_are_sub_poisson_as_the_dead_time_demands() -> None:
    """0.8 mSv/h: n tau is 1, a half is lost, and the variance is a quarter of Poisson's."""
    counts = meter_counts(8e5, 600)
    spread = Z * math.sqrt(2 / 600)
    assert counts.mean() == pytest.approx(10_000, rel=0.002)
    assert counts.var(ddof=1) / counts.mean() == pytest.approx(0.25, rel=spread)
