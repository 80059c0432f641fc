"""What a tube counts in one second: Poisson arrivals, of which its dead time lets some through."""

import math

import numpy as np

from simulator.detectors.dead_time import DeadTime, dead_time_of
from simulator.detectors.response import condition, constant, energy_response
from simulator.scenario_parts import Channel, DeadTimeModel
from simulator.world.world import World

SECOND = 1.0
NEGLIGIBLE_LOSS = 1e-3  # below this n·tau the counts of one second are Poisson to better than they can show
TOO_MANY_TO_DRAW = 50_000  # arrivals a second; above, their mean and scatter stand for them
FEW = 30.0  # registered counts, below which a bell curve does not stand for chance


def generator(seed: int, instrument_id: str, channel: int = 0) -> np.random.Generator:
    """One stream of chance for each tube of each instrument, whatever else is in the scenario."""
    return np.random.default_rng([seed, channel, *instrument_id.encode()])


def registered_cps(true_cps: float, dead_time_s: float, model: DeadTimeModel) -> float:
    """The mean rate that a tube with one dead time registers."""
    if model == "non_paralysable":
        return DeadTime(dead_time_s).registered_cps(true_cps)
    if model == "paralysable":
        return DeadTime(0.0, dead_time_s).registered_cps(true_cps)
    return true_cps


class Tube:
    """One counting channel. Asked once for every second, in order, it gives the same counts for the same seed."""

    def __init__(self, channel: Channel, rng: np.random.Generator) -> None:
        self._channel = channel
        self._rng = rng
        self._dead_time = dead_time_of(channel)
        self._response = energy_response(channel)
        self._constant = constant(channel)
        self._free_at_s = -math.inf  # when the last second's blind time ends, from this second's beginning

    def true_cps(self, dose_rate_nsv_h: float, part: float = 1.0) -> float:
        """Arrivals a second, before the dead time; ``part`` is what is left of the sensitivity."""
        channel = self._channel
        return channel.sensitivity_cps_per_usv_h * part * dose_rate_nsv_h / 1000.0 + channel.own_background_cps

    def count_before(self, dose_rate_nsv_h: float, seconds: int) -> list[int]:
        """Seconds of a steady dose rate before the world begins, as Poisson counts."""
        mean = self._dead_time.registered_cps(self.true_cps(dose_rate_nsv_h))
        return [int(counts) for counts in self._rng.poisson(mean, seconds)]

    def before(self, world: World, instrument_id: str, seconds: int) -> list[int]:
        """Seconds before the world begins, in what it begins with."""
        if self._constant and not self._response:
            return self.count_before(world.dose_rate_nsv_h(instrument_id, 0.0), seconds)
        seen_nsv_h = world.field(instrument_id, 0, self._response).steady_nsv_h
        return self.count_before(
            seen_nsv_h * condition(self._channel, 0.0, world.weather(0.0).temperature_degc), seconds
        )

    def live(self, world: World, instrument_id: str, second: int) -> int:
        """The counts of [second, second + 1) at an instrument's place, with all that this tube makes of it."""
        field = world.field(instrument_id, second, self._response)
        part = 1.0
        if not self._constant:
            t_s = second + SECOND / 2
            part = condition(self._channel, t_s, world.weather(t_s).temperature_degc)
        counts = self.count_second(field.steady_nsv_h, part)
        if field.pulses:
            counts += self._count_pulses(field.pulsed_nsv_h, field.pulses, part, counts)
        return counts

    def count_second(self, dose_rate_nsv_h: float, part: float = 1.0) -> int:
        """The counts that the tube registers in the next second."""
        cps = self.true_cps(dose_rate_nsv_h, part)
        if cps * self._dead_time.whole_s <= NEGLIGIBLE_LOSS:
            self._free_at_s = -math.inf
            return int(self._rng.poisson(self._dead_time.registered_cps(cps)))
        if cps > TOO_MANY_TO_DRAW:
            self._free_at_s = -math.inf
            return self._by_scatter(cps)
        return self._arrival_by_arrival(cps)

    def _by_scatter(self, cps: float) -> int:
        mean = self._dead_time.registered_cps(cps)
        if mean < FEW:
            return int(self._rng.poisson(mean))
        drawn = self._rng.normal(mean, math.sqrt(mean * self._dead_time.scatter(cps)))
        return max(0, round(float(drawn)))

    def _arrival_by_arrival(self, cps: float) -> int:
        """Triggers a blind time and a wait apart; those are registered whose wait outlasts the paralysing time."""
        blind_s, paralysing_s = self._dead_time
        mean = SECOND * cps / (1.0 + cps * blind_s)
        at_s = max(0.0, self._free_at_s)
        waited_s = at_s - self._free_at_s  # idle already, before this second
        registered = 0
        last_s = self._free_at_s - blind_s
        while at_s < SECOND:
            waits_s = self._rng.exponential(1.0 / cps, int(mean + 6.0 * math.sqrt(mean) + 8.0))
            apart_s = waits_s.copy()
            apart_s[1:] += blind_s
            triggers = at_s + np.cumsum(apart_s)
            waits_s[0] += waited_s
            inside = int(np.searchsorted(triggers, SECOND))
            registered += int(np.count_nonzero(waits_s[:inside] >= paralysing_s))
            if inside:
                last_s = float(triggers[inside - 1])
            at_s, waited_s = float(triggers[-1]) + blind_s, 0.0
        self._free_at_s = last_s + blind_s - SECOND
        return registered

    def _count_pulses(self, dose_rate_nsv_h: float, pulses: float, part: float, taken: int) -> int:
        """At most one count a pulse, however much comes in it; and none while the tube is blind from another count."""
        arrivals = self.true_cps(dose_rate_nsv_h, part) - self._channel.own_background_cps
        whole = int(pulses) + (1 if self._rng.uniform() < pulses - int(pulses) else 0)
        if not self._dead_time.whole_s:
            return int(self._rng.poisson(arrivals))
        seen = 1.0 - math.exp(-arrivals / pulses)
        return int(self._rng.binomial(whole, seen * max(0.0, 1.0 - taken * self._dead_time.whole_s)))
