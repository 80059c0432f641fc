"""``python -m benchmarks`` runs and prints figures. What they are is not asserted: a machine is as fast as it is."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
NUMBER = r"[\d,]*\.?\d+"


def bench(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks", "--quick", "--folder", str(folder), *arguments]


@pytest.mark.parametrize(
    "row",
    [
        "decode 18 registers",
        "work up one reading",
        "journal commit, 1 a commit",
        "answer to commit, 100 a commit",
        "baseline: SQLite FULL, 10 a commit",
        "baseline: append 300 B, fsync",
    ],
)
def test_the_first_table_has_a_figure_in_each_row(printed: str, row: str) -> None:
    assert re.search(rf"^\s*{re.escape(row)}(\s+{NUMBER}){{4}}", printed, re.MULTILINE)


def test_it_says_on_what_machine_and_under_what_load(printed: str) -> None:
    for fact in ("CPU", "disk", "Python", "load"):
        assert re.search(rf"^\s*{fact}\s+\S", printed, re.MULTILINE)


def test_its_plain_copy_is_what_it_prints(printed: str, saved: Path) -> None:
    assert saved.read_text(encoding="utf-8").splitlines() == [line.rstrip() for line in printed.rstrip().splitlines()]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench") / "figures.txt"


@pytest.fixture(scope="module")
def printed(saved: Path) -> str:
    """One quick run of the first table for all of these."""
    command = bench(saved.parent, "--only", "measurement", "--save", str(saved))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]  # its own folder is gone
    return done.stdout.replace("\u00a0", " ")


def test_an_interrupted_run_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    process = subprocess.Popen(
        bench(tmp_path, "--only", "load"), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        started = _children(process.pid, within_s=30)
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(30) == 130
    finally:
        process.kill()
        process.wait()
    assert not [child for child in started if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    assert not list(tmp_path.iterdir())


def _children(pid: int, within_s: float) -> list[psutil.Process]:
    """Simulator and station, as soon as both run."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        found = psutil.Process(pid).children(recursive=True)
        if len(found) >= 2:
            return found
        time.sleep(0.05)
    raise TimeoutError("no children")
