"""The table of answers, carried out: nothing but what the database refuses for itself goes into quarantine."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from station.record.answers import Action, Answer, BackOff, action_of, retry_after_s
from station.record.book import Book
from station.record.points import line_of
from station.record.pour import BATCH_POINTS, Point, Pourer
from station.record.quarantine import QuarantineFullError, Refused
from station.wire.message import Message
from tests.builders import T0_NS, dose_rate


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (204, Action.DONE),
        (None, Action.WAIT),
        (408, Action.WAIT),
        (429, Action.WAIT),
        (500, Action.WAIT),
        (503, Action.WAIT),
        (507, Action.WAIT),
        (400, Action.SEARCH),
        (422, Action.SEARCH),
        (413, Action.HALVE),
        (401, Action.WAIT_AND_ALARM),
        (403, Action.WAIT_AND_ALARM),
        (404, Action.WAIT_AND_ALARM),
        (200, Action.WAIT_AND_ALARM),
        (301, Action.WAIT_AND_ALARM),
        (405, Action.WAIT_AND_ALARM),
    ],
)
def test_each_answer_has_its_action(status: int | None, action: Action) -> None:
    assert action_of(status) is action


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("7", None, 7.0),
        ("999999999", None, 300.0),
        ("Fri, 31 Dec 2027 23:59:59 GMT", "Fri, 31 Dec 2027 23:59:39 GMT", 20.0),
        ("Fri, 31 Dec 2027 23:59:59 GMT", None, 0.0),
        ("soon", None, 0.0),
        (None, None, 0.0),
    ],
)
def test_retry_after_is_heeded_within_bounds(value: str | None, date: str | None, seconds: float) -> None:
    assert retry_after_s(value, date) == seconds


def test_back_off_doubles_is_bounded_and_starts_anew() -> None:
    back_off = BackOff(first_s=1.0, longest_s=8.0)
    waits = [back_off.next_s() for _ in range(6)]
    assert all(top / 2 <= wait <= top for wait, top in zip(waits, (1, 2, 4, 8, 8, 8), strict=True))
    back_off.reset()
    assert back_off.next_s() <= 1.0
    assert back_off.next_s(at_least_s=60.0) == 60.0


class Came:
    """Stands for a message that came over MQTT."""

    topic, payload = "t", b"{}"

    def __init__(self) -> None:
        self.acknowledged = 0

    def acknowledge(self) -> None:
        self.acknowledged += 1


def point(seq: int) -> Point:
    message = Message("dose_rate", dose_rate(seq=seq, end_ns=T0_NS + seq), "j", None)
    came: Any = Came()
    return Point(came, message, line_of(message))


class Rig:
    """A pourer between a database of the test's making and a quarantine in memory."""

    def __init__(self, answers: Callable[[list[str]], Answer], room: int = 100) -> None:
        self.requests: list[int] = []
        self.quarantine: list[Refused] = []
        self.room = room
        self.done: list[int] = []
        self.written: list[str] = []
        self.states: list[str] = []
        self._answers = answers
        self.book = Book("LS", "main")
        self.pourer = Pourer(self, self.book, self._keep, self._done, self._news, BackOff(0.001, 0.002))

    async def write(self, lines: list[str]) -> Answer:
        answer = self._answers(lines)
        self.requests.append(sum(not line.startswith("position") for line in lines))
        if answer.action is Action.DONE:
            self.written += [line for line in lines if not line.startswith("position")]
        return answer

    async def _keep(self, refused: Refused) -> None:
        if self.room == 0:
            self.room = 1
            raise QuarantineFullError("full")
        self.quarantine.append(refused)

    def _done(self, points: Sequence[Point]) -> None:
        self.done += [point.message.record.seq for point in points]

    def _news(self) -> None:
        self.states.append(self.pourer.trouble.state)


def is_bad(line: str, *seqs: int) -> bool:
    return any(f",seq={seq}i," in line for seq in seqs)


