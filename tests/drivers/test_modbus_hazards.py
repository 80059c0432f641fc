"""Everything that can go wrong on a Modbus wire ends in a typed error, and the next answer is right again."""

import asyncio
import termios
from pathlib import Path

import pytest

from drivers.base import BadAnswerError, BusyError, NoAnswerError, PortGoneError, RefusedError
from drivers.modbus import ModbusDriver, ModbusRtuLine, ModbusTcpLine
from tests.drivers.wires import TIMEOUT_S, driver_of, on_rtu, on_tcp, rtu_bus, tcp_bus
from tests.fakes.bdmg04 import REGISTERS, REPLY, rtu, rtu_answers, tcp, tcp_answers
from tests.fakes.peers import Close, PtyPeer, Send, Wait, in_turn

OTHER = bytes.fromhex("D959 3500") + REGISTERS[4:]  # another dose rate: 480 nSv/h
OTHER_NSV_H = 480.0
WHOLE = b"\x04\x24" + REGISTERS

# What comes instead of the answer, on both wires: (what it is, function and data, unit, error)
WRONG = {
    "another function": (b"\x03\x24" + REGISTERS, 1, BadAnswerError),
    "another number of registers": (b"\x04\x22" + REGISTERS[2:], 1, BadAnswerError),
    "more registers": (b"\x04\x26" + REGISTERS + b"\0\0", 1, BadAnswerError),
    "another unit": (WHOLE, 2, BadAnswerError),
    "an odd length": (b"\x04\x23" + REGISTERS[1:], 1, BadAnswerError),
    "an exception to another function": (b"\x83\x02", 1, BadAnswerError),
    "a write's answer": (b"\x10\x00\x00\x00\x12", 1, BadAnswerError),
    "exception 1": (b"\x84\x01", 1, RefusedError),
    "exception 4": (b"\x84\x04", 1, RefusedError),
    "exception 5": (b"\x84\x05", 1, BusyError),
    "exception 6": (b"\x84\x06", 1, BusyError),
    "exception 10": (b"\x84\x0a", 1, BusyError),
    "exception 11": (b"\x84\x0b", 1, BusyError),
    "exception 200": (b"\x84\xc8", 1, RefusedError),
}
BYTES = {
    "nothing": (b"", NoAnswerError),
    "a truncated answer": (REPLY[:20], BadAnswerError),
    "garbage": (b"\xaa\x55" * 30, BadAnswerError),
    "a flood": (b"\x01\x04\x24" + b"\x7f" * 5000, BadAnswerError),
}


@pytest.mark.parametrize("what", WRONG)
async def test_rtu_a_wrong_answer_is_an_error_and_the_next_is_right(what: str) -> None:
    pdu, unit, error = WRONG[what]
    async with on_rtu(in_turn(lambda _: [Send(rtu(pdu, unit))], rtu_answers())) as (_, driver, _line):
        with pytest.raises(error):
            await driver.read()
        assert (await driver.read()).values["dose_rate"] == 120.0


@pytest.mark.parametrize("what", WRONG)
async def test_tcp_a_wrong_answer_is_an_error_and_the_next_is_right(what: str) -> None:
    pdu, unit, error = WRONG[what]
    async with on_tcp(in_turn(lambda request: [Send(tcp(request, pdu, unit))], tcp_answers())) as (_, driver, _line):
        with pytest.raises(error):
            await driver.read()
        assert (await driver.read()).values["dose_rate"] == 120.0


@pytest.mark.parametrize("what", BYTES)
async def test_rtu_wrong_bytes_are_an_error_and_the_next_answer_is_right(what: str) -> None:
    data, error = BYTES[what]
    async with on_rtu(in_turn(lambda _: [Send(data)], rtu_answers())) as (_, driver, _line):
        with pytest.raises(error):
            await driver.read()
        assert (await driver.read()).values["dose_rate"] == 120.0


@pytest.mark.parametrize("what", BYTES)
async def test_tcp_wrong_bytes_are_an_error_and_the_next_answer_is_right(what: str) -> None:
    data, error = BYTES[what]
    async with on_tcp(in_turn(lambda _: [Send(data)], tcp_answers())) as (_, driver, _line):
        with pytest.raises(error):
            await driver.read()
        assert (await driver.read()).values["dose_rate"] == 120.0


async def test_rtu_a_wrong_checksum_is_an_error() -> None:
    async with on_rtu(lambda _: [Send(REPLY[:-1] + b"\0")]) as (_, driver, _line):
        with pytest.raises(BadAnswerError, match="checksum"):
            await driver.read()


