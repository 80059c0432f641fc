"""The small charts: newest right, gaps are gaps, noise stays low, the colour is the alarm's level."""

import pytest

from station.demo.picture import Bin
from station.demo.spark import BLOCKS, GAP, LEVEL_STYLE, spark


def bins(*values: float | None, first: int = 100, level: str = "") -> list[Bin]:
    return [Bin(first + n, value or 0.0, 0 if value is None else 1, level) for n, value in enumerate(values)]


def test_nothing_gives_nothing() -> None:
    assert spark([], 10).plain == ""
    assert spark(bins(None), 10).plain == ""


def test_the_lowest_is_low_and_the_highest_is_full() -> None:
    assert spark(bins(100.0, 550.0, 1000.0), 10).plain == f"{BLOCKS[0]}{BLOCKS[4]}{BLOCKS[7]}"


def test_only_the_newest_minutes_are_shown() -> None:
    assert spark(bins(1000.0, 100.0, 100.0), 2).plain == BLOCKS[0] * 2


def test_a_minute_without_a_value_is_a_gap() -> None:
    assert spark([*bins(100.0), *bins(None, first=101), *bins(100.0, first=104)], 10).plain[1:4] == GAP * 3


@pytest.mark.parametrize(("u", "top"), [(4.0, BLOCKS[1]), (None, BLOCKS[1]), (24.0, BLOCKS[0])])
def test_noise_stays_low(u: float | None, top: str) -> None:
    assert spark(bins(95.0, 110.0), 10, u).plain[-1] == top


@pytest.mark.parametrize("level", LEVEL_STYLE)
def test_each_level_has_its_colour(level: str) -> None:
    (span,) = spark(bins(100.0, level=level), 10).spans
    assert span.style == LEVEL_STYLE[level]
