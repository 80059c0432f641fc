"""From a scenario to its world, its instruments and what stands behind each address."""

from dataclasses import dataclass

from simulator.build_causes import build_causes, build_rain
from simulator.detectors.bdmg04 import Bdmg04
from simulator.detectors.instrument import Instrument
from simulator.detectors.mightyohm import KitState, MightyOhm
from simulator.detectors.weather_station import WeatherStation
from simulator.faults.faults import faults_of
from simulator.scenario import (
    Bdmg04Instrument,
    InstrumentSpec,
    MightyOhmInstrument,
    Scenario,
)
from simulator.wires.bdmg04_map import Bdmg04Registers
from simulator.wires.lufft_map import LufftRegisters
from simulator.wires.modbus import Device
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


def build_world(scenario: Scenario) -> World:
    settings = scenario.world
    rain = build_rain(scenario)
    washout = Washout(rain, WashoutModel(**settings.washout.model_dump(exclude={"strength_sigma"})))
    weather = WeatherModel(Climate(**settings.climate.model_dump()), scenario.seed)
    places = {spec.id: _place(scenario, spec) for spec in scenario.instruments}
    return World(places, rain, washout, weather, build_causes(scenario, places, rain, washout, weather))


def build_ensemble(scenario: Scenario) -> Ensemble:
    ensemble = Ensemble(build_world(scenario), {}, {}, {})
    for spec in scenario.instruments:
        _place_instrument(ensemble, scenario, spec)
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


def _place_instrument(ensemble: Ensemble, scenario: Scenario, spec: InstrumentSpec) -> None:
    world, seed = ensemble.world, scenario.seed
    faults = faults_of(scenario, spec)
    if isinstance(spec, Bdmg04Instrument):
        meter = Bdmg04(spec.id, spec.device, world, faults, seed)
        ensemble.asked[spec.id] = meter
        ensemble.registers.setdefault(spec.bus, {})[spec.address] = Bdmg04Registers(meter)
    elif isinstance(spec, MightyOhmInstrument):
        kit = MightyOhm(spec.id, spec.device, world, faults, seed)
        ensemble.lines[spec.bus] = kit
    else:
        station = WeatherStation(spec.id, world, faults)
        ensemble.asked[spec.id] = station
        ensemble.registers.setdefault(spec.bus, {})[spec.address] = LufftRegisters(station)