async def test_tcp_an_answer_with_an_old_transaction_number_is_an_error() -> None:
    def answers(request: bytes) -> list[Send]:
        return [Send(b"\xff\xff" + tcp(request, WHOLE)[2:])]

    async with on_tcp(answers) as (_, driver, _line):
        with pytest.raises(BadAnswerError, match="transaction"):
            await driver.read()


async def test_tcp_an_answer_that_is_followed_by_another_is_an_error() -> None:
    async with on_tcp(lambda request: [Send(2 * tcp(request, WHOLE))]) as (_, driver, _line):
        with pytest.raises(BadAnswerError, match="after the answer"):
            await driver.read()


async def test_rtu_a_late_reply_is_not_taken_for_the_next_answer() -> None:
    late = in_turn(
        lambda _: [Wait(1.5 * TIMEOUT_S), Send(rtu(b"\x04\x24" + OTHER))],
        rtu_answers(),
    )
    async with on_rtu(late) as (peer, driver, _):
        with pytest.raises(NoAnswerError):
            await driver.read()
        assert (await driver.read()).values["dose_rate"] == 120.0
    assert len(peer.requests) == 2


async def test_tcp_a_late_reply_is_not_taken_for_the_next_answer() -> None:
    late = in_turn(
        lambda request: [Wait(1.5 * TIMEOUT_S), Send(tcp(request, b"\x04\x24" + OTHER))],
        lambda request: [Wait(0.7 * TIMEOUT_S), Send(tcp(request, WHOLE))],
    )
    async with on_tcp(late) as (peer, driver, _):
        with pytest.raises(NoAnswerError):
            await driver.read()
        assert (await driver.read()).values["dose_rate"] == 120.0
    assert peer.connections == 2


async def test_rtu_a_babbling_line_is_not_spoken_into() -> None:
    async with on_rtu(in_turn(lambda _: [], rtu_answers())) as (peer, driver, _):
        with pytest.raises(NoAnswerError):
            await driver.read()
        babble = asyncio.create_task(_babble(peer))
        with pytest.raises(BadAnswerError, match="silent"):
            await driver.read()
        assert len(peer.requests) == 1
        babble.cancel()
        await asyncio.gather(babble, return_exceptions=True)
        assert (await driver.read()).values["dose_rate"] == 120.0


async def _babble(peer: PtyPeer) -> None:
    while True:
        peer.send(b"\x55")
        await asyncio.sleep(TIMEOUT_S / 5)


async def test_tcp_bytes_that_nobody_asked_for_cost_the_connection_not_the_reading() -> None:
    unasked = in_turn(lambda request: [Send(tcp(request, WHOLE)), Wait(0.02), Send(b"\x01\x02")], tcp_answers())
    async with on_tcp(unasked) as (peer, driver, _):
        await driver.read()
        await asyncio.sleep(0.05)
        assert (await driver.read()).values["dose_rate"] == 120.0
    assert peer.connections == 2


async def test_tcp_a_gateway_that_closed_the_idle_connection_costs_no_reading() -> None:
    async with on_tcp() as (peer, driver, _):
        await driver.read()
        await peer.hang_up()
        assert (await driver.read()).values["dose_rate"] == 120.0
    assert peer.connections == 2


async def test_tcp_a_gateway_that_closes_upon_the_request_is_asked_once_more() -> None:
    async with on_tcp(in_turn(tcp_answers(), lambda _: [Close()], tcp_answers())) as (peer, driver, _):
        await driver.read()
        assert (await driver.read()).values["dose_rate"] == 120.0
    assert len(peer.requests) == 3


async def test_tcp_a_peer_that_always_closes_is_asked_twice_at_most() -> None:
    async with on_tcp(in_turn(tcp_answers(), lambda _: [Close()])) as (peer, driver, _):
        await driver.read()
        with pytest.raises(PortGoneError):
            await driver.read()
    assert len(peer.requests) == 3


async def test_tcp_closed_in_the_middle_of_an_answer_is_an_error_at_once() -> None:
    closing = in_turn(lambda request: [Send(tcp(request, WHOLE)[:20]), Close()], tcp_answers())
    async with on_tcp(closing, timeout_s=30) as (_, driver, _line):
        with pytest.raises(PortGoneError, match="after"):
            await driver.read()
        assert (await driver.read()).values["dose_rate"] == 120.0


