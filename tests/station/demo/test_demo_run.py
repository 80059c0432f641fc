"""The real demo, from the command to its end: the story, the end by Ctrl-C, and what happens when something dies."""

import json
import os
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest

from station.journal.reader import JournalReader
from tests.station.demo.demo_runs import (
    DEADLINE_S,
    SHORT,
    alive,
    all_gone,
    child_of,
    command,
    environment,
    listens,
    measures,
    started,
    wait_until,
)


def run(folder: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command("--headless", *options),
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S + 30,
    )


def test_the_story_raises_the_alarm_of_the_detector_that_the_source_is_brought_to(tmp_path: Path) -> None:
    done = run(tmp_path, "--fast", "60", "--for", "2040", "--lang", "vi")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Trời bắt đầu mưa." in done.stdout
    alarms = [line for line in done.stdout.splitlines() if "suất liều vượt ngưỡng" in line]
    assert len(alarms) == 1
    assert alarms[0].startswith("Báo động tại Đầu dò Bắc (det-north): suất liều vượt ngưỡng, ")
    assert "./demo-data" in done.stdout


def test_what_the_recorder_confirms_is_in_its_file(tmp_path: Path) -> None:
    (tmp_path / "short.toml").write_text(SHORT, encoding="utf-8")
    done = run(tmp_path, "--fast", "20", "--for", "140", "--lang", "en", "--scenario", "short.toml", "--keep", "mine")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Alarm at North (det-north): dose rate above the level, " in done.stdout
    lines = [json.loads(line) for line in (tmp_path / "mine" / "recorded.jsonl").read_text().splitlines()]
    recorded = {line["seq"] for line in lines if "table" in line}
    with JournalReader(tmp_path / "mine" / "journal.sqlite") as reader:
        position = reader.positions()["recorder"]
        last_seq = reader.last_seq()
    assert position.seq > 0
    assert {seq for seq in range(1, last_seq + 1) if position.confirms(seq)} <= recorded


def test_ctrl_c_leaves_nothing_running(tmp_path: Path) -> None:
    master, slave = os.openpty()
    process = subprocess.Popen(
        ["setsid", "--ctty", *command("--lang", "en")],
        cwd=tmp_path,
        env=environment(),
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    shown = b""

    def reading(until_s: float = 0.05) -> None:
        nonlocal shown
        while select.select([master], [], [], until_s)[0]:
            try:
                data = os.read(master, 65536)
            except OSError:  # nobody has the other end any more
                return
            shown += data

    try:
        until = time.monotonic() + DEADLINE_S
        while not measures(tmp_path / "demo-data") and time.monotonic() < until:
            reading()
        demo = alive(process)
        assert len(demo.children) == 2
        assert demo.ports
        os.write(master, b"\x03")
        while process.poll() is None and time.monotonic() < until:
            reading()
        reading()
    finally:
        process.kill()
        process.wait()
        os.close(master)
    assert process.returncode == 0
    assert "Everything is stopped." in shown.decode()
    assert all_gone(demo)
    assert not any(listens(port) for port in demo.ports)


def test_the_children_end_when_the_demo_is_killed(tmp_path: Path) -> None:
    with started(tmp_path) as demo:
        demo.process.send_signal(signal.SIGKILL)
        demo.process.wait()
        wait_until(lambda: all_gone(demo))
        assert not any(listens(port) for port in demo.ports)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("simulator", "The simulated world stopped unexpectedly; see ./demo-data/simulator.log."),
        ("station.demo.node", "The station stopped unexpectedly; see ./demo-data/station.log."),
    ],
)
def test_a_child_that_dies_is_told_in_one_line_and_ends_the_demo(tmp_path: Path, module: str, line: str) -> None:
    with started(tmp_path, "--lang", "en") as demo:
        child_of(demo, module).kill()
        _, errors = demo.process.communicate(timeout=DEADLINE_S)
        assert demo.process.returncode == 1
        assert errors.decode().splitlines() == [line]
        assert all_gone(demo)


def test_a_scenario_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    done = run(tmp_path, "--scenario", "nowhere", "--lang", "en")
    assert done.returncode == 2
    assert done.stderr.startswith("Scenario nowhere cannot be used: ")
    assert len(done.stderr.splitlines()) == 1
