"""Everything that one configuration makes: instruments' rooms, buses, alarms. A reload makes a new rig and swaps it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from alerting.board import AlarmBoard
from config.clock import NS, Clock
from config.loader import Loaded
from config.profile import Profile
from config.schema import Instrument
from drivers.base import Line
from drivers.factory import make_driver, open_line
from station.engine.detector import DetectorRoom
from station.engine.keys import KeyGuard
from station.engine.links import LinkRoom
from station.engine.naming import Naming
from station.engine.restore import restore
from station.engine.weather import WeatherRoom
from station.journal.reader import JournalReader
from station.measure.kernel import DetectorKernel
from station.measure.types import calibration_of
from station.poll.bus import BusTask, Polled, Sink
from station.records import STATION_INSTRUMENT, TABLES, Meteo
from station.timekeeping import Stamper


@dataclass(frozen=True, slots=True)
class Rig:
    loaded: Loaded
    naming: Naming
    detectors: Mapping[str, DetectorRoom]
    weather: Mapping[str, WeatherRoom]
    links: Mapping[str, LinkRoom]
    board: AlarmBoard
    buses: tuple[BusTask, ...]


def build(
    loaded: Loaded, clock: Clock, stamper: Stamper, guard: KeyGuard, reader: JournalReader | None, sink: Sink
) -> Rig:
    """Make the rig. ``reader``: the journal so far, from which backgrounds, averages and rain counters go on."""
    config = loaded.config
    now = stamper.now()
    if reader is not None:
        _prime(guard, reader, config.instruments)
    detectors = [i for i in config.instruments if loaded.profiles[i.id].kind == "detector"]
    sensors = [i for i in config.instruments if loaded.profiles[i.id].kind == "meteo"]
    calibrations = {i.id: calibration_id(i, loaded) for i in detectors}
    naming = Naming(config.station.id, loaded.sha256, clock.boot_id, calibrations, guard)
    return Rig(
        loaded,
        naming,
        {i.id: _detector(loaded, i, reader) for i in detectors},
        {i.id: _weather(loaded, i, reader) for i in sensors},
        {i.id: LinkRoom(i.id, now) for i in config.instruments},
        AlarmBoard(config.alarms, config.instruments),
        tuple(_buses(loaded, clock, stamper, sink)),
    )


def _prime(guard: KeyGuard, reader: JournalReader, instruments: Sequence[Instrument]) -> None:
    """No record of this run takes the key of one that the journal has."""
    names = [*(i.id for i in instruments), STATION_INSTRUMENT]
    for table in (t for t in TABLES if t != "alarm"):
        for name in names:
            if (last := reader.latest(table, name)) is not None:
                guard.prime((table, name), last.clock_epoch, last.end_ns)
    for event in reader.newest_of_each_alarm():
        guard.prime(("alarm", event.instrument, event.alarm), event.clock_epoch, event.end_ns)


def keeping_wires(rig: Rig, old: Rig) -> Rig:
    """The new rig with the old one's buses where nothing on the wire has changed: an open line loses no sentence."""
    kept = {bus.bus_id: bus for bus in old.buses if _wire(old.loaded, bus.bus_id) == _wire(rig.loaded, bus.bus_id)}
    periods_s = {i.id: i.poll_s for i in rig.loaded.config.instruments}
    for bus in kept.values():
        bus.retune(periods_s)
    return replace(rig, buses=tuple(kept.get(bus.bus_id, bus) for bus in rig.buses))


def _wire(loaded: Loaded, bus_id: str) -> object:
    """All that a bus's line and drivers are made of."""
    bus = next((bus for bus in loaded.config.buses if bus.id == bus_id), None)
    return bus, [(i.id, i.address, loaded.profiles[i.id]) for i in loaded.config.instruments if i.bus == bus_id]


def _buses(loaded: Loaded, clock: Clock, stamper: Stamper, sink: Sink) -> list[BusTask]:
    found = []
    for bus in loaded.config.buses:
        instruments = [i for i in loaded.config.instruments if i.bus == bus.id]
        if not instruments:
            continue
        line = open_line(bus)
        polled = [_polled(loaded, line, i, n, len(instruments), clock) for n, i in enumerate(instruments)]
        found.append(BusTask(bus.id, line, polled, clock, stamper, sink))
    return found


def _polled(loaded: Loaded, line: Line, instrument: Instrument, number: int, of: int, clock: Clock) -> Polled:
    driver = make_driver(line, instrument, loaded.profiles[instrument.id])
    spread_ns = int(instrument.poll_s * NS * number / of)  # not all at once
    return Polled(instrument.id, driver, instrument.poll_s, clock.monotonic_ns() + spread_ns)


def _weather(loaded: Loaded, instrument: Instrument, reader: JournalReader | None) -> WeatherRoom:
    last = reader.latest("meteo", instrument.id) if reader else None
    profile = loaded.profiles[instrument.id]
    if not isinstance(last, Meteo):
        return WeatherRoom(instrument, profile)
    return WeatherRoom(instrument, profile, last.rain_total_mm, last.end_ns)


def _detector(loaded: Loaded, instrument: Instrument, reader: JournalReader | None) -> DetectorRoom:
    profile = loaded.profiles[instrument.id]
    kernel = DetectorKernel(
        calibration_of(instrument, profile), loaded.config.measuring, reference_nsv_h=instrument.reference_nsv_h
    )
    restored = (
        restore(kernel, loaded, instrument.id, reader, calibration_id(instrument, loaded))
        if reader is not None
        else None
    )
    return DetectorRoom(instrument, profile, kernel, restored)


def calibration_id(instrument: Instrument, loaded: Loaded) -> str:
    """Names one calibration period of one instrument in every record."""
    profile = loaded.profiles[instrument.id]
    digest = hashlib.sha256(_calibration_text(instrument, profile).encode("utf-8")).hexdigest()
    return f"{instrument.id}:{calibration_of(instrument, profile).period}#{digest[:8]}"  # a corrected one is another


def _calibration_text(instrument: Instrument, profile: Profile) -> str:
    paper = instrument.calibration
    content = {
        "profile": profile.model_dump(mode="json", include={"id", "detector", "source"}),
        "certificate": paper.model_dump(mode="json") if paper else None,
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True)


def calibration_texts(loaded: Loaded) -> dict[str, tuple[str, str]]:
    """What the journal keeps of each calibration period: {id: (instrument, content)}."""
    found: dict[str, tuple[str, str]] = {}
    for instrument in loaded.config.instruments:
        profile = loaded.profiles[instrument.id]
        if profile.kind == "detector":
            found[calibration_id(instrument, loaded)] = (instrument.id, _calibration_text(instrument, profile))
    return found
