"""The meter of a Positron BDMG-04: two tubes, each with a running mean that restarts when the rate steps.

The register map is a fact (see ``simulator.wires.bdmg04_map``); how exactly the firmware averages is not
published: this is a plausible one, described in docs/simulator.md.
"""

import math
from collections import deque
from dataclasses import dataclass

from simulator.detectors.counting import Tube, generator
from simulator.detectors.instrument import Faults, Instrument
from simulator.detectors.meter_logic import AlarmBits, OverlapBand
from simulator.scenario import Bdmg04Settings, Channel
from simulator.world.world import World

HIGH_VOLTAGE_V = 400.0
WORD = 0xFFFF
FAULT, WARNING, ALARM, SENSITIVE_OFF = 1 << 0, 1 << 1, 1 << 2, 1 << 3
HYSTERESIS = 1 << 9
HV_FAIL_SENSITIVE, HV_FAIL_COARSE = 1 << 4, 1 << 5
NO_COUNTS_SENSITIVE, NO_COUNTS_COARSE = 1 << 6, 1 << 7


@dataclass(frozen=True, slots=True)
class MeterState:
    """What the state registers carry."""

    dose_rate_sv_h: float
    status: int
    hv_sensitive_v: float
    hv_coarse_v: float
    rate_sensitive_cps: float
    pulses_sensitive: int
    time_sensitive_s: int
    rate_coarse_cps: float
    pulses_coarse: int
    time_coarse_s: int
    last_second_sensitive: int
    last_second_coarse: int


class RunningMean:
    """Pulses of the last seconds: as many as give ``averaging_pulses``, from the start again after a step."""

    def __init__(self, settings: Bdmg04Settings) -> None:
        self._settings = settings
        self._seconds: deque[int] = deque()
        self._recent: deque[int] = deque(maxlen=settings.step_window_s)
        self.pulses = 0
        self.quiet_s = 0  # since the last pulse

    @property
    def time_s(self) -> int:
        return len(self._seconds)

    @property
    def last_second(self) -> int:
        return self._recent[-1] if self._recent else 0

    @property
    def rate_cps(self) -> float:
        return self.pulses / len(self._seconds) if self._seconds else 0.0

    def add(self, counts: int) -> None:
        stepped = self._stepped(counts)
        self._recent.append(counts)
        self._seconds.append(counts)
        self.pulses += counts
        self.quiet_s = 0 if counts else self.quiet_s + 1
        if stepped:  # only the newest second is surely of the new rate
            self._seconds = deque((counts,))
            self.pulses = counts
        while self._too_long():
            self.pulses -= self._seconds.popleft()

    def _too_long(self) -> bool:
        if len(self._seconds) <= 1:
            return False
        enough = self.pulses - self._seconds[0] >= self._settings.averaging_pulses
        return enough or len(self._seconds) > self._settings.longest_average_s

    def _stepped(self, counts: int) -> bool:
        """The last seconds lie too far from what the mean so far expects."""
        window = self._settings.step_window_s
        if len(self._seconds) < 2 * window:
            return False
        expected = self.rate_cps * window
        seen = counts + sum(self._recent) - (self._recent[0] if len(self._recent) == window else 0)
        return abs(seen - expected) > self._settings.step_sigmas * math.sqrt(max(expected, 1.0))


