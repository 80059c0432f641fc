"""Scenarios: what ships is good, what is wrong is said in one line, and the timeline tells what the world does."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from simulator.build import build_world
from simulator.library import ScenarioError, read_scenario, shipped
from simulator.load import UNITS_PER_PORT, load_scenario
from simulator.scenario import FaultEvent, Scenario
from simulator.timeline import timeline

Make = Callable[..., Scenario]


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_shipped_scenario_can_be_read_under_its_own_name(name: str) -> None:
    assert read_scenario(name).id == name


@pytest.mark.parametrize("detectors", [10, 100, 1000])
def test_load_has_as_many_detectors_as_asked_each_at_its_own_place(detectors: int) -> None:
    scenario = read_scenario(f"load-{detectors}")
    places = {(spec.bus, spec.address) for spec in scenario.instruments}
    assert len(places) == detectors
    assert len(scenario.buses) == -(-detectors // UNITS_PER_PORT)
    assert max(address for _, address in places) <= UNITS_PER_PORT


def test_load_may_take_over_the_rain_of_a_scenario() -> None:
    load = load_scenario(3, read_scenario("demo"))
    assert build_world(load).washout_nsv_h(1200.0) > 40
    assert load.seed == read_scenario("demo").seed
    assert not load.sources


@pytest.mark.parametrize("detectors", [0, -1, 10_000])
def test_load_of_an_impossible_number_is_refused(detectors: int) -> None:
    with pytest.raises(ValueError, match="1 to 9999"):
        load_scenario(detectors)


def test_the_demo_tells_its_story_in_order() -> None:
    demo = read_scenario("demo")
    told = [(event.t_s / 60, event.key, event.instrument) for event in timeline(demo, build_world(demo))]
    assert told == [
        (0, "quiet", None),
        (8, "rain_begins", None),
        (20, "washout_peak", None),
        (20, "rain_stops", None),
        (32, "source_appears", "det-north"),
        (42, "source_gone", "det-north"),
        (60, "end", None),
    ]


def test_a_fault_is_told(scenario_with: Make) -> None:
    scenario = scenario_with(faults=(FaultEvent(instrument="kit", kind="stuck", start_min=1, duration_min=2),))
    told = [(event.t_s, event.key, event.fault) for event in timeline(scenario, build_world(scenario))]
    assert told[1:3] == [(60.0, "fault_begins", "stuck"), (180.0, "fault_ends", "stuck")]


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        ({"sources": [{"start_min": 0, "duration_min": 1, "at_nsv_h": {"nobody": 1}}]}, "nobody, which is not"),
        ({"sources": [{"start_min": 0, "duration_min": 1}]}, "either at_nsv_h"),
        ({"sources": [{"start_min": 0, "duration_min": 1, "ramp_s": 31, "at_nsv_h": {"det": 1}}]}, "both ramps"),
        ({"faults": [{"instrument": "x", "kind": "stuck", "start_min": 0, "duration_min": 1}]}, "fault of x"),
        ({"faults": [{"instrument": "det", "kind": "late_answer", "start_min": 0, "duration_min": 1}]}, "delay_s"),
        ({"instruments": [{"id": "a", "profile": "mightyohm", "bus": "tcp"}]}, "does not speak on a modbus-tcp"),
        ({"instruments": [{"id": "a", "profile": "mightyohm", "bus": "nowhere"}]}, "there is no bus nowhere"),
        (
            {"instruments": [{"id": i, "profile": "positron-bdmg-04", "bus": "tcp"} for i in "ab"]},
            "its place on bus tcp is taken",
        ),
        ({"colour": "blue"}, "Extra inputs"),
    ],
)
def test_what_does_not_fit_together_is_refused(scenario_with: Make, parts: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        scenario_with(**parts)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(b"seed = ", "Invalid value"), (b"\xff\xfe", "decode"), (b"seed = -1", "seed: ")],
)
def test_a_bad_file_gives_one_line(tmp_path: Path, content: bytes, complaint: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(content)
    with pytest.raises(ScenarioError, match=complaint) as caught:
        read_scenario(str(file))
    assert "\n" not in str(caught.value)


def test_a_scenario_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(ScenarioError, match=rf"shipped: {', '.join(shipped())}, load-N"):
        read_scenario("elsewhere")
