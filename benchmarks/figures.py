"""Figures: percentiles of what was timed, and how numbers are written in a table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

NO_BREAK = "\u00a0"  # a number and its unit stay on one line


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle and the tail of a number of timings, in the unit that they came in."""

    n: int
    p50: float
    p99: float

    @classmethod
    def of(cls, timings: Sequence[float]) -> "Spread":
        ordered = sorted(timings)
        return cls(len(ordered), nearest_rank(ordered, 0.50), nearest_rank(ordered, 0.99))


def nearest_rank(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of all do not exceed; of nothing, NaN."""
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def written(value: float) -> str:
    """Three figures, no exponent: 0.123, 4.56, 78.9, 1,234."""
    if math.isnan(value):
        return "–"
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


def times(value: float, baseline: float) -> str:
    """How many times the baseline."""
    return f"{value / baseline:.2f}{NO_BREAK}×" if baseline > 0 else "–"


def percent(share: float, digits: int = 2) -> str:
    return f"{100 * share:.{digits}f}{NO_BREAK}%"
