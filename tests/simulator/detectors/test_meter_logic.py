"""What meters do before they show: smoothing, two tubes with an overlap, alarm bits that hold."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.build import build_world
from simulator.detectors.bdmg04 import ALARM, HYSTERESIS, SENSITIVE_OFF, WARNING, Bdmg04
from simulator.detectors.instrument import Faults
from simulator.detectors.meter_logic import AlarmBits, FarTube, OverlapBand, Smoother
from simulator.detectors.probe import Probe
from simulator.scenario import Bdmg04Settings, Scenario
from simulator.scenario_wires import ProbeSettings

Make = Callable[..., Scenario]
BAND = OverlapBand(1e6, 2e6)


def meter(scenario: Scenario, **changed: object) -> Bdmg04:
    return Bdmg04("det", Bdmg04Settings.model_validate(changed), build_world(scenario), Faults(), scenario.seed)


def test_63_percent_of_a_step_are_shown_after_one_time_constant() -> None:
    smoother = Smoother(20.0)
    smoother.add(100.0)
    shown = [smoother.add(200.0) for _ in range(60)]
    assert [shown[19], shown[59]] == pytest.approx([200 - 100 / math.e, 200 - 100 / math.e**3])


def test_without_a_time_constant_nothing_is_smoothed() -> None:
    smoother = Smoother(0.0)
    assert [smoother.add(value) for value in (1.0, 5.0, 2.0)] == [1.0, 5.0, 2.0]


@pytest.mark.parametrize(
    ("coarse", "expected"), [(0.5e6, 700.0), (1e6, 700.0), (1.5e6, (700 + 1.5e6) / 2), (2e6, 2e6), (9e9, 9e9)]
)
def test_below_the_band_the_sensitive_tube_is_shown_above_it_the_coarse_one(coarse: float, expected: float) -> None:
    assert BAND.shown_nsv_h(700.0, coarse) == pytest.approx(expected)


@given(st.floats(0, 1e7), st.floats(0, 1e7))
def test_what_is_shown_lies_between_both_tubes(sensitive: float, coarse: float) -> None:
    low, high = sorted((sensitive, coarse))
    assert low * (1 - 1e-9) <= BAND.shown_nsv_h(sensitive, coarse) <= high * (1 + 1e-9)


def test_the_far_tube_stays_in_charge_until_below_the_lower_level() -> None:
    tube = FarTube(500.0, 300.0)
    seen = []
    for nsv_h in (400.0, 501.0, 400.0, 301.0, 300.0, 400.0):
        tube.see(nsv_h)
        seen.append(tube.in_charge)
    assert seen == [False, True, True, True, False, False]


def test_a_probe_with_own_smoothing_follows_a_step_by_its_time_constant(scenario_with: Make) -> None:
    scenario = scenario_with(sources=[{"start_min": 1, "duration_min": 30, "at_nsv_h": {"det": 9905.0}}])
    near = {"sensitivity_cps_per_usv_h": 5000.0}
    settings = ProbeSettings.model_validate({"near": near, "average_s": 1, "smoothing_s": 30.0})
    probe = Probe("det", settings, build_world(scenario), Faults(), 1)
    assert probe.shown(60.0).dose_rate_nsv_h == pytest.approx(95.0, rel=0.1)
    assert probe.shown(90.0).dose_rate_nsv_h == pytest.approx(10_000 - 9905 / math.e, rel=0.01)


def test_the_alarm_is_held_until_the_hysteresis_below_its_level() -> None:
    bits = AlarmBits(500.0, 1000.0, 10.0)
    seen = []
    for nsv_h in (400.0, 600.0, 1100.0, 950.0, 901.0, 899.0, 950.0):
        bits.see(nsv_h)
        seen.append((bits.warning, bits.alarm, bits.held))
    assert [held for _, _, held in seen] == [False, False, True, True, True, False, False]
    assert [alarm for _, alarm, _ in seen] == [False, False, True, False, False, False, False]
    assert [warning for warning, _, _ in seen] == [False, True, True, True, True, True, True]


def test_levels_that_nobody_set_never_alarm() -> None:
    bits = AlarmBits(None, None, 10.0)
    bits.see(1e12)
    assert (bits.warning, bits.alarm, bits.held) == (False, False, False)


def test_the_bdmg_04_sets_bits_1_2_and_9_above_its_own_levels(scenario_with: Make) -> None:
    source = [{"start_min": 5, "duration_min": 10, "at_nsv_h": {"det": 3000.0}}]
    detector = meter(scenario_with(sources=source), warning_nsv_h=500.0, alarm_nsv_h=1000.0)
    assert detector.shown(299.0).status == 0
    assert detector.shown(360.0).status == WARNING | ALARM | HYSTERESIS
    assert detector.shown(1000.0).status == 0


def test_in_a_high_field_the_bdmg_04_shows_its_coarse_tube_and_says_so(scenario_with: Make) -> None:
    source = [{"start_min": 0, "duration_min": 60, "at_nsv_h": {"det": 5e7}}]
    detector = meter(scenario_with(sources=source), overlap_lower_nsv_h=1e6, overlap_upper_nsv_h=2e6)
    state = detector.shown(300.0)
    assert state.dose_rate_sv_h * 1e9 == pytest.approx(5e7, rel=0.1)
    assert state.status & SENSITIVE_OFF


def test_in_a_low_field_it_shows_its_sensitive_tube(scenario_with: Make) -> None:
    detector = meter(scenario_with(), overlap_lower_nsv_h=1e6, overlap_upper_nsv_h=2e6)
    assert detector.shown(600.0) == meter(scenario_with()).shown(600.0)
    assert not detector.shown(601.0).status & SENSITIVE_OFF
