"""How numbers, dose rates and times are written for a reader. The language's marks come from the catalogue."""

import math
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from config.clock import NS

_RATE_STEPS = ((1e9, "Sv/h"), (1e6, "mSv/h"), (1e3, "µSv/h"))
MOST_DECIMALS = 12


@dataclass(frozen=True, slots=True)
class Wording:
    """The marks of one language and the zone of one station. None and what is not finite is written as missing."""

    decimal_mark: str
    missing: str
    time_pattern: str
    short_time_pattern: str
    zone: ZoneInfo

    def number(self, value: float | None, decimals: int | None = None) -> str:
        """Three significant digits, or a fixed number of decimals; never an exponent."""
        if value is None or not math.isfinite(value):
            return self.missing
        places = _decimals_for(value) if decimals is None else decimals
        return f"{value:.{places}f}".replace(".", self.decimal_mark)

    def rate(self, nsv_h: float | None) -> str:
        """A dose rate with the unit that a person would choose."""
        if nsv_h is None or not math.isfinite(nsv_h):
            return self.missing
        for step, unit in _RATE_STEPS:
            if abs(nsv_h) >= step:
                return f"{self.number(nsv_h / step)} {unit}"
        return f"{self.number(nsv_h)} nSv/h"

    def time(self, wall_ns: int) -> str:
        return self._local(wall_ns).strftime(self.time_pattern)

    def short_time(self, wall_ns: int) -> str:
        return self._local(wall_ns).strftime(self.short_time_pattern)

    def _local(self, wall_ns: int) -> datetime:
        return datetime.fromtimestamp(wall_ns // NS, tz=self.zone)


def _decimals_for(value: float, digits: int = 3) -> int:
    if value == 0:
        return 0
    return min(MOST_DECIMALS, max(0, digits - 1 - math.floor(math.log10(abs(value)))))
