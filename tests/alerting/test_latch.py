"""One rule's delays, drawn second by second: T holds, F does not, ? nobody knows; # active, _ not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.latch import Latch

NS = 1_000_000_000
SEEN = {"T": True, "F": False, "?": None}


def drawn(seen: str, on_s: float, off_s: float) -> str:
    latch, out = Latch(on_s, off_s), ""
    for second, what in enumerate(seen):
        latch.step(second * NS, 1000 + second, SEEN[what])
        out += "#" if latch.active else "_"
    return out


@pytest.mark.parametrize(
    ("seen", "active", "on_s", "off_s"),
    [
        ("FFTTFF", "__##__", 0, 0),
        ("FTTTTF", "____#_", 3, 0),
        ("FTTFTTTTF", "_______#_", 3, 0),
        ("TTFFFFT", "#####_#", 0, 3),
        ("TFFTFFFF", "#######_", 0, 3),
        ("T??????F", "#######_", 0, 0),
        ("T?F?F?F?F?F", "##########_", 0, 4),
        ("TFF????F", "########", 0, 3),
        ("T?????T", "______#", 5, 0),
        ("T?????", "______", 3, 0),
        ("T??FT?T", "_______", 3, 0),
        ("?????", "_____", 0, 0),
    ],
    ids=[
        "no delays",
        "on-delay",
        "a gap starts the on-delay anew",
        "off-delay",
        "a return starts the off-delay anew",
        "doubt holds the alarm",
        "doubt slows the off-delay",
        "doubt does not count as all-clear",
        "doubt does not stop the on-delay",
        "doubt alone never raises",
        "a known gap ends the doubt",
        "doubt from the start",
    ],
)
def test_delays(seen: str, active: str, on_s: float, off_s: float) -> None:
    assert drawn(seen, on_s, off_s) == active


def test_since_is_when_the_condition_began_not_when_the_delay_ended() -> None:
    latch = Latch(3, 3)
    for second in range(10):
        latch.step(second * NS, 1000 + second, second >= 2)
    assert (latch.active, latch.since_ns) == (True, 1002)


def test_time_that_runs_backwards_delays_but_never_skips() -> None:
    latch = Latch(5, 0)
    for now in (100, 103, 50, 52):
        latch.step(now * NS, 0, True)
    assert latch.active  # 3 s and 2 s
    assert not drawn("T", 5, 0).count("#")


STEPS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from([True, False, None])), max_size=40)


@given(STEPS, st.integers(0, 6), st.integers(0, 6))
def test_known_truth_beyond_the_delay_is_active_and_known_falsehood_is_not(
    steps: list[tuple[int, bool | None]], on_s: int, off_s: int
) -> None:
    latch, now = Latch(on_s, off_s), 0
    run_value: bool | None = None
    run_since = 0
    for wait_s, holds in steps:
        now += wait_s
        latch.step(now * NS, 0, holds)
        if holds != run_value:
            run_value, run_since = holds, now
        if holds is True and now - run_since >= on_s:
            assert latch.active
        if holds is False and now - run_since >= off_s:
            assert not latch.active


@given(STEPS, STEPS, st.integers(0, 6), st.integers(0, 6), st.integers(0, 5))
def test_restored_latch_is_the_same(
    before: list[tuple[int, bool | None]], after: list[tuple[int, bool | None]], on_s: int, off_s: int, later: int
) -> None:
    whole, now = Latch(on_s, off_s), 0
    for wait_s, holds in before:
        now += wait_s
        whole.step(now * NS, now, holds)
    if before:
        now += later
    again = Latch(on_s, off_s)
    again.restore(whole.snapshot(now * NS), now * NS)
    for wait_s, holds in after:
        now += wait_s
        for latch in (whole, again):
            latch.step(now * NS, now, holds)
        assert (again.active, again.since_ns) == (whole.active, whole.since_ns)
