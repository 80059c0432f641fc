"""The quarantine survives crashes, is bounded, and gives back what the database takes later."""

from pathlib import Path

import pytest

from station.record.answers import Answer
from station.record.intake import Intake
from station.record.quarantine import FILE, Quarantine, QuarantineFullError, Refused, read_lines, replay_quarantine
from station.record.tracker import Tracker
from station.wire.link import Arrived
from station.wire.message import Message, MessageError, encode, to_json
from tests.builders import dose_rate


def payload(seq: int, **changes: object) -> bytes:
    return to_json(encode("dose_rate", dose_rate(seq=seq, **changes), "j", None))


def refused(seq: int) -> Refused:
    return Refused("400 type conflict", "quantrac/1/x", payload(seq))


@pytest.mark.parametrize("content", [b'{"a": 1}', "độ ẩm".encode(), b"\xff\x00\n", b"two\nlines"])
def test_a_message_comes_back_as_it_was(tmp_path: Path, content: bytes) -> None:
    Quarantine(tmp_path).add([Refused("why", "topic", content)])
    assert [Refused.from_line(line).payload for line in read_lines(tmp_path / FILE)] == [content]


def test_it_counts_what_was_there_before(tmp_path: Path) -> None:
    Quarantine(tmp_path).add([refused(1), refused(2)])
    assert Quarantine(tmp_path).entries == 2


def test_a_torn_line_does_not_swallow_the_next_one(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path)
    quarantine.add([refused(1)])
    with quarantine.path.open("ab") as stream:
        stream.write(refused(2).to_line()[:20])
    quarantine.add([refused(3)])
    assert Quarantine(tmp_path).entries == 2


def test_it_is_bounded(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, largest_bytes=2_000)
    quarantine.add([refused(1)])
    size_bytes = quarantine.size_bytes
    with pytest.raises(QuarantineFullError):
        quarantine.add([refused(seq) for seq in range(2, 10)])
    assert (quarantine.size_bytes, quarantine.entries) == (size_bytes, 1)


def test_replay_writes_what_the_database_takes_now_and_keeps_the_rest(tmp_path: Path) -> None:
    Quarantine(tmp_path).add([refused(1), refused(2), Refused("not JSON", "t", b"{"), refused(3)])
    written: list[int] = []

    def write(message: Message) -> Answer:
        if message.record.seq == 2:
            return Answer(400, "still")
        written.append(message.record.seq)
        return Answer(204)

    assert replay_quarantine(tmp_path, write, lambda _: None) == (2, 0, 2)
    assert written == [1, 3]
    assert Quarantine(tmp_path).entries == 2


def test_replay_never_overwrites_a_newer_revision(tmp_path: Path) -> None:
    Quarantine(tmp_path).add([refused(1)])

    def write(message: Message) -> Answer:
        raise AssertionError(f"{message} must not be written")

    assert replay_quarantine(tmp_path, write, lambda _: 1) == (0, 1, 0)


def test_interrupted_replay_is_taken_up_again(tmp_path: Path) -> None:
    Quarantine(tmp_path).add([refused(1), refused(2)])

    def fails(message: Message) -> Answer:
        raise ConnectionError(f"at {message.record.seq}")

    with pytest.raises(ConnectionError):
        replay_quarantine(tmp_path, fails, lambda _: None)
    assert replay_quarantine(tmp_path, lambda _: Answer(204), lambda _: None) == (2, 0, 0)


class FakeLink:
    def acknowledge(self, mid: int, qos: int) -> None:
        raise AssertionError(f"{mid} {qos}: sorting acknowledges nothing")


def arrived(content: bytes) -> Arrived:
    return Arrived(FakeLink(), "t", content, False, 1, 1)  # type: ignore[arg-type] # sorting looks at the payload only


@pytest.fixture
def tracker() -> Tracker:
    return Tracker()


@pytest.fixture
def intake(tracker: Tracker) -> Intake:
    return Intake("VN-LS01", tracker)


def test_record_of_another_station_is_no_message_of_ours(intake: Intake, tracker: Tracker) -> None:
    foreign = payload(1, station="other")
    with pytest.raises(MessageError, match="station"):
        intake.sort(arrived(foreign))
    intake.count_as_had(foreign)
    assert not tracker.has("j", 1)


def test_our_record_that_cannot_be_understood_counts_as_had_once_it_is_put_aside(
    intake: Intake, tracker: Tracker
) -> None:
    newer = payload(1).replace(b'"counts":25', b'"counts":"25 or so"')
    with pytest.raises(MessageError, match="counts"):
        intake.sort(arrived(newer))
    assert not tracker.has("j", 1)
    intake.count_as_had(newer)
    assert tracker.has("j", 1)


def test_stale_copy_of_an_older_revision_is_not_written(intake: Intake, tracker: Tracker) -> None:
    assert intake.sort(arrived(payload(2, revision=1, supersedes=1))) is not None
    assert intake.sort(arrived(payload(1))) is None
    assert tracker.has("j", 1)
    assert intake.old_revisions == 1


def test_superseded_record_is_had_and_not_written(intake: Intake, tracker: Tracker) -> None:
    superseded = to_json(encode("dose_rate", dose_rate(seq=1), "j", 2))
    assert intake.sort(arrived(superseded)) is None
    assert tracker.has("j", 1)


def test_record_that_is_there_already_is_not_written_again(intake: Intake, tracker: Tracker) -> None:
    tracker.add("j", 1, 1)
    assert intake.sort(arrived(payload(1))) is None
