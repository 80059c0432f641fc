"""One tick, one transaction; what the disk refuses waits, what no table takes is dropped alone and counted."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from station.engine import commit
from station.engine.commit import Batch, Committer
from station.journal.journal import Journal
from station.journal.reader import JournalReader
from station.journal.retention import Pruned
from tests.builders import T0_NS, alarm, dose_rate, meteo


@pytest.fixture
async def committer(tmp_path: Path) -> AsyncIterator[Committer]:
    made = Committer(Journal.open(tmp_path / "journal.sqlite", lambda: T0_NS), lambda: 0)
    yield made
    made.close()


def kept(committer: Committer) -> list[int]:
    with JournalReader(committer.journal.path) as reader:
        return [entry.record.seq for entry in reader.page(0, 5000)]


async def test_a_batch_is_numbered_as_committed(committer: Committer) -> None:
    numbered = await committer.commit(Batch(records=[("dose_rate", dose_rate()), ("meteo", meteo())]))
    assert [(table, record.seq) for table, record in numbered] == [("dose_rate", 1), ("meteo", 2)]
    assert kept(committer) == [1, 2]


async def test_an_empty_batch_touches_nothing(committer: Committer) -> None:
    assert await committer.commit(Batch()) == []
    assert committer.journal.meta("last_seq") is None


async def test_what_a_full_disk_refuses_is_kept_and_written_in_order_when_there_is_room(
    committer: Committer, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = committer.journal.connection
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count={pages}")
    monkeypatch.setattr(committer.journal, "make_room", lambda seq: Pruned(0, 0))  # it stays full
    many = [("dose_rate", dose_rate(end_ns=T0_NS + n)) for n in range(500)]
    assert await committer.commit(Batch(records=list(many))) == []
    assert "full" in committer.trouble
    db.execute("PRAGMA max_page_count=1000000")
    numbered = await committer.commit(Batch(records=[("alarm", alarm())]))
    assert [record.end_ns for _, record in numbered[:500]] == [T0_NS + n for n in range(500)]
    assert (numbered[500][0], committer.trouble, committer.dropped) == ("alarm", "", 0)


async def test_what_memory_cannot_hold_is_dropped_oldest_first_and_counted(
    committer: Committer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit, "HELD_LIMIT", 10)
    numbered = await committer.commit(Batch(records=[("dose_rate", dose_rate(counts=n)) for n in range(13)]))
    assert len(numbered) == 10
    assert committer.dropped == 3


async def test_a_record_that_no_table_takes_is_dropped_alone_and_counted(committer: Committer) -> None:
    poison = dose_rate(completeness=float("nan"))
    huge = dose_rate(counts=2**63)
    records = [("dose_rate", dose_rate()), ("dose_rate", poison), ("dose_rate", huge), ("dose_rate", dose_rate())]
    numbered = await committer.commit(Batch(records=list(records)))
    assert [record.seq for _, record in numbered] == [1, 2]
    assert committer.dropped == 2


async def test_a_journal_that_breaks_is_set_aside_and_the_batch_goes_into_the_new_one(
    committer: Committer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await committer.commit(Batch(records=[("dose_rate", dose_rate())]))
    before = committer.journal.journal_id
    honest = committer.journal.append
    raised: list[Exception] = []

    def breaks(*args: Any, **more: Any) -> Any:
        if not raised:
            raised.append(sqlite3.DatabaseError("database disk image is malformed"))
            raise raised[0]
        return honest(*args, **more)

    monkeypatch.setattr(committer.journal, "append", breaks)
    numbered = await committer.commit(Batch(records=[("meteo", meteo())]))
    assert [table for table, _ in numbered] == ["meteo"]
    assert committer.journal.journal_id != before
    assert "malformed" in committer.damage
    assert list(committer.journal.path.parent.glob("*damaged*.sqlite"))
