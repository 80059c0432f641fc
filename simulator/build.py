"""From a scenario to its world, its instruments and what stands behind each address."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from config.clock import NS
from simulator.build_causes import build_causes, build_rain
from simulator.build_wires import Surroundings, modbus_device, stream_talker
from simulator.detectors.bdmg04 import Bdmg04
from simulator.detectors.instrument import Faults, Instrument
from simulator.detectors.mightyohm import KitState, MightyOhm
from simulator.detectors.weather_station import WeatherStation
from simulator.faults.faults import faults_of
from simulator.scenario import (
    Bdmg04Instrument,
    InstrumentSpec,
    MightyOhmInstrument,
    Scenario,
)
from simulator.scenario_wires import ModbusInstrument, StreamInstrument
from simulator.wires.bdmg04_map import Bdmg04Registers
from simulator.wires.lufft_map import LufftRegisters
from simulator.wires.mightyohm_talker import MightyOhmTalker
from simulator.wires.modbus import Device
from simulator.wires.talker import Talker, Unasked
from simulator.world.washout import Washout, WashoutModel
from simulator.world.weather import Climate, WeatherModel
from simulator.world.world import Place, World


@dataclass(frozen=True, slots=True)
class Ensemble:
    """All instruments of a scenario: as they live, and as they are reached."""

    world: World
    asked: dict[str, Instrument[object]]  # those that speak when they are asked
    registers: dict[str, dict[int, Device]]  # bus id -> address -> what stands there
    lines: dict[str, Instrument[KitState]]  # bus id -> who talks on it
    talkers: dict[str, list[Talker]] = field(default_factory=dict)  # bus id -> who else speaks there, asked or not
    driven: dict[str, Instrument[object]] = field(default_factory=dict)  # those that only their own line makes live

    @property
    def instruments(self) -> dict[str, Instrument[object]]:
        """All of them by id."""
        return {**self.asked, **self.driven, **{kit.id: kit for kit in self.lines.values()}}


def build_world(scenario: Scenario) -> World:
    settings = scenario.world
    rain = build_rain(scenario)
    washout = Washout(rain, WashoutModel(**settings.washout.model_dump(exclude={"strength_sigma"})))
    weather = WeatherModel(Climate(**settings.climate.model_dump()), scenario.seed)
    places = {spec.id: _place(scenario, spec) for spec in scenario.instruments}
    return World(places, rain, washout, weather, build_causes(scenario, places, rain, washout, weather))


def build_ensemble(scenario: Scenario, origin_wall_ns: int = 0) -> Ensemble:
    """``origin_wall_ns``: when the world begins, for instruments that have a calendar."""
    ensemble = Ensemble(build_world(scenario), {}, {}, {})
    for spec in scenario.instruments:
        _place_instrument(ensemble, scenario, spec, origin_wall_ns)
    return ensemble


def _place(scenario: Scenario, spec: InstrumentSpec) -> Place:
    own, world = spec.place, scenario.world
    return Place(
        terrestrial_nsv_h=world.terrestrial_nsv_h if own.terrestrial_nsv_h is None else own.terrestrial_nsv_h,
        cosmic_nsv_h=world.cosmic_nsv_h if own.cosmic_nsv_h is None else own.cosmic_nsv_h,
        washout_factor=own.washout_factor,
        gauge_factor=own.gauge_factor,
        gauge_start_mm=own.gauge_start_mm,
        x_m=own.x_m,
        y_m=own.y_m,
    )


def _place_instrument(ensemble: Ensemble, scenario: Scenario, spec: InstrumentSpec, origin_wall_ns: int) -> None:
    world, seed = ensemble.world, scenario.seed
    faults = faults_of(scenario, spec)
    if isinstance(spec, Bdmg04Instrument):
        meter = Bdmg04(spec.id, spec.device, world, faults, seed)
        ensemble.asked[spec.id] = meter
        ensemble.registers.setdefault(spec.bus, {})[spec.address] = Bdmg04Registers(meter)
    elif isinstance(spec, MightyOhmInstrument):
        kit = MightyOhm(spec.id, spec.device, world, faults, seed)
        _place_kit(ensemble, kit, spec, scenario)
    elif isinstance(spec, ModbusInstrument):
        instrument, device = modbus_device(spec, _around(ensemble, scenario, spec, faults, origin_wall_ns))
        ensemble.asked[spec.id] = instrument
        ensemble.registers.setdefault(spec.bus, {})[spec.address] = device
    elif isinstance(spec, StreamInstrument):
        instrument, talker = stream_talker(spec, _around(ensemble, scenario, spec, faults, origin_wall_ns))
        (ensemble.driven if isinstance(talker, Unasked) else ensemble.asked)[spec.id] = instrument
        ensemble.talkers.setdefault(spec.bus, []).append(talker)
    else:
        station = WeatherStation(spec.id, world, faults)
        ensemble.asked[spec.id] = station
        ensemble.registers.setdefault(spec.bus, {})[spec.address] = LufftRegisters(station)


def _place_kit(ensemble: Ensemble, kit: MightyOhm, spec: MightyOhmInstrument, scenario: Scenario) -> None:
    if _kind(scenario, spec) == "serial-line":
        ensemble.lines[spec.bus] = kit
        return
    ensemble.driven[spec.id] = kit
    ensemble.talkers.setdefault(spec.bus, []).append(MightyOhmTalker(kit))


def _kind(scenario: Scenario, spec: InstrumentSpec) -> str:
    return next(bus.kind for bus in scenario.buses if bus.id == spec.bus)


def _around(
    ensemble: Ensemble, scenario: Scenario, spec: InstrumentSpec, faults: Faults, origin_wall_ns: int
) -> Surroundings:
    def calendar(t_s: float) -> datetime:
        return datetime.fromtimestamp(origin_wall_ns / NS + t_s + faults.clock_offset_s(t_s), UTC)

    return Surroundings(ensemble.world, faults, scenario.seed, calendar, _kind(scenario, spec))
