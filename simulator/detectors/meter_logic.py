"""What meters do with a dose rate before they show it: smooth it, choose between two tubes, set alarm bits."""

import math
from dataclasses import dataclass


class Smoother:
    """First-order smoothing in steps of a second: after a step of the dose rate 63 % are shown in one time constant."""

    def __init__(self, time_constant_s: float) -> None:
        self._kept = math.exp(-1.0 / time_constant_s) if time_constant_s > 0 else 0.0
        self.value: float | None = None

    def add(self, value: float) -> float:
        """The first value is taken as it is."""
        self.value = value if self.value is None else self._kept * self.value + (1.0 - self._kept) * value
        return self.value

    def restart(self) -> None:
        self.value = None


@dataclass(frozen=True, slots=True)
class OverlapBand:
    """Below ``lower`` on the coarse tube the sensitive one is shown, above ``upper`` the coarse one, between both."""

    lower_nsv_h: float
    upper_nsv_h: float

    def coarse_share(self, coarse_nsv_h: float) -> float:
        """Chosen: it grows along the band, so that nothing jumps."""
        within = (coarse_nsv_h - self.lower_nsv_h) / (self.upper_nsv_h - self.lower_nsv_h)
        return min(1.0, max(0.0, within))

    def shown_nsv_h(self, sensitive_nsv_h: float, coarse_nsv_h: float) -> float:
        share = self.coarse_share(coarse_nsv_h)
        return (1.0 - share) * sensitive_nsv_h + share * coarse_nsv_h


class FarTube:
    """In charge from above one level of its own until below another: no chatter at the switch-over."""

    def __init__(self, above_nsv_h: float | None, below_nsv_h: float | None = None) -> None:
        self._above_nsv_h = math.inf if above_nsv_h is None else above_nsv_h
        self._below_nsv_h = self._above_nsv_h if below_nsv_h is None else below_nsv_h
        self.in_charge = False

    def see(self, far_nsv_h: float) -> None:
        level = self._below_nsv_h if self.in_charge else self._above_nsv_h
        self.in_charge = far_nsv_h > level


class AlarmBits:
    """A warning and an alarm level; ``held`` stays from the alarm until the dose rate is the hysteresis below it."""

    def __init__(self, warning_nsv_h: float | None, alarm_nsv_h: float | None, hysteresis_pct: float) -> None:
        self._warning_nsv_h = math.inf if warning_nsv_h is None else warning_nsv_h
        self._alarm_nsv_h = math.inf if alarm_nsv_h is None else alarm_nsv_h
        self._release_nsv_h = self._alarm_nsv_h * (1.0 - hysteresis_pct / 100.0)
        self.warning = self.alarm = self.held = False

    def see(self, dose_rate_nsv_h: float) -> None:
        self.warning = dose_rate_nsv_h > self._warning_nsv_h
        self.alarm = dose_rate_nsv_h > self._alarm_nsv_h
        self.held = self.alarm or (self.held and dose_rate_nsv_h > self._release_nsv_h)
