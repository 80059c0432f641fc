"""A meteo sensor's readings become weather records. Rain is the difference of the gauge's absolute counter.

"Since the last read" registers are never used: two readers would share the rain between them.
"""

from typing import Any

from config.clock import NS
from config.profile import Profile
from config.quality import Quality
from config.schema import Instrument
from drivers.base import Reading
from station.engine.naming import Naming
from station.poll.bus import Outcome
from station.records import Meteo

LARGEST_WRAP_MM = 100.0  # a counter that seems to have gone further than this between two polls was reset


class WeatherRoom:
    """One meteo sensor. ``last_total_mm`` and ``last_end_ns`` come from the journal after a restart."""

    def __init__(
        self,
        instrument: Instrument,
        profile: Profile,
        last_total_mm: float | None = None,
        last_end_ns: int | None = None,
    ) -> None:
        self._instrument = instrument
        self._wrap_mm = _wrap_mm(profile)
        self._total_mm = last_total_mm
        self._end_ns = last_end_ns
        self._epoch: int | None = None

    def take(self, outcome: Outcome, naming: Naming) -> list[tuple[str, Meteo]]:
        reading = outcome.reading
        if reading is None:
            return []
        stamp = outcome.done
        rain_mm, flags = self._rain(reading.of("rain_total"))
        continues = self._end_ns is not None and self._epoch in (None, stamp.epoch) and self._end_ns < stamp.wall_ns
        start_ns = self._end_ns if continues and self._end_ns else stamp.wall_ns - int(self._instrument.poll_s * NS)
        self._end_ns, self._epoch = stamp.wall_ns, stamp.epoch
        header = naming.header(
            "meteo", self._instrument.id, stamp, start_ns=start_ns, end_ns=stamp.wall_ns,
            channel="meteo", quantity="weather", flags=reading.flags | flags,
        )  # fmt: skip
        return [("meteo", Meteo(**header, rain_mm=rain_mm, **_values(reading)))]

    def _rain(self, total_mm: float | None) -> tuple[float | None, Quality]:
        if total_mm is None:
            return None, Quality(0)
        before, self._total_mm = self._total_mm, total_mm
        if before is None:
            return None, Quality(0)
        fell_mm = round(total_mm - before, 6)
        if fell_mm >= 0:
            return fell_mm, Quality(0)
        if self._wrap_mm is not None and 0 <= fell_mm + self._wrap_mm <= LARGEST_WRAP_MM:
            return round(fell_mm + self._wrap_mm, 6), Quality(0)
        return total_mm, Quality.COUNTER_RESET


def _wrap_mm(profile: Profile) -> float | None:
    for value in profile.values:
        if value.quantity == "rain_total" and value.wraps_at is not None:
            return value.wraps_at * value.scale
    return None


def _values(reading: Reading) -> dict[str, Any]:
    return {
        "rain_total_mm": reading.of("rain_total"),
        "rain_rate_mm_h": reading.of("rain_rate"),
        "temperature_c": reading.of("temperature"),
        "pressure_hpa": reading.of("pressure"),
        "humidity_pct": reading.of("humidity"),
        "wind_speed_m_s": reading.of("wind_speed"),
        "wind_direction_deg": reading.of("wind_direction"),
    }
