"""What may be said of a fault: each kind has its own numbers, and no instrument has a fault that it cannot have."""

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from simulator.faults.faults import all_events, events_of, power_cuts
from simulator.scenario import Scenario
from simulator.scenario_faults import ALLOWED, FaultEvent, RandomFault

Make = Callable[..., Scenario]
AT = {"start_min": 1, "duration_min": 2}


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ({"instrument": "det", "kind": "late_answer"}, "needs delay_s"),
        ({"instrument": "det", "kind": "exception"}, "needs code"),
        ({"instrument": "det", "kind": "half_open"}, "needs lost_share or changed_share"),
        ({"instrument": "det", "kind": "stuck", "code": 2}, "code does not belong to stuck"),
        ({"instrument": "det", "kind": "half_open", "lost_share": 1.5}, "less than or equal to 1"),
        ({"instrument": "det", "kind": "power_cut"}, "only a power_cut names none"),
        ({"kind": "stuck"}, "only a power_cut names none"),
        ({"instrument": "det", "kind": "witchcraft"}, "Input should be"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(fault: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        FaultEvent.model_validate(fault | AT)


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ({"instrument": "det", "kind": "bad_checksum"}, "no bad_checksum on a modbus-tcp bus"),
        ({"instrument": "det", "kind": "collision"}, "no collision on a modbus-tcp bus"),
        ({"instrument": "kit", "kind": "bad_checksum"}, "mightyohm has no checksum"),
        ({"instrument": "kit", "kind": "exception", "code": 2}, "no exception on a serial-line bus"),
        ({"instrument": "kit", "kind": "wrong_unit"}, "mightyohm has no address"),
        ({"instrument": "met", "kind": "hv_off"}, "lufft-ws-umb has no tube"),
        ({"instrument": "det", "kind": "clock_wrong", "offset_s": 60}, "positron-bdmg-04 has no clock"),
    ],
)
def test_an_instrument_has_no_fault_that_it_cannot_have(
    scenario_with: Make, fault: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ValidationError, match=complaint):
        scenario_with(faults=[fault | AT])


def test_every_kind_with_numbers_says_which() -> None:
    assert all(name in FaultEvent.model_fields for names in ALLOWED.values() for name in names)


HOURLY = RandomFault(instrument="det", kind="no_answer", per_hour=30, mean_duration_s=20)


def test_random_faults_come_about_as_often_as_they_were_said_to(scenario_with: Make) -> None:
    scenario = scenario_with(random_faults=[HOURLY], duration_min=6000.0)
    events = all_events(scenario)
    assert abs(len(events) - 3000) < 4 * 3000**0.5
    mean_s = sum(event.end_s - event.start_s for event in events) / len(events)
    assert 18 < mean_s < 23
    assert {event.instrument for event in events} == {"det"}


def test_the_seed_draws_the_same_faults_and_another_seed_others(scenario_with: Make) -> None:
    drawn = [all_events(scenario_with(random_faults=[HOURLY], seed=seed)) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_further_rule_moves_none_of_the_first_one_s_faults(scenario_with: Make) -> None:
    other = RandomFault(kind="stuck", per_hour=5, mean_duration_s=5)
    alone, beside = (all_events(scenario_with(random_faults=rules)) for rules in ([HOURLY], [HOURLY, other]))
    assert alone == [event for event in beside if event.kind == "no_answer"]


def test_a_rule_for_all_leaves_out_those_that_cannot_have_it(scenario_with: Make) -> None:
    rule = RandomFault(kind="bad_checksum", per_hour=60, mean_duration_s=5)
    assert {event.instrument for event in all_events(scenario_with(random_faults=[rule]))} == {"met"}


def test_a_power_cut_is_everybody_s_and_told_once(scenario_with: Make) -> None:
    rule = RandomFault(kind="power_cut", per_hour=10, mean_duration_s=60)
    scenario = scenario_with(random_faults=[rule])
    cuts = power_cuts(scenario)
    assert cuts == all_events(scenario)
    assert all(events_of(scenario, spec) == cuts for spec in scenario.instruments)


def test_more_faults_than_anybody_could_mean_are_refused(scenario_with: Make) -> None:
    rule = RandomFault(kind="stuck", per_hour=600, mean_duration_s=5)
    with pytest.raises(ValidationError, match="random faults are expected"):
        scenario_with(random_faults=[rule], duration_min=100_000.0)
