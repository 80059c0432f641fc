"""The one door: a bounded number of files a tick, nothing waits, nothing that lies there can hold the station up."""

import json
import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.clock import NS
from station.inbox import COMMANDS, Door, submit
from station.inbox.door import FILES_A_TICK, own_programs
from tests.builders import T0_NS

MINUTE_NS = 60 * NS


def never_seen(_command_id: str) -> bool:
    return False


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    return tmp_path / "inbox"


@pytest.fixture
def door(inbox: Path) -> Door:
    return Door(inbox, own_programs())


def acknowledge(inbox: Path, person: str = "Lan") -> str:
    return submit(inbox, T0_NS, command="acknowledge", person=person, alarm="det-north-dose")


def refusals(door: Door) -> list[str]:
    knocks = door.look(T0_NS, never_seen)
    assert all(knock.command is None for knock in knocks)
    return [knock.refusal for knock in knocks]


def test_a_command_comes_through_as_it_was_given(inbox: Path, door: Door) -> None:
    command_id = submit(inbox, T0_NS, command="acknowledge", person="Đỗ Lan", alarm="det-north-dose", reason="tập trận")
    (knock,) = door.look(T0_NS + 1, never_seen)
    assert (knock.program, knock.refusal) == ("quantrac", "")
    assert knock.command is not None
    assert knock.command.id == command_id
    assert (knock.command.person, knock.command.alarm, knock.command.reason) == ("Đỗ Lan", "det-north-dose", "tập trận")


def test_an_empty_inbox_gives_nothing(door: Door) -> None:
    assert door.look(T0_NS, never_seen) == []


def test_a_command_stays_until_it_is_done(inbox: Path, door: Door) -> None:
    """A kill between carrying out and deleting reads it again; the journal then knows its id."""
    acknowledge(inbox)
    first, second = door.look(T0_NS, never_seen), door.look(T0_NS, never_seen)
    assert first == second
    door.done(first)
    assert door.look(T0_NS, never_seen) == []
    assert list((inbox / "new").iterdir()) == []


def test_what_is_done_twice_is_no_error(inbox: Path, door: Door) -> None:
    acknowledge(inbox)
    knocks = door.look(T0_NS, never_seen)
    door.done(knocks)
    door.done(knocks)


def test_a_command_that_was_carried_out_before_is_refused(inbox: Path, door: Door) -> None:
    command_id = acknowledge(inbox)
    (knock,) = door.look(T0_NS, lambda known: known == command_id)
    assert knock.command is None
    assert knock.refusal == f"repeated: {command_id} was carried out already"


def test_of_two_copies_in_one_look_one_is_refused(inbox: Path, door: Door) -> None:
    command_id = acknowledge(inbox)
    original = inbox / "new" / f"{command_id}.json"
    (inbox / "new" / "copy.json").write_bytes(original.read_bytes())
    knocks = door.look(T0_NS, never_seen)
    assert sorted(knock.refusal.partition(":")[0] for knock in knocks) == ["", "repeated"]


def test_a_late_command_is_refused(inbox: Path, door: Door) -> None:
    acknowledge(inbox)
    (knock,) = door.look(T0_NS + 5 * MINUTE_NS, never_seen)
    assert knock.refusal.startswith("late: expired")


def test_an_owner_who_is_no_program_is_refused(inbox: Path) -> None:
    door = Door(inbox, {})
    acknowledge(inbox)
    (knock,) = door.look(T0_NS, never_seen)
    assert (knock.program, knock.command) == (f"uid {os.getuid()}", None)
    assert knock.refusal == f"uid {os.getuid()} may not ask for acknowledge"


def test_a_program_may_ask_for_its_own_commands_only(inbox: Path) -> None:
    door = Door(inbox, {os.getuid(): ("console", frozenset({"acknowledge"}))})
    acknowledge(inbox)
    submit(inbox, T0_NS, command="reload", person="Lan")
    verdicts = {knock.command.command if knock.command else knock.refusal for knock in door.look(T0_NS, never_seen)}
    assert verdicts == {"acknowledge", "console may not ask for reload"}


