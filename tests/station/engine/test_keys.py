"""Keys never collide: InfluxDB overwrites what has the same series and time."""

from hypothesis import given
from hypothesis import strategies as st

from station.engine.keys import KeyGuard
from tests.builders import T0_NS

KEYS = st.tuples(st.sampled_from(["dose_rate", "meteo"]), st.sampled_from(["det-north", "det-south"]))


def test_an_end_that_is_new_stays_as_it_is() -> None:
    guard = KeyGuard()
    assert [guard.end_ns(("dose_rate", "a"), 0, end_ns) for end_ns in (10, 20, 21)] == [10, 20, 21]


def test_an_end_that_was_there_is_moved_by_a_nanosecond() -> None:
    guard = KeyGuard()
    assert [guard.end_ns(("dose_rate", "a"), 0, T0_NS) for _ in range(3)] == [T0_NS, T0_NS + 1, T0_NS + 2]


def test_an_end_before_its_predecessor_follows_it() -> None:
    guard = KeyGuard()
    guard.end_ns(("dose_rate", "a"), 0, T0_NS)
    assert guard.end_ns(("dose_rate", "a"), 0, T0_NS - 500) == T0_NS + 1


def test_a_new_epoch_may_repeat_a_time() -> None:
    guard = KeyGuard()
    guard.end_ns(("dose_rate", "a"), 0, T0_NS)
    assert guard.end_ns(("dose_rate", "a"), 1, T0_NS - 3600) == T0_NS - 3600


def test_instruments_and_tables_do_not_move_each_other() -> None:
    guard = KeyGuard()
    keys = [("dose_rate", "a"), ("dose_rate", "b"), ("meteo", "a"), ("alarm", "a", "id-1"), ("alarm", "a", "id-2")]
    assert {guard.end_ns(key, 0, T0_NS) for key in keys} == {T0_NS}


@given(st.lists(st.tuples(KEYS, st.integers(0, 2), st.integers(0, 20)), max_size=60))
def test_within_an_epoch_no_key_comes_twice(asked: list[tuple[tuple[str, str], int, int]]) -> None:
    """Epochs rise, as the stamper's do; ends come in any order."""
    guard = KeyGuard()
    given_out = [
        (key, epoch, guard.end_ns(key, epoch, end_ns)) for key, epoch, end_ns in sorted(asked, key=lambda a: a[1])
    ]
    assert len(set(given_out)) == len(given_out)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 20)), max_size=60))
def test_an_end_is_never_moved_back_and_never_further_than_needed(asked: list[tuple[int, int]]) -> None:
    guard = KeyGuard()
    last: dict[int, int] = {}
    for epoch, end_ns in sorted(asked, key=lambda a: a[0]):
        found = guard.end_ns(("dose_rate", "a"), epoch, end_ns)
        assert found == max(end_ns, last.get(epoch, -1) + 1)
        last[epoch] = found
