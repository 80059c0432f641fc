"""Tubes count as chance and their dead time have it. Seeds are fixed, so these are facts and not chances."""

import math

import numpy as np
import pytest
from scipy import stats

from simulator.detectors.counting import Tube, generator, registered_cps
from simulator.scenario import Channel, DeadTimeModel

SECONDS = 4000


def tube(dead_time_us: float = 0.0, model: DeadTimeModel = "none", *, seed: int = 1) -> Tube:
    """One count a second per nSv/h, so that a dose rate is a rate of arrivals."""
    channel = Channel(sensitivity_cps_per_usv_h=1000.0, dead_time_us=dead_time_us, dead_time_model=model)
    return Tube(channel, generator(seed, "tube"))


def counts_of(counter: Tube, cps: float, seconds: int = SECONDS) -> np.ndarray:
    return np.array([counter.count_second(cps) for _ in range(seconds)])


@pytest.mark.parametrize("cps", [0.2, 2.4, 47.0])
def test_counts_have_the_variance_of_their_mean(cps: float) -> None:
    counts = counts_of(tube(), cps)
    dispersion = (SECONDS - 1) * counts.var(ddof=1) / counts.mean()
    assert 0.001 < stats.chi2.cdf(dispersion, SECONDS - 1) < 0.999
    assert counts.mean() == pytest.approx(cps, abs=4 * math.sqrt(cps / SECONDS))


def test_counts_are_distributed_as_poisson_says() -> None:
    counts = counts_of(tube(), 2.4)
    seen = np.bincount(np.minimum(counts, 8), minlength=9)
    expected = SECONDS * np.append(stats.poisson.pmf(range(8), 2.4), stats.poisson.sf(7, 2.4))
    assert stats.chisquare(seen, expected).pvalue > 0.001


def test_counts_of_neighbouring_seconds_know_nothing_of_each_other() -> None:
    counts = counts_of(tube(), 10.0)
    assert abs(np.corrcoef(counts[:-1], counts[1:])[0, 1]) < 4 / math.sqrt(SECONDS)


@pytest.mark.parametrize("cps", [3.0, 200.0, 2000.0, 20000.0, 200000.0])
@pytest.mark.parametrize("model", ["non_paralysable", "paralysable"])
def test_the_registered_mean_is_the_formula_s(model: DeadTimeModel, cps: float) -> None:
    counts = counts_of(tube(100.0, model), cps, 300)
    expected = registered_cps(cps, 100e-6, model)
    assert counts.mean() == pytest.approx(expected, abs=5 * math.sqrt(expected / 300) + 0.5)


@pytest.mark.parametrize(
    ("model", "expected"),
    [("none", 5000.0), ("non_paralysable", 5000 / 1.5), ("paralysable", 5000 * math.exp(-0.5))],
)
def test_the_dead_time_forms_are_those_of_the_books(model: DeadTimeModel, expected: float) -> None:
    assert registered_cps(5000.0, 100e-6, model) == pytest.approx(expected)


def test_a_dead_time_makes_counts_less_scattered_than_poisson() -> None:
    counts = counts_of(tube(100.0, "non_paralysable"), 5000.0, 1000)
    lost = counts.mean() * 100e-6
    assert counts.var() / counts.mean() == pytest.approx((1 - lost) ** 2, rel=0.2)


def test_a_paralysable_tube_in_a_very_high_field_reads_low() -> None:
    assert counts_of(tube(100.0, "paralysable"), 1e5, 50).mean() < 10


def test_a_non_paralysable_tube_saturates_at_one_over_the_dead_time() -> None:
    assert counts_of(tube(100.0, "non_paralysable"), 4e5, 50).mean() == pytest.approx(1e4, rel=0.03)


def test_own_background_is_counted_without_a_field() -> None:
    channel = Channel(sensitivity_cps_per_usv_h=25.0, own_background_cps=0.5)
    counter = Tube(channel, generator(1, "tube"))
    assert counts_of(counter, 0.0).mean() == pytest.approx(0.5, abs=0.05)


def test_the_same_seed_counts_the_same() -> None:
    assert counts_of(tube(seed=3), 5.0, 100).tolist() == counts_of(tube(seed=3), 5.0, 100).tolist()


def test_another_seed_or_instrument_counts_otherwise() -> None:
    streams = [generator(1, "a"), generator(2, "a"), generator(1, "b"), generator(1, "a", 1)]
    draws = [tuple(rng.poisson(10.0, 20)) for rng in streams]
    assert len(set(draws)) == len(draws)