def test_the_stations_own_user_and_root_may_ask_for_everything() -> None:
    assert own_programs() == dict.fromkeys({0, os.getuid()}, ("quantrac", frozenset(COMMANDS)))


def test_half_a_file_is_never_seen(inbox: Path, door: Door) -> None:
    """It is written in tmp and renamed when it is whole."""
    (inbox / "tmp" / "half.json").write_text('{"schema": "quantrac/1/comm')
    assert door.look(T0_NS, never_seen) == []


def test_submit_leaves_nothing_in_tmp(inbox: Path, door: Door) -> None:
    acknowledge(inbox)
    assert list((inbox / "tmp").iterdir()) == []


def test_a_submit_that_fails_leaves_nothing_in_tmp(inbox: Path, door: Door) -> None:
    (inbox / "new").rmdir()
    with pytest.raises(FileNotFoundError):
        acknowledge(inbox)
    assert list((inbox / "tmp").iterdir()) == []


def test_submit_without_an_inbox_says_so(inbox: Path) -> None:
    with pytest.raises(FileNotFoundError):
        acknowledge(inbox)


def make_symlink(path: Path) -> None:
    target = path.parent.parent / "target.json"
    target.write_text("{}")
    path.symlink_to(target)


def make_hard_link(path: Path) -> None:
    """Somebody gives a file of another owner a second name: its owner did not put it here."""
    target = path.parent.parent / "target.json"
    submitted = submit(path.parent.parent, T0_NS, command="reload", person="Lan")
    (path.parent / f"{submitted}.json").rename(target)
    path.hardlink_to(target)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(path.parent)
        server.bind(path.name)


def make_writable_by_others(path: Path) -> None:
    submitted = submit(path.parent.parent, T0_NS, command="reload", person="Lan")
    (path.parent / f"{submitted}.json").rename(path)
    path.chmod(0o666)


ODD: dict[str, tuple[Callable[[Path], object], str]] = {
    "a symbolic link": (make_symlink, "cannot be opened"),
    "a dangling link": (lambda path: path.symlink_to("nowhere"), "cannot be opened"),
    "a hard link": (make_hard_link, "more than one name"),
    "a pipe that nobody writes": (os.mkfifo, "not a regular file"),
    "a socket": (make_socket, "cannot be opened"),
    "a directory": (Path.mkdir, "not a regular file"),
    "a directory with files": (lambda path: (path / "a" / "b").mkdir(parents=True), "not a regular file"),
    "an empty file": (Path.touch, "Invalid JSON"),
    "a huge file": (lambda path: path.write_bytes(b" " * 10_000_000), "oversized"),
    "a file that anybody could write": (make_writable_by_others, "written by others than its owner"),
}


