"""How a station ends, who may not begin beside it, and how it lives through a full disk."""

import contextlib
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.system.house import House
from tests.system.look import command, count, events, meta, retained, rows, until

pytestmark = pytest.mark.system

STATUS = "quantrac/1/TEST-1/status"
SHORT_DELAY = "\n[alarms.station]\noff_delay_s = 0.5\n"
SMALL_DISK_MB = 96
STANDSTILL_S = 3.0


@contextlib.contextmanager
def running(folder: Path) -> Iterator[House]:
    house = House(folder, persistence=False, scenario=("quiet",), poll_s=0.25, more=SHORT_DELAY)
    try:
        house.start()
        house.wait_for_records(10)
        yield house
    finally:
        house.stop()


@pytest.fixture(scope="module")
def running_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running(tmp_path_factory.mktemp("ends") / "house") as house:
        yield house


@pytest.fixture
def house(running_house: House) -> House:
    """A house with a station that measures, whatever the test before did to it."""
    last_seq = running_house.journal_state()[0]
    if not running_house.station.alive():
        running_house.station.start()
    running_house.wait_for_records(last_seq + 1)
    return running_house


def status(house: House) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(retained(house.broker.port, STATUS).get(STATUS, b"{}"))
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_station_that_is_told_to_end_ends_in_order(house: House, number: signal.Signals) -> None:
    until(lambda: status(house).get("online") is True, "it says that it is there")
    process = psutil.Process(house.station.pid)
    children = process.children(recursive=True)
    process.send_signal(number)
    until(lambda: not house.station.alive(), "its end")
    assert house.station.stop() == 0
    assert not house.journal.with_name("journal.sqlite-wal").exists(), "all is in the one file"
    said = status(house)
    assert (said["online"], said["reason"]) == (False, "stopped")
    assert [child for child in children if child.is_running()] == []
    last = rows(house.journal, "SELECT MAX(seq) FROM (SELECT seq FROM dose_rate UNION SELECT seq FROM meteo)")
    assert f"journal at seq {meta(house.journal, 'last_seq')}" in house.station.log.read_text(encoding="utf-8")
    assert int(meta(house.journal, "last_seq")) >= last[0][0]


def test_a_second_station_on_one_data_directory_says_so_in_one_line(house: House) -> None:
    second = command("run", str(house.file))
    assert (second.code, second.out, second.err.count("\n")) == (1, "", 1)
    assert "another station has it open" in second.err
    assert str(house.station.pid) in second.err
    before = count(house.journal, "dose_rate")
    until(lambda: count(house.journal, "dose_rate") > before, "the first one goes on")


@pytest.fixture
def house_on_a_small_disk(tmp_path: Path) -> Iterator[House]:
    """Its data directory is a disk of its own."""
    data = tmp_path / "house" / "data"
    data.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_MB}m", "tmpfs", str(data)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        with running(tmp_path / "house") as house:
            yield house
    finally:
        subprocess.run(["umount", str(data)], check=True)


def fill(disk: Path) -> None:
    """Somebody else's file takes all that is left."""
    with (disk / "somebody-elses").open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(16 * 1024)):
            pass


def keep_full_until_the_journal_stood_still(house: House, for_s: float) -> int:
    """What the station frees is taken too. Returns where the journal stood."""
    disk, stood_at, since_s = house.journal.parent, -1, time.monotonic()
    give_up_s = since_s + 40.0
    while stood_at < 0 or time.monotonic() - since_s < for_s:
        assert time.monotonic() < give_up_s, "the disk does not get full"
        fill(disk)
        last = int(meta(house.journal, "last_seq"))
        if last != stood_at:
            stood_at, since_s = last, time.monotonic()
        time.sleep(0.02)
    return stood_at


def test_a_full_disk_is_lived_through_and_alarmed_and_nothing_is_lost(house_on_a_small_disk: House) -> None:
    house, alive = house_on_a_small_disk, house_on_a_small_disk.station.pid
    stood_at = keep_full_until_the_journal_stood_still(house, STANDSTILL_S)
    (house.journal.parent / "somebody-elses").unlink()
    until(lambda: events(house.journal, "station-disk_low") == ["raised", "returned"], "the alarm and its end")
    assert (house.station.pid, house.station.alive()) == (alive, True)
    assert meta(house.journal, "dropped") == "0"
    last = house.settle()
    assert house.verdict(last).differences == []
    measured = rows(house.journal, "SELECT start_ns, end_ns FROM dose_rate ORDER BY seq")
    uncovered_s = sum(later[0] - sooner[1] for sooner, later in pairwise(measured)) / 1e9
    assert uncovered_s < 1.0, "what was held is there, second by second"
    told = house.station.log.read_text(encoding="utf-8")
    assert "the disk takes nothing" in told
    assert "the disk takes records again" in told
    print(f"stood at seq {stood_at} for {STANDSTILL_S} s, now {last}; {uncovered_s:.2f} s uncovered")
