"""The journal forgets by age what is confirmed; only a full disk takes more, and then it is counted and said."""

import logging

import pytest

from station.journal import retention
from station.journal.journal import Journal
from station.journal.reader import JournalReader
from station.journal.retention import CHUNK, DAY_NS, Pruned, prune_by_age, prune_oldest, used_bytes
from station.records import TABLES
from tests.builders import T0_NS, alarm, dose_rate, health, meteo

KEPT_DAYS = dict.fromkeys(TABLES, 10.0)
EVERYTHING = 10**9


def aged(days: float) -> int:
    return T0_NS - int(days * DAY_NS)


def left(journal: Journal) -> list[int]:
    with JournalReader(journal.path) as reader:
        return [entry.record.seq for entry in reader.page(0, 5000)]


def test_what_is_older_than_its_days_goes(journal: Journal) -> None:
    journal.append([("meteo", meteo(end_ns=aged(days))) for days in (30, 10.001, 9.999, 0)])
    assert prune_by_age(journal.connection, T0_NS, KEPT_DAYS, EVERYTHING) == Pruned(confirmed=2, lost=0)
    assert left(journal) == [3, 4]


def test_each_table_has_its_own_days(journal: Journal) -> None:
    journal.append([("dose_rate", dose_rate(end_ns=aged(5))), ("dose_rate_1h", dose_rate(end_ns=aged(5)))])
    prune_by_age(journal.connection, T0_NS, KEPT_DAYS | {"dose_rate": 3.0}, EVERYTHING)
    assert left(journal) == [2]


def test_what_is_not_confirmed_stays_however_old_it_is(journal: Journal) -> None:
    journal.append([("meteo", meteo(end_ns=aged(1000)))] * 4)
    assert prune_by_age(journal.connection, T0_NS, KEPT_DAYS, confirmed_seq=2) == Pruned(confirmed=2, lost=0)
    assert left(journal) == [3, 4]


def test_nothing_goes_where_nothing_is_confirmed(journal: Journal) -> None:
    journal.append([("alarm", alarm(end_ns=aged(1000)))])
    assert prune_by_age(journal.connection, T0_NS, KEPT_DAYS, confirmed_seq=0) == Pruned(0, 0)
    assert left(journal) == [1]


def test_every_instrument_is_pruned(journal: Journal) -> None:
    names = ["zz", "aa", "mm", "station", "", "đo-1"]
    journal.append([("health", health(instrument=name, end_ns=aged(20))) for name in names])
    journal.append([("health", health(instrument=name)) for name in names])
    assert prune_by_age(journal.connection, T0_NS, KEPT_DAYS, EVERYTHING).confirmed == len(names)
    assert left(journal) == [7, 8, 9, 10, 11, 12]


def test_records_from_a_clock_that_was_ahead_do_not_keep_the_others(journal: Journal) -> None:
    journal.append([("meteo", meteo(end_ns=T0_NS + 365 * DAY_NS)), ("meteo", meteo(end_ns=aged(20)))])
    prune_by_age(journal.connection, T0_NS, KEPT_DAYS, EVERYTHING)
    assert left(journal) == [1]


def test_one_call_deletes_a_bounded_number(journal: Journal) -> None:
    journal.append([("meteo", meteo(end_ns=aged(20)))] * (CHUNK + 5))
    assert prune_by_age(journal.connection, T0_NS, KEPT_DAYS, EVERYTHING).confirmed == CHUNK
    assert left(journal) == [CHUNK + 1 + i for i in range(5)]


@pytest.mark.parametrize("table", TABLES)
def test_looking_for_old_records_does_not_read_the_whole_table(table: str, journal: Journal) -> None:
    """It runs on the thread that commits: a scan of millions of rows would hold up the alarms."""
    sql = f"EXPLAIN QUERY PLAN {retention.old_rows_sql(table)}"
    rows = journal.connection.execute(sql, ("det-north", aged(10), EVERYTHING, CHUNK)).fetchall()
    plan = " ".join(row[3] for row in rows)
    assert f"USING COVERING INDEX {table}_by_time (instrument=? AND end_ns<?)" in plan


def test_a_full_disk_takes_health_first_and_alarms_never(journal: Journal) -> None:
    some = [("health", health()), ("dose_rate", dose_rate()), ("alarm", alarm())]
    journal.append([pair for pair in some for _ in range(CHUNK)])
    taken = [prune_oldest(journal.connection, EVERYTHING).confirmed for _ in range(3)]
    assert taken == [CHUNK, CHUNK, 0]
    with JournalReader(journal.path) as reader:
        assert [reader.count(table) for table in ("health", "dose_rate", "alarm")] == [0, 0, CHUNK]


def test_raw_values_go_before_averages_and_short_averages_before_long_ones(journal: Journal) -> None:
    order = ["health", "dose_rate", "meteo", "dose_rate_1m", "dose_rate_10m", "dose_rate_1h"]
    made = {"health": health, "meteo": meteo}
    journal.append([(table, made.get(table, dose_rate)()) for table in reversed(order) for _ in range(CHUNK)])
    gone = []
    for _ in order:
        prune_oldest(journal.connection, EVERYTHING)
        with JournalReader(journal.path) as reader:
            gone += [table for table in order if reader.count(table) == 0 and table not in gone]
    assert gone == order


def test_what_was_dropped_unconfirmed_is_counted_and_logged(journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    journal.append([("dose_rate", dose_rate())] * CHUNK)
    assert prune_oldest(journal.connection, confirmed_seq=CHUNK - 7) == Pruned(confirmed=CHUNK - 7, lost=7)
    assert [(r.levelno, "7 unconfirmed records of dose_rate" in r.getMessage()) for r in caplog.records] == [
        (logging.ERROR, True)
    ]


def test_what_was_confirmed_is_no_loss(journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    journal.append([("dose_rate", dose_rate())] * CHUNK)
    assert prune_oldest(journal.connection, confirmed_seq=CHUNK).lost == 0
    assert caplog.records == []


def test_the_oldest_go_first(journal: Journal) -> None:
    journal.append([("dose_rate", dose_rate())] * (CHUNK + 3))
    prune_oldest(journal.connection, EVERYTHING)
    assert left(journal) == [CHUNK + 1, CHUNK + 2, CHUNK + 3]


def test_a_full_journal_takes_records_again_after_room_was_made(journal: Journal) -> None:
    record = ("dose_rate", dose_rate())
    journal.append([record] * 2 * CHUNK)
    (pages,) = journal.connection.execute("PRAGMA page_count").fetchone()
    journal.connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(Exception, match="full"):
        journal.append([record] * CHUNK)
    prune_oldest(journal.connection, EVERYTHING)
    assert journal.append([record] * (CHUNK // 2))[-1][1].seq == 2 * CHUNK + CHUNK // 2


def test_used_bytes_do_not_count_what_was_freed(journal: Journal) -> None:
    journal.append([("dose_rate", dose_rate())] * CHUNK)
    full = used_bytes(journal.connection)
    prune_oldest(journal.connection, EVERYTHING)
    assert used_bytes(journal.connection) < full / 2