async def test_rtu_unplugged_in_the_middle_of_an_answer_is_an_error_at_once(tmp_path: Path) -> None:
    link = tmp_path / "by-id"
    line = ModbusRtuLine(rtu_bus(str(link), timeout_s=30))
    driver = driver_of(line)
    async with PtyPeer(lambda _: [Send(REPLY[:20]), Wait(0.02), Close()], link):
        with pytest.raises(PortGoneError):
            await driver.read()
    async with PtyPeer(rtu_answers(), link):
        assert (await driver.read()).values["dose_rate"] == 120.0
        await line.close()


async def test_tcp_the_first_connect_may_fail() -> None:
    async with on_tcp() as (peer, _, _line):
        port = peer.port
    line = ModbusTcpLine(tcp_bus(port))
    for _ in range(3):
        with pytest.raises(PortGoneError):
            await driver_of(line).read()
    await line.close()


@pytest.mark.parametrize("device", ["/dev/does-not-exist", "/dev/null", "/tmp", "nonsense://x"])
async def test_rtu_a_port_that_cannot_be_opened_is_gone(device: str) -> None:
    line = ModbusRtuLine(rtu_bus(device))
    with pytest.raises(PortGoneError, match="cannot be opened"):
        await driver_of(line).read()
    await line.close()


async def test_rtu_settings_that_the_port_refuses_are_port_gone() -> None:
    async with PtyPeer(rtu_answers()) as peer:
        # A pty takes parity E once; set again it is refused, with a termios.error that pyserial lets through.
        errors = [await _error_of_opening(peer.path, parity="E") for _ in range(3)]
    assert any(isinstance(error, termios.error) for error in errors)


async def _error_of_opening(device: str, **settings: str) -> BaseException | None:
    line = ModbusRtuLine(rtu_bus(device, **settings))
    try:
        await driver_of(line).read()
    except PortGoneError as error:
        return error.__cause__
    finally:
        await line.close()
    return None


async def test_rtu_a_port_that_somebody_else_holds_is_gone() -> None:
    async with on_rtu() as (peer, driver, _):
        await driver.read()
        second = ModbusRtuLine(rtu_bus(peer.path))
        with pytest.raises(PortGoneError, match="lock"):
            await driver_of(second).read()
        await second.close()


async def _cancel_in_flight(driver: ModbusDriver, times: int) -> None:
    reading = asyncio.create_task(driver.read())
    await asyncio.sleep(TIMEOUT_S / 5)
    for _ in range(times):
        reading.cancel()
        await asyncio.sleep(TIMEOUT_S / 20)
    assert not reading.done()
    with pytest.raises(asyncio.CancelledError):
        await reading


@pytest.mark.parametrize("times", [1, 3])
async def test_rtu_a_cancelled_read_ends_its_exchange_and_the_next_answer_is_right(times: int) -> None:
    slow = in_turn(lambda _: [Wait(TIMEOUT_S / 2), Send(rtu(b"\x04\x24" + OTHER))], rtu_answers())
    async with on_rtu(slow) as (_, driver, _line):
        await _cancel_in_flight(driver, times)
        assert (await driver.read()).values["dose_rate"] == 120.0


async def test_tcp_a_cancelled_read_ends_its_exchange_and_the_next_answer_is_right() -> None:
    slow = in_turn(lambda request: [Wait(TIMEOUT_S / 2), Send(tcp(request, b"\x04\x24" + OTHER))], tcp_answers())
    async with on_tcp(slow) as (peer, driver, _):
        await _cancel_in_flight(driver, 1)
        assert (await driver.read()).values["dose_rate"] == 120.0
    assert peer.connections == 1


async def test_closing_waits_for_the_exchange_in_flight() -> None:
    async with on_tcp(lambda request: [Wait(TIMEOUT_S / 2), Send(tcp(request, WHOLE))]) as (_, driver, line):
        reading = asyncio.create_task(driver.read())
        await asyncio.sleep(TIMEOUT_S / 5)
        await line.close()
        assert (await reading).values["dose_rate"] == 120.0


async def test_readings_asked_at_once_are_exchanged_one_after_the_other() -> None:
    asked: list[bytes] = []
    overlaps: list[int] = []

    def answers(request: bytes) -> list[Send | Wait]:
        asked.append(request)
        overlaps.append(len(asked) - answered[0] - 1)
        answered[0] += 1
        return [Wait(0.01), Send(rtu(WHOLE))]

    answered = [0]
    async with on_rtu(answers, timeout_s=1) as (_, driver, line):
        other = driver_of(line)
        readings = await asyncio.gather(*(d.read() for d in (driver, other, driver, other)))
    assert {reading.values["dose_rate"] for reading in readings} == {120.0}
    assert overlaps == [0, 0, 0, 0]
