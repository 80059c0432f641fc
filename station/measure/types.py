"""What goes into measuring and what comes out: the calibration, one sample, one worked-up interval.

``Worked`` has exactly the measured columns of the journal's dose-rate record; the engine adds the header.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from config.profile import Profile
from config.quality import Quality
from config.schema import Instrument

DeadTimeModel = Literal["none", "non_paralysable", "paralysable"]
Period = Literal["1m", "10m", "1h"]
NO_FLAGS = Quality(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """One calibration period of one detector. ``u_rel`` is None without a certificate: not stated is not 0."""

    period: str
    primary: Literal["dose_rate", "counts"]
    factor: float = 1.0
    u_rel: float | None = None
    sensitivity_cps_per_nsv_h: float | None = None
    dead_time_s: float = 0.0
    dead_time_model: DeadTimeModel = "none"
    own_background_cps: float = 0.0
    low_nsv_h: float = 0.0
    high_nsv_h: float
    smoothing_s: float | None = None
    counts_disjoint: bool = False  # each count is told once: an instrument that sends its sentences by itself

    def __post_init__(self) -> None:
        if self.primary == "counts" and self.sensitivity_cps_per_nsv_h is None:
            raise ValueError(f"calibration {self.period}: counts make a dose rate only with a sensitivity")


def calibration_of(instrument: Instrument, profile: Profile) -> Calibration:
    """The certificate where it says something, the profile where it does not. Raises ValueError."""
    detector = profile.detector
    if detector is None:
        raise ValueError(f"profile {profile.id} is not a detector's")
    paper = instrument.calibration
    sensitivity = detector.sensitivity_cps_per_usv_h
    dead_time_us = detector.dead_time_us
    own_background_cps = detector.own_background_cps
    if paper is not None:
        sensitivity = paper.sensitivity_cps_per_usv_h or sensitivity
        dead_time_us = dead_time_us if paper.dead_time_us is None else paper.dead_time_us
        own_background_cps = own_background_cps if paper.own_background_cps is None else paper.own_background_cps
    return Calibration(
        period=f"profile:{profile.id}" if paper is None else f"{paper.certificate}@{paper.valid_from.isoformat()}",
        primary=detector.primary,
        factor=1.0 if paper is None else paper.factor,
        u_rel=None if paper is None else paper.u_rel,
        sensitivity_cps_per_nsv_h=None if sensitivity is None else sensitivity / 1000.0,
        dead_time_s=dead_time_us * 1e-6,
        dead_time_model=detector.dead_time_model,
        own_background_cps=own_background_cps,
        low_nsv_h=detector.low_nsv_h,
        high_nsv_h=detector.high_nsv_h,
        smoothing_s=detector.smoothing_s,
        counts_disjoint=profile.line is not None,
    )


@dataclass(frozen=True, slots=True)
class Sample:
    """What one poll gave over [start, end). ``reported_rel_u`` is the instrument's own error, k = 1."""

    start_ns: int
    end_ns: int
    counts: int | None = None
    live_s: float | None = None
    reported_nsv_h: float | None = None
    reported_rel_u: float | None = None
    flags: Quality = NO_FLAGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """One interval worked up: the measured columns of ``station.records.kinds.DoseRate``. None is missing."""

    gross_nsv_h: float | None
    u_nsv_h: float | None
    u_counting_nsv_h: float | None
    u_calibration_nsv_h: float | None
    low_nsv_h: float | None
    high_nsv_h: float | None
    background_nsv_h: float | None
    u_background_nsv_h: float | None
    net_nsv_h: float | None
    decision_threshold_nsv_h: float | None
    significance: float | None
    counts: int | None
    live_s: float | None
    count_rate_cps: float | None
    reported_nsv_h: float | None
    flags: int
    completeness: float
    samples: int

    def columns(self) -> dict[str, Any]:
        """By name, for ``DoseRate(**header, **worked.columns())``."""
        return {name: getattr(self, name) for name in self.__slots__}


class Average(NamedTuple):
    """One closed average over [start, end)."""

    period: Period
    start_ns: int
    end_ns: int
    worked: Worked
