"""The same seed gives the same bytes on every wire, in slow motion and at a hundredfold, faults and all."""

import asyncio
import os
import time
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from config.clock import NS, Clock, ScaledClock, system_clock
from simulator.build import build_ensemble
from simulator.library import read_scenario
from simulator.scenario import Scenario
from simulator.simulation import Simulation
from simulator.wires.crc import crc16
from tests.agreement.day import SEED, JumpingClock, busy_day, playing
from tests.agreement.truth import spoken

HOUR_S, MOMENT_S = 3600, 100  # everything is asked at each moment
SILENCE_S = 0.004  # what comes later is found with the next answer: all the bytes of a wire are compared as one
DEADLINE_S = 10.0
# function, start, count: state, configuration, device information; the weather station's registers
QUESTIONS = {
    "positron-bdmg-04": ((4, 0, 18), (4, 0, 15), (3, 0, 40), (3, 0xA000, 3)),
    "lufft-ws-umb": ((4, 10, 39), (4, 50, 1), (4, 0, 98)),
}


class Terminal:
    """The station's end of a pty, in bytes."""

    def __init__(self, device: str) -> None:
        self.fd = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.fd)

    def send(self, data: bytes) -> None:
        os.write(self.fd, data)

    async def received(self) -> bytes:
        """Until something has come and it has been silent again for a while."""
        got, last_s = b"", time.monotonic()
        while time.monotonic() - last_s < (SILENCE_S if got else DEADLINE_S):
            try:
                got += os.read(self.fd, 65536)
                last_s = time.monotonic()
            except BlockingIOError:
                await asyncio.sleep(0.001)
        return got


@asynccontextmanager
async def terminals(ready: dict[str, Any]) -> AsyncIterator[dict[str, Terminal]]:
    opened = {name: Terminal(where["device"]) for name, where in ready["buses"].items() if "device" in where}
    try:
        yield opened
    finally:
        for terminal in opened.values():
            os.close(terminal.fd)


async def by_tcp(where: dict[str, Any], unit: int, question: tuple[int, int, int]) -> bytes:
    """A new connection each time, since a fault may have closed the last one."""
    reader, writer = await asyncio.open_connection(where["host"], where["port"])
    function, start, count = question
    writer.write(bytes.fromhex("00 01 00 00 00 06") + asked(unit, function, start, count))
    got = await asyncio.wait_for(reader.read(4096), DEADLINE_S)  # one write, and so one chunk
    writer.close()
    await writer.wait_closed()
    return got


async def by_rtu(terminal: Terminal, unit: int, question: tuple[int, int, int]) -> bytes:
    body = asked(unit, *question)
    terminal.send(body + crc16(body))
    return await terminal.received()


def asked(unit: int, function: int, start: int, count: int) -> bytes:
    return bytes((unit, function)) + start.to_bytes(2, "big") + count.to_bytes(2, "big")


async def hour_of(scenario: Scenario, rate: float, jump_s: int, seconds: int) -> dict[str, bytes]:
    """All that is said on all wires: sentences as they come, and every instrument's answers at each moment."""
    clock = JumpingClock(rate)
    said: dict[str, list[bytes]] = {spec.id: [] for spec in scenario.instruments}
    async with playing(scenario, clock) as simulation:
        ready: dict[str, Any] = simulation.ready()
        async with terminals(ready) as lines:
            for t_s in range(jump_s, seconds + 1, jump_s):
                clock.jump_to(t_s)
                for _ in range(4):
                    await asyncio.sleep(0)
                if t_s % MOMENT_S == 0:
                    await _ask_all(simulation, lines, said)
                for name, told in ready["instruments"].items():
                    if told["profile"] == "mightyohm":
                        said[name].append(_waiting(lines[told["bus"]]))
            await asyncio.sleep(0.1)  # what the kernel has not passed on yet
            for name, told in ready["instruments"].items():
                if "device" in ready["buses"][told["bus"]]:
                    said[name].append(_waiting(lines[told["bus"]]))
    return {name: b"".join(parts) for name, parts in said.items()}


def _waiting(terminal: Terminal) -> bytes:
    try:
        return os.read(terminal.fd, 65536)
    except BlockingIOError:
        return b""


async def _ask_all(simulation: Simulation, lines: dict[str, Terminal], said: dict[str, list[bytes]]) -> None:
    ready: dict[str, Any] = simulation.ready()
    for name, told in ready["instruments"].items():
        if simulation.instruments[name].faults.silent(simulation.now_s()):
            continue  # nothing would come
        for question in QUESTIONS.get(told["profile"], ()):
            where = ready["buses"][told["bus"]]
            if where["kind"] == "modbus-tcp":
                said[name].append(await by_tcp(where, told["address"], question))
            else:
                said[name].append(await by_rtu(lines[told["bus"]], told["address"], question))


def with_faults() -> Scenario:
    """Twenty minutes of one fault after the other; no late answers, which are late by the real clock."""
    day = busy_day(SEED, 1200).model_dump(exclude_unset=True)
    rules = [
        rule | {"per_hour": 20.0}
        for rule in day["random_faults"]
        if rule["kind"] not in ("late_answer", "power_cut", "reboot")
    ]
    return Scenario.model_validate(day | {"random_faults": rules})


@pytest.mark.parametrize(
    ("scenario", "seconds"), [(read_scenario("demo"), HOUR_S), (with_faults(), 1200)], ids=["demo", "faults"]
)
async def test_every_wire_says_the_same_bytes_at_a_hundredfold_as_second_by_second(
    scenario: Scenario, seconds: int
) -> None:
    slow = await hour_of(scenario, 1.0, 1, seconds)
    fast = await hour_of(scenario, 100.0, 20, seconds)
    assert fast == slow
    assert all(len(said) > 100 for said in slow.values())


async def test_another_seed_says_other_bytes_on_every_wire_that_counts() -> None:
    scenario = read_scenario("demo")
    one = await hour_of(scenario, 100.0, 20, 200)
    other = await hour_of(scenario.model_copy(update={"seed": 1}), 100.0, 20, 200)
    assert all(one[name] != other[name] for name in ("det-north", "det-south", "gate"))


@pytest.mark.parametrize("rate", [1.0, 100.0])
async def test_by_the_machine_s_clock_the_line_says_what_the_seed_says_of_those_seconds(rate: float) -> None:
    """The demo's sentences of a moment of real time, found again in slow motion, none left out."""
    scenario = read_scenario("demo")
    wall_ns, mono_ns = time.time_ns(), time.monotonic_ns() - round(100.0 / rate * NS)
    clock: Clock = system_clock() if rate == 1 else ScaledClock(rate, wall_ns, mono_ns, "boot")
    simulation = Simulation(scenario, clock, wall_ns, mono_ns)
    await simulation.open()
    try:
        ready: dict[str, Any] = simulation.ready()
        async with terminals(ready) as lines:
            got, until_s = b"", time.monotonic() + (2.2 if rate == 1 else 0.5)
            while time.monotonic() < until_s:
                await asyncio.sleep(0.005)
                got += _waiting(lines["gate-line"])
            last_s = int(simulation.now_s())
    finally:
        await simulation.close()
    kit = build_ensemble(scenario).lines["gate-line"]
    stream = b"".join(spoken(kit.shown(second)) + b"\r\n" for second in range(1, last_s + 1))
    assert got.count(b"\r\n") >= 2
    assert got in stream
