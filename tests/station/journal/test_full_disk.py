"""A disk that is really full: the station can start on it, makes room, counts what it drops, and goes on and on."""

import contextlib
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from station.journal.journal import Journal
from station.journal.reader import JournalReader
from station.journal.retention import Pruned
from station.journal.room import WORKING_BYTES, Reserve
from tests.builders import T0_NS, alarm, dose_rate

MB = 1 << 20
RESERVE_BYTES = 12 * MB
TICK = [("dose_rate", dose_rate())] * 250


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 32 MB of its own."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(tmp_path)], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def fill_with_something_else(disk: Path) -> None:
    with (disk / "somebody-elses").open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(64 * 1024)):
            pass


def append_until_full(journal: Journal) -> None:
    refused = None
    while refused is None:
        try:
            journal.append(TICK)
        except sqlite3.OperationalError as error:
            refused = str(error)
    assert "full" in refused


def test_without_a_reserve_a_full_disk_stays_full(small_disk: Path) -> None:
    """Why there is one: deleting a record takes room before it gives any."""
    with closing(Journal.open(small_disk / "journal.db", lambda: T0_NS)) as journal:
        append_until_full(journal)
        fill_with_something_else(small_disk)
        with pytest.raises(sqlite3.OperationalError, match="full"):
            journal.make_room(0)


def test_a_journal_on_a_full_disk_goes_on_and_on(small_disk: Path) -> None:
    with closing(Journal.open(small_disk / "journal.db", lambda: T0_NS, RESERVE_BYTES)) as journal:
        append_until_full(journal)
        fill_with_something_else(small_disk)
        first, dropped = journal.last_seq, 0
        for _ in range(6):
            dropped += journal.make_room(confirmed_seq=0).lost
            append_until_full(journal)
        assert journal.last_seq > first + 6 * len(TICK)
        with JournalReader(journal.path) as reader:
            assert reader.count("dose_rate") == journal.last_seq - dropped
            assert reader.newest("dose_rate", 1)[0].seq == journal.last_seq
        assert journal.connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_disk_that_has_room_again_costs_nothing_more(small_disk: Path) -> None:
    with closing(Journal.open(small_disk / "journal.db", lambda: T0_NS, 8 * MB)) as journal:
        journal.append(TICK * 40)
        fill_with_something_else(small_disk)
        append_until_full(journal)
        assert journal.make_room(0).lost > 0
        (small_disk / "somebody-elses").unlink()
        assert journal.make_room(0) == Pruned(0, 0)
        journal.append(TICK * 20)
        assert journal.path.with_name("journal.db.reserve").stat().st_size == 8 * MB


def test_a_station_can_start_on_a_full_disk(small_disk: Path) -> None:
    with closing(Journal.open(small_disk / "journal.db", lambda: T0_NS, RESERVE_BYTES)) as journal:
        append_until_full(journal)
        last, journal_id = journal.last_seq, journal.journal_id
    fill_with_something_else(small_disk)
    with closing(Journal.open(small_disk / "journal.db", lambda: T0_NS, RESERVE_BYTES)) as journal:
        assert (journal.last_seq, journal.journal_id) == (last, journal_id)
        assert journal.append([("alarm", alarm())])[0][1].seq == last + 1


def test_a_young_journal_uses_a_disk_that_is_too_small_for_the_reserve(small_disk: Path) -> None:
    with closing(Journal.open(small_disk / "journal.db", lambda: T0_NS, 64 * MB)) as journal:
        for _ in range(3):
            append_until_full(journal)
            journal.make_room(0)
        assert journal.append([("alarm", alarm())])[0][1].seq > 3 * len(TICK)


def test_the_reserve_leaves_the_log_its_working_room(small_disk: Path) -> None:
    reserve = Reserve(small_disk / "reserve", 100 * MB)
    assert not reserve.take()
    assert reserve.path.stat().st_blocks * 512 == 32 * MB - WORKING_BYTES


def test_a_reserve_that_finds_no_room_is_none(small_disk: Path) -> None:
    fill_with_something_else(small_disk)
    reserve = Reserve(small_disk / "reserve", MB)
    assert not reserve.take()
    assert not reserve.path.exists()


def test_the_reserve_is_let_go_and_taken_again(path: Path) -> None:
    with closing(Journal.open(path, lambda: T0_NS, MB)) as journal:
        assert path.with_name("journal.db.reserve").stat().st_size == MB
        journal.make_room(0)
        assert path.with_name("journal.db.reserve").stat().st_size == MB


def test_without_a_reserve_no_file_is_made(journal: Journal) -> None:
    journal.make_room(0)
    assert not journal.path.with_name("journal.db.reserve").exists()


def test_where_the_disk_has_room_nothing_is_dropped(journal: Journal) -> None:
    journal.append(TICK)
    assert journal.make_room(0) == Pruned(0, 0)
    assert journal.path.with_name("journal.db-wal").stat().st_size == 0


def test_the_oldest_are_dropped_and_of_a_small_journal_a_part_only(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Reserve, "has_room", lambda _: False)
    journal.append([("dose_rate", dose_rate())] * 20_000)
    made = journal.make_room(confirmed_seq=1000)
    assert made.confirmed == 1000
    with JournalReader(journal.path) as reader:
        assert reader.page(0, 1)[0].record.seq == made.confirmed + made.lost + 1
        assert reader.count("dose_rate") > 15_000
