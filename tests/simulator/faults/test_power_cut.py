"""A power cut: every wire goes, and comes back where it was; and faults on real wires are the same at any rate."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from simulator.scenario import FaultEvent, Scenario
from simulator.simulation import Simulation
from tests.clocks import ManualClock

Make = Callable[..., Scenario]
CUT = FaultEvent(kind="power_cut", start_min=1, duration_min=2)
DEADLINE_S = 10.0
STATUS = bytes.fromhex("00 01 00 00 00 06 01 04 00 02 00 01")


@asynccontextmanager
async def running(scenario: Scenario, rate: float = 1.0) -> AsyncIterator[tuple[Simulation, ManualClock]]:
    clock = ManualClock(rate=rate)
    simulation = Simulation(scenario, clock, clock.wall_ns(), clock.monotonic_ns())
    await simulation.open()
    life = asyncio.create_task(simulation.run(lambda _line: None))
    try:
        yield simulation, clock
    finally:
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
        await simulation.close()


def places(simulation: Simulation) -> dict[str, dict[str, object]]:
    buses = simulation.ready()["buses"]
    assert isinstance(buses, dict)
    return buses


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.005)


async def asked(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(STATUS)
        async with asyncio.timeout(DEADLINE_S):
            return await reader.readexactly(11)
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def test_tcp_is_closed_then_refused_then_back_at_the_same_port(scenario_with: Make) -> None:
    async with running(scenario_with(faults=[CUT])) as (simulation, clock):
        port = places(simulation)["tcp"]["port"]
        assert isinstance(port, int)
        assert await asked(port)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await clock.advance(60.0)
        left = await asyncio.gather(asyncio.wait_for(reader.read(), DEADLINE_S), return_exceptions=True)
        assert left[0] == b"" or isinstance(left[0], ConnectionResetError)
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
        with pytest.raises(ConnectionRefusedError):
            await asked(port)
        await clock.advance(120.0)
        await until(lambda: simulation._rack.is_on)
        assert await asked(port)


async def test_a_pty_is_hung_up_and_gone_and_back_under_the_same_name(scenario_with: Make) -> None:
    async with running(scenario_with(faults=[CUT])) as (simulation, clock):
        device = Path(str(places(simulation)["rtu"]["device"]))
        fd = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        await clock.advance(60.0)
        await until(lambda: not simulation._rack.is_on and not device.exists())
        try:
            assert os.read(fd, 10) == b""  # hung up
        except OSError:
            pass  # the kernel may say EIO instead
        finally:
            os.close(fd)
        await clock.advance(120.0)
        await until(device.exists)
        fd = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        os.write(fd, bytes.fromhex("01 04 00 02 00 01 90 0A"))
        received = b""
        async with asyncio.timeout(DEADLINE_S):
            while len(received) < 7:
                await asyncio.sleep(0.005)
                try:
                    received += os.read(fd, 100)
                except BlockingIOError:
                    continue
        os.close(fd)
        assert received == bytes.fromhex("01 04 02 00 00 B9 30")


async def test_a_port_that_somebody_took_meanwhile_is_waited_for(
    scenario_with: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulator.simulation.TICK_S", 0.01)
    async with running(scenario_with(faults=[CUT])) as (simulation, clock):
        port = places(simulation)["tcp"]["port"]
        assert isinstance(port, int)
        await clock.advance(60.0)
        await until(lambda: not simulation._rack.is_on)
        taker = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", port)
        await clock.advance(120.0)
        await asyncio.sleep(0.05)
        assert not simulation._rack.is_on
        taker.close()
        await taker.wait_closed()
        await until(lambda: simulation._rack.is_on)
        assert await asked(port)


async def test_many_power_cuts_leave_nothing_open(scenario_with: Make) -> None:
    cuts = [FaultEvent(kind="power_cut", start_min=at, duration_min=0.5) for at in range(1, 21)]
    before = 0
    for turn in range(2):  # the first one may open what stays: an event loop's own
        async with running(scenario_with(faults=cuts)) as (simulation, clock):
            for _ in range(20 * turn):
                await clock.advance(30.0)
                await until(lambda: simulation._rack.is_on)
                await clock.advance(30.0)
                await until(lambda: not simulation._rack.is_on)
            folder = Path(str(places_of_pty(simulation))).parent
        await asyncio.sleep(0)
        assert not folder.exists()
        now = len(list(Path("/proc/self/fd").iterdir()))
        before = before or now
    assert now == before


def places_of_pty(simulation: Simulation) -> Path:
    link = simulation._rack._link("rtu")
    assert link is not None
    return link


@pytest.mark.parametrize("kind", ["half_open", "line_noise"])
async def test_a_spoilt_line_sends_the_same_bytes_at_any_rate(scenario_with: Make, kind: str) -> None:
    numbers = {"lost_share": 0.2} if kind == "half_open" else {"noise_bytes": 3.0}
    event = FaultEvent.model_validate(
        {"instrument": "kit", "kind": kind, "start_min": 0.1, "duration_min": 1, **numbers}
    )
    heard = [await _heard(scenario_with(faults=[event]), rate, step_s) for rate, step_s in ((1.0, 1.0), (100.0, 25.0))]
    assert heard[0] == heard[1]
    assert heard[0] != await _heard(scenario_with(), 1.0, 1.0)


async def _heard(scenario: Scenario, rate: float, step_s: float) -> bytes:
    received = b""
    async with running(scenario, rate) as (simulation, clock):
        fd = os.open(str(places(simulation)["line"]["device"]), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        for _ in range(round(100 / step_s)):
            await clock.advance(step_s)
            await asyncio.sleep(0.002)
            try:
                received += os.read(fd, 65536)
            except BlockingIOError:
                continue
        os.close(fd)
    return received


async def test_a_spoilt_reply_on_tcp_is_the_same_at_any_rate(scenario_with: Make) -> None:
    event = FaultEvent(instrument="det", kind="half_open", start_min=0, duration_min=60, changed_share=0.5)
    seen = []
    for rate in (1.0, 100.0):
        async with running(scenario_with(faults=[event]), rate) as (simulation, clock):
            await clock.advance(77.0)
            port = places(simulation)["tcp"]["port"]
            assert isinstance(port, int)
            seen.append(await asked(port))
    assert seen[0] == seen[1]
