"""The kit shows its counts of a minute, sooner when there are many."""

from collections.abc import Callable

import pytest

from simulator.build import build_world
from simulator.detectors.instrument import Faults
from simulator.detectors.mightyohm import MightyOhm
from simulator.scenario import MightyOhmSettings, Scenario, SourceEvent


def kit(scenario: Scenario) -> MightyOhm:
    return MightyOhm("kit", MightyOhmSettings(), build_world(scenario), Faults(), scenario.seed)


def test_in_a_quiet_field_it_counts_slowly(scenario_with: Callable[..., Scenario]) -> None:
    detector = kit(scenario_with())
    states = [detector.shown(float(t)) for t in range(1, 3601)]
    assert {state.mode for state in states} == {"SLOW"}
    assert sum(state.cps for state in states) / 60 == pytest.approx(175 * 0.095, rel=0.1)


def test_the_counts_of_a_minute_are_those_of_its_seconds(scenario_with: Callable[..., Scenario]) -> None:
    detector = kit(scenario_with())
    states = [detector.shown(float(t)) for t in range(1, 201)]
    assert states[-1].cpm == sum(state.cps for state in states[-60:])


@pytest.mark.parametrize(("nsv_h", "mode"), [(20_000.0, "FAST"), (200_000.0, "INST")])
def test_in_a_high_field_it_counts_faster(scenario_with: Callable[..., Scenario], nsv_h: float, mode: str) -> None:
    source = SourceEvent(start_min=0, duration_min=10, at_nsv_h={"kit": nsv_h})
    state = kit(scenario_with(sources=(source,))).shown(30.0)
    assert state.mode == mode
    assert state.cpm == pytest.approx(nsv_h / 1000 * 175, rel=0.25)
