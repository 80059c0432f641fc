"""1,000 times unplugged and plugged in again: no file descriptor is left."""

from pathlib import Path

import psutil
import pytest

from drivers.base import PortGoneError
from drivers.modbus import ModbusRtuLine, ModbusTcpLine
from drivers.serial_line import LineDriver, SerialLinePort
from tests.drivers.wires import driver_of, instrument, line_bus, rtu_bus, shipped, tcp_bus
from tests.fakes.bdmg04 import rtu_answers, tcp_answers
from tests.fakes.peers import Close, PtyPeer, Send, TcpPeer, in_turn

CYCLES = 1000


async def test_a_modbus_pty(tmp_path: Path) -> None:
    before = psutil.Process().num_fds()
    link = tmp_path / "usb-rs485"
    line = ModbusRtuLine(rtu_bus(str(link), baudrate=4_000_000))
    driver = driver_of(line)
    for _ in range(CYCLES):
        async with PtyPeer(rtu_answers(), link):
            assert (await driver.read()).values["dose_rate"] == 120.0
        with pytest.raises(PortGoneError):
            await driver.read()
    await line.close()
    assert psutil.Process().num_fds() == before


async def test_a_modbus_tcp_peer() -> None:
    before = psutil.Process().num_fds()
    async with TcpPeer(tcp_answers()) as peer:
        line = ModbusTcpLine(tcp_bus(peer.port))
        driver = driver_of(line)
        for _ in range(CYCLES):
            peer.answers = in_turn(tcp_answers(), lambda request: [Send(request[:3]), Close()])
            assert (await driver.read()).values["dose_rate"] == 120.0
            with pytest.raises(PortGoneError):
                await driver.read()
        await line.close()
    assert peer.connections == CYCLES
    assert psutil.Process().num_fds() <= before  # the event loop's own are there in both


async def test_a_tcp_peer_that_is_not_there() -> None:
    async with TcpPeer(tcp_answers()) as peer:
        port = peer.port
    before = psutil.Process().num_fds()
    line = ModbusTcpLine(tcp_bus(port))
    for _ in range(CYCLES):
        with pytest.raises(PortGoneError):
            await driver_of(line).read()
    assert psutil.Process().num_fds() == before


async def test_a_serial_line_pty(tmp_path: Path) -> None:
    before = psutil.Process().num_fds()
    link = tmp_path / "usb-kit"
    port = SerialLinePort(line_bus(str(link)))
    driver = LineDriver(port, instrument("mightyohm"), shipped("mightyohm"))
    for _ in range(CYCLES):
        async with PtyPeer(link=link) as peer:
            await port.opened()
            peer.send(b"\r\nCPS, 1, CPM, 20, uSv/hr, 0.11, SLOW\r\n")
            assert (await driver.read()).values["cps"] == 1.0
        with pytest.raises(PortGoneError):
            await driver.read()
    await port.close()
    assert psutil.Process().num_fds() == before
