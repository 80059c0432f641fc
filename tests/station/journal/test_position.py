"""Where a destination stands: what it confirms, and how much it still waits for."""

from hypothesis import given
from hypothesis import strategies as st

from station.journal.position import Position


@st.composite
def positions(draw: st.DrawFn) -> Position:
    low_water = draw(st.integers(0, 20))
    edges = sorted(draw(st.sets(st.integers(low_water + 2, 60), max_size=8)))
    pairs = [(low, high) for low, high in zip(edges[::2], edges[1::2], strict=False)]
    apart = [pair for i, pair in enumerate(pairs) if i == 0 or pair[0] > pairs[i - 1][1] + 1]
    return Position("j", low_water, tuple(apart))


@given(position=positions(), last_seq=st.integers(0, 80))
def test_the_depth_is_the_number_of_records_that_are_not_confirmed(position: Position, last_seq: int) -> None:
    assert position.depth(last_seq) == sum(not position.confirms(seq) for seq in range(1, last_seq + 1))


@given(position=positions())
def test_a_position_comes_back_from_its_row(position: Position) -> None:
    assert Position.from_row(position.journal, position.seq, position.ranges_json()) == position


def test_the_bounds_of_a_range_are_in_it() -> None:
    position = Position("j", 5, ((8, 9),))
    assert [seq for seq in range(1, 12) if position.confirms(seq)] == [1, 2, 3, 4, 5, 8, 9]


def test_one_that_is_ahead_of_the_journal_waits_for_nothing() -> None:
    assert Position("j", 10, ((12, 13),)).depth(7) == 0
