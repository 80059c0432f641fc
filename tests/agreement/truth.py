"""What each simulated instrument truly showed, in physical units, and whether a driver's reading says the same."""

from collections.abc import Iterator
from itertools import combinations
from typing import Protocol

from drivers.base import Driver, Reading
from drivers.serial_line import LineDriver
from simulator.build import build_ensemble
from simulator.detectors.bdmg04 import Bdmg04, MeterState
from simulator.detectors.instrument import Instrument
from simulator.detectors.mightyohm import KitState
from simulator.detectors.weather_station import WeatherState
from simulator.scenario import Scenario
from simulator.simulation import Simulation

FLOAT_RESOLUTION = 2.0**-23  # relative, of the 32-bit floats on the wire
CPM_PER_USV_H = 175
GAUGE_WRAPS_MM = 655.36
SPOILING = {"no_answer", "late_answer", "half_open", "line_noise", "collision", "reboot", "power_cut"}
AFTER_A_FAULT_S = 3  # seconds in which the line finds its beginning again: half a sentence, and noise before the next


class Truth(Protocol):
    def mistakes(self, reading: Reading, t_s: float) -> list[str]:
        """Each value that is not what the instrument showed."""
        ...

    def looked_at(self, t_s: float, every_s: float) -> list[float]:
        """The times whose faults the reading at ``t_s`` may have met."""
        ...

    def left_out(self, driver: Driver) -> list[str]:
        """What was said, without any fault, and never read."""
        ...


def truths(scenario: Scenario, simulation: Simulation) -> dict[str, Truth]:
    made: dict[str, Truth] = {}
    for spec in scenario.instruments:
        instrument = simulation.instruments[spec.id]
        if spec.profile == "mightyohm":
            made[spec.id] = Kit(scenario, spec.id)
        elif spec.profile == "lufft-ws-umb":
            made[spec.id] = Weather(instrument)
        elif isinstance(instrument, Bdmg04):
            made[spec.id] = Meter(instrument, has_last_second=instrument.settings.protocol == "1.25")
    return made


class Asked:
    """Answers when it is asked: the moment decides."""

    def __init__(self, instrument: Instrument[object]) -> None:
        self._instrument = instrument

    def looked_at(self, t_s: float, every_s: float) -> list[float]:
        return [t_s]

    def left_out(self, driver: Driver) -> list[str]:
        return []


class Meter(Asked):
    def __init__(self, instrument: Instrument[object], *, has_last_second: bool) -> None:
        super().__init__(instrument)
        self._has_last_second = has_last_second

    def mistakes(self, reading: Reading, t_s: float) -> list[str]:
        state = self._instrument.shown(t_s)
        assert isinstance(state, MeterState)
        exact = {
            "status": state.status,
            "pulses_used_sensitive": state.pulses_sensitive,
            "accumulation_sensitive": state.time_sensitive_s,
            "pulses_used_coarse": state.pulses_coarse,
            "accumulation_coarse": state.time_coarse_s,
            "last_second_sensitive": state.last_second_sensitive if self._has_last_second else None,
            "last_second_coarse": state.last_second_coarse if self._has_last_second else None,
        }
        near = {
            "dose_rate": state.dose_rate_sv_h * 1e9,
            "hv_sensitive": state.hv_sensitive_v,
            "hv_coarse": state.hv_coarse_v,
            "rate_sensitive": state.rate_sensitive_cps,
            "rate_coarse": state.rate_coarse_cps,
        }
        return [
            *(
                f"{name} {reading.values[name]}, not {true}"
                for name, true in exact.items()
                if reading.values[name] != true
            ),
            *_far(reading, {name: (true, abs(true) * FLOAT_RESOLUTION) for name, true in near.items()}),
        ]


class Weather(Asked):
    def mistakes(self, reading: Reading, t_s: float) -> list[str]:
        state = self._instrument.shown(t_s)
        assert isinstance(state, WeatherState)
        weather = state.weather
        mistakes = _far(
            reading,
            {
                "humidity": (weather.humidity_pct, 0.05),
                "relative_pressure": (weather.pressure_hpa, 0.05),
                "wind_direction": (weather.wind_from_deg, 0.05),
                "air_temperature": (weather.temperature_degc, 0.05),
                "dew_point": (weather.dew_point_degc, 0.05),
                "wind_speed": (weather.wind_m_s, 0.05),
                "rain_rate": (state.rain_rate_mm_h, 0.005),
            },
        )
        counter_mm, shown_mm = state.rain_total_mm % GAUGE_WRAPS_MM, reading.values["rain_total"]
        if shown_mm is None or not -1e-6 <= counter_mm - shown_mm < 0.01 + 1e-6:
            mistakes.append(f"rain_total {shown_mm}, not {counter_mm}")
        return mistakes


