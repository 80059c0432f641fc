"""A journal has one writer. The second is refused in plain words, before it touches the file."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from station.journal.errors import InUseError
from station.journal.journal import Journal
from station.journal.reader import JournalReader
from tests.builders import T0_NS, meteo

HOLD = """
import sys, time
from pathlib import Path
from station.journal.journal import Journal
journal = Journal.open(Path(sys.argv[1]), time.time_ns)
print("open", flush=True)
sys.stdin.read()
"""


def hold(path: Path) -> "subprocess.Popen[str]":
    """Another process that has the journal open."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "open\n"
    return child


def end(child: "subprocess.Popen[str]") -> None:
    with child:
        child.send_signal(signal.SIGKILL)


def test_another_process_is_refused_and_told_who_has_it(path: Path) -> None:
    child = hold(path)
    try:
        with pytest.raises(InUseError, match=f"{path}: another station has it open \\(process {child.pid}\\)"):
            Journal.open(path, lambda: T0_NS)
    finally:
        end(child)


def test_the_same_process_is_refused_as_well(journal: Journal) -> None:
    with pytest.raises(InUseError, match=f"process {os.getpid()}"):
        Journal.open(journal.path, lambda: T0_NS)


def test_a_damaged_file_is_not_set_aside_by_the_one_that_is_refused(journal: Journal) -> None:
    journal.path.write_bytes(b"Lang Son" * 1000)
    with pytest.raises(InUseError):
        Journal.open(journal.path, lambda: T0_NS)
    assert list(journal.path.parent.glob("*damaged*")) == []


def test_a_killed_writer_leaves_no_lock(path: Path) -> None:
    end(hold(path))
    with closing(Journal.open(path, lambda: T0_NS)) as journal:
        assert journal.append([("meteo", meteo())])[0][1].seq == 1


def test_the_lock_stays_with_a_writer_that_replaced_its_damaged_file(journal: Journal) -> None:
    journal.replace_damaged(sqlite3.DatabaseError("database disk image is malformed"))
    with pytest.raises(InUseError):
        Journal.open(journal.path, lambda: T0_NS)


def test_an_opening_that_failed_leaves_no_lock(path: Path) -> None:
    path.mkdir()
    with pytest.raises(Exception, match="unable to open"):
        Journal.open(path, lambda: T0_NS)
    path.rmdir()
    Journal.open(path, lambda: T0_NS).close()


def test_readers_need_no_lock(journal: Journal) -> None:
    journal.append([("meteo", meteo())])
    with JournalReader(journal.path) as one, JournalReader(journal.path) as another:
        assert one.last_seq() == another.last_seq() == 1
