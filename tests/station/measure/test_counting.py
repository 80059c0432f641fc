"""Counting statistics: dead time and its inverse, exact limits, the uncertainty of a few counts."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from station.measure.counting import (
    GUARD,
    ONE_SIGMA,
    garwood,
    observed_rate_cps,
    relative_limits,
    true_rate,
    true_rates_cps,
    u_of_counts,
)
from station.measure.types import DeadTimeModel

MODELS: tuple[DeadTimeModel, ...] = ("non_paralysable", "paralysable")
TAU_S = 2e-4
models = pytest.mark.parametrize("model", MODELS)


@models
@given(true_cps=st.floats(0.0, 1400.0))
def test_correction_is_the_inverse_of_dead_time(model: DeadTimeModel, true_cps: float) -> None:
    observed = observed_rate_cps(true_cps, TAU_S, model)
    assert true_rate(observed, TAU_S, model).rate_cps == pytest.approx(true_cps, rel=1e-9, abs=1e-9)


def test_worked_example_non_paralysable() -> None:
    # 1000 cps seen with 100 us: 1000 / (1 - 0.1)
    assert true_rate(1000.0, 1e-4, "non_paralysable").rate_cps == pytest.approx(1111.1111111)


def test_worked_example_paralysable() -> None:
    # n = 1000 cps, tau = 100 us: m = 1000 exp(-0.1) = 904.837418...
    assert true_rate(904.8374180359595, 1e-4, "paralysable").rate_cps == pytest.approx(1000.0)


@models
def test_slope_is_the_derivative(model: DeadTimeModel) -> None:
    for load in (0.01, 0.1, 0.25):
        at, step = load / TAU_S, 1e-4
        up, down = (true_rate(at + sign * step, TAU_S, model).rate_cps for sign in (1, -1))
        assert true_rate(at, TAU_S, model).slope == pytest.approx((up - down) / (2 * step), rel=1e-6)


@models
def test_beyond_the_guard_the_value_is_a_lower_bound_and_says_so(model: DeadTimeModel) -> None:
    for load in (0.31, 0.35):
        got = true_rate(load / TAU_S, TAU_S, model)
        truth = load / TAU_S / (1 - load) if model == "non_paralysable" else None
        assert got.saturated
        assert truth is None or got.rate_cps < truth
        assert got.rate_cps > load / TAU_S


@models
@given(low=st.floats(0.0, 1e6), more=st.floats(0.0, 1e6))
def test_more_counts_never_read_as_less(model: DeadTimeModel, low: float, more: float) -> None:
    below, above = (true_rate(m, TAU_S, model).rate_cps for m in (low, low + more))
    assert 0.0 <= below <= above * (1 + 1e-12)
    assert math.isfinite(above)


@models
def test_at_the_guard_itself_the_value_is_not_flagged(model: DeadTimeModel) -> None:
    assert not true_rate(GUARD / TAU_S * 0.999999, TAU_S, model).saturated


@pytest.mark.parametrize("model", ["none", *MODELS])
def test_arrays_give_the_same_bits_as_numbers(model: DeadTimeModel) -> None:
    observed = np.concatenate([[0.0], np.geomspace(1e-6, 1e5, 3001)])
    one_by_one = [true_rate(m, TAU_S, model).rate_cps for m in observed.tolist()]
    assert true_rates_cps(observed, TAU_S, model).tolist() == one_by_one


def test_without_a_model_nothing_is_corrected() -> None:
    assert true_rate(1e6, 1e-3, "none") == (1e6, 1.0, False)


def test_variance_of_a_corrected_rate_covers_that_of_a_real_counter() -> None:
    """A renewal process with dead time: var(n) = (m/t)/(1 - m tau)^4 is never less than what is seen."""
    rng = np.random.default_rng(20261123)
    true_cps, live_s, runs = 1000.0, 1.0, 1500  # n tau = 0.2
    events = np.cumsum(TAU_S + rng.exponential(1 / true_cps, size=(runs, 1200)), axis=1)
    counts = (events < live_s).sum(axis=1)
    corrected = true_rates_cps(counts / live_s, TAU_S, "non_paralysable")
    got = true_rate(float(counts.mean()) / live_s, TAU_S, "non_paralysable")
    stated = got.slope * u_of_counts(float(counts.mean())) / live_s
    assert corrected.mean() == pytest.approx(true_cps, rel=0.005)
    assert corrected.std() < stated
    # and the excess is the sub-Poisson factor 1 - m tau, nothing else
    assert corrected.std() / stated == pytest.approx(1 - counts.mean() * TAU_S, rel=0.08)


def test_limits_are_garwoods() -> None:
    # Garwood 1936 / chi-square form: [chi2(a/2; 2n)/2, chi2(1-a/2; 2n+2)/2]
    for counts in (0, 1, 5, 10, 100):
        low = 0.0 if counts == 0 else stats.chi2.ppf(0.025, 2 * counts) / 2
        assert garwood(float(counts), 0.95) == pytest.approx((low, stats.chi2.ppf(0.975, 2 * counts + 2) / 2))


@pytest.mark.parametrize("coverage", [ONE_SIGMA, 0.95])
@pytest.mark.parametrize("mean", [0.05, 0.3, 1.0, 2.5, 7.0, 20.0, 99.0, 400.0])
def test_limits_cover_at_least_what_they_promise_at_every_mean(mean: float, coverage: float) -> None:
    counts = np.arange(0, int(mean + 12 * math.sqrt(mean) + 30))
    covered = [low <= mean <= high for low, high in (garwood(float(n), coverage) for n in counts)]
    exact = float(stats.poisson.pmf(counts, mean)[covered].sum())
    assert exact >= coverage - 1e-9
    if mean >= 99.0:
        assert exact <= coverage + 0.035


def test_limits_cover_simulated_counts() -> None:
    rng = np.random.default_rng(7)
    for mean in (0.4, 3.0, 30.0):
        counts = rng.poisson(mean, 4000).tolist()
        covered = np.mean([garwood(float(n), 0.95)[0] <= mean <= garwood(float(n), 0.95)[1] for n in counts])
        assert covered > 0.95 - 4 * math.sqrt(0.95 * 0.05 / 4000)


@given(st.integers(0, 10))
def test_a_few_counts_never_have_root_n(counts: int) -> None:
    assert u_of_counts(float(counts)) > math.sqrt(counts) * 1.1


def test_no_count_has_an_uncertainty() -> None:
    assert u_of_counts(0.0) == pytest.approx(0.9205, abs=1e-4)


@given(st.integers(10_000, 10**12))
def test_many_counts_have_root_n(counts: int) -> None:
    assert u_of_counts(float(counts)) == pytest.approx(math.sqrt(counts), rel=0.006)


@given(st.floats(-1e9, 1e300), st.one_of(st.none(), st.floats(0.0, 1e300)))
def test_relative_limits_are_finite_and_around_the_value(value: float, u: float | None) -> None:
    low, high = relative_limits(value, u)
    if low is None or high is None:
        return
    assert 0.0 <= low <= value <= high < math.inf


def test_relative_limits_are_those_of_the_counts_behind() -> None:
    low, high = relative_limits(200.0, 100.0)  # 50 %: four counts
    assert (low, high) == pytest.approx(tuple(50.0 * limit for limit in garwood(4.0, 0.95)))
