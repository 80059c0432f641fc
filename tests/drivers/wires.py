"""Drivers of shipped profiles against a fake, for the tests of this folder."""

import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import config
from config.profile import Profile
from config.schema import Instrument, ModbusRtuBus, ModbusTcpBus, SerialLineBus, Text
from drivers.modbus import ModbusDriver, ModbusRtuLine, ModbusTcpLine
from drivers.serial_line import LineDriver, SerialLinePort
from tests.fakes.bdmg04 import rtu_answers, tcp_answers
from tests.fakes.peers import Answers, PtyPeer, TcpPeer

TIMEOUT_S = 0.15


def shipped(name: str) -> Profile:
    path = Path(config.__file__).parent / "profiles" / f"{name}.toml"
    return Profile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


def instrument(profile: str, address: int = 1) -> Instrument:
    return Instrument(id="it", bus="bus", profile=profile, name=Text(vi="Nó", en="It"), address=address)


def tcp_bus(port: int, **changes: Any) -> ModbusTcpBus:
    given = {"kind": "modbus-tcp", "id": "lan", "host": "127.0.0.1", "port": port, "timeout_s": TIMEOUT_S}
    return ModbusTcpBus.model_validate(given | changes)


def rtu_bus(device: str, **changes: Any) -> ModbusRtuBus:
    given = {
        "kind": "modbus-rtu",
        "id": "rs485",
        "device": device,
        "baudrate": 115200,
        "timeout_s": TIMEOUT_S,
        "min_gap_s": 0.0,
    }
    return ModbusRtuBus.model_validate(given | changes)


def line_bus(device: str, **changes: Any) -> SerialLineBus:
    given = {"kind": "serial-line", "id": "tty", "device": device, "timeout_s": TIMEOUT_S}
    return SerialLineBus.model_validate(given | changes)


def driver_of(line: ModbusTcpLine | ModbusRtuLine, profile: str = "positron-bdmg-04", address: int = 1) -> ModbusDriver:
    return ModbusDriver(line, instrument(profile, address), shipped(profile))


@asynccontextmanager
async def on_tcp(
    answers: Answers | None = None, profile: str = "positron-bdmg-04", **changes: Any
) -> AsyncIterator[tuple[TcpPeer, ModbusDriver, ModbusTcpLine]]:
    """A driver on a TCP line with its peer; the line is closed afterwards."""
    async with TcpPeer(answers or tcp_answers()) as peer:
        line = ModbusTcpLine(tcp_bus(peer.port, **changes))
        try:
            yield peer, driver_of(line, profile), line
        finally:
            await line.close()


@asynccontextmanager
async def on_rtu(
    answers: Answers | None = None, profile: str = "positron-bdmg-04", **changes: Any
) -> AsyncIterator[tuple[PtyPeer, ModbusDriver, ModbusRtuLine]]:
    """A driver on a pty with its peer; the line is closed afterwards."""
    async with PtyPeer(answers or rtu_answers()) as peer:
        line = ModbusRtuLine(rtu_bus(peer.path, **changes))
        try:
            yield peer, driver_of(line, profile), line
        finally:
            await line.close()


@asynccontextmanager
async def on_line(profile: Profile | None = None) -> AsyncIterator[tuple[PtyPeer, LineDriver, SerialLinePort]]:
    """A line driver on a pty with its peer; the port is open."""
    async with PtyPeer() as peer:
        port = SerialLinePort(line_bus(peer.path))
        driver = LineDriver(port, instrument("mightyohm"), profile or shipped("mightyohm"))
        try:
            await port.opened()
            yield peer, driver, port
        finally:
            await port.close()
