"""The Modbus TCP server: frames, units, faults; and it leaves nothing behind."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import pytest

from simulator.build import build_ensemble
from simulator.scenario import FaultEvent, Scenario
from simulator.wires.modbus import Device
from simulator.wires.tcp import ModbusTcpWire

ANSWER_S = 5.0  # far longer than any answer takes
INFO_REQUEST = "00 01 00 00 00 06 01 03 A0 00 00 03"
INFO_REPLY = "00 01 00 00 00 09 01 03 06 00 04 00 01 02 00"
Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def served(devices: Mapping[int, Device], t_s: float = 0.0) -> AsyncIterator[ModbusTcpWire]:
    wire = ModbusTcpWire(devices, lambda: t_s)
    await wire.open()
    try:
        yield wire
    finally:
        await wire.close()


@asynccontextmanager
async def client_of(wire: ModbusTcpWire) -> AsyncIterator[Pair]:
    reader, writer = await asyncio.open_connection(str(wire.where["host"]), int(wire.where["port"]))
    try:
        yield reader, writer
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def exchange(pair: Pair, request: str, answer_bytes: int) -> str:
    pair[1].write(bytes.fromhex(request))
    async with asyncio.timeout(ANSWER_S):
        return (await pair[0].readexactly(answer_bytes)).hex(" ").upper()


@pytest.fixture
def devices(scenario_with: Callable[..., Scenario]) -> Mapping[int, Device]:
    return build_ensemble(scenario_with()).registers["tcp"]


async def test_a_request_is_answered_under_its_transaction_and_unit(devices: Mapping[int, Device]) -> None:
    async with served(devices) as wire, client_of(wire) as pair:
        assert await exchange(pair, INFO_REQUEST, 15) == INFO_REPLY


async def test_a_request_may_come_in_pieces(devices: Mapping[int, Device]) -> None:
    async with served(devices) as wire, client_of(wire) as pair:
        for byte in bytes.fromhex(INFO_REQUEST)[:-1]:
            pair[1].write(bytes((byte,)))
            await asyncio.sleep(0)
        assert await exchange(pair, "03", 15) == INFO_REPLY


async def test_requests_may_come_together(devices: Mapping[int, Device]) -> None:
    async with served(devices) as wire, client_of(wire) as pair:
        assert await exchange(pair, f"{INFO_REQUEST} 00 02 {INFO_REQUEST[6:]}", 30) == (
            f"{INFO_REPLY} 00 02 {INFO_REPLY[6:]}"
        )


async def test_a_unit_with_nobody_behind_it_is_answered_as_a_gateway_does(devices: Mapping[int, Device]) -> None:
    async with served(devices) as wire, client_of(wire) as pair:
        assert await exchange(pair, "00 07 00 00 00 06 63 04 00 00 00 01", 9) == "00 07 00 00 00 03 63 84 0B"


@pytest.mark.parametrize(
    "rubbish", ["00 01 00 01 00 06 01 03 00 00", "00 01 00 00 00 00 01 03", "00 01 00 00 FF FF 01"]
)
async def test_what_is_not_modbus_closes_the_connection(devices: Mapping[int, Device], rubbish: str) -> None:
    async with served(devices) as wire, client_of(wire) as (reader, writer):
        writer.write(bytes.fromhex(rubbish))
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            async with asyncio.timeout(ANSWER_S):
                await reader.readexactly(1)


async def test_a_silent_instrument_does_not_silence_its_neighbour(scenario_with: Callable[..., Scenario]) -> None:
    silent = FaultEvent(instrument="det", kind="no_answer", start_min=1, duration_min=1)
    instruments = [
        {"id": "det", "profile": "positron-bdmg-04", "bus": "tcp", "address": 1},
        {"id": "neighbour", "profile": "positron-bdmg-04", "bus": "tcp", "address": 2},
    ]
    devices = build_ensemble(scenario_with(instruments=instruments, faults=(silent,))).registers["tcp"]
    async with served(devices, t_s=90.0) as wire, client_of(wire) as pair:
        to_neighbour, its_reply = (text.replace(" 01 03 ", " 02 03 ") for text in (INFO_REQUEST, INFO_REPLY))
        assert await exchange(pair, f"{INFO_REQUEST} {to_neighbour}", 15) == its_reply


async def test_a_late_answer_comes_behind_the_next_one(scenario_with: Callable[..., Scenario]) -> None:
    late = FaultEvent(instrument="det", kind="late_answer", start_min=1, duration_min=1, delay_s=0.05)
    devices = build_ensemble(scenario_with(faults=(late,))).registers["tcp"]
    async with served(devices, t_s=90.0) as wire, client_of(wire) as pair:
        both = await exchange(pair, f"{INFO_REQUEST} 00 02 00 00 00 06 63 04 00 00 00 01", 24)
    assert both == f"00 02 00 00 00 03 63 84 0B {INFO_REPLY}"


async def test_closing_drops_clients_and_answers_on_their_way(scenario_with: Callable[..., Scenario]) -> None:
    late = FaultEvent(instrument="det", kind="late_answer", start_min=0, duration_min=1, delay_s=30.0)
    devices = build_ensemble(scenario_with(faults=(late,))).registers["tcp"]
    wire = ModbusTcpWire(devices, lambda: 1.0)
    await wire.open()
    async with client_of(wire) as (reader, writer):
        writer.write(bytes.fromhex(INFO_REQUEST))
        await writer.drain()
        while not wire.connections:
            await asyncio.sleep(0.001)
        await wire.close()
        async with asyncio.timeout(ANSWER_S):
            left = (await asyncio.gather(reader.read(), return_exceptions=True))[0]
    assert left == b"" or isinstance(left, ConnectionResetError)
    assert not wire.connections


async def test_the_port_may_be_chosen(devices: Mapping[int, Device]) -> None:
    async with served(devices) as first:
        port = int(first.where["port"])
    again = ModbusTcpWire(devices, lambda: 0.0, port=port)
    await again.open()
    assert again.where["port"] == port
    await again.close()
