"""A tube sees energies differently, drifts with temperature, grows old, and counts a pulse once."""

from collections.abc import Callable

import numpy as np
import pytest

from simulator.build import build_world
from simulator.detectors.counting import Tube, generator
from simulator.detectors.response import WORDS, YEAR_S, condition, energy_response
from simulator.scenario import Channel, Scenario

Make = Callable[..., Scenario]


def channel(**changed: object) -> Channel:
    return Channel.model_validate({"sensitivity_cps_per_usv_h": 200.0} | changed)


def mean_of(tube: Channel, scenario: Scenario, seconds: int = 1000) -> float:
    world, counter = build_world(scenario), Tube(tube, generator(1, "det"))
    return float(np.mean([counter.live(world, "det", second) for second in range(seconds)]))


def test_a_tube_that_over_responds_to_low_energy_shows_a_low_source_too_high(scenario_with: Make) -> None:
    low = scenario_with(sources=[{"start_min": 0, "duration_min": 60, "at_nsv_h": {"det": 1000.0}, "spectrum": "low"}])
    assert mean_of(channel(), low) == pytest.approx(200 * 1.095, rel=0.02)
    over = channel(energy_response="over_responds_to_low_energy")
    assert mean_of(over, low) == pytest.approx(200 * (2.5 + 0.095), rel=0.02)


def test_it_shows_caesium_and_background_as_they_are(scenario_with: Make) -> None:
    caesium = scenario_with(sources=[{"start_min": 0, "duration_min": 60, "at_nsv_h": {"det": 1000.0}}])
    over = channel(energy_response="over_responds_to_low_energy")
    assert mean_of(over, caesium) == mean_of(channel(), caesium)


@pytest.mark.parametrize("words", WORDS)
def test_caesium_is_one_in_all_words(words: str) -> None:
    assert energy_response(channel(energy_response=words)).get("caesium", 1.0) == 1.0


def test_a_table_goes_before_the_words() -> None:
    told = channel(energy_response="as_a_bare_gm_tube", response={"low": 0.5})
    assert energy_response(told) == {**WORDS["as_a_bare_gm_tube"], "low": 0.5}


def test_sensitivity_drifts_with_the_temperature() -> None:
    drifting = channel(temperature_per_degc=-0.004)
    assert condition(drifting, 0.0, 22.0) == 1.0
    assert condition(drifting, 0.0, 42.0) == pytest.approx(0.92)
    assert condition(drifting, 0.0, 500.0) == 0.0


def test_sensitivity_is_lost_year_by_year() -> None:
    old = channel(loss_per_year=0.1, age_years=2.0)
    assert condition(old, 0.0, 22.0) == pytest.approx(0.81)
    assert condition(old, YEAR_S, 22.0) == pytest.approx(0.729)


def test_an_old_tube_counts_less_but_its_own_background_stays(scenario_with: Make) -> None:
    old = channel(loss_per_year=0.5, age_years=2.0, own_background_cps=10.0)
    assert mean_of(old, scenario_with(), 2000) == pytest.approx(200 * 0.095 / 4 + 10.0, rel=0.02)


def test_a_warm_world_makes_a_drifting_tube_count_more(scenario_with: Make) -> None:
    warm = scenario_with(world={"climate": {"temperature_degc": 42.0, "daily_swing_degc": 0.0}})
    assert mean_of(channel(temperature_per_degc=0.01), warm, 3000) == pytest.approx(200 * 0.095 * 1.2, rel=0.02)


SCANNER = {"start_min": 0, "duration_min": 60, "scan_s": 3600, "pulse_hz": 100, "spectrum": "caesium"}


def test_a_dead_tube_counts_at_most_once_a_pulse(scenario_with: Make) -> None:
    strong = scenario_with(scanners=[SCANNER | {"at_nsv_h": {"det": 1e6}}])
    dead = channel(dead_time_us=100.0, dead_time_model="non_paralysable")
    assert 100 < mean_of(dead, strong, 300) < 100 + 2 * 200 * 0.095


def test_in_weak_pulses_it_counts_as_in_a_steady_field(scenario_with: Make) -> None:
    weak = scenario_with(scanners=[SCANNER | {"at_nsv_h": {"det": 20.0}}])
    dead = channel(dead_time_us=100.0, dead_time_model="non_paralysable")
    assert mean_of(dead, weak, 3000) == pytest.approx(200 * 0.115, rel=0.03)


def test_between_it_counts_each_pulse_that_brings_anything(scenario_with: Make) -> None:
    scenario = scenario_with(scanners=[SCANNER | {"at_nsv_h": {"det": 500.0}}])
    dead = channel(dead_time_us=100.0, dead_time_model="non_paralysable")
    assert mean_of(dead, scenario, 2000) == pytest.approx(200 * 0.095 + 100 * (1 - np.exp(-1.0)), rel=0.02)


def test_the_years_before_the_world_are_in_what_it_has_counted(scenario_with: Make) -> None:
    tube = Tube(channel(loss_per_year=0.5, age_years=2.0), generator(1, "det"))
    assert np.mean(tube.before(build_world(scenario_with()), "det", 2000)) == pytest.approx(200 * 0.095 / 4, rel=0.05)


def test_the_same_seed_lives_the_same_seconds(scenario_with: Make) -> None:
    scenario = scenario_with(scanners=[SCANNER | {"at_nsv_h": {"det": 500.0}}])
    told = channel(dead_time_us=60.0, paralysing_us=40.0, dead_time_model="hybrid", loss_per_year=0.1)
    runs = []
    for _ in range(2):
        world, tube = build_world(scenario), Tube(told, generator(9, "det"))
        runs.append([tube.live(world, "det", second) for second in range(200)])
    assert runs[0] == runs[1]
