"""Every shipped scenario as a training session: the demo makes a station for it, measures, and ends well."""

import signal
from pathlib import Path

import pytest

from config.loader import load
from simulator.library import read_scenario, shipped
from tests.station.demo.demo_runs import DEADLINE_S, started, wait_until


@pytest.mark.parametrize("name", sorted(set(shipped()) - {"demo"}))  # the demo itself has tests of its own
def test_a_scenario_plays_in_the_demo(tmp_path: Path, name: str) -> None:
    with started(tmp_path, "--scenario", name, "--lang", "en") as demo:
        recorded = tmp_path / "demo-data" / "recorded.jsonl"
        wait_until(lambda: '"table": "dose_rate"' in recorded.read_text(encoding="utf-8"))
        demo.process.send_signal(signal.SIGINT)
        said, errors = demo.process.communicate(timeout=DEADLINE_S)
    assert (demo.process.returncode, errors.decode()) == (0, "")
    assert "All quiet" in said.decode()
    assert f"Time runs {read_scenario(name).demo_fast:g}" in said.decode()
    station = load(tmp_path / "demo-data" / "station.toml").config
    assert {i.id for i in station.instruments} == {spec.id for spec in read_scenario(name).instruments}
    assert (tmp_path / "demo-data" / "control").read_text().startswith("http://127.0.0.1:")
