"""What a tube counts in one second: Poisson arrivals, of which its dead time lets some through."""

import math

import numpy as np

from simulator.scenario import Channel, DeadTimeModel

SECOND = 1.0
NEGLIGIBLE_LOSS = 1e-3  # below this n·tau the counts of one second are Poisson to better than they can show
TOO_MANY_TO_DRAW = 500_000  # arrivals a second; above, the mean is used


def generator(seed: int, instrument_id: str, channel: int = 0) -> np.random.Generator:
    """One stream of chance for each tube of each instrument, whatever else is in the scenario."""
    return np.random.default_rng([seed, channel, *instrument_id.encode()])


def registered_cps(true_cps: float, dead_time_s: float, model: DeadTimeModel) -> float:
    """The mean rate that a tube with a dead time registers."""
    if model == "non_paralysable":
        return true_cps / (1.0 + true_cps * dead_time_s)
    if model == "paralysable":
        return true_cps * math.exp(-true_cps * dead_time_s)
    return true_cps


class Tube:
    """One counting channel. Asked once for every second, in order, it gives the same counts for the same seed."""

    def __init__(self, channel: Channel, rng: np.random.Generator) -> None:
        self._channel = channel
        self._rng = rng
        self._tau_s = channel.dead_time_us * 1e-6
        self._dead_s = 0.0  # how far the last second's dead time reaches into this one

    def true_cps(self, dose_rate_nsv_h: float) -> float:
        """Arrivals a second, before the dead time."""
        channel = self._channel
        return channel.sensitivity_cps_per_usv_h * dose_rate_nsv_h / 1000.0 + channel.own_background_cps

    def count_before(self, dose_rate_nsv_h: float, seconds: int) -> list[int]:
        """Seconds of a steady dose rate before the world begins, as Poisson counts."""
        mean = registered_cps(self.true_cps(dose_rate_nsv_h), self._tau_s, self._channel.dead_time_model)
        return [int(counts) for counts in self._rng.poisson(mean, seconds)]

    def count_second(self, dose_rate_nsv_h: float) -> int:
        """The counts that the tube registers in the next second."""
        cps = self.true_cps(dose_rate_nsv_h)
        if cps * self._tau_s <= NEGLIGIBLE_LOSS or cps > TOO_MANY_TO_DRAW:
            self._dead_s = 0.0
            return int(self._rng.poisson(registered_cps(cps, self._tau_s, self._channel.dead_time_model)))
        if self._channel.dead_time_model == "paralysable":
            return self._paralysable(cps)
        return self._non_paralysable(cps)

    def _non_paralysable(self, cps: float) -> int:
        """A registered pulse, then the dead time, then the wait for the next arrival."""
        mean = SECOND * cps / (1.0 + cps * self._tau_s)
        at_s = self._dead_s
        times: list[float] = []
        while at_s < SECOND:
            waits_s = self._rng.exponential(1.0 / cps, int(mean + 6.0 * math.sqrt(mean) + 8.0))
            waits_s[1:] += self._tau_s
            pulses = at_s + np.cumsum(waits_s)
            times.extend(pulses[pulses < SECOND].tolist())
            at_s = float(pulses[-1]) + self._tau_s
        self._dead_s = max(0.0, (times[-1] + self._tau_s if times else self._dead_s) - SECOND)
        return len(times)

    def _paralysable(self, cps: float) -> int:
        """An arrival is registered when the one before it is at least a dead time away."""
        arrivals = np.sort(self._rng.uniform(0.0, SECOND, self._rng.poisson(cps * SECOND)))
        before = np.concatenate(([self._dead_s - self._tau_s], arrivals[:-1]))
        last = float(arrivals[-1]) if arrivals.size else self._dead_s - self._tau_s
        self._dead_s = last + self._tau_s - SECOND
        return int(np.count_nonzero(arrivals - before >= self._tau_s))
