"""A damaged journal is set aside under a name that says so and a new one begins; nothing is deleted or overwritten."""

import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from station.journal.aside import head_path
from station.journal.errors import DamagedError, JournalError
from station.journal.journal import Journal
from station.journal.opening import is_damage
from station.journal.reader import JournalReader
from tests.builders import T0_NS, dose_rate

STAMP = "20260115T031100Z"  # T0_NS
RECORDS = 400


def opened(path: Path) -> Journal:
    return Journal.open(path, lambda: T0_NS)


def write_journal(path: Path, records: int = RECORDS) -> str:
    with closing(opened(path)) as journal:
        journal.append([("dose_rate", dose_rate(end_ns=T0_NS + i)) for i in range(records)])
        return journal.journal_id


def random_bytes_in_the_middle(path: Path) -> None:
    noise = random.Random(4)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(noise.randbytes(5 * 4096))


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def cut_within_a_page(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 // 4096 * 4096 + 1000)


def not_a_database(path: Path) -> None:
    path.write_bytes(b"Lang Son " * 1000)


def first_page_gone(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(bytes(4096))


def table_gone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE meteo")


def emptied(path: Path) -> None:
    os.truncate(path, 0)


def one_byte(path: Path) -> None:
    path.write_bytes(b"S")


DAMAGES = [
    random_bytes_in_the_middle,
    cut_in_half,
    cut_within_a_page,
    not_a_database,
    first_page_gone,
    table_gone,
    emptied,
    one_byte,
]


@pytest.fixture(params=DAMAGES, ids=lambda damage: damage.__name__)
def damage(request: pytest.FixtureRequest) -> Callable[[Path], None]:
    chosen: Callable[[Path], None] = request.param
    return chosen


def test_a_damaged_file_is_set_aside_as_it_was(path: Path, damage: Callable[[Path], None]) -> None:
    write_journal(path)
    damage(path)
    damaged = path.read_bytes()
    with closing(opened(path)) as journal:
        aside = journal.opened.set_aside
    assert aside == path.with_name(f"journal.damaged-{STAMP}.db")
    assert aside.read_bytes() == damaged


def test_a_new_journal_begins_at_seq_1_under_a_new_id(path: Path, damage: Callable[[Path], None]) -> None:
    old_id = write_journal(path)
    damage(path)
    with closing(opened(path)) as journal:
        assert journal.journal_id != old_id
        assert journal.append([("dose_rate", dose_rate())])[0][1].seq == 1


def test_the_damage_is_told(path: Path, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture) -> None:
    write_journal(path)
    damage(path)
    with closing(opened(path)) as journal:
        assert journal.opened.damage
        assert not journal.opened.rolled_back
    (message,) = [r.getMessage() for r in caplog.records if r.levelname == "ERROR"]
    assert str(path) in message
    assert f"damaged-{STAMP}" in message


def test_a_good_file_keeps_its_id_and_is_not_set_aside(path: Path) -> None:
    journal_id = write_journal(path)
    with closing(opened(path)) as journal:
        assert (journal.journal_id, journal.last_seq) == (journal_id, RECORDS)
        assert (journal.opened.set_aside, journal.opened.damage, journal.opened.rolled_back) == (None, "", False)
        assert journal.opened.fully_checked


def test_an_empty_file_without_a_past_is_a_fresh_start(path: Path) -> None:
    path.touch()
    with closing(opened(path)) as journal:
        assert (journal.last_seq, journal.opened.set_aside, journal.opened.damage) == (0, None, "")


def test_a_missing_file_whose_head_is_there_is_a_lost_journal(path: Path) -> None:
    old_id = write_journal(path)
    path.unlink()
    with closing(opened(path)) as journal:
        assert journal.journal_id != old_id
        assert "missing" in journal.opened.damage


def test_the_write_ahead_log_of_a_missing_file_is_kept(path: Path) -> None:
    """SQLite would delete it without a word: it may hold the last records."""
    wal = path.with_name("journal.db-wal")
    wal.write_bytes(b"the last records")
    with closing(opened(path)) as journal:
        assert "journal.db-wal" in journal.opened.damage
    assert path.with_name(f"journal.damaged-{STAMP}.db-wal").read_bytes() == b"the last records"


def test_a_second_damage_in_the_same_second_overwrites_nothing(path: Path) -> None:
    kept = {}
    for number in range(3):
        write_journal(path)
        content = f"damage {number} ".encode() * 100
        path.write_bytes(content)
        with closing(opened(path)) as journal:
            assert journal.opened.set_aside is not None
            kept[journal.opened.set_aside] = content
    assert len(kept) == 3
    assert all(aside.read_bytes() == content for aside, content in kept.items())


def test_a_second_loss_in_the_same_second_overwrites_no_head(path: Path) -> None:
    heads = set()
    for _ in range(3):
        write_journal(path)
        heads.add(head_path(path).read_bytes())
        path.unlink()
        opened(path).close()
    assert {head.read_bytes() for head in path.parent.glob("*damaged*.head")} == heads
    assert len(heads) == 3


def test_a_restored_copy_goes_on_under_a_new_id_with_its_records(path: Path, tmp_path: Path) -> None:
    old_id = write_journal(path, 10)
    shutil.copy(path, tmp_path / "backup.db")
    with closing(opened(path)) as journal:
        journal.append([("dose_rate", dose_rate())] * 5)
    shutil.copy(tmp_path / "backup.db", path)
    with closing(opened(path)) as journal:
        assert journal.opened.rolled_back
        assert journal.journal_id != old_id
        assert (journal.last_seq, journal.opened.set_aside) == (10, None)
        new_id = journal.journal_id
    with closing(opened(path)) as journal:
        assert (journal.journal_id, journal.opened.rolled_back) == (new_id, False)


def test_a_copy_that_lost_nothing_keeps_its_id(path: Path, tmp_path: Path) -> None:
    old_id = write_journal(path, 10)
    shutil.copy(path, tmp_path / "backup.db")
    path.unlink()
    shutil.copy(tmp_path / "backup.db", path)
    with closing(opened(path)) as journal:
        assert (journal.journal_id, journal.opened.rolled_back) == (old_id, False)


def test_a_write_ahead_log_that_lost_its_end_is_a_roll_back(path: Path) -> None:
    """SQLite drops what follows the first bad frame without a word; the head remembers how far it had come."""
    with closing(opened(path)) as journal:
        for _ in range(5):
            journal.append([("dose_rate", dose_rate())])
        shutil.copy(path, path.with_name("killed.db"))
        wal = path.with_name("journal.db-wal").read_bytes()
        shutil.copy(head_path(path), path.with_name("killed.db.head"))
        old_id = journal.journal_id
    path.with_name("killed.db-wal").write_bytes(wal[: len(wal) - 8000])
    with closing(opened(path.with_name("killed.db"))) as journal:
        assert journal.opened.rolled_back
        assert journal.last_seq < 5
        assert journal.journal_id != old_id


@pytest.mark.parametrize("content", [b"", b"x", b"one two three", b"\xff\xfe", b"id notanumber"])
def test_a_head_that_makes_no_sense_is_no_damage(path: Path, content: bytes) -> None:
    journal_id = write_journal(path, 3)
    head_path(path).write_bytes(content)
    with closing(opened(path)) as journal:
        assert (journal.journal_id, journal.last_seq) == (journal_id, 3)
        assert head_path(path).read_text().split() == [journal_id, f"{3:020d}"]


def test_a_directory_in_its_place_is_refused_and_left_alone(path: Path) -> None:
    path.mkdir()
    with pytest.raises(JournalError, match=str(path)):
        opened(path)
    assert path.is_dir()


def test_a_folder_that_cannot_be_made_is_one_error_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match=r"journal\.db"):
        opened(tmp_path / "file" / "journal.db")


def test_a_head_that_cannot_be_written_is_one_error_that_names_the_file(path: Path) -> None:
    head_path(path).mkdir()
    with pytest.raises(JournalError, match=r"journal\.db"):
        opened(path)


def break_under_its_hands(journal: Journal) -> sqlite3.DatabaseError:
    journal.append([("dose_rate", dose_rate())] * RECORDS)
    journal.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with journal.path.open("r+b") as file:
        file.seek(4096)
        file.write(random.Random(4).randbytes(journal.path.stat().st_size - 4096))
    journal.connection.execute("PRAGMA shrink_memory")
    with pytest.raises(sqlite3.DatabaseError) as caught:
        journal.append([("dose_rate", dose_rate())])
    return caught.value


def test_damage_while_running_is_known_as_damage(journal: Journal) -> None:
    assert is_damage(break_under_its_hands(journal))


def test_a_journal_that_broke_while_running_is_replaced(journal: Journal) -> None:
    old_id = journal.journal_id
    error = break_under_its_hands(journal)
    aside = journal.replace_damaged(error)
    assert aside == journal.opened.set_aside == journal.path.with_name(f"journal.damaged-{STAMP}.db")
    assert journal.opened.damage == str(error)
    assert journal.journal_id != old_id
    assert journal.append([("dose_rate", dose_rate())])[0][1].seq == 1
    with JournalReader(journal.path) as reader:
        assert (reader.journal_id, reader.last_seq()) == (journal.journal_id, 1)


def test_a_journal_that_cannot_be_replaced_now_can_be_replaced_later(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = break_under_its_hands(journal)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", _read_only_disk)
        with pytest.raises(JournalError, match="Read-only"):
            journal.replace_damaged(error)
    with pytest.raises(type(error), match=str(error)):
        journal.append([("dose_rate", dose_rate())])
    journal.replace_damaged(error)
    assert journal.append([("dose_rate", dose_rate())])[0][1].seq == 1


def _read_only_disk(*_: object) -> Path:
    raise OSError(30, "Read-only file system")


@pytest.mark.parametrize(
    "error",
    [
        sqlite3.OperationalError("database or disk is full"),
        sqlite3.OperationalError("database is locked"),
        sqlite3.OperationalError("disk I/O error"),
        sqlite3.OperationalError("attempt to write a readonly database"),
        sqlite3.OperationalError("unable to open database file"),
        sqlite3.IntegrityError("NOT NULL constraint failed: dose_rate.station"),
        JournalError("no"),
    ],
    ids=str,
)
def test_what_is_no_damage(error: Exception) -> None:
    assert not is_damage(error)


def test_what_the_integrity_check_finds_is_damage() -> None:
    assert is_damage(DamagedError("row 3 missing from index"))
