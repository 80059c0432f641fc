"""Dead times: which of the arrivals a tube registers, in the mean and in scatter, exactly.

All models are one process (Lee and Gardner's hybrid). An arrival that finds the tube idle triggers it: for tau_N it
sees nothing, and then for tau_P an arrival is not registered but triggers it again. So triggers are a renewal process
of intervals tau_N + E, with E exponential, and a trigger is registered when its E is at least tau_P:

    m = n exp(-n tau_P) / (1 + n tau_N)

tau_P = 0 is the non-paralysable tube and tau_N = 0 the paralysable one.
"""

import math
from typing import NamedTuple

from simulator.scenario_parts import Channel


class DeadTime(NamedTuple):
    blind_s: float = 0.0  # tau_N
    paralysing_s: float = 0.0  # tau_P

    @property
    def whole_s(self) -> float:
        return self.blind_s + self.paralysing_s

    def registered_cps(self, true_cps: float) -> float:
        return true_cps * math.exp(-true_cps * self.paralysing_s) / (1.0 + true_cps * self.blind_s)

    def scatter(self, true_cps: float) -> float:
        """Variance of many counts over their mean; Poisson's is 1. From the variance of a registered interval.

        An interval X is tau_N + E, and another X on top when E < tau_P; p is the chance that it is not.
        """
        n = true_cps
        if n <= 0:
            return 1.0
        registered = math.exp(-n * self.paralysing_s)
        if registered < 1e-9:
            return 1.0  # what is left comes as rarely, and so as independently, as Poisson's
        step = self.blind_s + 1.0 / n
        step_squared = self.blind_s**2 + 2.0 * self.blind_s / n + 2.0 / n**2
        missed = 1.0 - registered
        missed_step = self.blind_s * missed + (1.0 - registered * (1.0 + n * self.paralysing_s)) / n
        mean = step / registered
        mean_square = (step_squared + 2.0 * missed_step * mean) / registered
        return max(0.0, mean_square / mean**2 - 1.0)


def dead_time_of(channel: Channel) -> DeadTime:
    whole_s = channel.dead_time_us * 1e-6
    if channel.dead_time_model == "paralysable":
        return DeadTime(0.0, whole_s)
    if channel.dead_time_model == "hybrid":
        return DeadTime(whole_s, channel.paralysing_us * 1e-6)
    return DeadTime(whole_s if channel.dead_time_model == "non_paralysable" else 0.0)
