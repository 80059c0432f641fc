"""Table 4: what the simulated world costs, and whether drivers agree with it over a whole day at one poll a second.

The same client asks the simulator, and a server that does nothing but echo, for the same number of bytes at the same
moments. Requests are spread evenly over the second.
"""

import asyncio
import itertools
import logging
import random
import struct
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.figures import Spread, percent, times, written
from benchmarks.report import BASELINE, Bar, Table
from benchmarks.running import NotRunningError
from benchmarks.settings import Settings
from simulator.load import UNITS_PER_PORT
from tests.agreement.day import DAY_S, Account, agree, busy_day
from tests.system.children import Simulator

DETECTORS = 1_000
ANSWER_BYTES = 45
SETTLE_S = 3.0
QUICK_DAY_S = 1_800
PATIENCE_S = 60.0
COLUMNS = (
    "served",
    "connections",
    "asked /s",
    "answered /s",
    "CPU",
    "µs an answer",
    "p50 ms",
    "p99 ms",
    "MB",
    "CPU, × baseline",
)


class Echo(Simulator):
    """The baseline's process; its ready line is the simulator's."""

    def __init__(self, folder: Path, ports: int) -> None:
        super().__init__(folder)
        self.name = "echo"
        self.log = folder / "echo.log"
        self._command = [sys.executable, "-m", "benchmarks.echo", str(ports)]


@dataclass
class Exchanges:
    """What one client saw."""

    asked: int = 0
    latencies_s: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Cost:
    cpu: float  # of one core
    per_s: float
    asked_per_s: float
    latency_ms: Spread
    memory_mb: float

    def row(self, name: str, connections: int, baseline_cpu: float) -> tuple[str, ...]:
        return (
            name, f"{connections:,}", written(self.asked_per_s), written(self.per_s), percent(self.cpu, 1),
            written(1e6 * self.cpu / self.per_s), written(self.latency_ms.p50), written(self.latency_ms.p99),
            written(self.memory_mb), times(self.cpu, baseline_cpu),
        )  # fmt: skip


class Asking(asyncio.Protocol):
    """One connection; the answers come in the order of the questions."""

    def __init__(self, exchanges: Exchanges) -> None:
        self._exchanges = exchanges
        self._asked_s: list[float] = []
        self._received = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def ask(self, number: int, unit: int) -> None:
        self._exchanges.asked += 1
        self._asked_s.append(time.perf_counter())
        self.transport.write(struct.pack(">HHHBBHH", number & 0xFFFF, 0, 6, unit, 4, 0, 18))

    def data_received(self, data: bytes) -> None:
        now_s = time.perf_counter()
        self._received += len(data)
        while self._received >= ANSWER_BYTES and self._asked_s:
            self._received -= ANSWER_BYTES
            self._exchanges.latencies_s.append(now_s - self._asked_s.pop(0))


def run(settings: Settings, bar: Bar) -> list[Table]:
    window_s, day_s = settings.seconds(20.0, 3.0), int(settings.seconds(DAY_S, QUICK_DAY_S))
    bar.expect(4 * (window_s + SETTLE_S) + 60.0)
    return [_load(settings, bar, window_s), _day(bar, day_s)]


