"""A hand in a world that plays: what is injected begins now, what is cleared ends now, and nothing else changes."""

from collections.abc import Callable
from typing import Any

import pytest

from simulator.live import GROUPS, MOST_INJECTED, InjectionError, Live
from simulator.scenario import FaultEvent, Scenario

Make = Callable[..., Scenario]
SOURCE = {"at_nsv_h": {"det": 1800.0}, "for_s": 60.0}


def test_whatever_a_scenario_lists_by_time_can_be_injected() -> None:
    assert {"rain", "sources", "faults"} <= set(GROUPS)
    assert GROUPS["vehicles"] == "at_min"


def test_a_source_is_there_from_the_next_whole_second(scenario_with: Make) -> None:
    live = Live(scenario_with())
    assert live.inject("sources", SOURCE, 100.3) == "injected-1"
    assert live.world.dose_rate_nsv_h("det", 100.9) == 95.0
    assert live.world.dose_rate_nsv_h("det", 101.5) == pytest.approx(1895.0)
    assert live.world.dose_rate_nsv_h("det", 162.0) == 95.0


def test_instruments_live_on_in_the_changed_world(scenario_with: Make) -> None:
    live, untouched = Live(scenario_with()), Live(scenario_with())
    detector, other = live.ensemble.instruments["det"], untouched.ensemble.instruments["det"]
    assert detector.shown(100.0) == other.shown(100.0)
    live.inject("sources", SOURCE, 100.0)
    assert detector.shown(130.0) != other.shown(130.0)


def test_the_same_injection_at_the_same_second_gives_the_same_readings(scenario_with: Make) -> None:
    seen = []
    for polled_s in (1.0, 50.0):
        live = Live(scenario_with())
        t_s = 0.0
        while t_s < 100.0:
            t_s += polled_s
            live.ensemble.instruments["det"].shown(t_s)
        live.inject("faults", {"instrument": "det", "kind": "noise_counts", "extra_cps": 9.0, "for_s": 60}, 100.2)
        live.inject("sources", SOURCE, 100.4)
        seen.append(live.ensemble.instruments["det"].shown(150.0))
    assert seen[0] == seen[1]


def test_a_fault_is_there_at_once_and_gone_when_cleared(scenario_with: Make) -> None:
    live = Live(scenario_with())
    identity = live.inject("faults", {"instrument": "kit", "kind": "no_answer", "for_s": 600}, 10.0)
    faults = live.ensemble.instruments["kit"].faults
    assert not faults.silent(9.9)
    assert faults.silent(10.0)
    live.clear(identity, 20.0)
    assert faults.silent(19.9)
    assert not faults.silent(20.0)


def test_rain_that_is_cleared_stops_and_what_has_fallen_stays(scenario_with: Make) -> None:
    live = Live(scenario_with())
    identity = live.inject("rain", {"rate_mm_h": 36.0, "for_s": 3600}, 0.0)
    live.clear(identity, 600.0)
    assert live.world.gauge_total_mm("met", 3600.0) == pytest.approx(6.0)


def test_what_the_scenario_itself_brings_can_be_cleared_too(scenario_with: Make) -> None:
    live = Live(scenario_with(sources=[{"start_min": 5, "duration_min": 5, "ramp_s": 30, "at_nsv_h": {"det": 900.0}}]))
    assert [event["id"] for event in live.going_on(0.0)] == ["sources-1"]
    live.clear("sources-1", 60.0)
    assert live.going_on(60.0) == []
    assert live.world.dose_rate_nsv_h("det", 400.0) == 95.0


def test_a_source_with_ramps_can_be_cleared_in_its_rise(scenario_with: Make) -> None:
    live = Live(scenario_with())
    identity = live.inject("sources", SOURCE | {"ramp_s": 30}, 0.0)
    live.clear(identity, 5.0)
    assert live.world.dose_rate_nsv_h("det", 6.0) == 95.0


def test_what_goes_on_names_random_faults_of_this_moment(scenario_with: Make) -> None:
    rule = {"kind": "stuck", "per_hour": 600, "mean_duration_s": 60, "instrument": "det"}
    live = Live(scenario_with(random_faults=[rule]))
    found = [event for event in live.going_on(1800.0) if event["what"] == "random_faults"]
    assert found
    assert all("id" not in event for event in found)


