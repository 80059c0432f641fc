"""A link's health is counted over a minute, and told at once when it changes."""

from config.quality import Quality
from drivers.base import BadAnswerError, DriverError, NoAnswerError, PortGoneError, Reading, RefusedError
from station.engine.links import LinkRoom
from station.engine.naming import Naming
from station.poll.bus import Outcome
from station.records import Health
from station.timekeeping import Stamp

SECOND = 1_000_000_000
T0 = 1_800_000_000 * SECOND
READING = Reading({}, {}, Quality(0), b"")


def at(seconds: float) -> Stamp:
    return Stamp(T0 + int(seconds * SECOND), int(seconds * SECOND), 0)


def poll(seconds: float, error: DriverError | None = None, skipped: int = 0) -> Outcome:
    return Outcome("det", at(seconds), at(seconds + 0.004), None if error else READING, error, skipped)


def told(room: LinkRoom, *polls: Outcome) -> list[Health]:
    naming = Naming("S", "hash", "boot", {})
    return [record for p in polls for _, record in room.take(p, naming)]


def test_the_first_answer_tells_that_the_link_is_up() -> None:
    assert [h.link for h in told(LinkRoom("det", at(0)), poll(1))] == ["up"]


def test_one_failure_is_degraded_three_are_down_and_an_answer_is_up_again() -> None:
    silence = NoAnswerError("x")
    room = LinkRoom("det", at(0))
    polls = [poll(1), poll(2, silence), poll(3, silence), poll(4, silence), poll(5, silence), poll(6)]
    assert [h.link for h in told(room, *polls)] == ["up", "degraded", "down", "up"]


def test_an_instrument_that_never_answered_is_down_at_once() -> None:
    assert [h.link for h in told(LinkRoom("det", at(0)), poll(1, PortGoneError("x")))] == ["down"]


def test_each_kind_of_failure_is_counted_apart() -> None:
    room = LinkRoom("det", at(0))
    errors: list[DriverError] = [NoAnswerError("x"), BadAnswerError("x"), RefusedError("x"), PortGoneError("x")]
    told(room, *(poll(n, e, skipped=2) for n, e in enumerate(errors)))
    (_, record), *_ = room.report(at(60), Naming("S", "hash", "boot", {}))
    # the first failure was reported at once, as a link that went down
    assert (record.no_answer, record.bad_answer, record.refused, record.port_gone) == (0, 1, 1, 1)
    assert record.skipped == 6


def test_latency_is_the_mean_and_the_longest_of_good_answers_and_missing_without_one() -> None:
    room = LinkRoom("det", at(0))
    (up,) = told(room, poll(1))
    assert up.latency_ms == up.latency_max_ms == 4.0
    (_, empty), *_ = room.report(at(60), Naming("S", "hash", "boot", {}))
    assert empty.latency_ms is None


def test_a_report_is_due_after_a_minute_and_begins_a_new_one() -> None:
    room = LinkRoom("det", at(0))
    told(room, poll(1))
    assert not room.due(at(30))
    assert room.due(at(61.1))
