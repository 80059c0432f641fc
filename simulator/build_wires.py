"""From the specs of ``simulator.scenario_wires`` to instruments, and to the device or talker that stands on the bus."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from simulator.detectors.instrument import Faults, Instrument
from simulator.detectors.probe import Probe
from simulator.detectors.weather_station import WeatherStation
from simulator.detectors.weather_transmitter import WeatherTransmitter
from simulator.scenario_wires import (
    Bdbg09Instrument,
    Bdkg05Instrument,
    Btdu3Instrument,
    DibusInstrument,
    Fh40gInstrument,
    Fht6020Instrument,
    GammaScoutInstrument,
    GmcInstrument,
    Hd2016Instrument,
    LudlumInstrument,
    ModbusInstrument,
    RadProInstrument,
    StreamInstrument,
    UserMapInstrument,
    Wxt530AsciiInstrument,
    Wxt530ModbusInstrument,
    Xm9505Instrument,
)
from simulator.wires.atomtex import Bdkg05, Btdu3
from simulator.wires.bdbg09 import Bdbg09V12, Bdbg09V13
from simulator.wires.dibus import Dibus
from simulator.wires.fh40g import Fh40g
from simulator.wires.fht6020 import Fht6020
from simulator.wires.gamma_scout import GammaScout
from simulator.wires.gauges_map import Hd2016Registers, Wxt530Registers, Xm9505Registers
from simulator.wires.gmc import Gmc
from simulator.wires.ludlum375 import Ludlum375
from simulator.wires.modbus import Device
from simulator.wires.radpro import RadPro
from simulator.wires.talker import Talker
from simulator.wires.user_map import UserMap
from simulator.wires.wxt530_ascii import Wxt530Ascii
from simulator.world.world import World

Calendar = Callable[[float], datetime]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an instrument is built into."""

    world: World
    faults: Faults
    seed: int
    calendar: Calendar
    bus_kind: str


def modbus_device(spec: ModbusInstrument, around: Surroundings) -> tuple[Instrument[object], Device]:
    faults = around.faults
    if isinstance(spec, Wxt530ModbusInstrument | Xm9505Instrument | Hd2016Instrument):
        station = WeatherStation(spec.id, around.world, faults)
        return station, _gauge(spec, station, faults)
    if isinstance(spec, Bdkg05Instrument):
        probe = _probe(spec, around)
        return probe, Bdkg05(probe, faults, spec.cold)
    if isinstance(spec, Btdu3Instrument):
        probe = _probe(spec, around)
        return probe, Btdu3(probe, faults)
    probe = _probe(spec, around)
    return probe, UserMap(probe, spec.values, faults)


def _gauge(
    spec: Wxt530ModbusInstrument | Xm9505Instrument | Hd2016Instrument, station: WeatherStation, faults: Faults
) -> Device:
    if isinstance(spec, Xm9505Instrument):
        return Xm9505Registers(station, faults, spec.address)
    return (Wxt530Registers if isinstance(spec, Wxt530ModbusInstrument) else Hd2016Registers)(station, faults)


def stream_talker(spec: StreamInstrument, around: Surroundings) -> tuple[Instrument[object], Talker]:
    if isinstance(spec, Wxt530AsciiInstrument):
        station = WeatherTransmitter(spec.id, around.world, around.faults)
        return station, Wxt530Ascii(station, spec.letter, spec.pressure_unit, around.faults)
    probe = _probe(spec, around)
    return probe, _line_detector(spec, probe, around) or _hand_held(spec, probe, around)


def _line_detector(spec: StreamInstrument, probe: Probe, around: Surroundings) -> Talker | None:
    """Those that share a line by their addresses, and the FH40G."""
    if isinstance(spec, Fht6020Instrument):
        return Fht6020(probe, spec.address, around.faults)
    if isinstance(spec, Bdbg09Instrument):
        version = Bdbg09V12 if spec.protocol == "1.2" else Bdbg09V13
        return version(probe, spec.address, around.faults)
    if isinstance(spec, DibusInstrument):
        return Dibus(probe, spec.address, around.faults)
    return Fh40g(probe, around.faults) if isinstance(spec, Fh40gInstrument) else None


def _hand_held(spec: StreamInstrument, probe: Probe, around: Surroundings) -> Talker:
    """Those that have a line to themselves."""
    if isinstance(spec, GmcInstrument):
        return Gmc(probe, spec.profile.removeprefix("gq-gmc-rfc"), around.calendar, around.faults)
    if isinstance(spec, RadProInstrument):
        return RadPro(probe, around.calendar, around.faults)
    if isinstance(spec, GammaScoutInstrument):
        return GammaScout(probe, spec.online_interval_s, around.calendar, around.faults)
    if isinstance(spec, LudlumInstrument):
        by_xml = around.bus_kind == "tcp-client"
        return Ludlum375(probe, by_xml, spec.low_alarm_usv_h, spec.high_alarm_usv_h, around.faults)
    raise TypeError(f"no talker for {spec.profile}")


def _probe(
    spec: Fht6020Instrument
    | Fh40gInstrument
    | Bdbg09Instrument
    | DibusInstrument
    | GmcInstrument
    | RadProInstrument
    | GammaScoutInstrument
    | LudlumInstrument
    | Bdkg05Instrument
    | Btdu3Instrument
    | UserMapInstrument,
    around: Surroundings,
) -> Probe:
    return Probe(spec.id, spec.device, around.world, around.faults, around.seed)
