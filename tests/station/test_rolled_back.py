"""A journal that was put back from an older copy is an alarm until a person has acknowledged it."""

import asyncio
import shutil
import time
from pathlib import Path

from config.clock import system_clock
from config.loader import load
from station.app import Station
from station.inbox import submit
from station.journal.reader import JournalReader
from station.records import Alarm
from tests.system.station_file import station_file

READY = {
    "buses": {"b": {"kind": "modbus-tcp", "host": "127.0.0.1", "port": 1}},
    "instruments": {"det-north": {"profile": "positron-bdmg-04", "bus": "b", "address": 1}},
}
ALARM = "station-journal_rolled_back"


async def lives_until(file: Path, event: str, within_s: float = 10) -> None:
    """Run the station until its journal has this event of the alarm."""
    stop = asyncio.Event()
    life = asyncio.create_task(Station(load(file), system_clock()).run(stop))
    deadline = time.monotonic() + within_s
    while event not in events(file) and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    stop.set()
    await life


def events(file: Path) -> list[str]:
    journal = file.parent / "data" / "journal.sqlite"
    if not journal.exists():
        return []
    with JournalReader(journal) as reader:
        found = [r for r in reader.newest("alarm", 100) if isinstance(r, Alarm) and r.alarm == ALARM]
    return [record.event for record in found]


async def test_an_older_copy_of_the_journal_raises_an_alarm_that_an_acknowledgement_ends(tmp_path: Path) -> None:
    file = station_file(tmp_path, READY, off_delay_s=0)
    journal = tmp_path / "data" / "journal.sqlite"
    await lives_until(file, "never", within_s=1.5)
    shutil.copy(journal, tmp_path / "copy")
    await lives_until(file, "never", within_s=1.5)
    shutil.copy(tmp_path / "copy", journal)
    await lives_until(file, "raised")
    assert events(file) == ["raised"]
    submit(tmp_path / "data" / "inbox", time.time_ns(), command="acknowledge", person="me", alarm=ALARM)
    await lives_until(file, "acknowledged")
    assert "acknowledged" in events(file)
    await asyncio.get_running_loop().shutdown_default_executor()
