"""The wire, byte by byte: what is asked, and that the vectors' answers come out as the vectors' values."""

import pytest

from drivers.base import RefusedError
from drivers.modbus import ModbusRtuLine
from tests.drivers.wires import driver_of, on_rtu, on_tcp, rtu_bus
from tests.fakes.bdmg04 import REGISTERS, REPLY, REQUEST, rtu, rtu_answers, tcp, tcp_answers
from tests.fakes.peers import Send, TcpPeer


async def test_rtu_asks_and_reads_the_vector() -> None:
    async with on_rtu(lambda request: [Send(REPLY)] if request == REQUEST else []) as (peer, driver, _):
        reading = await driver.read()
    assert peer.requests == [REQUEST]
    assert reading.raw == REGISTERS
    assert reading.values["dose_rate"] == 120.0


async def test_tcp_asks_the_same_block_with_a_transaction_number() -> None:
    async with on_tcp() as (peer, driver, _):
        first, second = await driver.read(), await driver.read()
    assert [request[2:] for request in peer.requests] == [bytes.fromhex("0000 0006 01 04 0000 0012")] * 2
    assert peer.requests[0][:2] != peer.requests[1][:2]
    assert first == second
    assert first.values["dose_rate"] == 120.0


async def test_rtu_runs_through_a_tcp_serial_server_too() -> None:
    async with TcpPeer(rtu_answers(), request_bytes=8) as peer:
        line = ModbusRtuLine(rtu_bus(f"socket://127.0.0.1:{peer.port}"))
        reading = await driver_of(line).read()
        await line.close()
    assert peer.requests == [REQUEST]
    assert reading.values["dose_rate"] == 120.0


async def test_an_rtu_answer_may_come_in_pieces_with_glitches_around_it() -> None:
    pieces = [Send(b"\x00\xff"), Send(REPLY[:2]), Send(REPLY[2:20]), Send(REPLY[20:]), Send(b"\x00")]
    async with on_rtu(lambda _: pieces) as (_, driver, _line):
        assert (await driver.read()).values["dose_rate"] == 120.0


async def test_several_instruments_share_a_line() -> None:
    def answers(request: bytes) -> list[Send]:
        return [Send(tcp(request, bytes([4, 36]) + bytes(34) + bytes([0, request[6]]), unit=request[6]))]

    async with on_tcp(answers) as (peer, one, line):
        two = driver_of(line, address=2)
        assert (await one.read()).values["circuit_sensitive"] == 1
        assert (await two.read()).values["circuit_sensitive"] == 2
    assert peer.connections == 1


async def test_older_firmware_refuses_18_registers_and_is_asked_for_15() -> None:
    old = REGISTERS[:30]
    async with on_rtu(rtu_answers(lambda: old)) as (peer, driver, _):
        reading = await driver.read()
    assert [request[5] for request in peer.requests] == [18, 15]
    assert reading.values["dose_rate"] == 120.0
    assert reading.values["last_second_sensitive"] is None
    assert reading.flags == 0


async def test_the_fallback_is_remembered_while_the_line_is_open() -> None:
    async with on_tcp(tcp_answers(lambda: REGISTERS[:30])) as (peer, driver, line):
        await driver.read()
        await driver.read()
        assert [request[11] for request in peer.requests] == [18, 15, 15]
        await line.close()
        await driver.read()
    assert [request[11] for request in peer.requests][3:] == [18, 15]


async def test_a_fallback_that_is_refused_too_is_an_error() -> None:
    async with on_rtu(lambda _: [Send(rtu(b"\x84\x02"))]) as (peer, driver, _):
        with pytest.raises(RefusedError, match="exception 2"):
            await driver.read()
    assert len(peer.requests) == 2


async def test_two_blocks_are_two_requests_and_one_reading() -> None:
    def answers(request: bytes) -> list[Send]:
        start, count = int.from_bytes(request[8:10], "big"), request[11]
        return [
            Send(tcp(request, bytes([4, 2 * count]) + b"".join((start + i).to_bytes(2, "big") for i in range(count))))
        ]

    async with on_tcp(answers, profile="lufft-ws-umb") as (peer, driver, _):
        reading = await driver.read()
    assert [request[8:12].hex() for request in peer.requests] == ["000a0027", "00320001"]
    assert reading.values["rain_total"] == 0.48
    assert reading.values["rain_rate"] == 0.5
