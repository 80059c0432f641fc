"""What is wrong with one instrument, by the time of the world; and the random faults that the seed draws."""

import math
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from simulator.faults import wire
from simulator.scenario_faults import FaultEvent, RandomFault, Wired, cannot_have

HOUR_S = 3600
DAY_H = 24.0
SUNRISE_H, SUNSET_H = 6.0, 18.0  # chosen
USUAL_BEGIN_H = 9.0
OFF = ("reboot", "power_cut")
DRAWN, COUNTED, HALF_OPEN, NOISE, COLLISION = 101, 102, 103, 104, 105  # streams of chance that are the faults' own


class Faults:
    """One instrument's. Asking changes nothing, so wires and detectors may ask as often as they like."""

    def __init__(
        self,
        events: Iterable[FaultEvent] = (),
        seed: int = 0,
        instrument_id: str = "",
        begins_at_hour: float = USUAL_BEGIN_H,
    ) -> None:
        self._seed = seed
        self._begins_at_hour = begins_at_hour
        self._id = instrument_id
        self._by_hour: dict[int, list[FaultEvent]] = {}
        self.replace(events)

    def replace(self, events: Iterable[FaultEvent]) -> None:
        """Somebody has injected one, or cleared one."""
        self._by_hour = {}
        for event in events:
            for hour in range(int(event.start_s // HOUR_S), int(event.end_s // HOUR_S) + 1):
                self._by_hour.setdefault(hour, []).append(event)

    # --- of the wire

    def silent(self, t_s: float) -> bool:
        """It says nothing: it does not answer, or it is off or starting."""
        return bool(self._at(t_s, "no_answer")) or self.off(int(t_s))

    def delay_s(self, t_s: float) -> float:
        """How late an answer comes, in real seconds."""
        return max((event.delay_s or 0.0 for event in self._at(t_s, "late_answer")), default=0.0)

    def exception(self, t_s: float) -> int | None:
        """The code that a Modbus slave refuses everything with."""
        return next((event.code for event in self._at(t_s, "exception")), None)

    def spoil(self, frame: bytes, t_s: float, framing: wire.Framing = wire.PLAIN) -> bytes:
        """What arrives of a whole frame that was sent."""
        for event in self._at(t_s, "wrong_unit"):
            frame = wire.other_unit(frame, framing, event.unit)
        if self._at(t_s, "bad_checksum"):
            frame = wire.bad_checksum(frame, framing)
        if self._at(t_s, "collision"):
            frame = wire.collision(frame, self._chance(t_s, frame, COLLISION))
        for event in self._at(t_s, "half_open"):
            rng = self._chance(t_s, frame, HALF_OPEN)
            frame = wire.half_open(frame, event.lost_share or 0.0, event.changed_share or 0.0, rng)
        for event in self._at(t_s, "line_noise"):
            frame = wire.line_noise(frame, event.noise_bytes or 0.0, self._chance(t_s, frame, NOISE))
        return frame

    # --- of the detector

    def stuck(self, t_s: float) -> bool:
        return bool(self._at(t_s, "stuck"))

    def hv_off(self, t_s: float) -> bool:
        return bool(self._at(t_s, "hv_off"))

    def counts(self, second: int, channel: int, counts: int) -> int:
        """What a tube that registered ``counts`` in [second, second + 1) is believed to have counted."""
        registered = 0 if self.hv_off(second) else counts
        extra_cps = self.extra_cps(second)
        if extra_cps:
            rng = np.random.default_rng([self._seed, COUNTED, channel, max(0, second), *self._id.encode()])
            registered += int(rng.poisson(extra_cps))
        return registered

    def extra_cps(self, t_s: float) -> float:
        """Pulses a second that are not radiation. They come by the electronics: high voltage does not stop them."""
        noise = sum(event.extra_cps or 0.0 for event in self._at(t_s, "noise_counts"))
        return noise + sum(self._light_cps(event, t_s) for event in self._at(t_s, "light_leak"))

    def resets(self, second: int) -> bool:
        """Its counters go to 0 in this second."""
        return any(int(event.start_s) == second for event in self._in(second, "counter_reset"))

    def off(self, second: int) -> bool:
        """It has no power or is starting, for some of [second, second + 1)."""
        return any(self._in(second, kind) for kind in OFF)

    def clock_offset_s(self, t_s: float) -> float:
        """Its own clock less the right time."""
        return sum(event.offset_s or 0.0 for event in self._at(t_s, "clock_wrong"))

    def active(self, t_s: float) -> tuple[str, ...]:
        """The kinds of all that is wrong, for people."""
        hour = self._by_hour.get(int(t_s // HOUR_S), ())
        return tuple(sorted({event.kind for event in hour if event.start_s <= t_s < event.end_s}))

    def _at(self, t_s: float, kind: str) -> Sequence[FaultEvent]:
        if not self._by_hour:
            return ()
        hour = self._by_hour.get(int(t_s // HOUR_S), ())
        return [event for event in hour if event.kind == kind and event.start_s <= t_s < event.end_s]

    def _in(self, second: int, kind: str) -> Sequence[FaultEvent]:
        """Those that touch [second, second + 1)."""
        if not self._by_hour:
            return ()
        hour = self._by_hour.get(second // HOUR_S, ())
        return [event for event in hour if event.kind == kind and event.start_s < second + 1 and event.end_s > second]

    def _light_cps(self, event: FaultEvent, t_s: float) -> float:
        """A seal that opens slowly: it leaks ever more until its end, in daylight only."""
        hour = (self._begins_at_hour + t_s / HOUR_S) % DAY_H
        daylight = max(0.0, math.sin(math.pi * (hour - SUNRISE_H) / (SUNSET_H - SUNRISE_H)))
        opened = (t_s - event.start_s) / (event.end_s - event.start_s)
        return (event.extra_cps or 0.0) * opened * daylight

    def _chance(self, t_s: float, frame: bytes, what: int) -> np.random.Generator:
        return wire.chance(self._seed, self._id, int(t_s), frame, what)


class Faulty(Protocol):
    """As much of a scenario as says what goes wrong in it."""

    @property
    def seed(self) -> int: ...
    @property
    def duration_min(self) -> float: ...
    @property
    def buses(self) -> Sequence["_Bus"]: ...
    @property
    def instruments(self) -> Sequence[Wired]: ...
    @property
    def world(self) -> "_Hour": ...
    @property
    def faults(self) -> tuple[FaultEvent, ...]: ...
    @property
    def random_faults(self) -> tuple[RandomFault, ...]: ...


class _Bus(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...


class _Hour(Protocol):
    @property
    def begins_at_hour(self) -> float: ...


def faults_of(scenario: Faulty, instrument: Wired) -> Faults:
    return Faults(events_of(scenario, instrument), scenario.seed, instrument.id, scenario.world.begins_at_hour)


def events_of(scenario: Faulty, instrument: Wired) -> list[FaultEvent]:
    """All that will ever be wrong with one instrument, power cuts among them."""
    mine = [event for event in scenario.faults if event.instrument in (instrument.id, None)]
    bus_kind = next((bus.kind for bus in scenario.buses if bus.id == instrument.bus), "")
    for number, rule in enumerate(scenario.random_faults):
        if rule.kind == "power_cut":
            mine += draw(scenario, number, rule, None)
        elif rule.instrument == instrument.id or (
            rule.instrument is None and cannot_have(rule.kind, instrument.profile, bus_kind) is None
        ):
            mine += draw(scenario, number, rule, instrument.id)
    return mine


def power_cuts(scenario: Faulty) -> list[FaultEvent]:
    drawn = [
        event
        for number, rule in enumerate(scenario.random_faults)
        if rule.kind == "power_cut"
        for event in draw(scenario, number, rule, None)
    ]
    return [event for event in scenario.faults if event.kind == "power_cut"] + drawn


def all_events(scenario: Faulty) -> list[FaultEvent]:
    """Of all instruments, each once."""
    own = [
        event
        for instrument in (scenario.instruments if scenario.random_faults else ())
        for event in events_of(scenario, instrument)
        if event not in scenario.faults and event.kind != "power_cut"
    ]
    return [*(event for event in scenario.faults if event.kind != "power_cut"), *own, *power_cuts(scenario)]


def draw(scenario: Faulty, number: int, rule: RandomFault, instrument: str | None) -> list[FaultEvent]:
    """The times are one rule's and one instrument's own: another rule, or another instrument, moves none of them."""
    rng = np.random.default_rng([scenario.seed, DRAWN, number, *(instrument or "").encode()])
    length_s = scenario.duration_min * 60.0
    count = int(rng.poisson(rule.per_hour * length_s / HOUR_S))
    starts_s = np.sort(rng.uniform(0.0, length_s, count))
    longest_s = 10.0 * rule.mean_duration_s
    durations_s = np.clip(rng.exponential(rule.mean_duration_s, count), 1.0, max(1.0, longest_s))
    return [
        FaultEvent.model_validate(
            {
                "instrument": instrument,
                "kind": rule.kind,
                "start_min": float(start_s) / 60.0,
                "duration_min": float(duration_s) / 60.0,
                **rule.numbers(),
            }
        )
        for start_s, duration_s in zip(starts_s, durations_s, strict=True)
    ]
