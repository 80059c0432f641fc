"""``quantrac run`` with the shipped profile against a BDMG-04 made of bytes: exactly the vector's dose rate."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.bdmg04 import DOSE_RATE_NSV_H
from tests.system.children import ROOT, quantrac
from tests.system.look import count, rows, stopped_at_the_end, until
from tests.system.station_file import station_file

pytestmark = pytest.mark.system


@contextmanager
def fake(wire: str) -> Iterator[dict[str, object]]:
    """The byte-level fake as a process; where it is, as a bus of the station."""
    command = [sys.executable, str(ROOT / "tests/fakes/bdmg04.py"), wire]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        told = process.stdout.readline().split()
        if wire == "tcp":
            yield {"kind": "modbus-tcp", "host": told[1], "port": int(told[2])}
        else:
            yield {"kind": "modbus-rtu", "device": told[1]}
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("wire", ["tcp", "pty"])
def test_the_station_journals_exactly_the_vectors_dose_rate(tmp_path: Path, wire: str) -> None:
    with fake(wire) as bus:
        instrument = {"profile": "positron-bdmg-04", "bus": "line", "address": 1}
        file = station_file(tmp_path, {"buses": {"line": bus}, "instruments": {"det": instrument}}, poll_s=0.25)
        station = quantrac("station", tmp_path, "run", str(file))
        journal = tmp_path / "data" / "journal.sqlite"
        station.start()
        with stopped_at_the_end(station):
            until(lambda: count(journal, "dose_rate") >= 8, "eight measurements")
            assert station.stop() == 0
    assert DOSE_RATE_NSV_H == 120.0
    measured = rows(journal, "SELECT DISTINCT gross_nsv_h, reported_nsv_h, counts, live_s FROM dose_rate")
    assert measured == [(DOSE_RATE_NSV_H, DOSE_RATE_NSV_H, 1, 1.0)]
