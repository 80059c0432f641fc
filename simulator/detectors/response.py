"""What a tube makes of a dose rate besides chance: energy, temperature, age.

The factors of the words are chosen; none is a maker's figure. 1 is the response to caesium-137.
"""

import math
from collections.abc import Mapping

from simulator.scenario_parts import Channel, EnergyResponse, Spectrum

YEAR_S = 365.25 * 86400.0

WORDS: Mapping[EnergyResponse, Mapping[Spectrum, float]] = {
    "flat": {},
    "over_responds_to_low_energy": {"low": 2.5, "medium": 1.2},
    "blind_to_low_energy": {"low": 0.1, "medium": 0.9},
    "over_responds_to_cosmic": {"cosmic": 1.6},
    "as_a_bare_gm_tube": {"low": 4.0, "medium": 1.1, "natural": 1.1, "high": 1.15, "cosmic": 1.4},
}


def energy_response(channel: Channel) -> dict[Spectrum, float]:
    """By spectrum; what is not named is 1."""
    return {**WORDS[channel.energy_response], **channel.response}


def condition(channel: Channel, t_s: float, temperature_degc: float) -> float:
    """What is left of its sensitivity at this temperature and age."""
    warm = 1.0 + channel.temperature_per_degc * (temperature_degc - channel.reference_degc)
    years = channel.age_years + t_s / YEAR_S
    return max(0.0, warm) * math.pow(1.0 - channel.loss_per_year, years)


def constant(channel: Channel) -> bool:
    """It neither drifts nor ages."""
    return not channel.temperature_per_degc and not channel.loss_per_year
