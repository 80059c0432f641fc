"""One running world: its wires, the tick that keeps unasked instruments living, and the telling of what happens."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from config.clock import NS, Clock
from simulator.build import build_ensemble
from simulator.detectors.instrument import Instrument
from simulator.detectors.mightyohm import KitState
from simulator.scenario import BusSpec, InstrumentSpec, Scenario
from simulator.timeline import timeline
from simulator.wires.line import SentenceWire
from simulator.wires.mightyohm_line import sentence
from simulator.wires.rtu import ModbusRtuWire
from simulator.wires.tcp import ModbusTcpWire

TICK_S = 1.0  # real seconds
Tell = Callable[[dict[str, object]], None]


class Wire(Protocol):
    @property
    def where(self) -> dict[str, str | int]: ...
    async def open(self) -> None: ...
    async def close(self) -> None: ...


class Simulation:
    """``origin_*``: when by the clock the world begins; two processes with one origin agree about the time."""

    def __init__(
        self, scenario: Scenario, clock: Clock, origin_wall_ns: int, origin_mono_ns: int, tcp_port: int = 0
    ) -> None:
        self.scenario = scenario
        self._clock = clock
        self._origin_wall_ns = origin_wall_ns
        self._origin_mono_ns = origin_mono_ns
        self._ensemble = build_ensemble(scenario)
        self.world = self._ensemble.world
        self._tcp_port = tcp_port
        self._wires: dict[str, Wire] = {bus.id: self._wire(bus) for bus in scenario.buses}

    def now_s(self) -> float:
        """Seconds of the world since it began; negative before."""
        return (self._clock.monotonic_ns() - self._origin_mono_ns) / NS

    async def open(self) -> None:
        """All wires or none."""
        try:
            for wire in self._wires.values():
                await wire.open()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        for wire in self._wires.values():
            await wire.close()

    def ready(self) -> dict[str, object]:
        """Everything that whoever started this must know to reach the instruments."""
        return {
            "ready": True,
            "scenario": self.scenario.id,
            "duration_s": self.scenario.duration_min * 60.0,
            "origin_wall_ns": self._origin_wall_ns,
            "origin_mono_ns": self._origin_mono_ns,
            "rate": self._clock.rate,
            "buses": {bus.id: {"kind": bus.kind, **self._wires[bus.id].where} for bus in self.scenario.buses},
            "instruments": {
                spec.id: {"profile": spec.profile, "bus": spec.bus, "address": spec.address} | _belonging(spec)
                for spec in self.scenario.instruments
            },
            **_stations(self.scenario),
        }

    async def run(self, tell: Tell) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tick(), name="simulator tick")
            group.create_task(self._narrate(tell), name="simulator story")

    async def _tick(self) -> None:
        """Instruments that nobody asks live too; otherwise a late first question would cost hours of catching up."""
        while True:
            for instrument in self._ensemble.asked.values():
                instrument.shown(self.now_s())
                await asyncio.sleep(0)
            await asyncio.sleep(TICK_S)

    async def _narrate(self, tell: Tell) -> None:
        for event in timeline(self.scenario, self.world):
            await self._clock.sleep(max(0.0, event.t_s - self.now_s()))
            at_ns = self._origin_wall_ns + round(event.t_s * NS)
            tell({"event": event.key, "at_ns": at_ns, "t_s": event.t_s, **event.details()})

    def _wire(self, bus: BusSpec) -> Wire:
        if bus.kind == "serial-line":
            return _line(self._ensemble.lines[bus.id], self.now_s, self._clock)
        devices = self._ensemble.registers.get(bus.id, {})
        if bus.kind == "modbus-rtu":
            return ModbusRtuWire(devices, self.now_s)
        port = self._tcp_port
        self._tcp_port += 1 if port else 0  # the next bus gets the next port
        return ModbusTcpWire(devices, self.now_s, port=port)


def _belonging(spec: InstrumentSpec) -> dict[str, object]:
    """Its name for people and its station, where the scenario says them."""
    told: dict[str, object] = {} if spec.name is None else {"name": spec.name.model_dump()}
    return told if spec.station is None else told | {"station": spec.station}


def _stations(scenario: Scenario) -> dict[str, object]:
    """The instruments grouped by station, where there are several."""
    grouped = {
        station.id: {
            "name": station.name.model_dump(),
            "instruments": [spec.id for spec in scenario.instruments if spec.station == station.id],
        }
        for station in scenario.stations
    }
    return {"stations": grouped} if grouped else {}


def _line(kit: Instrument[KitState], now_s: Callable[[], float], clock: Clock) -> SentenceWire:
    return SentenceWire(lambda t_s: sentence(kit.shown(t_s)), kit.faults, now_s, clock)
