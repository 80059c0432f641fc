"""What the station's measuring says of each minute, beside the world's true dose rate in that minute. No wire."""

from dataclasses import dataclass

from config.profiles import load_profile
from config.quality import Quality
from config.schema import Instrument, Measuring, Text
from drivers.base import Reading
from simulator.build import build_ensemble
from simulator.detectors.bdmg04 import MeterState
from simulator.detectors.mightyohm import KitState
from simulator.scenario import Scenario
from station.engine.detector import DetectorRoom
from station.engine.naming import Naming
from station.measure.kernel import DetectorKernel
from station.measure.types import calibration_of
from station.poll.bus import Outcome
from station.records import DoseRate
from station.timekeeping import Stamp

NS = 1_000_000_000
T0_NS = 1_800_000_000 * NS  # a full minute
PROFILES = {"det": "positron-bdmg-04", "kit": "mightyohm"}


@dataclass(frozen=True, slots=True)
class Minute:
    """One closed 1-minute average and the truth of that minute."""

    minute: int
    said: float
    u: float
    low: float
    high: float
    true: float
    shift: float  # how far the truth has moved in this minute and the five before it

    @property
    def within_u(self) -> bool:
        return abs(self.said - self.true) <= self.u

    @property
    def within_95(self) -> bool:
        return self.low <= self.true <= self.high


def world(what: str, hours: int, seed: int) -> Scenario:
    """One detector of each kind; showers, or a source, each four hours."""
    starts = range(30, 60 * hours, 240)
    return Scenario.model_validate(
        {
            "id": "coverage",
            "summary": {"vi": "Độ phủ", "en": "Coverage"},
            "seed": seed,
            "duration_min": hours * 60,
            "buses": [{"id": "tcp", "kind": "modbus-tcp"}, {"id": "line", "kind": "serial-line"}],
            "instruments": [
                {"id": "det", "profile": "positron-bdmg-04", "bus": "tcp", "address": 1},
                {"id": "kit", "profile": "mightyohm", "bus": "line"},
            ],
            "world": {"washout": {"recovery_days": 0.05}},  # chosen: each shower finds air that is full again
            "rain": [{"start_min": s, "duration_min": 12, "rate_mm_h": 12} for s in starts if what == "washout"],
            "sources": [
                {"start_min": s, "duration_min": 60, "ramp_s": 30, "at_nsv_h": {"det": 1800.0, "kit": 1800.0}}
                for s in starts
                if what == "source"
            ],
        }
    )


def minutes(what: str, name: str, hours: int, seed: int = 20261123) -> list[Minute]:
    """Every whole minute of the world, measured once a second."""
    ensemble = build_ensemble(world(what, hours, seed))
    instrument, room = ensemble.instruments[name], _room(name)
    naming = Naming("S", "hash", "boot", {name: f"{name}:paper"})
    found: list[Minute] = []
    true: list[float] = []
    for second in range(1, hours * 3600 + 2):
        true.append(ensemble.world.field(name, second - 1).steady_nsv_h)
        at = Stamp(T0_NS + second * NS, second * NS, 0)
        outcome = Outcome(name, at, at, _reading(instrument.shown(second)), None, 0)
        for table, record in room.take(outcome, naming, held=False).records:
            if table == "dose_rate_1m":
                found.append(_minute(record, true))
    return found


def _minute(record: DoseRate, true: list[float]) -> Minute:
    first, last = (record.start_ns - T0_NS) // NS, (record.end_ns - T0_NS) // NS
    mean = sum(true[first:last]) / (last - first)
    before = true[max(0, first - 300) : last]
    assert record.gross_nsv_h is not None
    assert record.u_counting_nsv_h is not None
    assert record.low_nsv_h is not None
    assert record.high_nsv_h is not None
    return Minute(
        first // 60,
        record.gross_nsv_h,
        record.u_counting_nsv_h,
        record.low_nsv_h,
        record.high_nsv_h,
        mean,
        max(before) - min(before),
    )


def _room(name: str) -> DetectorRoom:
    profile = load_profile(PROFILES[name])
    unit = Instrument(id=name, bus="b", profile=profile.id, name=Text(vi=name, en=name), reference_nsv_h=95.0)
    return DetectorRoom(unit, profile, DetectorKernel(calibration_of(unit, profile), Measuring(), reference_nsv_h=95.0))


def _reading(state: object) -> Reading:
    """As the drivers make it; that they do is what test_agreement_day proves."""
    if isinstance(state, KitState):
        values = {"cps": float(state.cps), "live_time": 1.0, "shown": state.cpm / 0.175}
        return Reading(values, {"cps": "counts", "live_time": "live_time", "shown": "dose_rate"}, Quality(0), b"")
    assert isinstance(state, MeterState)
    return Reading(
        {
            "dose_rate": state.dose_rate_sv_h * 1e9,
            "used": float(state.pulses_sensitive),
            "counts": float(state.last_second_sensitive),
        },
        {"dose_rate": "dose_rate", "used": "averaged_counts", "counts": "counts"},
        Quality(0),
        b"",
    )
