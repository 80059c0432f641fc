"""The control as people use it: a running simulator, the command line beside it, and event lines that tell of it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.control.__main__ import ask, event_of

DEADLINE_S = 30.0


class Running:
    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "simulator", *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = str(self.line()["control"])

    def line(self) -> dict[str, object]:
        assert self.process.stdout is not None
        told = json.loads(self.process.stdout.readline())
        assert isinstance(told, dict)
        return told


@pytest.fixture
def world() -> Iterator[Running]:
    running = Running("quiet", "--control", "--stop-on-eof")
    try:
        with running.process:
            yield running
            assert running.process.stdin is not None
            running.process.stdin.close()
            assert running.process.wait(DEADLINE_S) == 0
    finally:
        running.process.kill()


def control(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulator.control", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S)


def test_an_event_is_injected_told_listed_and_cleared(world: Running) -> None:
    assert world.line()["event"] == "quiet"
    injected = control(world.url, "inject", "sources", "at_nsv_h.det-north=1800", "for_s=600")
    assert (injected.returncode, injected.stdout) == (0, "injected-1\n")
    told = world.line()
    assert (told["event"], told["instrument"], told["injected"]) == ("source_appears", "det-north", True)
    listed = control(world.url, "list").stdout
    assert "injected-1" in listed
    assert "instruments: det-north, weather" in listed
    assert control(world.url, "clear", "injected-1").returncode == 0
    assert world.line()["event"] == "source_gone"
    assert "injected-1" not in [event["id"] for event in ask(world.url, None)["events"]]


def test_a_power_cut_by_hand_takes_the_wires_away_and_brings_them_back(world: Running) -> None:
    world.line()
    assert control(world.url, "inject", "faults", "kind=power_cut", "for_s=1").returncode == 0
    assert [world.line()["event"] for _ in range(2)] == ["fault_begins", "fault_ends"]


def test_what_is_refused_ends_with_1_and_a_line(world: Running) -> None:
    refused = control(world.url, "inject", "faults", "kind=stuck", "instrument=nobody", "for_s=5")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "nobody, which is not an instrument" in refused.stderr
    assert control(world.url.rsplit("/", 1)[0] + "/guess", "list").returncode == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("http://example.org/x", "list"),
        ("ftp://127.0.0.1/x", "list"),
        ("http://127.0.0.1:1/x", "inject", "rain", "dry"),
    ],
)
def test_wrong_usage_ends_with_2_and_goes_nowhere(arguments: tuple[str, ...]) -> None:
    ended = control(*arguments)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_words_become_tables_numbers_and_words() -> None:
    assert event_of(["at_nsv_h.det-north=1800", "at_nsv_h.b=2.5", "kind=stuck", "x=true"]) == {
        "at_nsv_h": {"det-north": 1800, "b": 2.5},
        "kind": "stuck",
        "x": True,
    }


def test_quantrac_simulate_hands_over_to_it(world: Running) -> None:
    quantrac = [str(Path(sys.executable).with_name("quantrac")), "simulate"]
    run = subprocess.run(
        [*quantrac, "inject", "--control", world.url, "rain", "rate_mm_h=10", "for_s=60"],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
    )
    assert (run.returncode, run.stdout) == (0, "injected-1\n")