@pytest.fixture(params=ODD.values(), ids=list(ODD))
def odd(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[Callable[[Path], object], str]:
    monkeypatch.chdir(Path.cwd())  # back here in the end
    chosen: tuple[Callable[[Path], object], str] = request.param
    return chosen


def test_what_is_no_plain_file_is_refused_without_waiting(
    odd: tuple[Callable[[Path], object], str], inbox: Path, door: Door
) -> None:
    make, said = odd
    make(inbox / "new" / "odd")
    (found,) = refusals(door)
    assert said in found


def test_what_was_refused_is_gone_after_done(
    odd: tuple[Callable[[Path], object], str], inbox: Path, door: Door
) -> None:
    make, _ = odd
    for _ in range(3):  # again and again under the same name
        make(inbox / "new" / "odd")
        knocks = door.look(T0_NS, never_seen)
        assert [knock.file.name for knock in knocks] == ["odd"]
        door.done(knocks)
        assert list((inbox / "new").iterdir()) == []


def test_a_link_is_removed_and_not_what_it_points_to(inbox: Path, door: Door) -> None:
    make_symlink(inbox / "new" / "odd")
    door.done(door.look(T0_NS, never_seen))
    assert (inbox / "target.json").read_text() == "{}"


def test_a_file_that_cannot_be_opened_is_refused(inbox: Path, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    acknowledge(inbox)

    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("station.inbox.door.os.open", denied)
    (knock,) = door.look(T0_NS, never_seen)
    assert (knock.program, knock.refusal) == ("unknown", "cannot be opened: Permission denied")


def test_a_file_that_vanishes_while_looking_is_refused(
    inbox: Path, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    acknowledge(inbox)

    def gone(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("station.inbox.door.os.read", gone)
    assert refusals(door) == ["cannot be read: Input/output error"]


def test_a_thousand_files_are_looked_at_a_few_at_a_time(inbox: Path, door: Door) -> None:
    for number in range(1000):
        (inbox / "new" / f"{number:04d}").touch()
    ticks = 0
    while knocks := door.look(T0_NS, never_seen):
        assert len(knocks) <= FILES_A_TICK
        door.done(knocks)
        ticks += 1
    assert ticks == -(-1000 // FILES_A_TICK)


def test_a_command_among_junk_gets_its_turn(inbox: Path, door: Door) -> None:
    for number in range(100):
        (inbox / "new" / f"{number:04d}").touch()
    acknowledge(inbox)
    carried_out = 0
    while knocks := door.look(T0_NS, never_seen):
        carried_out += sum(knock.command is not None for knock in knocks)
        door.done(knocks)
    assert carried_out == 1


def test_what_cannot_be_removed_does_not_shut_the_door(
    inbox: Path, door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Another user's directory in here may be neither removed nor moved: it is told once, then passed over."""
    for number in range(2 * FILES_A_TICK):
        (inbox / "new" / f"{number:04d}").mkdir()

    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    for method in ("unlink", "rename", "rmdir"):
        monkeypatch.setattr(Path, method, lambda self, *_, **__: denied())
    for _ in range(2):
        door.done(door.look(T0_NS, never_seen))
    assert len(caplog.records) == 2 * FILES_A_TICK
    monkeypatch.undo()
    acknowledge(inbox)
    (knock,) = door.look(T0_NS, never_seen)
    assert knock.command is not None


def test_a_name_that_is_no_text_can_be_told_and_removed(inbox: Path, door: Door) -> None:
    os.close(os.open(os.fsencode(inbox / "new") + b"/\xff\xfe\n.json", os.O_CREAT | os.O_WRONLY))
    knocks = door.look(T0_NS, never_seen)
    assert [knock.name for knock in knocks] == ["???.json"]
    door.done(knocks)
    assert list((inbox / "new").iterdir()) == []


def test_the_group_may_submit_whatever_the_umask(inbox: Path) -> None:
    before = os.umask(0o077)
    try:
        Door(inbox, own_programs())
    finally:
        os.umask(before)
    assert [oct((inbox / part).stat().st_mode & 0o7777) for part in (".", "new", "tmp")] == ["0o2770"] * 3


def test_what_is_submitted_can_be_read_by_the_group_and_written_by_nobody_else(inbox: Path, door: Door) -> None:
    command_id = acknowledge(inbox)
    assert (inbox / "new" / f"{command_id}.json").stat().st_mode & 0o777 == 0o640


def test_an_id_is_never_given_twice(inbox: Path, door: Door) -> None:
    assert len({acknowledge(inbox) for _ in range(20)}) == 20


def test_a_command_written_by_hand_is_as_good(inbox: Path, door: Door) -> None:
    now = datetime.fromtimestamp(T0_NS // NS, UTC)
    by_hand = {
        "schema": "quantrac/1/command",
        "id": "f" * 32,
        "command": "reload",
        "person": "Lan",
        "issued": now.isoformat(),
        "expires": (now + timedelta(hours=1)).isoformat(),
    }
    (inbox / "new" / "by-hand.json").write_text(json.dumps(by_hand))
    (knock,) = door.look(T0_NS, never_seen)
    assert knock.command is not None
