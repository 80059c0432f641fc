"""Which seqs go next. The laws hold for any order of sending, confirming, losing and going back."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from station.journal.position import Position
from station.publish.window import LIVE_RECORDS, Outbox, Span, next_spans, spans_of
from station.record.tracker import Mark


def outbox(seq: int = 0, ranges: tuple[tuple[int, int], ...] = (), window: int = 10) -> Outbox:
    return Outbox(Position("j", seq, ranges), window, 10.0)


def send(boxes: list[Outbox], last_seq: int, limit: int = 1_000, now_s: float = 0.0) -> list[int]:
    sent: list[int] = []
    for span in next_spans(boxes, last_seq, limit):
        sent += range(span.first, span.last + 1)
        for box in boxes:
            box.sent(span, now_s)
    return sent


def test_oldest_first_and_no_more_than_the_window() -> None:
    box = outbox()
    box.rewind(100, 0.0)
    assert send([box], 100) == list(range(1, 11))
    assert send([box], 100) == []


def test_what_is_confirmed_makes_room() -> None:
    box = outbox()
    box.rewind(100, 0.0)
    send([box], 100)
    box.confirmed(Position("j", 3, ((6, 7),)), 1.0)
    assert send([box], 100) == [11, 12, 13, 14, 15]


def test_confirmed_ranges_are_left_out() -> None:
    box = outbox(2, ((4, 5), (8, 20)))
    box.rewind(25, 0.0)
    assert send([box], 25) == [3, 6, 7, 21, 22, 23, 24, 25]


def test_live_records_overtake_the_backlog() -> None:
    box = outbox()
    box.rewind(100, 0.0)
    send([box], 100)
    assert send([box], 102) == [101, 102]
    assert send([box], 102) == []


def test_live_records_are_not_sent_again_when_the_backlog_comes_to_them() -> None:
    box = outbox()
    box.rewind(12, 0.0)
    send([box], 12)
    assert send([box], 14) == [13, 14]
    box.confirmed(Position("j", 10), 1.0)
    assert send([box], 14) == [11, 12]


def test_live_lane_that_cannot_keep_up_leaves_the_rest_to_the_backlog() -> None:
    box = outbox()
    box.rewind(100, 0.0)
    send([box], 100)
    sent = send([box], 100 + 5 * LIVE_RECORDS)
    assert sent == list(range(100 + 4 * LIVE_RECORDS + 1, 100 + 5 * LIVE_RECORDS + 1))


def test_silent_destination_gets_no_more_than_window_and_live_lane() -> None:
    box = outbox()
    box.rewind(0, 0.0)
    sent = [seq for last in range(1, 2_000) for seq in send([box], last)]
    assert len(sent) <= 10 + LIVE_RECORDS


def test_without_progress_it_goes_back_and_is_more_patient_next_time() -> None:
    box = outbox()
    box.rewind(5, 0.0)
    send([box], 5, now_s=0.0)
    assert [box.lost_patience(5, t) for t in (9.9, 10.0)] == [False, True]
    assert send([box], 5, now_s=10.0) == [1, 2, 3, 4, 5]
    assert [box.lost_patience(5, t) for t in (29.9, 30.0)] == [False, True]
    assert box.resent == 5


def test_patience_is_bounded() -> None:
    box = outbox()
    box.rewind(5, 0.0)
    now_s = 0.0
    for _ in range(20):
        send([box], 5, now_s=now_s)
        now_s += 80.0
        assert box.lost_patience(5, now_s)


def test_progress_makes_impatient_again() -> None:
    box = outbox()
    box.rewind(5, 0.0)
    send([box], 5)
    box.lost_patience(5, 10.0)
    send([box], 5, now_s=10.0)
    box.confirmed(Position("j", 1), 11.0)
    assert [box.lost_patience(5, t) for t in (20.9, 21.0)] == [False, True]


def test_live_confirmations_are_no_progress_for_a_hole_in_the_backlog() -> None:
    box = outbox()
    box.rewind(3, 0.0)
    send([box], 3)
    send([box], 6)
    box.confirmed(Position("j", 0, ((2, 6),)), 9.0)
    assert box.lost_patience(6, 10.0)
    assert send([box], 6, now_s=10.0) == [1]


def test_nothing_on_its_way_is_no_reason_for_impatience() -> None:
    box = outbox(5)
    box.rewind(5, 0.0)
    assert not box.lost_patience(5, 1_000.0)


def test_database_that_went_back_gets_it_again() -> None:
    box = outbox(50)
    box.rewind(50, 0.0)
    assert box.confirmed(Position("j", 20), 1.0)
    assert send([box], 50) == list(range(21, 31))


def test_dead_destination_does_not_hold_up_the_other() -> None:
    dead, alive = outbox(), outbox()
    for box in (dead, alive):
        box.rewind(100, 0.0)
    seen: list[int] = []
    while alive.position.seq < 100:
        seen += send([dead, alive], 100)
        alive.confirmed(Position("j", max(seen)), 1.0)
    assert sorted(set(seen)) == list(range(1, 101))


def test_hole_of_any_width_is_passed_in_one_step() -> None:
    box = outbox()
    box.rewind(1_000_005, 0.0)
    box.sent(Span(1, 1_000_000), 0.0)
    assert send([box], 1_000_005) == []
    box.confirmed(Position("j", 1_000_000), 0.0)
    assert send([box], 1_000_005) == [1_000_001, 1_000_002, 1_000_003, 1_000_004, 1_000_005]


def test_neighbours_make_one_span() -> None:
    assert spans_of([1, 2, 3, 5, 7, 8]) == [Span(1, 3), Span(5, 5), Span(7, 8)]


class Way:
    """A journal, a way on which things are lost, and destinations at its end."""

    def __init__(self, data: st.DataObject) -> None:
        self.draw = data.draw
        count = self.draw(st.integers(1, 2))
        self.boxes = [outbox(window=self.draw(st.integers(1, 8))) for _ in range(count)]
        self.marks = [Mark(Position("j", 0)) for _ in range(count)]
        self.last = self.draw(st.integers(0, 30))
        self.now_s = 0.0
        for box in self.boxes:
            box.rewind(self.last, 0.0)

    def turn(self, limit: int, arrives: Callable[[], bool], is_confirmed: Callable[[], bool]) -> None:
        arrived = [seq for seq in send(self.boxes, self.last, limit, self.now_s) if arrives()]
        for box, mark in zip(self.boxes, self.marks, strict=True):
            for seq in arrived:
                mark.add(seq, seq)
            if is_confirmed():
                box.confirmed(mark.position(), self.now_s)
            assert box.in_flight <= box._window + LIVE_RECORDS

    def time_passes(self, seconds: float) -> None:
        self.now_s += seconds
        for box in self.boxes:
            box.lost_patience(self.last, self.now_s)


@settings(max_examples=200)
@given(st.data())
def test_everything_arrives_whatever_is_lost_on_the_way(data: st.DataObject) -> None:
    way = Way(data)

    def perhaps() -> bool:
        return bool(way.draw(st.booleans()))

    for _ in range(way.draw(st.integers(0, 15))):
        way.last += way.draw(st.integers(0, 5))
        way.turn(way.draw(st.integers(1, 9)), perhaps, perhaps)
        way.time_passes(way.draw(st.sampled_from([0.0, 100.0])))
    for _ in range(200):  # from here on nothing is lost any more
        way.turn(1_000, lambda: True, lambda: True)
        way.time_passes(100.0)
    assert [box.position for box in way.boxes] == [Position("j", way.last)] * len(way.boxes)


def test_a_new_session_gets_the_newest_few_at_once_and_the_rest_oldest_first() -> None:
    box = Outbox(Position("j", 0), 400, 10.0)
    box.rewind(1_000, 0.0, newest_again=100)
    assert box.live(1_000, 500) == list(range(901, 1_001))
    assert box.backlog(1_000, 3) == [1, 2, 3]