def test_injected_events_are_told_as_such_and_the_others_as_before(scenario_with: Make) -> None:
    live = Live(scenario_with(faults=[FaultEvent(instrument="kit", kind="stuck", start_min=5, duration_min=1)]))
    told = live.story.due(10.0)
    live.inject("sources", SOURCE, 10.0)
    told += live.story.due(3600.0)
    assert [(event.t_s, event.key, injected) for event, injected in told] == [
        (0.0, "quiet", False),
        (10.0, "source_appears", True),
        (70.0, "source_gone", True),
        (300.0, "fault_begins", False),
        (360.0, "fault_ends", False),
        (3600.0, "end", False),
    ]


def test_an_event_that_is_cleared_is_told_to_end_then(scenario_with: Make) -> None:
    live = Live(scenario_with())
    identity = live.inject("faults", {"instrument": "kit", "kind": "stuck", "for_s": 600}, 10.0)
    live.story.due(15.0)
    live.clear(identity, 20.0)
    assert [(event.t_s, event.key) for event, _ in live.story.due(700.0)] == [(20.0, "fault_ends")]


@pytest.mark.parametrize(
    ("what", "event", "complaint"),
    [
        ("instruments", {}, "what: one of"),
        ("faults", {"instrument": "nobody", "kind": "stuck", "for_s": 5}, "nobody, which is not an instrument"),
        ("faults", {"instrument": "kit", "kind": "exception", "code": 2, "for_s": 5}, "no exception on a serial-line"),
        ("faults", {"instrument": "kit", "kind": "stuck"}, "duration_min"),
        ("faults", {"instrument": "kit", "kind": "stuck", "for_s": 1e9}, "for_s: 0 to"),
        ("faults", {"instrument": "kit", "kind": "stuck", "for_s": 5, "in_s": -5}, "in_s: 0 to"),
        ("faults", {"instrument": "kit", "kind": "stuck", "for_s": 5, "start_min": 0}, "times are in_s and for_s"),
        ("sources", {"at_nsv_h": {"det": 1e300}, "for_s": 5}, "numbers are"),
        ("sources", {"strength_nsv_h_at_1m": 1e12, "distance_m": {"det": 0.001}, "for_s": 5}, "more than 1e"),
        ("sources", {"at_nsv_h": [], "for_s": 5}, "at_nsv_h"),
        ("rain", {"rate_mm_h": "wet", "for_s": 5}, "rate_mm_h"),
        ("rain", {"rate_mm_h": 1, "for_s": True}, "for_s"),
        ("rain", {"rate_mm_h": 1, "for_s": 5, "__class__": 1}, "Extra inputs"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    scenario_with: Make, what: str, event: dict[str, Any], complaint: str
) -> None:
    live = Live(scenario_with())
    before = (live.scenario, live.world)
    with pytest.raises(InjectionError, match=complaint):
        live.inject(what, event, 5.0)
    assert (live.scenario, live.world) == before
    assert live.going_on(5.0) == []


def test_there_is_an_end_to_what_can_be_injected(scenario_with: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_INJECTED == 200
    monkeypatch.setattr("simulator.live.MOST_INJECTED", 2)
    live = Live(scenario_with())
    for _ in range(2):
        live.inject("sources", SOURCE, 1.0)
    with pytest.raises(InjectionError, match="that is all"):
        live.inject("sources", SOURCE, 1.0)


@pytest.mark.parametrize("identity", ["injected-7", "", "faults-1"])
def test_what_is_not_there_cannot_be_cleared(scenario_with: Make, identity: str) -> None:
    with pytest.raises(InjectionError, match="no such event"):
        Live(scenario_with()).clear(identity, 1.0)


def test_what_is_over_cannot_be_cleared(scenario_with: Make) -> None:
    live = Live(scenario_with())
    identity = live.inject("sources", SOURCE, 0.0)
    with pytest.raises(InjectionError, match="it is over"):
        live.clear(identity, 90.0)
