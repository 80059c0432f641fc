"""kill -9 while appending: whatever append had returned is there, whole, and the seqs have no gap."""

import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from station.journal.journal import Journal
from station.journal.reader import JournalReader
from tests.builders import T0_NS

KILLS = 5
WRITER = """
import sys, time
from pathlib import Path
from station.journal.journal import Journal
from station.journal.position import Position
from tests.builders import alarm, dose_rate, meteo
journal = Journal.open(Path(sys.argv[1]), time.time_ns)
while True:
    tick = [("dose_rate", dose_rate()), ("meteo", meteo()), ("alarm", alarm())]
    positions = {"main": Position(journal.journal_id, 1)}
    last = journal.append(tick, state={"last": journal.last_seq + 3}, positions=positions)
    print(journal.journal_id, last[-1][1].seq, flush=True)
"""


def write_until_killed(path: Path, after_s: float) -> tuple[str, int]:
    """(journal id, last seq) as the writer had them in its hands when it was killed."""
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True, cwd=root
    ) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        time.sleep(after_s)
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read()
    whole = [line for line in (first + rest).splitlines(keepends=True) if line.endswith("\n")]
    journal_id, seq = whole[-1].split()
    return journal_id, int(seq)


def test_everything_that_append_returned_survives_a_kill(path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    moments = random.Random(seed)
    ids = set()
    for _ in range(KILLS):
        journal_id, returned = write_until_killed(path, moments.uniform(0.0, 0.15))
        ids.add(journal_id)
        with closing(Journal.open(path, lambda: T0_NS)) as journal:
            assert journal.opened.damage == ""
            assert journal.last_seq >= returned
            assert journal.last_seq % 3 == 0, "half a tick"
            assert journal.state("last") == journal.last_seq, "a tick whose parts disagree"
            ids.add(journal.journal_id)
            check_contiguous(path, journal.last_seq)
    assert len(ids) == 1, "a kill is no roll-back"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def check_contiguous(path: Path, last_seq: int) -> None:
    after = 0
    with JournalReader(path) as reader:
        while page := reader.page(after, 1000):
            assert [entry.record.seq for entry in page] == list(range(after + 1, after + len(page) + 1))
            after += len(page)
    assert after == last_seq
