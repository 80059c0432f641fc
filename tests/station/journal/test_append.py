"""One tick, one transaction: all of it is on the disk, or nothing is."""

import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.journal.aside import head_path
from station.journal.journal import AuditEntry, Journal
from station.journal.position import Position
from station.journal.reader import JournalReader
from tests.builders import T0_NS, alarm, dose_rate, health, meteo

ACT = AuditEntry(
    wall_ns=T0_NS,
    boot="boot-1",
    mono_ns=42,
    clock_epoch=0,
    program="quantrac",
    person="Lan",
    command="acknowledge",
    command_id="0" * 32,
    verdict="done",
    detail="det-north-dose",
)
MADE = {"dose_rate": dose_rate, "meteo": meteo, "alarm": alarm, "health": health, "dose_rate_1h": dose_rate}


def reopened(journal: Journal) -> Journal:
    journal.close()
    return Journal.open(journal.path, lambda: T0_NS)


def everything(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_the_first_seq_is_1(journal: Journal) -> None:
    assert journal.last_seq == 0
    ((_, record),) = journal.append([("meteo", meteo())])
    assert record.seq == 1


def test_records_come_back_in_the_order_in_which_they_were_given(journal: Journal) -> None:
    given_records: list[tuple[str, Any]] = [("meteo", meteo()), ("dose_rate", dose_rate()), ("meteo", meteo())]
    numbered = journal.append(given_records)
    assert [(table, record.seq) for table, record in numbered] == [("meteo", 1), ("dose_rate", 2), ("meteo", 3)]


@given(ticks=st.lists(st.lists(st.sampled_from(sorted(MADE)), max_size=6), max_size=8), restart_after=st.integers(0, 8))
def test_seqs_are_contiguous_over_all_tables_and_restarts(
    ticks: list[list[str]], restart_after: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    journal = Journal.open(tmp_path_factory.mktemp("j") / "journal.db", lambda: T0_NS)
    for number, tables in enumerate(ticks):
        if number == restart_after:
            journal = reopened(journal)
        journal.append([(table, MADE[table]()) for table in tables])
    journal.close()
    wanted = [table for tables in ticks for table in tables]
    with JournalReader(journal.path) as reader:
        found = [(entry.record.seq, entry.table) for entry in reader.page(0, 1000)]
    assert found == list(enumerate(wanted, 1))


def test_a_seq_is_never_given_again_after_its_record_was_deleted(journal: Journal) -> None:
    journal.append([("meteo", meteo()), ("meteo", meteo())])
    journal.connection.execute("DELETE FROM meteo")
    with closing(reopened(journal)) as again:
        assert again.last_seq == 2
        ((_, record),) = again.append([("meteo", meteo())])
    assert record.seq == 3


def test_state_comes_back_after_a_restart(journal: Journal) -> None:
    journal.append([], state={"alarms": {"det-north": ["raised", 1.5, None]}, "empty": {}})
    with closing(reopened(journal)) as again:
        assert again.state("alarms") == {"det-north": ["raised", 1.5, None]}
        assert again.state("empty") == {}
        assert again.state("never put") is None


def test_state_is_replaced_by_name(journal: Journal) -> None:
    journal.append([], state={"a": 1, "b": 1})
    journal.append([], state={"a": 2})
    assert (journal.state("a"), journal.state("b")) == (2, 1)


def test_meta_comes_back_after_a_restart(journal: Journal) -> None:
    journal.append([], meta={"clock_epoch": "7"})
    with closing(reopened(journal)) as again:
        assert again.meta("clock_epoch") == "7"
        assert again.meta("never put") is None


def test_positions_come_back_after_a_restart(journal: Journal) -> None:
    position = Position(journal.journal_id, 10, ((12, 20), (30, 30)))
    journal.append([], positions={"main": position, "backup": Position("another", 0)})
    with closing(reopened(journal)) as again:
        assert again.positions() == {"main": position, "backup": Position("another", 0)}


def test_an_act_is_in_the_audit_trail(journal: Journal) -> None:
    journal.append([], audit=[ACT])
    with JournalReader(journal.path) as reader:
        (row,) = reader.audit(10)
    assert row == {"id": 1, **{name: getattr(ACT, name) for name in ACT.__dataclass_fields__}}


def test_an_act_whose_text_is_no_text_is_kept_all_the_same(journal: Journal) -> None:
    """A file's name may be any bytes; the audit trail must not be stopped by one."""
    journal.append([], audit=[replace(ACT, command_id=os.fsdecode(b"\xff\xfe.json"), detail="đã nhận")])
    with JournalReader(journal.path) as reader:
        (row,) = reader.audit(10)
    assert (row["command_id"], row["detail"]) == ("??.json", "đã nhận")


def test_a_command_is_known_again_after_a_restart(journal: Journal) -> None:
    journal.append([], seen={"a" * 32: T0_NS + 1})
    with closing(reopened(journal)) as again:
        assert again.command_seen("a" * 32)
        assert not again.command_seen("b" * 32)


def test_commands_are_forgotten_once_they_have_expired_and_not_before(journal: Journal) -> None:
    journal.append([], seen={"a" * 32: T0_NS, "b" * 32: T0_NS + 1})
    journal.forget_commands(T0_NS + 1)
    assert not journal.command_seen("a" * 32)
    assert journal.command_seen("b" * 32)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"state": {"x": object()}}, id="a state that is not JSON"),
        pytest.param({"meta": {"x": None}}, id="a meta value that is missing"),
        pytest.param({"positions": {"x": Position("j", "one")}}, id="a position that is no number"),  # type: ignore[arg-type]  # on purpose
        pytest.param({"seen": {"x": "late"}}, id="an expiry that is no number"),
        pytest.param({"audit": [AuditEntry(*[None] * 10)]}, id="an act of nobody"),  # type: ignore[arg-type]  # on purpose
        pytest.param({"records": [("meteo", meteo(station=None))]}, id="a record of no station"),
        pytest.param({"records": [("dose_rate", dose_rate(completeness=float("nan")))]}, id="no completeness"),
        pytest.param({"records": [("dose_rate", dose_rate(counts=2**63))]}, id="a number too large for SQLite"),
    ],
)
def test_a_failure_in_one_part_takes_back_all(bad: dict[str, Any], journal: Journal) -> None:
    journal.append([("meteo", meteo())], state={"a": 1})
    before = everything(journal.path), head_path(journal.path).read_bytes()
    good: dict[str, Any] = {
        "records": [("dose_rate", dose_rate()), ("health", health())],
        "state": {"a": 2},
        "meta": {"m": "2"},
        "positions": {"main": Position(journal.journal_id, 1)},
        "audit": [ACT],
        "seen": {"a" * 32: T0_NS},
    }
    tick = good | {k: [*good[k], *v] if isinstance(v, list) else good[k] | v for k, v in bad.items()}
    with pytest.raises((sqlite3.DatabaseError, TypeError, OverflowError)):
        journal.append(tick.pop("records"), **tick)
    assert (everything(journal.path), head_path(journal.path).read_bytes()) == before


