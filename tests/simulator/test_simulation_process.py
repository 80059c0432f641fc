"""The whole simulator, in this process and as the process that others start; it ends cleanly and leaves nothing."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.clock import NS, Clock, ScaledClock, system_clock
from simulator.library import read_scenario, shipped
from simulator.scenario import Scenario
from simulator.simulation import Simulation

DEADLINE_S = 30.0
INFO = bytes.fromhex("00 01 00 00 00 06 01 03 A0 00 00 03")


def simulation_of(scenario: Scenario, *, rate: float = 1.0, began_s_ago: float = 0.0) -> Simulation:
    """A world that began, by its own clock, so many seconds ago."""
    wall_ns = time.time_ns()
    mono_ns = time.monotonic_ns() - round(began_s_ago / rate * NS)
    clock: Clock = system_clock() if rate == 1 else ScaledClock(rate, wall_ns, mono_ns, "boot")
    return Simulation(scenario, clock, wall_ns, mono_ns)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_opening_and_closing_leaves_the_number_of_open_files_as_it_was() -> None:
    scenario = read_scenario("demo")
    simulation = simulation_of(scenario)
    await simulation.open()  # the first one may open what stays: an event loop's own
    await simulation.close()
    before = open_files()
    for _ in range(50):
        simulation = simulation_of(scenario)
        await simulation.open()
        await simulation.close()
    await asyncio.sleep(0)
    assert open_files() == before


async def test_all_wires_or_none(scenario_with: Callable[..., Scenario]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wall_ns, mono_ns = time.time_ns(), time.monotonic_ns()
        simulation = Simulation(scenario_with(), system_clock(), wall_ns, mono_ns, taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            await simulation.open()


@pytest.mark.parametrize("rate", [1.0, 100.0])
async def test_a_detector_shows_the_same_at_the_same_time_of_the_world_at_any_rate(rate: float) -> None:
    """Read over the wire some time after it began; what it shows must be what the same seed shows in slow motion."""
    simulation = simulation_of(read_scenario("quiet"), rate=rate, began_s_ago=100.0)
    await simulation.open()
    life = asyncio.create_task(simulation.run(lambda _line: None))
    try:
        where = simulation.ready()["buses"]
        assert isinstance(where, dict)
        reader, writer = await asyncio.open_connection("127.0.0.1", where["detectors"]["port"])
        before_s = int(simulation.now_s())
        writer.write(bytes.fromhex("00 01 00 00 00 06 01 04 00 00 00 12"))
        async with asyncio.timeout(DEADLINE_S):
            answer = await reader.readexactly(9 + 36)
        after_s = int(simulation.now_s())
        writer.close()
        await writer.wait_closed()
    finally:
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
        await simulation.close()
    assert answer[9:] in [_slow_motion(t_s) for t_s in range(before_s, after_s + 1)]


def _slow_motion(t_s: int) -> bytes:
    from simulator.build import build_ensemble

    device = build_ensemble(read_scenario("quiet")).registers["detectors"][1]
    words: tuple[int, ...] = ()
    for second in range(t_s + 1):
        words = device.read(4, 0, 18, float(second))
    return b"".join(word.to_bytes(2, "big") for word in words)


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "simulator", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> dict[str, object]:
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    assert isinstance(told, dict)
    return told


def info_from(ready: dict[str, object], bus: str) -> bytes:
    buses = ready["buses"]
    assert isinstance(buses, dict)
    where = buses[bus]
    with socket.create_connection((where["host"], where["port"]), timeout=DEADLINE_S) as connection:
        connection.sendall(INFO)
        return connection.recv(64)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_everything_is_and_ends_when_told(number: signal.Signals) -> None:
    with started("demo") as process:
        ready = line_of(process)
        assert ready["ready"] is True
        assert ready["rate"] == 1.0
        assert info_from(ready, "detectors").endswith(bytes.fromhex("06 00 04 00 01 02 00"))
        assert line_of(process)["event"] == "quiet"
        process.send_signal(number)
        assert process.wait(DEADLINE_S) == 0


def test_it_ends_when_its_standard_input_does() -> None:
    with started("quiet", "--stop-on-eof") as process:
        line_of(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(DEADLINE_S) == 0


def test_it_tells_the_demo_s_hour_with_the_world_s_times() -> None:
    origin = ["--origin-wall-ns", str(10**18), "--origin-mono-ns", str(time.monotonic_ns())]
    with started("demo", "--fast", "7200", *origin) as process:
        ready = line_of(process)
        told = [line_of(process) for _ in range(7)]
    assert ready["origin_wall_ns"] == 10**18
    assert ready["rate"] == 7200.0
    assert [line["event"] for line in told] == [
        "quiet",
        "rain_begins",
        "washout_peak",
        "rain_stops",
        "source_appears",
        "source_gone",
        "end",
    ]
    assert told[4]["at_ns"] == 10**18 + 32 * 60 * NS
    assert told[4]["instrument"] == "det-north"


def test_load_opens_a_port_for_each_247_detectors() -> None:
    with started("--load", "300") as process:
        ready = line_of(process)
        instruments = ready["instruments"]
        assert isinstance(instruments, dict)
        assert len(instruments) == 300
        assert info_from(ready, "tcp-1") == info_from(ready, "tcp-2")


@pytest.mark.parametrize("arguments", [("nowhere",), ("--load", "0"), ("--fast", "0"), ("--tcp-port", "70000")])
def test_wrong_usage_ends_with_2_and_a_line(arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "simulator", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr


def test_a_port_that_is_taken_ends_with_1_and_a_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [sys.executable, "-m", "simulator", "quiet", "--tcp-port", str(taken.getsockname()[1])]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr


def test_list_names_what_ships() -> None:
    command = [sys.executable, "-m", "simulator", "--list"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S)
    assert [line for line in ended.stdout.splitlines() if not line.startswith(" ")] == sorted(shipped())
    assert len(ended.stdout.splitlines()) == 3 * len(shipped())