async def test_only_the_bad_points_go_into_quarantine() -> None:
    rig = Rig(lambda lines: Answer(400 if any(is_bad(line, 7, 64) for line in lines) else 204))
    await rig.pourer.pour([point(n) for n in range(1, 101)])
    assert sorted(rig.done) == list(range(1, 101))
    assert len(rig.quarantine) == 2
    assert len(rig.written) == 98


async def test_good_points_keep_their_order_while_the_bad_one_is_searched() -> None:
    rig = Rig(lambda lines: Answer(400 if any(is_bad(line, 7) for line in lines) else 204))
    await rig.pourer.pour([point(n) for n in range(1, 21)])
    assert rig.done == list(range(1, 21))


async def test_database_that_refuses_everything_quarantines_nothing() -> None:
    answers = iter([400] * 6)
    rig = Rig(lambda _: Answer(next(answers, 204)))
    await rig.pourer.pour([point(n) for n in range(1, 5)])
    assert rig.quarantine == []
    assert rig.done == [1, 2, 3, 4]
    assert rig.states == ["refused", "ok"]


@pytest.mark.parametrize("status", [None, 429, 500, 503])
async def test_what_passes_is_waited_for(status: int | None) -> None:
    answers = iter([status] * 3)
    rig = Rig(lambda _: Answer(next(answers, 204)))
    await rig.pourer.pour([point(1), point(2)])
    assert (rig.requests, rig.done, rig.states) == ([2, 2, 2, 2], [1, 2], ["waiting", "ok"])


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_what_needs_a_person_is_kept_and_told_once(status: int, caplog: pytest.LogCaptureFixture) -> None:
    answers = iter([status] * 5)
    rig = Rig(lambda _: Answer(next(answers, 204)))
    with caplog.at_level(logging.ERROR):
        await rig.pourer.pour([point(1)])
    assert (rig.done, rig.states, rig.quarantine) == ([1], ["refused", "ok"], [])
    assert len(caplog.records) == 1


async def test_too_much_at_once_is_halved_until_it_fits_and_grows_again() -> None:
    rig = Rig(lambda lines: Answer(413 if len(lines) > 30 else 204))
    await rig.pourer.pour([point(n) for n in range(1, 101)])
    assert rig.done == list(range(1, 101))
    assert rig.quarantine == []
    assert rig.requests[0] == 100
    assert max(rig.requests[1:]) <= 50


async def test_single_point_that_is_too_much_goes_into_quarantine() -> None:
    rig = Rig(lambda lines: Answer(413 if any(is_bad(line, 2) for line in lines) else 204))
    await rig.pourer.pour([point(n) for n in range(1, 4)])
    assert (sorted(rig.done), len(rig.quarantine)) == ([1, 2, 3], 1)


async def test_full_quarantine_loses_nothing() -> None:
    rig = Rig(lambda lines: Answer(400 if any(is_bad(line, 1) for line in lines) else 204), room=0)
    await rig.pourer.pour([point(1), point(2)])
    assert (rig.done, len(rig.quarantine), "refused" in rig.states) == ([1, 2], 1, True)


async def test_no_request_has_more_than_the_batch() -> None:
    rig = Rig(lambda _: Answer(204))
    await rig.pourer.pour([point(n) for n in range(1, 2 * BATCH_POINTS + 2)])
    assert rig.requests == [BATCH_POINTS, BATCH_POINTS, 1]
    assert len(rig.done) == 2 * BATCH_POINTS + 1


async def test_position_in_a_batch_covers_only_what_earlier_answers_confirmed() -> None:
    positions: list[str] = []

    def answer(lines: list[str]) -> Answer:
        positions.extend(line.split("seq=")[1].split(" ")[0] for line in lines if line.startswith("position"))
        return Answer(204)

    rig = Rig(answer)
    for seq in (1, 2, 3):
        await rig.pourer.pour([point(seq)])
        rig.book.tracker.add("j", seq, seq)
    await rig.pourer.store_positions()
    assert positions == ["1i", "2i", "3i"]
    assert rig.requests == [1, 1, 1, 0]
