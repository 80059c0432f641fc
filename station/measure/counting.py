"""Counting statistics: dead time, exact Poisson limits, and the standard uncertainty of a few counts.

Rates take numbers or arrays and give the same floats for both: they use +, -, *, / and scipy's scalar loops only.
Formulas and their sources: docs/measuring.md.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv, lambertw, ndtr

from station.measure.types import DeadTimeModel

GUARD = 0.3  # beyond m tau = 0.3 the dead-time model is not trusted and the value becomes a lower bound
ONE_SIGMA = float(ndtr(1.0) - ndtr(-1.0))  # 68.27 %, the coverage of k = 1
K95 = 1.6448536269514722  # one-sided 95 % quantile of the normal distribution
K95_TWO_SIDED = 1.959963984540054


class TrueRate(NamedTuple):
    """The rate without dead time, how it moves with the observed rate, and whether it is only a lower bound."""

    rate_cps: float
    slope: float  # d true / d observed
    saturated: bool


def true_rates_cps(observed_cps: ArrayLike, dead_time_s: float, model: DeadTimeModel) -> NDArray[np.float64]:
    """Dead-time corrected rates. Beyond the guard the correction factor stays what it is at the guard."""
    observed = np.asarray(observed_cps, dtype=np.float64)
    if model == "none" or dead_time_s == 0.0:
        return observed.copy()
    load = np.minimum(observed * dead_time_s, GUARD)
    if model == "non_paralysable":
        return np.asarray(observed / (1.0 - load))
    safe: NDArray[np.float64] = np.where(load > 0.0, load, GUARD)
    lost = -lambertw(-safe).real  # type: ignore[call-overload]  # scipy-stubs refuse an array of any shape
    factor = np.where(load > 0.0, lost / safe, 1.0)
    return np.asarray(observed * factor)


def true_rate(observed_cps: float, dead_time_s: float, model: DeadTimeModel) -> TrueRate:
    """One rate: the same numbers as ``true_rates_cps``, with the slope that uncertainty needs."""
    if model == "none" or dead_time_s == 0.0:
        return TrueRate(observed_cps, 1.0, False)
    load = observed_cps * dead_time_s
    saturated = load > GUARD
    load = min(load, GUARD)
    if model == "non_paralysable":
        factor = 1.0 / (1.0 - load)
        return TrueRate(observed_cps / (1.0 - load), factor * factor, saturated)
    if load <= 0.0:
        return TrueRate(observed_cps, 1.0, False)
    lost = -float(lambertw(-load).real)  # n tau
    factor = lost / load
    return TrueRate(observed_cps * factor, factor / (1.0 - lost), saturated)


def observed_rate_cps(true_cps: float, dead_time_s: float, model: DeadTimeModel) -> float:
    """What a detector with this dead time would count: the inverse of ``true_rate`` below the guard."""
    if model == "non_paralysable":
        return true_cps / (1.0 + true_cps * dead_time_s)
    if model == "paralysable":
        return true_cps * math.exp(-true_cps * dead_time_s)
    return true_cps


@lru_cache(maxsize=8192)
def garwood(counts: float, coverage: float) -> tuple[float, float]:
    """Exact central limits of a Poisson mean after ``counts`` (Garwood 1936): quantiles of gamma distributions."""
    tail = 0.5 * (1.0 - coverage)
    low = 0.0 if counts <= 0.0 else float(gammaincinv(counts, tail))
    return low, float(gammaincinv(counts + 1.0, 1.0 - tail))


@lru_cache(maxsize=8192)
def u_of_counts(counts: float) -> float:
    """Standard uncertainty of ``counts``: half the exact 68.27 % interval. It is about sqrt(n) + 1/2 for large n."""
    low, high = garwood(counts, ONE_SIGMA)
    return 0.5 * (high - low)


def relative_limits(value: float, u_counting: float | None) -> tuple[float | None, float | None]:
    """95 % limits of a value of which only the relative uncertainty is known: that of so many counts."""
    if u_counting is None or not 1e-6 * value < u_counting < 10.0 * value:
        return None, None  # a certainty or an uncertainty that no counting gives
    counts = (value / u_counting) ** 2
    low, high = garwood(counts, 0.95)
    return value * (low / counts), value * (high / counts)


def combined(u_counting: float | None, u_calibration: float | None) -> float | None:
    """Both parts together. Without a statement about the calibration it is the counting part alone."""
    if u_counting is None:
        return None
    return math.hypot(u_counting, u_calibration or 0.0)
