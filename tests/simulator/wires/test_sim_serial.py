"""The pseudo-terminals: RTU frames good and bad, sentences by the world's second, and a UART that waits for nobody."""

import asyncio
import os
import time
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from simulator.build import build_ensemble
from simulator.scenario import FaultEvent, Scenario
from simulator.wires.line import SentenceWire
from simulator.wires.mightyohm_line import sentence
from simulator.wires.pty import MOST_UNREAD_BYTES, PtyEnd
from simulator.wires.rtu import FRAME_GAP_S, ModbusRtuWire, frame_length
from tests.clocks import ManualClock, settle

ANSWER_S = 5.0
STATUS_REQUEST = bytes.fromhex("01 04 00 02 00 01 90 0A")
STATUS_REPLY = bytes.fromhex("01 04 02 00 00 B9 30")


class Terminal:
    """The station's end of a pty, opened as a station would, in bytes."""

    def __init__(self, device: str) -> None:
        self.fd = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.fd)

    def read(self) -> bytes:
        try:
            return os.read(self.fd, 65536)
        except BlockingIOError:
            return b""

    async def read_exactly(self, length: int) -> bytes:
        received = b""
        async with asyncio.timeout(ANSWER_S):
            while len(received) < length:
                received += self.read()
                await asyncio.sleep(0.001)
        return received

    def close(self) -> None:
        os.close(self.fd)


@asynccontextmanager
async def rtu(scenario: Scenario, t_s: float = 0.0) -> AsyncIterator[Terminal]:
    wire = ModbusRtuWire(build_ensemble(scenario).registers["rtu"], lambda: t_s)
    await wire.open()
    terminal = Terminal(str(wire.where["device"]))
    try:
        yield terminal
    finally:
        terminal.close()
        await wire.close()


async def test_a_frame_is_answered(scenario_with: Callable[..., Scenario]) -> None:
    async with rtu(scenario_with()) as terminal:
        os.write(terminal.fd, STATUS_REQUEST)
        assert await terminal.read_exactly(len(STATUS_REPLY)) == STATUS_REPLY


@pytest.mark.parametrize(
    "bad",
    [
        STATUS_REQUEST[:-1] + b"\xff",  # checksum
        b"\x02" + STATUS_REQUEST[1:],  # another address's bytes with this one's checksum
        STATUS_REQUEST[:5],  # cut off
        b"\x01\x63\x00\x00",  # a function that nobody knows
        bytes.fromhex("09 04 00 02 00 01 91 42"),  # well-formed, but nobody of that address lives here
    ],
)
async def test_a_bad_frame_is_met_with_silence_and_the_next_one_answered(
    scenario_with: Callable[..., Scenario], bad: bytes
) -> None:
    async with rtu(scenario_with()) as terminal:
        os.write(terminal.fd, bad)
        await asyncio.sleep(3 * FRAME_GAP_S)
        os.write(terminal.fd, STATUS_REQUEST)
        assert await terminal.read_exactly(len(STATUS_REPLY)) == STATUS_REPLY
        await asyncio.sleep(FRAME_GAP_S)
        assert terminal.read() == b""


async def test_a_late_answer_is_taken_for_nothing_but_lateness(scenario_with: Callable[..., Scenario]) -> None:
    late = FaultEvent(instrument="met", kind="late_answer", start_min=1, duration_min=1, delay_s=0.1)
    async with rtu(scenario_with(faults=(late,)), t_s=60.0) as terminal:
        os.write(terminal.fd, STATUS_REQUEST)
        await asyncio.sleep(0.02)
        assert terminal.read() == b""
        assert await terminal.read_exactly(len(STATUS_REPLY)) == STATUS_REPLY


async def test_a_silent_instrument_says_nothing(scenario_with: Callable[..., Scenario]) -> None:
    silent = FaultEvent(instrument="met", kind="no_answer", start_min=1, duration_min=1)
    async with rtu(scenario_with(faults=(silent,)), t_s=60.0) as terminal:
        os.write(terminal.fd, STATUS_REQUEST)
        await asyncio.sleep(0.05)
        assert terminal.read() == b""


