"""When an instrument is asked: a grid that a stall does not shift, and rests for one that does not answer."""

from hypothesis import given
from hypothesis import strategies as st

from config.clock import NS
from station.poll.schedule import LONGEST_REST_S, PERMANENT_REST_S, Breaker, Schedule


def test_on_time_nothing_is_skipped() -> None:
    schedule = Schedule(1.0, 10 * NS)
    assert [(schedule.take(schedule.due_ns), schedule.due_ns) for _ in range(3)] == [
        (0, 11 * NS),
        (0, 12 * NS),
        (0, 13 * NS),
    ]


def test_a_little_late_is_not_skipped_and_does_not_shift_the_grid() -> None:
    schedule = Schedule(1.0, 10 * NS)
    assert schedule.take(10 * NS + NS - 1) == 0
    assert schedule.due_ns == 11 * NS


def test_missed_slots_are_counted_and_never_asked_later() -> None:
    schedule = Schedule(1.0, 10 * NS)
    assert schedule.take(13 * NS + 1) == 3
    assert schedule.due_ns == 14 * NS


def test_an_early_call_takes_its_own_slot_only() -> None:
    schedule = Schedule(1.0, 10 * NS)
    assert schedule.take(10 * NS - 1) == 0
    assert schedule.due_ns == 11 * NS


@given(
    period_ms=st.integers(100, 5_000),
    first_ns=st.integers(0, 10**12),
    late_ns=st.lists(st.integers(0, 20 * NS), min_size=1, max_size=30),
)
def test_every_slot_is_asked_or_counted(period_ms: int, first_ns: int, late_ns: list[int]) -> None:
    schedule = Schedule(period_ms / 1000, first_ns)
    period_ns = int(period_ms / 1000 * NS)
    skipped = 0
    for asked, late in enumerate(late_ns, 1):
        now_ns = schedule.due_ns + late
        skipped += schedule.take(now_ns)
        assert schedule.due_ns == first_ns + (asked + skipped) * period_ns
        assert now_ns < schedule.due_ns <= now_ns + period_ns


def test_an_instrument_that_answers_is_always_asked() -> None:
    breaker = Breaker(1.0)
    breaker.succeeded()
    assert breaker.allows(0)
    assert not breaker.is_resting


def test_two_failures_are_no_reason_to_rest() -> None:
    breaker = Breaker(1.0)
    for _ in range(2):
        breaker.failed(100 * NS, permanent=False)
    assert breaker.allows(100 * NS)
    assert not breaker.is_resting


def rests_s(breaker: Breaker, failures: int, *, permanent: bool = False) -> list[float]:
    """How long it rests after each of these failures."""
    found = []
    now_ns = 100 * NS
    for _ in range(failures):
        breaker.failed(now_ns, permanent=permanent)
        found.append(max(0, breaker.resting_until_ns - now_ns) / NS)
        now_ns = max(now_ns, breaker.resting_until_ns)
    return found


def test_rests_grow_up_to_a_bound() -> None:
    assert rests_s(Breaker(1.0), 10) == [0, 0, 1, 2, 4, 8, 16, LONGEST_REST_S, LONGEST_REST_S, LONGEST_REST_S]


def test_a_fast_instrument_rests_a_second_at_least() -> None:
    assert rests_s(Breaker(0.1), 4) == [0, 0, 1, 2]


def test_a_slow_instrument_rests_its_own_period_but_no_longer_than_the_bound() -> None:
    assert rests_s(Breaker(10.0), 5) == [0, 0, 10, 20, LONGEST_REST_S]


def test_a_refusal_is_asked_again_before_it_rests_and_then_rests_longer() -> None:
    assert rests_s(Breaker(1.0), 4, permanent=True) == [0, 0, PERMANENT_REST_S, PERMANENT_REST_S]


def test_it_may_be_asked_again_exactly_when_the_rest_is_over() -> None:
    breaker = Breaker(1.0)
    for _ in range(3):
        breaker.failed(100 * NS, permanent=False)
    assert not breaker.allows(101 * NS - 1)
    assert breaker.allows(101 * NS)


def test_one_answer_ends_it_all() -> None:
    breaker = Breaker(1.0)
    rests_s(breaker, 8)
    breaker.succeeded()
    assert breaker.allows(0)
    assert not breaker.is_resting
    assert rests_s(breaker, 3) == [0, 0, 1]
