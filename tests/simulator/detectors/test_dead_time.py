"""Dead time: the mean of each model is its formula's, and the scatter is what renewal theory demands of it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.detectors.counting import TOO_MANY_TO_DRAW, Tube, generator
from simulator.detectors.dead_time import DeadTime, dead_time_of
from simulator.scenario import Channel

HYBRID = DeadTime(60e-6, 40e-6)
MODELS = {
    "non_paralysable": Channel(sensitivity_cps_per_usv_h=1000.0, dead_time_us=100.0, dead_time_model="non_paralysable"),
    "paralysable": Channel(sensitivity_cps_per_usv_h=1000.0, dead_time_us=100.0, dead_time_model="paralysable"),
    "hybrid": Channel(
        sensitivity_cps_per_usv_h=1000.0, dead_time_us=60.0, paralysing_us=40.0, dead_time_model="hybrid"
    ),
}
Rates = st.floats(1.0, 1e5)
Taus = st.floats(1e-6, 5e-4)


def counts_of(channel: Channel, cps: float, seconds: int, seed: int = 4) -> np.ndarray:
    tube = Tube(channel, generator(seed, "tube"))
    return np.array([tube.count_second(cps) for _ in range(seconds)])


@given(Rates, Taus)
def test_without_a_paralysing_part_the_hybrid_is_the_non_paralysable_model(n: float, tau: float) -> None:
    assert DeadTime(tau).registered_cps(n) == pytest.approx(n / (1 + n * tau))
    assert DeadTime(tau).scatter(n) == pytest.approx((1 - DeadTime(tau).registered_cps(n) * tau) ** 2)


@given(Rates, Taus)
def test_without_a_blind_part_the_hybrid_is_the_paralysable_model(n: float, tau: float) -> None:
    assert DeadTime(0.0, tau).registered_cps(n) == pytest.approx(n * math.exp(-n * tau))
    expected = 1 - 2 * n * tau * math.exp(-n * tau)
    assert DeadTime(0.0, tau).scatter(n) == pytest.approx(max(0.0, expected), abs=1e-6)


@pytest.mark.parametrize("cps", [500.0, 5000.0, 20_000.0, 45_000.0])
@pytest.mark.parametrize("model", MODELS)
def test_counts_have_the_mean_and_the_scatter_that_the_dead_time_demands(model: str, cps: float) -> None:
    channel, seconds = MODELS[model], 700
    dead_time = dead_time_of(channel)
    counts = counts_of(channel, cps, seconds)
    mean, scatter = dead_time.registered_cps(cps), dead_time.scatter(cps)
    assert counts.mean() == pytest.approx(mean, abs=5 * math.sqrt(mean * scatter / seconds) + 0.5)
    assert counts.var(ddof=1) / counts.mean() == pytest.approx(scatter, rel=0.22, abs=0.002)
    assert scatter < 1.0


def test_the_scatter_of_the_hybrid_is_less_than_poisson_s_by_far_at_half_of_its_peak() -> None:
    counts = counts_of(MODELS["hybrid"], 5000.0, 2000)
    assert counts.var() / counts.mean() < 0.6


@pytest.mark.parametrize("model", ["paralysable", "hybrid"])
def test_a_tube_folds_back_at_high_rates(model: str) -> None:
    means = [counts_of(MODELS[model], cps, 30).mean() for cps in (2000.0, 9000.0, 40_000.0, 150_000.0, 400_000.0)]
    peak = int(np.argmax(means))
    assert 0 < peak < 4
    assert means[:peak] == sorted(means[:peak])
    assert means[-1] < 0.1 * means[peak]


def test_a_paralysable_tube_s_peak_is_one_over_e_tau() -> None:
    best = max(DeadTime(0.0, 100e-6).registered_cps(n) for n in np.linspace(1e3, 1e5, 9901))
    assert best == pytest.approx(1 / (math.e * 100e-6), rel=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_where_arrivals_are_no_longer_drawn_mean_and_scatter_go_on(model: str) -> None:
    cps, seconds = 1.01 * TOO_MANY_TO_DRAW, 1500
    dead_time = dead_time_of(MODELS[model])
    counts = counts_of(MODELS[model], cps, seconds)
    mean, scatter = dead_time.registered_cps(cps), dead_time.scatter(cps)
    assert counts.mean() == pytest.approx(mean, rel=0.02)
    assert counts.var(ddof=1) == pytest.approx(mean * scatter + 1 / 12, rel=0.15)


def test_a_dead_time_reaches_over_the_edge_of_a_second() -> None:
    """A tube that is blind for 0.4 s after each of many arrivals counts 2 or 3 in a second, and 2.5 in the mean."""
    channel = Channel(sensitivity_cps_per_usv_h=1000.0, dead_time_us=4e5, dead_time_model="non_paralysable")
    counts = counts_of(channel, 2000.0, 400)
    assert set(counts.tolist()) == {2, 3}
    assert counts.mean() == pytest.approx(2.5, abs=0.02)


@given(Rates, Taus, Taus)
def test_no_tube_registers_more_than_arrives_nor_scatters_more_than_poisson(
    n: float, blind: float, more: float
) -> None:
    dead_time = DeadTime(blind, more)
    assert dead_time.registered_cps(n) <= n
    assert dead_time.scatter(n) <= 1.0 + 1e-9
