"""The byte-level fake of the BDMG-04 serves as a process of its own, for tests of the whole station."""

import asyncio
import sys
from pathlib import Path

import pytest

from drivers.modbus import ModbusRtuLine, ModbusTcpLine
from tests.drivers.wires import driver_of, rtu_bus, tcp_bus

FAKE = Path(__file__).parents[1] / "fakes" / "bdmg04.py"


@pytest.mark.parametrize("wire", ["tcp", "pty"])
async def test_it_serves_the_vector_to_a_driver(wire: str) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, str(FAKE), wire, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        kind, *where = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().split()
        assert kind == wire
        tcp_or_rtu = ModbusTcpLine(tcp_bus(int(where[-1]))) if wire == "tcp" else ModbusRtuLine(rtu_bus(where[0]))
        assert (await driver_of(tcp_or_rtu).read()).values["dose_rate"] == 120.0
        await tcp_or_rtu.close()
    finally:
        process.kill()
        await process.communicate()