def test_the_length_of_a_request_is_known_from_its_beginning() -> None:
    assert frame_length(STATUS_REQUEST[:2]) == 8
    assert frame_length(bytes.fromhex("01 10 00 00 00 02 04")) == 13
    assert frame_length(bytes.fromhex("01 10 00 00 00 02")) is None
    assert frame_length(b"\x01") is None


async def lines_at(scenario: Scenario, seconds: int, *, step_s: float, rate: float = 1.0) -> bytes:
    """What a reader gets who reads after every step of the world."""
    clock = ManualClock(rate=rate)
    began_ns = clock.monotonic_ns()
    kit = build_ensemble(scenario).lines["line"]

    def now_s() -> float:
        return (clock.monotonic_ns() - began_ns) / 1e9

    wire = SentenceWire(lambda t_s: sentence(kit.shown(t_s)), kit.faults, now_s, clock)
    await wire.open()
    terminal = Terminal(str(wire.where["device"]))
    received = b""
    try:
        await settle()
        for _ in range(round(seconds / step_s)):
            await clock.advance(step_s)
            await asyncio.sleep(0.001)
            received += terminal.read()
    finally:
        terminal.close()
        await wire.close()
    return received


async def test_a_sentence_comes_each_second_of_the_world(scenario_with: Callable[..., Scenario]) -> None:
    received = await lines_at(scenario_with(), 20, step_s=1.0)
    assert received.count(b"\r\n") == 20
    assert received.startswith(b"CPS, ")


async def test_the_same_seed_sends_the_same_bytes_however_fast_the_world_runs(
    scenario_with: Callable[..., Scenario],
) -> None:
    slowly = await lines_at(scenario_with(), 100, step_s=0.5)
    in_leaps = await lines_at(scenario_with(), 100, step_s=25.0, rate=100.0)
    assert slowly == in_leaps


async def test_another_seed_sends_other_bytes(scenario_with: Callable[..., Scenario]) -> None:
    assert await lines_at(scenario_with(seed=1), 30, step_s=10.0) != await lines_at(
        scenario_with(seed=2), 30, step_s=10.0
    )


async def test_a_silent_line_leaves_out_its_seconds(scenario_with: Callable[..., Scenario]) -> None:
    silent = FaultEvent(instrument="kit", kind="no_answer", start_min=0.5, duration_min=0.25)
    whole = (await lines_at(scenario_with(), 60, step_s=5.0)).splitlines()
    holed = (await lines_at(scenario_with(faults=(silent,)), 60, step_s=5.0)).splitlines()
    assert holed == whole[:29] + whole[44:]


async def test_a_stuck_line_repeats_itself(scenario_with: Callable[..., Scenario]) -> None:
    stuck = FaultEvent(instrument="kit", kind="stuck", start_min=0.5, duration_min=0.25)
    lines = (await lines_at(scenario_with(faults=(stuck,)), 60, step_s=5.0)).splitlines()
    assert set(lines[29:44]) == {lines[28]}


def test_what_nobody_reads_is_lost_and_not_kept_for_later() -> None:
    end = PtyEnd()
    for number in range(200):
        end.write(b"%038d\r\n" % number)
        time.sleep(0.0005)  # the kernel carries it over in its own time
    fd = os.open(end.device, os.O_RDONLY | os.O_NOCTTY)
    unread = b""
    while not unread.endswith(b"0199\r\n"):  # blocks for ever, and fails by the test's time limit, if it never comes
        unread += os.read(fd, 65536)
    os.close(fd)
    end.close()
    assert end.lost_bytes > MOST_UNREAD_BYTES
    assert not unread.startswith(b"%038d\r\n" % 0)


def test_a_station_that_comes_and_goes_is_no_hang_up() -> None:
    end = PtyEnd()
    for number in range(20):
        terminal = Terminal(end.device)
        end.write(b"%d\n" % number)
        assert terminal.read() == b"%d\n" % number
        terminal.close()
    end.close()
