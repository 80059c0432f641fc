"""``quantrac simulate`` becomes the simulator, with the words that it was given."""

import sys
from collections.abc import Sequence

import pytest
from typer.testing import CliRunner

from station.cli import app


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        ([], ["simulator", "demo"]),
        (["quiet"], ["simulator", "quiet"]),
        (["play", "quiet"], ["simulator", "quiet"]),
        (["--fast", "20"], ["simulator", "demo", "--fast", "20"]),
        (["quiet", "--fast", "max", "--dump", "csv", "--for", "60"],
         ["simulator", "quiet", "--fast", "max", "--dump", "csv", "--for", "60.0"]),
        (["--load", "10"], ["simulator", "demo", "--load", "10"]),
        (["--list"], ["simulator", "--list"]),
        (["quiet", "--control"], ["simulator", "quiet", "--control"]),
        (["events", "--control", "U"], ["simulator.control", "U", "list"]),
        (["inject", "--control", "U", "rain", "a=1"], ["simulator.control", "U", "inject", "rain", "a=1"]),
        (["clear", "--control", "U", "injected-1"], ["simulator.control", "U", "clear", "injected-1"]),
    ],
)  # fmt: skip
def test_it_becomes_the_simulator(given: list[str], becomes: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Sequence[str]] = []

    def execv(program: str, words: Sequence[str]) -> None:
        seen.append(words)
        raise SystemExit(0)

    monkeypatch.setattr("os.execv", execv)
    assert CliRunner().invoke(app, ["simulate", *given]).exit_code == 0
    assert seen == [[sys.executable, "-m", *becomes]]


@pytest.mark.parametrize("given", [["inject", "rain"], ["clear", "x"], ["--nonsense"], ["--load", "-1"]])
def test_wrong_usage_ends_with_2(given: list[str]) -> None:
    assert CliRunner().invoke(app, ["simulate", *given]).exit_code == 2
