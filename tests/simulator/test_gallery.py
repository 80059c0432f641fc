"""The gallery: each shipped scenario has its words, its plot, its entry, and a truth that can be asked to its end."""

import math
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from simulator.build import build_ensemble
from simulator.library import listing, read_scenario, shipped
from simulator.timeline import timeline

DOCS = Path(__file__).parents[2] / "docs" / "simulator"
LARGEST_PLOT = 150_000
WANTED = {
    "border-scanner", "monsoon", "network-20", "plume", "power-failing", "quiet-week", "thunderstorm-with-source",
    "tube-dying",
}  # fmt: skip
EACH = pytest.mark.parametrize("name", sorted(shipped()))


def test_the_gallery_is_complete() -> None:
    assert set(shipped()) >= WANTED


@EACH
def test_a_scenario_is_said_in_both_languages(name: str) -> None:
    summary = read_scenario(name).summary
    assert summary.vi != summary.en


@EACH
def test_a_scenario_has_a_plot_that_is_small(name: str) -> None:
    plot = DOCS / f"{name}.svg"
    assert plot.stat().st_size < LARGEST_PLOT
    assert ElementTree.parse(plot).getroot().tag.endswith("svg")


@EACH
def test_a_scenario_has_an_entry_in_the_gallery(name: str) -> None:
    page = (DOCS / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(name)}$", page, re.MULTILINE)
    assert f"]({name}.svg)" in page


@EACH
def test_the_truth_is_a_dose_rate_from_beginning_to_end(name: str) -> None:
    scenario = read_scenario(name)
    world = build_ensemble(scenario).world
    times = [scenario.duration_min * 60.0 * n / 50 for n in range(51)]
    truths = [world.dose_rate_nsv_h(spec.id, t_s) for spec in scenario.instruments for t_s in times]
    assert all(math.isfinite(truth) and 20 < truth < 1e6 for truth in truths)


@EACH
def test_what_happens_happens_within_the_scenario(name: str) -> None:
    scenario = read_scenario(name)
    told = timeline(scenario, build_ensemble(scenario).world)
    assert told[0].key == "quiet"
    assert told[-1].t_s == scenario.duration_min * 60.0


def test_the_list_is_a_paragraph_a_scenario() -> None:
    assert [paragraph.splitlines()[0] for paragraph in listing()] == sorted(shipped())


def test_the_plume_leaves_a_deposit_that_washout_would_not() -> None:
    world = build_ensemble(read_scenario("plume")).world
    before, during, day_end = (world.dose_rate_nsv_h("roof", hour * 3600.0) for hour in (2.9, 9.0, 24.0))
    assert during > before + 1000
    assert before + 300 < day_end < during


def test_the_network_has_20_stations_each_behind_a_port_of_its_own() -> None:
    scenario = read_scenario("network-20")
    assert len(scenario.stations) == 20
    assert {station.id for station in scenario.stations} == {bus.id for bus in scenario.buses}
    assert all(spec.station == spec.bus for spec in scenario.instruments)


@pytest.mark.parametrize("page", ["README.md", "training.md", "huan-luyen.md"])
def test_what_a_page_shows_and_links_to_is_there(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    targets = {target.partition("#")[0] for target in re.findall(r"\]\(([^)]+)\)", text)} - {""}
    assert targets
    assert [target for target in targets if not (DOCS / target).exists()] == []