class Kit:
    """Speaks by itself: a reading is of all sentences since the last. A twin of the kit says what each second's was."""

    def __init__(self, scenario: Scenario, name: str) -> None:
        ensemble = build_ensemble(scenario)
        self._twin = next(kit for kit in ensemble.lines.values() if kit.id == name)
        self._said: dict[int, KitState] = {}
        self._lived = 0
        self._matched = 0
        self._read = 0
        self._every_s = 0.0

    def looked_at(self, t_s: float, every_s: float) -> list[float]:
        self._every_s = every_s
        first = max(0, int(t_s - every_s) - AFTER_A_FAULT_S)
        return [float(second) for second in range(first, int(t_s) + 1)]

    def mistakes(self, reading: Reading, t_s: float) -> list[str]:
        self._live(int(t_s))
        surely, perhaps = self._found(reading.raw)
        tried = [
            self._unlike(reading, sorted((*surely, *some)))
            for number in range(len(perhaps) + 1)
            for some in combinations(perhaps, number)
        ]
        best = min(tried, key=len)
        self._read += round(reading.values["live_time"] or 0.0)
        return best

    def left_out(self, driver: Driver) -> list[str]:
        faults = self._twin.faults
        spoilt = {1}  # the first that is heard may be a part of one, and is dropped
        for second in range(self._lived + 1):
            if faults.off(second) or set(faults.active(second)) & SPOILING:
                after_s = 2 * self._every_s if "power_cut" in faults.active(second) else AFTER_A_FAULT_S
                spoilt.update(range(second, second + int(after_s) + 1))
        assert isinstance(driver, LineDriver)
        counted = self._read + driver.stale  # what a slow machine fetched too late is dropped, and told
        lost = self._lived - len(spoilt & set(range(1, self._lived + 1))) - counted
        return [f"{lost} sentences that no fault has touched were never read"] if lost > 0 else []

    def _unlike(self, reading: Reading, seconds: list[int]) -> list[str]:
        if not seconds:
            return [f"{reading.raw!r} is nothing that was said"]
        said = [self._said[second] for second in seconds]
        true = {
            "cps": sum(state.cps for state in said),
            "live_time": float(len(said)),
            "cpm": said[-1].cpm,
            "shown": (100 * said[-1].cpm // CPM_PER_USV_H) * 10.0,  # hundredths of a µSv/h, cut off
        }
        values = reading.values
        return [f"{name} {values[name]}, not {value}" for name, value in true.items() if values[name] != value]

    def _found(self, raw: bytes) -> tuple[list[int], list[int]]:
        """The seconds whose sentences are in ``raw``: surely, and those behind noise that may have held a newline.

        Where it did, the driver has seen noise and sentence as one that does not match.
        """
        surely: list[int] = []
        perhaps: list[int] = []
        behind_noise = False
        for line in raw.split(b"\n"):
            second = self._second_of(line)
            if second is not None:
                (perhaps if behind_noise else surely).append(second)
            behind_noise = second is None
        return surely, perhaps

    def _live(self, until: int) -> None:
        while self._lived < until:
            self._lived += 1
            self._said[self._lived] = self._twin.shown(self._lived)

    def _second_of(self, line: bytes) -> int | None:
        """The next second in which just this was said."""
        for second in range(self._matched + 1, self._lived + 1):
            if spoken(self._said[second]) == line:
                self._matched = second
                return second
        return None


def spoken(state: KitState) -> bytes:
    """As the kit's maker describes its line."""
    usv_h = state.cpm * 100 // CPM_PER_USV_H / 100
    return f"CPS, {state.cps}, CPM, {state.cpm}, uSv/hr, {usv_h:.2f}, {state.mode}".encode()


def _far(reading: Reading, true: dict[str, tuple[float, float]]) -> list[str]:
    return list(_further(reading, true))


def _further(reading: Reading, true: dict[str, tuple[float, float]]) -> Iterator[str]:
    for name, (value, resolution) in true.items():
        read = reading.values[name]
        if read is None or abs(read - value) > resolution * (1 + 1e-6) + 1e-9:
            yield f"{name} {read}, not {value}"