def _load(settings: Settings, bar: Bar, window_s: float) -> Table:
    table = Table(f"4a. {DETECTORS:,} detectors asked once a second on Modbus TCP ({window_s:.0f} s each)", COLUMNS)
    ports = -(-DETECTORS // UNITS_PER_PORT)
    for connections in (ports, DETECTORS):
        bare = measure(Echo(settings.folder, ports), connections, window_s, bar)
        world = measure(Simulator(settings.folder, f"load-{DETECTORS}"), connections, window_s, bar)
        table.rows.append(world.row("simulator", connections, bare.cpu))
        table.rows.append(bare.row(f"{BASELINE}TCP echo", connections, bare.cpu))
    table.notes.append("CPU: of one core, user and system, of the server's process. The client is another process.")
    table.notes.append("Latency: from write to the answer's arrival in the client, which waits for its own loop too.")
    return table


def measure(server: Simulator, connections: int, window_s: float, bar: Bar) -> Cost:
    bar.say(f"{server.name}, {connections} connections")
    server.log.unlink(missing_ok=True)
    try:
        server.start()
        ready = server.ready(PATIENCE_S)
        return asyncio.run(_asked(server.pid, ready, connections, window_s, bar))
    except OSError as error:
        raise NotRunningError(f"{server.name}: {error}") from error
    finally:
        server.stop()


async def _asked(pid: int, ready: dict[str, Any], connections: int, window_s: float, bar: Bar) -> Cost:
    exchanges = Exchanges()
    lines = await _connected(ready["buses"], connections, exchanges)
    try:
        await _ask_for(SETTLE_S, lines, bar)
        process = psutil.Process(pid)
        exchanges.asked, exchanges.latencies_s = 0, []
        used_s, began_s = _cpu_s(process), time.perf_counter()
        await _ask_for(window_s, lines, bar)
        await asyncio.sleep(0.05)
        took_s = time.perf_counter() - began_s
        spent_s = _cpu_s(process) - used_s
    finally:
        for line, _unit in lines:
            line.transport.abort()
    return Cost(
        cpu=spent_s / took_s,
        per_s=len(exchanges.latencies_s) / took_s,
        asked_per_s=exchanges.asked / took_s,
        latency_ms=Spread.of([1e3 * latency_s for latency_s in exchanges.latencies_s]),
        memory_mb=process.memory_info().rss / 1e6,
    )


async def _connected(buses: dict[str, Any], connections: int, exchanges: Exchanges) -> list[tuple[Asking, int]]:
    """Which connection and unit id each detector is asked by: one connection a port, or one a detector."""
    loop, lines = asyncio.get_running_loop(), []
    places = [(number // UNITS_PER_PORT, number % UNITS_PER_PORT + 1) for number in range(DETECTORS)]
    ports = [buses[f"tcp-{number + 1}"]["port"] for number in range(len(buses))]
    shared: dict[int, Asking] = {}
    for port, unit in places:
        if connections == DETECTORS or port not in shared:
            _, shared[port] = await loop.create_connection(lambda: Asking(exchanges), "127.0.0.1", ports[port])
        lines.append((shared[port], unit))
    random.Random(1).shuffle(lines)  # so that the ports take turns
    return lines


async def _ask_for(seconds: float, lines: Iterable[tuple[Asking, int]], bar: Bar) -> None:
    """Each detector once a second, evenly; what the client is late for is asked at once."""
    began_s = time.perf_counter()
    for number, (line, unit) in enumerate(itertools.cycle(lines)):
        due_s = began_s + number / DETECTORS
        if due_s >= began_s + seconds:
            break
        while (wait_s := due_s - time.perf_counter()) > 0:
            await asyncio.sleep(wait_s)
        if number % DETECTORS == 0:
            bar.advance(1.0)
        line.ask(number, unit)
        if number % 16 == 0:
            await asyncio.sleep(0)


def _cpu_s(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


def _day(bar: Bar, seconds: int) -> Table:
    seed = random.SystemRandom().randrange(2**31)
    bar.say(f"{seconds} s of the world, seed {seed}")
    table = Table(
        f"4b. Drivers and instruments over {seconds:,} s of the world, a poll a second, random faults",
        ("instrument", "right", "right in a fault", "errors", "wrong"),
    )
    logging.getLogger("drivers").setLevel(logging.ERROR)
    accounts: dict[str, Account] = asyncio.run(agree(busy_day(seed, seconds), 1.0, seconds))
    for name, account in accounts.items():
        errors = sum(account.errors.values())
        table.rows.append(
            (name, f"{account.right:,}", f"{account.right_in_fault:,}", f"{errors:,}", f"{len(account.wrong):,}")
        )
        table.notes.extend(f"{name}: {wrong}" for wrong in account.wrong[:5])
    table.notes.append(f"Seed {seed}. Right: equal to what the instrument showed, to its resolution.")
    bar.advance(60.0)
    return table
