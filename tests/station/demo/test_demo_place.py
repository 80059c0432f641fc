"""The data directory: only what a demo made is ever cleared, and only one demo uses it at a time."""

from pathlib import Path

import pytest

from station.demo.place import PlaceError, take_place


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def earlier_demo() -> Path:
    take_place(None).close()
    data = Path("demo-data")
    (data / "inbox" / "new").mkdir(parents=True)
    (data / "quarantine" / "recorder").mkdir(parents=True)
    for name in ("journal.sqlite", "journal.sqlite-wal", "journal.sqlite.head", "recorded.jsonl", "station.toml",
                 "station.log.1", "simulator.log", "inbox/new/command", "quarantine/recorder/0001"):  # fmt: skip
        (data / name).write_text("old")
    return data


def names(data: Path) -> set[str]:
    return {str(path.relative_to(data)) for path in data.rglob("*")}


def test_a_fresh_directory_is_made_here(tmp_path: Path) -> None:
    place = take_place(None)
    place.close()
    assert place.path == tmp_path / "demo-data"
    assert place.path.is_dir()


def test_what_an_earlier_demo_made_is_cleared() -> None:
    data = earlier_demo()
    take_place(None).close()
    assert names(data) == {".quantrac-demo"}


def test_what_somebody_else_put_there_stays() -> None:
    data = earlier_demo()
    (data / "notes.txt").write_text("mine")
    (data / "inbox" / "deep").mkdir()
    (data / "inbox" / "deep" / "er").mkdir()
    (data / "inbox" / "deep" / "er" / "letter").write_text("mine")
    take_place(None).close()
    left = {".quantrac-demo", "notes.txt", "inbox", "inbox/deep", "inbox/deep/er", "inbox/deep/er/letter"}
    assert names(data) == left


def test_a_link_is_removed_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    data = earlier_demo()
    (tmp_path / "precious").write_text("mine")
    (data / "journal.sqlite").unlink()
    (data / "journal.sqlite").symlink_to(tmp_path / "precious")
    take_place(None).close()
    assert (tmp_path / "precious").read_text() == "mine"
    assert not (data / "journal.sqlite").is_symlink()


def refusal(keep: Path | None) -> str:
    with pytest.raises(PlaceError) as refused:
        take_place(keep)
    return refused.value.key


def test_a_directory_of_that_name_that_no_demo_made_is_left_alone() -> None:
    Path("demo-data").mkdir()
    Path("demo-data/journal.sqlite").write_text("mine")
    assert refusal(None) == "demo.not_from_a_demo"
    assert Path("demo-data/journal.sqlite").read_text() == "mine"


def test_two_demos_cannot_use_one_directory() -> None:
    place = take_place(None)
    assert refusal(None) == "demo.in_use"
    place.close()
    take_place(None).close()


def test_a_kept_directory_must_be_empty_and_is_never_cleared() -> None:
    take_place(Path("demo-data")).close()
    Path("demo-data/journal.sqlite").write_text("kept")
    assert refusal(Path("demo-data")) == "demo.not_empty"
    assert refusal(None) == "demo.not_from_a_demo"
    assert Path("demo-data/journal.sqlite").read_text() == "kept"


def test_a_file_in_the_way_is_said() -> None:
    Path("demo-data").write_text("")
    assert refusal(None) == "demo.cannot_use"
