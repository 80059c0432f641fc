"""Washout: rain brings radon's daughters Pb-214 and Bi-214 down, and the ground shines for an hour or two.

Two activities on the ground, A1 (Pb-214) and A2 (Bi-214), and the air's stock d of both (1 after long dry weather):

    dA1/dt = L1 (s R^p d - A1)            dd/dt = -k R^p d + (1 - d) / recovery
    dA2/dt = L2 (m s R^p d + A1 - A2)     dose  = gain ((1 - b) A1 + b A2)

R is the rain rate in mm/h, s the shower's own strength (its air's progeny against the usual), m the Bi-214 atoms that
fall with each Pb-214 atom, b the part of Bi-214 in the dose of one decay of each. A shower strips the air (k), so a
second one gives less. While R is constant the system is linear with constant coefficients: the matrix exponential is
its exact solution, so the answer does not depend on any step.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from simulator.world.rain import Rain

PB214_PER_S = math.log(2) / (26.8 * 60)
BI214_PER_S = math.log(2) / (19.9 * 60)
GONE_AFTER_S = 12 * 3600.0  # 27 half-lives of Pb-214 after the last change of rain: less than one part in 10^8 is left
GRID_S = 60.0

State = NDArray[np.float64]  # A1, A2, d, 1
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WashoutModel:
    gain_nsv_h: float
    exponent: float
    bismuth_atoms: float
    bismuth_dose_share: float
    stripping_per_min: float
    recovery_days: float

    def matrix(self, rate_mm_h: float, strength: float = 1.0) -> Matrix:
        """The system's matrix (per second) while it rains at a constant rate."""
        drive = rate_mm_h**self.exponent if rate_mm_h > 0 else 0.0
        refill = 1.0 / (self.recovery_days * 86400.0)
        carried = drive * strength
        loss = self.stripping_per_min / 60.0 * drive + refill
        return np.array(
            [
                [-PB214_PER_S, 0.0, PB214_PER_S * carried, 0.0],
                [BI214_PER_S, -BI214_PER_S, BI214_PER_S * self.bismuth_atoms * carried, 0.0],
                [0.0, 0.0, -loss, refill],
                [0.0, 0.0, 0.0, 0.0],
            ]
        )


@dataclass(slots=True)
class _Span:
    """One piece of constant rain: its matrix, and the states met on a grid of minutes (a cache, filled when asked)."""

    start_s: float
    matrix: Matrix
    grid: list[State]
    propagators: dict[float, Matrix] = field(default_factory=dict)

    def after(self, elapsed_s: float) -> State:
        minutes = int(elapsed_s // GRID_S)
        minute_step = self._propagator(GRID_S)
        while len(self.grid) <= minutes:
            self.grid.append(minute_step @ self.grid[-1])
        rest_s = elapsed_s - minutes * GRID_S
        return self._propagator(rest_s) @ self.grid[minutes] if rest_s else self.grid[minutes]

    def _propagator(self, step_s: float) -> Matrix:
        found = self.propagators.get(step_s)
        if found is None:
            if len(self.propagators) >= 256:
                self.propagators.clear()
            found = self.propagators[step_s] = expm(self.matrix * step_s)
        return found


class Washout:
    """The dose rate of washed-out progeny at a place of factor 1."""

    def __init__(self, rain: Rain, model: WashoutModel) -> None:
        self._rain = rain
        self._model = model
        self._weights = model.gain_nsv_h * np.array([1.0 - model.bismuth_dose_share, model.bismuth_dose_share])
        self._spans: list[_Span] = []
        state: State = np.array([0.0, 0.0, 1.0, 1.0])
        for piece in rain.pieces:
            if self._spans:
                last = self._spans[-1]
                state = expm(last.matrix * (piece.start_s - last.start_s)) @ state
            self._spans.append(_Span(piece.start_s, model.matrix(piece.rate_mm_h, piece.strength), [state]))
        self._dry = all(piece.rate_mm_h == 0 for piece in rain.pieces)

    def dose_rate_nsv_h(self, t_s: float) -> float:
        if self._dry or t_s <= 0:
            return 0.0
        span = self._spans[self._rain.piece_index(t_s)]
        elapsed_s = t_s - span.start_s
        if elapsed_s > GONE_AFTER_S and not self._rain.rate_mm_h(t_s):
            return 0.0
        return float(self._weights @ span.after(elapsed_s)[:2])

    def air_stock(self, t_s: float) -> float:
        """How much progeny the air still has: 1 after long dry weather."""
        span = self._spans[self._rain.piece_index(t_s)]
        return float((expm(span.matrix * (t_s - span.start_s)) @ span.grid[0])[2])


def shower_strengths(seed: int, sigma: float, showers: int) -> list[float]:
    """One for each shower, log-normal with a mean of 1; a shower more at the end changes none before it."""
    draws = np.random.default_rng([seed, 0x57415348]).standard_normal(showers)
    return [float(strength) for strength in np.exp(sigma * draws - sigma**2 / 2)]