def test_the_journal_goes_on_after_a_failure_without_a_gap(journal: Journal) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        journal.append([("meteo", meteo()), ("meteo", meteo(station=None))])
    ((_, record),) = journal.append([("meteo", meteo())])
    assert record.seq == 1


def test_a_disk_that_is_full_takes_nothing_and_spoils_nothing(journal: Journal) -> None:
    (pages,) = journal.connection.execute("PRAGMA page_count").fetchone()
    journal.connection.execute(f"PRAGMA max_page_count={pages}")
    records = [("dose_rate", dose_rate())] * 500
    with pytest.raises(sqlite3.OperationalError, match="full"):
        journal.append(records, state={"a": 1})
    assert journal.state("a") is None
    journal.connection.execute(f"PRAGMA max_page_count={pages + 1000}")
    assert [record.seq for _, record in journal.append(records)] == list(range(1, 501))


def test_every_commit_is_on_the_disk_before_it_returns(journal: Journal) -> None:
    (synchronous,) = journal.connection.execute("PRAGMA synchronous").fetchone()
    (mode,) = journal.connection.execute("PRAGMA journal_mode").fetchone()
    assert (synchronous, mode) == (2, "wal")  # 2: FULL


def test_the_text_of_a_configuration_is_kept_once(journal: Journal) -> None:
    for _ in range(2):
        journal.keep_text("c0ffee", "[station]\n", {"cal-1": ("det-north", "factor 1.02")})
    texts = journal.connection.execute("SELECT hash, text, first_used_ns FROM config_text").fetchall()
    periods = journal.connection.execute("SELECT * FROM calibration_period").fetchall()
    assert texts == [("c0ffee", "[station]\n", T0_NS)]
    assert periods == [("cal-1", "det-north", "factor 1.02", T0_NS)]
