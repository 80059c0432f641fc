"""The meter says the dose rate of its place, steadily when nothing happens and soon when something does."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.build import build_world
from simulator.detectors.bdmg04 import FAULT, NO_COUNTS_SENSITIVE, WARNING, Bdmg04, meter_nsv_h
from simulator.detectors.instrument import Faults
from simulator.scenario import Bdmg04Settings, Channel, FaultEvent, Scenario, SourceEvent

Make = Callable[..., Scenario]
STEP = SourceEvent(start_min=5, duration_min=10, at_nsv_h={"det": 1800.0})


def meter(scenario: Scenario, *, faults: tuple[FaultEvent, ...] = (), **changed: object) -> Bdmg04:
    device = Bdmg04Settings.model_validate(changed)
    return Bdmg04("det", device, build_world(scenario), Faults(faults), scenario.seed)


def test_in_a_quiet_field_it_says_the_field_within_its_statistics(scenario_with: Make) -> None:
    detector = meter(scenario_with())
    said = [detector.shown(float(t)).dose_rate_sv_h * 1e9 for t in range(0, 3600, 300)]
    one_sigma = 95.0 / math.sqrt(600)
    assert all(abs(value - 95.0) < 4 * one_sigma for value in said)


def test_it_averages_over_the_pulses_that_it_was_told(scenario_with: Make) -> None:
    state = meter(scenario_with()).shown(2000.0)
    assert 600 <= state.pulses_sensitive < 620
    assert state.rate_sensitive_cps == state.pulses_sensitive / state.time_sensitive_s


def test_a_step_is_shown_within_ten_seconds(scenario_with: Make) -> None:
    detector = meter(scenario_with(sources=(STEP,)))
    before = detector.shown(300.0).dose_rate_sv_h
    assert before < 130e-9
    assert detector.shown(310.0).dose_rate_sv_h > 1000e-9


def test_after_the_source_has_gone_it_comes_down_within_ten_seconds(scenario_with: Make) -> None:
    detector = meter(scenario_with(sources=(STEP,)))
    assert detector.shown(900.0).dose_rate_sv_h == pytest.approx(1895e-9, rel=0.15)
    assert detector.shown(910.0).dose_rate_sv_h < 300e-9


def test_dead_time_and_own_background_are_taken_out(scenario_with: Make) -> None:
    channel = Channel(
        sensitivity_cps_per_usv_h=1000.0,
        dead_time_us=100.0,
        dead_time_model="non_paralysable",
        own_background_cps=50.0,
    )
    high = SourceEvent(start_min=0, duration_min=60, at_nsv_h={"det": 4000.0})
    detector = meter(scenario_with(sources=(high,)), sensitive=channel, averaging_pulses=60000)
    assert detector.shown(600.0).dose_rate_sv_h == pytest.approx(4095e-9, rel=0.02)


def test_the_meter_s_own_formula() -> None:
    channel = Channel(
        sensitivity_cps_per_usv_h=5.0, dead_time_us=1e5, dead_time_model="non_paralysable", own_background_cps=0.5
    )
    assert meter_nsv_h(5.0, channel) == pytest.approx((5.0 / 0.5 - 0.5) / 5.0 * 1000)
    assert meter_nsv_h(0.1, channel) == 0.0


def test_quiet_has_no_status_bits(scenario_with: Make) -> None:
    detector = meter(scenario_with())
    assert {detector.shown(float(t)).status for t in range(0, 1800, 10)} == {0}


def test_its_own_warning_level_sets_bit_1(scenario_with: Make) -> None:
    detector = meter(scenario_with(sources=(STEP,)), warning_nsv_h=500.0)
    assert detector.shown(290.0).status == 0
    assert detector.shown(360.0).status == WARNING


def test_a_tube_that_does_not_count_sets_the_fault_bits(scenario_with: Make) -> None:
    dead = Channel(sensitivity_cps_per_usv_h=1e-9)
    assert meter(scenario_with(), sensitive=dead).shown(61.0).status == FAULT | NO_COUNTS_SENSITIVE


def test_a_stuck_meter_shows_one_state_and_then_the_present_again(scenario_with: Make) -> None:
    stuck = FaultEvent(instrument="det", kind="stuck", start_min=1, duration_min=1)
    detector, well = meter(scenario_with(), faults=(stuck,)), meter(scenario_with())
    before = detector.shown(59.0)
    assert before == well.shown(59.0)
    assert {detector.shown(float(t)) for t in range(60, 120)} == {before}
    assert detector.shown(120.0) == well.shown(120.0)


@settings(deadline=None, max_examples=30)
@given(polls=st.lists(st.floats(0, 400), min_size=1, max_size=30).map(sorted))
def test_what_is_shown_depends_on_the_time_only_and_not_on_who_asked_before(polls: list[float]) -> None:
    scenario = _SCENARIO
    asked_often, asked_once = meter(scenario), meter(scenario)
    seen = [asked_often.shown(t) for t in polls]
    assert seen[-1] == asked_once.shown(polls[-1])


_SCENARIO = Scenario.model_validate(
    {
        "id": "polls",
        "summary": "one detector",
        "seed": 5,
        "duration_min": 10,
        "buses": [{"id": "tcp", "kind": "modbus-tcp"}],
        "instruments": [{"id": "det", "profile": "positron-bdmg-04", "bus": "tcp"}],
        "sources": [{"start_min": 3, "duration_min": 2, "at_nsv_h": {"det": 5000.0}}],
    }
)
