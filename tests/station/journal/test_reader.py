"""Readers: pages in seq order over all tables, read-only, never in the writer's way, no transaction between calls."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.journal import reader as reader_module
from station.journal.journal import Journal
from station.journal.reader import PAGE_LIMIT, JournalReader
from tests.builders import T0_NS, alarm, dose_rate, health, meteo

MADE = {"dose_rate": dose_rate, "meteo": meteo, "alarm": alarm, "health": health, "dose_rate_10m": dose_rate}
MIXED = ["dose_rate", "meteo", "dose_rate", "alarm", "health", "dose_rate_10m", "meteo", "dose_rate"]


@pytest.fixture
def mixed(journal: Journal) -> Journal:
    """A journal with seqs 1 to 8 spread over five tables."""
    journal.append([(table, MADE[table]()) for table in MIXED])
    return journal


def seqs(entries: list[Any]) -> list[int]:
    return [entry.record.seq for entry in entries]


def test_a_page_merges_the_tables_in_ascending_order(mixed: Journal) -> None:
    with JournalReader(mixed.path) as reader:
        page = reader.page(0, 100)
    assert [(entry.record.seq, entry.table) for entry in page] == list(enumerate(MIXED, 1))


def test_a_page_begins_after_the_given_seq(mixed: Journal) -> None:
    with JournalReader(mixed.path) as reader:
        assert seqs(reader.page(5, 100)) == [6, 7, 8]
        assert reader.page(8, 100) == []
        assert reader.page(99, 100) == []


def test_a_page_ends_with_the_given_seq(mixed: Journal) -> None:
    with JournalReader(mixed.path) as reader:
        assert seqs(reader.page(2, 100, up_to=4)) == [3, 4]
        assert reader.page(4, 100, up_to=4) == []
        assert seqs(reader.page(6, 100, up_to=99)) == [7, 8]


def test_a_page_is_never_longer_than_asked(mixed: Journal) -> None:
    with JournalReader(mixed.path) as reader:
        assert seqs(reader.page(2, 3)) == [3, 4, 5]


@pytest.mark.parametrize("limit", [0, -1])
def test_a_page_of_nothing_reads_nothing(mixed: Journal, limit: int) -> None:
    """A negative LIMIT means no limit to SQLite: it would read the whole journal."""
    with JournalReader(mixed.path) as reader:
        read: list[str] = []
        reader._db.set_trace_callback(read.append)
        assert reader.page(0, limit) == []
        assert not [sql for sql in read if "LIMIT -" in sql]


def test_a_page_is_bounded_whatever_is_asked(journal: Journal) -> None:
    journal.append([("meteo", meteo())] * (PAGE_LIMIT + 1))
    with JournalReader(journal.path) as reader:
        assert len(reader.page(0, 10**9)) == PAGE_LIMIT


@given(
    tables=st.lists(st.sampled_from(sorted(MADE)), min_size=1, max_size=40),
    limit=st.integers(1, 10),
    gone=st.sets(st.integers(1, 40)),
)
def test_page_after_page_gives_everything_once(
    tables: list[str], limit: int, gone: set[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with closing(Journal.open(tmp_path_factory.mktemp("j") / "journal.db", lambda: T0_NS)) as journal:
        journal.append([(table, MADE[table]()) for table in tables])
        for table in MADE:
            journal.connection.executemany(f"DELETE FROM {table} WHERE seq=?", [(seq,) for seq in gone])
        found: list[int] = []
        with JournalReader(journal.path) as reader:
            while page := reader.page(found[-1] if found else 0, limit):
                assert len(page) <= limit
                found += seqs(page)
    assert found == [seq for seq in range(1, len(tables) + 1) if seq not in gone]


def test_a_record_tells_what_replaced_it(journal: Journal) -> None:
    journal.append([("dose_rate_10m", dose_rate()), ("meteo", meteo())])
    journal.append([("dose_rate_10m", dose_rate(revision=1, supersedes=1))])
    with JournalReader(journal.path) as reader:
        assert [(e.record.seq, e.superseded_by) for e in reader.page(0, 10)] == [(1, 3), (2, None), (3, None)]


def test_the_replacement_is_known_before_its_own_page(journal: Journal) -> None:
    journal.append([("meteo", meteo()), ("meteo", meteo()), ("meteo", meteo(supersedes=1))])
    with JournalReader(journal.path) as reader:
        ((entry),) = reader.page(0, 1)
    assert entry.superseded_by == 3


def test_of_several_replacements_the_newest_counts(journal: Journal) -> None:
    journal.append([("meteo", meteo()), ("meteo", meteo(supersedes=1)), ("meteo", meteo(supersedes=1))])
    with JournalReader(journal.path) as reader:
        assert [e.superseded_by for e in reader.page(0, 10)] == [3, None, None]


def test_last_seq_follows_the_writer(journal: Journal) -> None:
    with JournalReader(journal.path) as reader:
        assert reader.last_seq() == 0
        journal.append([("meteo", meteo())])
        assert reader.last_seq() == 1


def test_a_page_never_goes_beyond_what_is_committed(journal: Journal) -> None:
    journal.append([("meteo", meteo())])
    with JournalReader(journal.path) as reader:
        journal.connection.execute("BEGIN IMMEDIATE")
        journal._insert([("meteo", meteo(seq=2))])
        assert seqs(reader.page(0, 10)) == [1]
        journal.connection.execute("ROLLBACK")


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM meteo",
        "UPDATE meta SET value = 'mine' WHERE key = 'journal_id'",
        "CREATE TABLE mine (a TEXT)",
        "DROP TABLE meteo",
    ],
)
def test_a_reader_cannot_write(mixed: Journal, sql: str) -> None:
    with JournalReader(mixed.path) as reader:
        reader._db.execute("PRAGMA query_only=OFF")  # not even on purpose
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader._db.execute(sql)


def test_a_reader_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        JournalReader(tmp_path / "nowhere.db")
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_an_id_is_no_journal(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE meta (key TEXT, value TEXT)")
    with pytest.raises(sqlite3.DatabaseError, match="no id"):
        JournalReader(path)


def test_a_path_with_signs_that_an_address_would_read_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / "trạm 1?mode=rw#%41" / "journal.db"
    with closing(Journal.open(path, lambda: T0_NS)) as journal, JournalReader(path) as reader:
        assert reader.journal_id == journal.journal_id


def test_the_writer_commits_while_a_reader_is_in_the_middle_of_a_page(mixed: Journal) -> None:
    with JournalReader(mixed.path) as reader:
        mixed.connection.execute("PRAGMA busy_timeout=0")
        cursor = reader._db.execute("SELECT seq FROM dose_rate")
        cursor.fetchone()
        assert mixed.append([("meteo", meteo())])[0][1].seq == 9
        cursor.close()


def test_no_call_leaves_a_transaction_behind(mixed: Journal) -> None:
    """An open one would keep the write-ahead log from being emptied; TRUNCATE says busy (1) if there is any."""
    with JournalReader(mixed.path) as reader:
        reader.page(0, 3)
        reader.last_seq()
        reader.latest("meteo", "weather")
        reader.newest("meteo", 1)
        reader.count("meteo")
        reader.positions()
        reader.audit(1)
        next(reader.every("meteo", "weather", 0, T0_NS))
        mixed.connection.execute("PRAGMA busy_timeout=0")
        (busy, _, _) = mixed.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert busy == 0
    assert mixed.path.with_name("journal.db-wal").stat().st_size == 0


def test_every_gives_an_interval_open_at_its_start_and_closed_at_its_end(journal: Journal) -> None:
    journal.append([("meteo", meteo(end_ns=end_ns)) for end_ns in (30, 10, 20, 40)])
    journal.append([("meteo", meteo(end_ns=25, instrument="another"))])
    with JournalReader(journal.path) as reader:
        assert [record.end_ns for record in reader.every("meteo", "weather", 10, 30)] == [20, 30]


def test_every_leaves_out_what_was_replaced(journal: Journal) -> None:
    journal.append([("meteo", meteo(end_ns=10)), ("meteo", meteo(end_ns=20))])
    journal.append([("meteo", meteo(end_ns=10, revision=1, supersedes=1))])
    with JournalReader(journal.path) as reader:
        found = list(reader.every("meteo", "weather", 0, 100))
    assert [(record.end_ns, record.revision) for record in found] == [(10, 1), (20, 0)]


def test_every_reads_on_over_pages_where_many_records_have_one_end(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "PAGE_LIMIT", 2)
    journal.append([("meteo", meteo(end_ns=end_ns, clock_epoch=i)) for i, end_ns in enumerate([5, 7, 7, 7, 7, 9])])
    with JournalReader(journal.path) as reader:
        assert [record.seq for record in reader.every("meteo", "weather", 0, 9)] == [1, 2, 3, 4, 5, 6]


def test_latest_is_of_the_instrument_asked_for(journal: Journal) -> None:
    journal.append([("meteo", meteo(end_ns=10)), ("meteo", meteo(end_ns=20)), ("meteo", meteo(instrument="another"))])
    with JournalReader(journal.path) as reader:
        latest = reader.latest("meteo", "weather")
        assert latest is not None
        assert latest.seq == 2
        assert reader.latest("meteo", "nobody") is None


def test_latest_is_not_taken_in_by_a_clock_that_was_a_year_ahead(journal: Journal) -> None:
    journal.append([("meteo", meteo(end_ns=T0_NS + 10**16)), ("meteo", meteo(end_ns=T0_NS, clock_epoch=1))])
    with JournalReader(journal.path) as reader:
        latest = reader.latest("meteo", "weather")
    assert latest is not None
    assert latest.end_ns == T0_NS


def test_newest_comes_first(mixed: Journal) -> None:
    with JournalReader(mixed.path) as reader:
        assert [record.seq for record in reader.newest("dose_rate", 2)] == [8, 3]


def test_count_counts_one_table(mixed: Journal) -> None:
    with JournalReader(mixed.path) as reader:
        assert {table: reader.count(table) for table in MADE} == {
            "dose_rate": 3, "meteo": 2, "alarm": 1, "health": 1, "dose_rate_10m": 1,
        }  # fmt: skip
