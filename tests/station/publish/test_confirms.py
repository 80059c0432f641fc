"""Which confirmations count."""

import logging

import pytest

from station.journal.position import Position
from station.publish.confirms import Doorkeeper
from station.wire.notices import Confirm


def confirm(
    session: str = "s1", n: int = 1, seq: int = 5, journal: str = "j", ranges: tuple[tuple[int, int], ...] = ()
) -> Confirm:
    return Confirm("LS", "main", session, n, Position(journal, seq, ranges))


@pytest.fixture
def door() -> Doorkeeper:
    door = Doorkeeper("LS", frozenset({"main"}))
    door.take(confirm(n=3))
    return door


def test_next_one_of_the_session_counts(door: Doorkeeper) -> None:
    assert door.admits(confirm(n=4), "j", 10)


@pytest.mark.parametrize("n", [2, 3])
def test_late_one_of_the_session_does_not(door: Doorkeeper, n: int) -> None:
    assert not door.admits(confirm(n=n), "j", 10)


def test_new_session_counts_also_with_less(door: Doorkeeper) -> None:
    new = confirm("s2", n=1, seq=0)
    assert door.admits(new, "j", 10)
    assert door.is_new_session(new)


def test_session_that_ended_does_not_come_back(door: Doorkeeper) -> None:
    door.take(confirm("s2"))
    assert not door.admits(confirm("s1", n=9), "j", 10)


def test_seqs_that_the_journal_never_gave_do_not_count(door: Doorkeeper) -> None:
    assert not door.admits(confirm(n=4, seq=11), "j", 10)
    assert not door.admits(confirm(n=4, seq=5, ranges=((8, 11),)), "j", 10)


def test_another_journal_is_told_once_and_does_not_count(door: Doorkeeper, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert not any(door.admits(confirm(n=n, journal="x"), "j", 10) for n in (4, 5, 6))
    assert len(caplog.records) == 1


def test_stranger_does_not_count(door: Doorkeeper) -> None:
    assert not door.admits(Confirm("LS", "other", "s", 1, Position("j", 5)), "j", 10)
    assert not door.admits(Confirm("XX", "main", "s", 9, Position("j", 5)), "j", 10)
