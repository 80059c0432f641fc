"""One running world: its wires, the tick that keeps unasked instruments living, and the telling of what happens."""

import asyncio
import logging
from collections.abc import Callable

from config.clock import NS, Clock
from simulator.control.desk import Desk
from simulator.control.server import ControlServer
from simulator.detectors.instrument import Instrument
from simulator.detectors.mightyohm import KitState
from simulator.faults.faults import power_cuts
from simulator.live import Live
from simulator.rack import Rack, Wire
from simulator.scenario import BusSpec, InstrumentSpec, Scenario
from simulator.scenario_faults import NO_TUBE
from simulator.wires.line import SentenceWire
from simulator.wires.mightyohm_line import sentence
from simulator.wires.ports import Port, PtyPort, TcpClientPort, TcpServerPort
from simulator.wires.rtu import ModbusRtuWire, RtuSlaves
from simulator.wires.stream import StreamWire
from simulator.wires.tcp import ModbusTcpWire
from simulator.world.world import World

log = logging.getLogger(__name__)

TICK_S = 1.0  # real seconds
Tell = Callable[[dict[str, object]], None]


class Simulation:
    """``origin_*``: when by the clock the world begins; two processes with one origin agree about the time."""

    def __init__(
        self,
        scenario: Scenario,
        clock: Clock,
        origin_wall_ns: int,
        origin_mono_ns: int,
        tcp_port: int = 0,
        *,
        control: bool = False,
    ) -> None:
        self.scenario = scenario
        self._clock = clock
        self._origin_wall_ns = origin_wall_ns
        self._origin_mono_ns = origin_mono_ns
        self._live = Live(scenario, origin_wall_ns)
        self._ensemble = self._live.ensemble
        self._tcp_port = tcp_port
        wires = {bus.id: self._wire(bus) for bus in scenario.buses}
        self._rack = Rack(wires, may_be_cut=control or bool(power_cuts(scenario)))
        self._changed = asyncio.Event()
        self._control = ControlServer(Desk(self._live, self.now_s, self._changes).act) if control else None

    @property
    def world(self) -> World:
        return self._live.world

    @property
    def instruments(self) -> dict[str, Instrument[object]]:
        """All of them by id, as they live: what each truly shows."""
        return self._ensemble.instruments

    @property
    def has_power(self) -> bool:
        return self._rack.is_on

    def now_s(self) -> float:
        """Seconds of the world since it began; negative before."""
        return (self._clock.monotonic_ns() - self._origin_mono_ns) / NS

    async def open(self) -> None:
        """All wires or none."""
        await self._rack.open()
        if self._control is not None:
            try:
                await self._control.open()
            except BaseException:
                await self.close()
                raise

    async def close(self) -> None:
        if self._control is not None:
            await self._control.close()
        await self._rack.close()

    def ready(self) -> dict[str, object]:
        """Everything that whoever started this must know to reach the instruments."""
        return {
            "ready": True,
            "scenario": self.scenario.id,
            "duration_s": self.scenario.duration_min * 60.0,
            "origin_wall_ns": self._origin_wall_ns,
            "origin_mono_ns": self._origin_mono_ns,
            "rate": self._clock.rate,
            "buses": {bus.id: {"kind": bus.kind, **self._rack.where(bus.id)} for bus in self.scenario.buses},
            "instruments": {
                spec.id: {"profile": spec.profile, "bus": spec.bus, "address": spec.address}
                | _belonging(spec)
                | self._reference(spec)
                for spec in self.scenario.instruments
            },
            **_stations(self.scenario),
            **({"control": self._control.url} if self._control is not None else {}),
        }

    def _reference(self, spec: InstrumentSpec) -> dict[str, float]:
        """The site's dose rate when the world begins, as a commissioning would have found it."""
        if spec.profile in NO_TUBE:
            return {}
        return {"reference_nsv_h": round(self.world.dose_rate_nsv_h(spec.id, 0.0), 1)}

    async def run(self, tell: Tell) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tick(), name="simulator tick")
            group.create_task(self._narrate(tell), name="simulator story")
            group.create_task(self._power(), name="simulator power")

    async def _tick(self) -> None:
        """Instruments that nobody asks live too; otherwise a late first question would cost hours of catching up."""
        while True:
            for instrument in self._ensemble.asked.values():
                instrument.shown(self.now_s())
                await asyncio.sleep(0)
            await asyncio.sleep(TICK_S)

    async def _narrate(self, tell: Tell) -> None:
        story = self._live.story
        while True:
            await self._until(story.next_s)
            for event, injected in story.due(self.now_s()):
                at_ns = self._origin_wall_ns + round(event.t_s * NS)
                flag = {"injected": True} if injected else {}
                tell({"event": event.key, "at_ns": at_ns, "t_s": event.t_s, **event.details(), **flag})

    async def _power(self) -> None:
        """A power cut takes all wires away, and they come back where they were."""
        while True:
            now_s = self.now_s()
            cuts = power_cuts(self._live.scenario)
            powered = not any(cut.start_s <= now_s < cut.end_s for cut in cuts)
            if powered != self._rack.is_on:
                await self._switch(on=powered)
                continue
            ahead = [t_s for cut in cuts for t_s in (cut.start_s, cut.end_s) if t_s > now_s]
            await self._until(min(ahead, default=None))

    async def _switch(self, *, on: bool) -> None:
        try:
            await (self._rack.switch_on() if on else self._rack.switch_off())
        except OSError as error:
            log.warning("the wires cannot come back yet: %s", error)
            await asyncio.sleep(TICK_S)

    async def _until(self, t_s: float | None) -> None:
        """Until that time of the world (None: for ever), or until somebody has changed what happens."""
        waits: set[asyncio.Task[object]] = {asyncio.create_task(self._changed.wait(), name="simulator change")}
        if t_s is not None:
            waits.add(asyncio.create_task(self._sleep_until(t_s), name="simulator sleep"))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _sleep_until(self, t_s: float) -> None:
        await self._clock.sleep(max(0.0, t_s - self.now_s()))

    def _changes(self) -> None:
        """Everybody who waits looks again; who waits later waits for the next change."""
        self._changed.set()
        self._changed.clear()

    def _wire(self, bus: BusSpec) -> Wire:
        if bus.kind == "serial-line" and bus.id in self._ensemble.lines:
            return _line(self._ensemble.lines[bus.id], self.now_s, self._clock)
        if bus.kind in ("serial-line", "serial-tcp", "tcp-client"):
            return StreamWire(self._ensemble.talkers.get(bus.id, []), _port(bus), self.now_s, self._clock)
        devices = self._ensemble.registers.get(bus.id, {})
        if bus.kind == "modbus-rtu":
            return ModbusRtuWire(devices, self.now_s)
        if bus.kind == "modbus-rtu-tcp":
            return StreamWire([RtuSlaves(devices)], TcpServerPort(), self.now_s)
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


def _port(bus: BusSpec) -> Port:
    if bus.port is not None:
        return TcpClientPort(bus.port)
    return PtyPort() if bus.kind == "serial-line" else TcpServerPort()


def _line(kit: Instrument[KitState], now_s: Callable[[], float], clock: Clock) -> SentenceWire:
    return SentenceWire(lambda t_s: sentence(kit.shown(t_s)), kit.faults, now_s, clock)
