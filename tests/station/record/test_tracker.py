"""Positions grow as sets do, bounded; older revisions are known; what the database holds is kept apart from it."""

from hypothesis import given
from hypothesis import strategies as st

from station.journal.position import Position
from station.record.book import Book
from station.record.tracker import JOURNALS_LIMIT, Mark, Revisions, Tracker
from station.wire.message import Message
from station.wire.notices import RANGES_LIMIT
from tests.builders import T0_NS, dose_rate

SPANS = st.tuples(st.integers(1, 60), st.integers(0, 8)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(st.lists(SPANS, max_size=40))
def test_mark_is_the_set_of_what_was_added(spans: list[tuple[int, int]]) -> None:
    mark, model = Mark(Position("j", 0)), set()
    for first, last in spans:
        mark.add(first, last)
        model |= set(range(first, last + 1))
    position = mark.position()
    assert {seq for seq in range(1, 80) if position.confirms(seq)} == model
    edges = [position.seq, *(edge for pair in position.ranges for edge in pair)]
    assert edges == sorted(edges)
    assert all(low > before + 1 for before, (low, _) in zip(edges[::2], position.ranges, strict=False))


def test_ranges_beyond_the_limit_are_forgotten_the_highest_first() -> None:
    mark = Mark(Position("j", 0))
    for n in range(RANGES_LIMIT + 10):
        mark.add(10 + 2 * n, 10 + 2 * n)
    assert len(mark.position().ranges) == RANGES_LIMIT
    assert mark.position().ranges[0] == (10, 10)
    assert mark.forgotten == 10


def test_low_range_drives_the_highest_out() -> None:
    mark = Mark(Position("j", 0))
    for n in range(RANGES_LIMIT):
        mark.add(10 + 2 * n, 10 + 2 * n)
    mark.add(5, 5)
    assert mark.position().ranges[0] == (5, 5)
    assert not mark.position().confirms(10 + 2 * (RANGES_LIMIT - 1))


def test_journals_are_bounded_the_one_used_last_first() -> None:
    tracker = Tracker()
    for n in range(JOURNALS_LIMIT + 3):
        tracker.add(f"j{n}", 1, 1)
    assert [p.journal for p in tracker.positions()] == [f"j{n}" for n in range(JOURNALS_LIMIT + 2, 2, -1)]


def message(revision: int, end_ns: int = T0_NS, **changes: int) -> Message:
    return Message("dose_rate", dose_rate(seq=1, revision=revision, end_ns=end_ns, **changes), "j", None)


def test_older_revision_of_the_same_point_is_known() -> None:
    revisions = Revisions()
    assert [revisions.is_old(message(n)) for n in (1, 0, 1, 2, 1)] == [False, True, False, False, True]


def test_another_time_or_clock_epoch_is_another_point() -> None:
    revisions = Revisions()
    revisions.is_old(message(1))
    assert not revisions.is_old(message(0, T0_NS + 1))
    assert not revisions.is_old(message(0, clock_epoch=1))


def test_remembered_revisions_are_bounded() -> None:
    revisions = Revisions(limit=2)
    for end_ns in (1, 2, 3):
        revisions.is_old(message(1, end_ns))
    assert [revisions.is_old(message(0, end_ns)) for end_ns in (3, 1)] == [True, False]


def test_book_writes_a_position_once_and_again_when_it_moved() -> None:
    book = Book("LS", "main")
    book.tracker.add("j", 1, 5)
    assert [len(book.lines()), len(book.lines())] == [1, 1]
    book.stored()
    assert book.lines() == []
    assert len(book.lines("j")) == 1  # a probe always has something to write
    book.tracker.add("j", 6, 6)
    assert "seq=6i" in book.lines()[0]


def test_book_starts_from_what_was_read() -> None:
    book = Book("LS", "main")
    assert not book.take_read([Position("j", 40, ((45, 50),))])
    assert book.tracker.positions() == [Position("j", 40, ((45, 50),))]
    assert book.lines() == []


def test_book_keeps_what_it_has_beyond_what_was_stored() -> None:
    book = Book("LS", "main")
    book.take_read([Position("j", 40)])
    book.tracker.add("j", 41, 60)
    assert not book.take_read([Position("j", 40)])
    assert book.tracker.position("j") == Position("j", 60)


def test_book_goes_back_with_a_database_that_went_back() -> None:
    book = Book("LS", "main")
    book.take_read([Position("j", 40)])
    assert book.take_read([Position("j", 10)])
    assert book.take_read([])
    assert book.tracker.position("j") == Position("j", 0)
