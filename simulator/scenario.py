"""What a scenario's TOML file may say: a world, the instruments in it, what happens when. Unknown keys are mistakes."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.schema import Identifier, Part, Positive
from simulator.scenario_buses import BusSpec, bus_mistakes
from simulator.scenario_causes import (
    CosmicSettings,
    PlumeEvent,
    RadiographyEvent,
    RadonSettings,
    RainEvent,
    ScannerEvent,
    SnowSettings,
    SoilSettings,
    SourceEvent,
    VehicleEvent,
)
from simulator.scenario_faults import FaultEvent, RandomFault, fault_mistakes, too_many
from simulator.scenario_gallery import DemoFast, StationSpec, Words
from simulator.scenario_parts import (
    Channel,
    DeadTimeModel,
    Happening,
    InstrumentBase,
    Minutes,
    NotNegative,
    PlaceSettings,
)
from simulator.scenario_wires import ModbusInstrument, StreamInstrument

__all__ = [
    "BusSpec",
    "Channel",
    "DeadTimeModel",
    "FaultEvent",
    "Happening",
    "InstrumentBase",
    "Minutes",
    "NotNegative",
    "PlaceSettings",
    "RainEvent",
    "SourceEvent",
]


class WashoutSettings(Part):
    """The two-state model of ``simulator.world.washout``. The defaults are chosen, docs/simulator.md says how."""

    gain_nsv_h: NotNegative = 48.5
    exponent: Annotated[float, Field(gt=0, le=1)] = 0.5
    bismuth_atoms: NotNegative = 1.5
    bismuth_dose_share: Annotated[float, Field(ge=0, le=1)] = 0.86
    stripping_per_min: NotNegative = 0.035
    recovery_days: Positive = 3.0
    strength_sigma: Annotated[float, Field(ge=0, le=1.5)] = 0.0  # how much showers differ (log-normal, mean 1)


class ClimateSettings(Part):
    temperature_degc: float = 22.0
    daily_swing_degc: NotNegative = 6.0
    humidity_pct: Annotated[float, Field(ge=5, le=100)] = 78.0
    pressure_hpa: Positive = 1008.0
    wind_m_s: NotNegative = 2.0
    wind_from_deg: Annotated[float, Field(ge=0, lt=360)] = 110.0
    pressure_swing_hpa: NotNegative = 0.0  # highs and lows that pass in days


class WorldSettings(Part):
    terrestrial_nsv_h: NotNegative = 55.0
    cosmic_nsv_h: NotNegative = 40.0
    begins_at_hour: Annotated[float, Field(ge=0, lt=24)] = 9.0  # local; so it is warmest at 15 o'clock
    washout: WashoutSettings = WashoutSettings()
    climate: ClimateSettings = ClimateSettings()
    cosmic: CosmicSettings | None = None
    radon: RadonSettings | None = None
    soil: SoilSettings | None = None
    snow: SnowSettings | None = None


class Bdmg04Settings(Part):
    """A Positron BDMG-04: two tubes and a meter that averages by itself."""

    model: Literal["bdmg-04"] = "bdmg-04"
    sensitive: Channel = Channel(
        sensitivity_cps_per_usv_h=25.0, dead_time_us=50.0, dead_time_model="non_paralysable", own_background_cps=0.1
    )
    coarse: Channel = Channel(sensitivity_cps_per_usv_h=0.05, dead_time_us=20.0, dead_time_model="non_paralysable")
    averaging_pulses: Annotated[int, Field(ge=10, le=60000)] = 600
    longest_average_s: Annotated[int, Field(ge=1, le=3600)] = 1000
    step_window_s: Annotated[int, Field(ge=2, le=60)] = 5
    step_sigmas: Positive = 6.0
    no_counts_after_s: Annotated[int, Field(ge=1, le=60000)] = 60
    coarse_no_counts_after_s: Annotated[int, Field(ge=1, le=60000)] = 7200
    warm_up_s: Annotated[int, Field(ge=0, le=3600)] = 250  # seconds that it has counted when the world begins
    warning_nsv_h: Positive | None = None  # VRG
    alarm_nsv_h: Positive | None = None  # VAG
    hysteresis_pct: Annotated[float, Field(ge=0, lt=100)] = 10.0  # bit 9 holds until so far below VAG
    overlap_lower_nsv_h: Positive | None = None  # NGDS; absent: the sensitive tube alone makes the dose rate
    overlap_upper_nsv_h: Positive | None = None  # VGDS
    protocol: Literal["1.24", "1.25"] = "1.25"

    @model_validator(mode="after")
    def _overlap_is_a_band(self) -> Self:
        lower, upper = self.overlap_lower_nsv_h, self.overlap_upper_nsv_h
        if (lower is None) != (upper is None) or (lower is not None and upper is not None and lower >= upper):
            raise ValueError("overlap_lower_nsv_h and overlap_upper_nsv_h go together, the lower one below")
        return self


class MightyOhmSettings(Part):
    """A MightyOhm kit: one tube, one line a second, counts a minute divided by 175."""

    model: Literal["mightyohm"] = "mightyohm"
    tube: Channel = Channel(
        sensitivity_cps_per_usv_h=175 / 60, dead_time_us=90.0, dead_time_model="non_paralysable", own_background_cps=0.0
    )


class WeatherStationSettings(Part):
    """A Lufft WS: rain, temperature, humidity, pressure, wind."""

    model: Literal["lufft-ws"] = "lufft-ws"


class Bdmg04Instrument(InstrumentBase):
    profile: Literal["positron-bdmg-04"]
    device: Bdmg04Settings = Bdmg04Settings()


class MightyOhmInstrument(InstrumentBase):
    profile: Literal["mightyohm"]
    device: MightyOhmSettings = MightyOhmSettings()


class LufftInstrument(InstrumentBase):
    profile: Literal["lufft-ws-umb"]
    device: WeatherStationSettings = WeatherStationSettings()


InstrumentSpec = Annotated[
    Bdmg04Instrument | MightyOhmInstrument | LufftInstrument | ModbusInstrument | StreamInstrument,
    Field(discriminator="profile"),
]


class Scenario(Part):
    """One world with its instruments and its timeline. The seed makes a run repeatable."""

    id: Identifier
    summary: Words
    demo_fast: DemoFast = 20.0
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    duration_min: Positive
    world: WorldSettings = WorldSettings()
    stations: tuple[StationSpec, ...] = ()
    buses: Annotated[tuple[BusSpec, ...], Field(min_length=1)]
    instruments: Annotated[tuple[InstrumentSpec, ...], Field(min_length=1)]
    rain: tuple[RainEvent, ...] = ()
    sources: tuple[SourceEvent, ...] = ()
    vehicles: tuple[VehicleEvent, ...] = ()
    plumes: tuple[PlumeEvent, ...] = ()
    radiography: tuple[RadiographyEvent, ...] = ()
    scanners: tuple[ScannerEvent, ...] = ()
    faults: tuple[FaultEvent, ...] = ()
    random_faults: tuple[RandomFault, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        mistakes = [*_bus_mistakes(self), *_station_mistakes(self), *_timeline_mistakes(self)]
        if mistakes:
            raise ValueError("; ".join(mistakes))
        return self


def _bus_mistakes(scenario: Scenario) -> Iterator[str]:
    if len({bus.id for bus in scenario.buses}) != len(scenario.buses):
        yield "two buses have the same id"
    ids = [instrument.id for instrument in scenario.instruments]
    if len(set(ids)) != len(ids):
        yield "two instruments have the same id"
    yield from bus_mistakes(scenario.buses, scenario.instruments)


def _station_mistakes(scenario: Scenario) -> Iterator[str]:
    stations = {station.id for station in scenario.stations}
    if len(stations) != len(scenario.stations):
        yield "two stations have the same id"
    for instrument in scenario.instruments:
        if instrument.station is None and stations:
            yield f"instrument {instrument.id}: to which station does it belong?"
        if instrument.station is not None and instrument.station not in stations:
            yield f"instrument {instrument.id}: there is no station {instrument.station}"


def _timeline_mistakes(scenario: Scenario) -> Iterator[str]:
    known = {instrument.id for instrument in scenario.instruments}
    for kind in ("sources", "vehicles", "plumes", "radiography", "scanners"):
        for cause in getattr(scenario, kind):
            for unknown in sorted(cause.instruments() - known):
                yield f"one of the {kind} is near {unknown}, which is not an instrument"
            by_place = getattr(cause, "at_m", None) or getattr(cause, "through_m", None)
            if by_place and all(instrument.place.x_m is None for instrument in scenario.instruments):
                yield f"one of the {kind} has a place, but no instrument has x_m and y_m"
    kinds = {bus.id: bus.kind for bus in scenario.buses}
    yield from fault_mistakes(scenario.faults, scenario.random_faults, scenario.instruments, kinds)
    yield from too_many(scenario.random_faults, len(scenario.instruments), scenario.duration_min / 60.0)