class Bdmg04(Instrument[MeterState]):
    def __init__(self, instrument_id: str, settings: Bdmg04Settings, world: World, faults: Faults, seed: int) -> None:
        self.settings = settings
        self._sensitive = Tube(settings.sensitive, generator(seed, instrument_id, 1))
        self._coarse = Tube(settings.coarse, generator(seed, instrument_id, 2))
        self._mean_sensitive = RunningMean(settings)
        self._mean_coarse = RunningMean(settings)
        self._band = overlap_band(settings)
        self._bits = AlarmBits(settings.warning_nsv_h, settings.alarm_nsv_h, settings.hysteresis_pct)
        self._warm_up(world, instrument_id)
        super().__init__(instrument_id, world, faults)

    def _warm_up(self, world: World, instrument_id: str) -> None:
        """It was switched on long before the world begins, so its means are full."""
        for mean, tube in ((self._mean_sensitive, self._sensitive), (self._mean_coarse, self._coarse)):
            for counts in tube.before(world, instrument_id, self.settings.warm_up_s):
                mean.add(counts)
        self._bits.see(self._dose_rate_nsv_h())

    def _live_second(self, second: int) -> None:
        for number, mean, tube in ((1, self._mean_sensitive, self._sensitive), (2, self._mean_coarse, self._coarse)):
            mean.add(self.faults.counts(second, number, tube.live(self._world, self.id, second)))
        self._bits.see(self._dose_rate_nsv_h())

    def _start_anew(self) -> None:
        self._mean_sensitive = RunningMean(self.settings)
        self._mean_coarse = RunningMean(self.settings)

    def _reset_counters(self) -> None:
        self._start_anew()

    def _show(self) -> MeterState:
        near, far = self._mean_sensitive, self._mean_coarse
        dose_rate_nsv_h = self._dose_rate_nsv_h()
        high_voltage_v = 0.0 if self.faults.hv_off(self._second) else HIGH_VOLTAGE_V
        return MeterState(
            dose_rate_sv_h=dose_rate_nsv_h * 1e-9,
            status=self._status(),
            hv_sensitive_v=high_voltage_v,
            hv_coarse_v=high_voltage_v,
            rate_sensitive_cps=near.rate_cps,
            pulses_sensitive=min(near.pulses, WORD),
            time_sensitive_s=min(near.time_s, WORD),
            rate_coarse_cps=far.rate_cps,
            pulses_coarse=min(far.pulses, WORD),
            time_coarse_s=min(far.time_s, WORD),
            last_second_sensitive=min(near.last_second, WORD),
            last_second_coarse=min(far.last_second, WORD),
        )

    def _dose_rate_nsv_h(self) -> float:
        sensitive_nsv_h = meter_nsv_h(self._mean_sensitive.rate_cps, self.settings.sensitive)
        if self._band is None:
            return sensitive_nsv_h
        return self._band.shown_nsv_h(sensitive_nsv_h, self._coarse_nsv_h())

    def _coarse_nsv_h(self) -> float:
        return meter_nsv_h(self._mean_coarse.rate_cps, self.settings.coarse)

    def _status(self) -> int:
        settings = self.settings
        status = WARNING * self._bits.warning | ALARM * self._bits.alarm | HYSTERESIS * self._bits.held
        if self._band is not None and self._band.coarse_share(self._coarse_nsv_h()) == 1.0:
            status |= SENSITIVE_OFF
        if self.faults.hv_off(self._second):
            status |= FAULT | HV_FAIL_SENSITIVE | HV_FAIL_COARSE
        if self._mean_sensitive.quiet_s >= settings.no_counts_after_s:
            status |= FAULT | NO_COUNTS_SENSITIVE
        if self._mean_coarse.quiet_s >= settings.coarse_no_counts_after_s:
            status |= FAULT | NO_COUNTS_COARSE
        return status


def overlap_band(settings: Bdmg04Settings) -> OverlapBand | None:
    if settings.overlap_lower_nsv_h is None or settings.overlap_upper_nsv_h is None:
        return None
    return OverlapBand(settings.overlap_lower_nsv_h, settings.overlap_upper_nsv_h)


def meter_nsv_h(rate_cps: float, tube: Channel) -> float:
    """The instrument's own dose rate: dead time undone by the formula, own background taken off, never below 0."""
    lost = min(rate_cps * tube.dead_time_us * 1e-6, 0.9)
    cps = rate_cps / (1.0 - lost) - tube.own_background_cps
    return max(0.0, cps) / tube.sensitivity_cps_per_usv_h * 1000.0
