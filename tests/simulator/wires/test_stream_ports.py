"""The same line on a pty, on a TCP port, and called out from: bytes by the world's second, faults, and nothing left."""

import asyncio
import os
import tty
from collections.abc import Callable

import pytest

from simulator.build import build_ensemble
from simulator.scenario import FaultEvent, Scenario
from simulator.wires import ports
from simulator.wires.fht6020 import checksum, frame
from simulator.wires.ports import PtyPort, TcpClientPort, TcpServerPort
from simulator.wires.rtu import RtuSlaves
from simulator.wires.stream import StreamWire
from simulator.wires.talker import Talker
from tests.clocks import ManualClock, settle

ANSWER_S = 5.0
ASK = frame(1, "RM1")
REQUEST = bytes.fromhex("01 03 00 00 00 01 84 0A")


def talkers(profile: str, kind: str = "serial-tcp", faults: tuple[FaultEvent, ...] = ()) -> list[Talker]:
    bus: dict[str, object] = {"id": "bus", "kind": kind} | ({"port": 1} if kind == "tcp-client" else {})
    scenario = Scenario.model_validate(
        {
            "id": "ports",
            "summary": "for a test",
            "seed": 7,
            "duration_min": 60.0,
            "buses": [bus],
            "instruments": [{"id": "one", "profile": profile, "bus": "bus"}],
            "faults": faults,
        }
    )
    return build_ensemble(scenario).talkers["bus"]


async def asked_over_tcp(wire: StreamWire, request: bytes, until: bytes) -> bytes:
    where = wire.where
    reader, writer = await asyncio.open_connection(str(where["host"]), int(where["port"]))
    try:
        writer.write(request)
        async with asyncio.timeout(ANSWER_S):
            return await reader.readuntil(until)
    finally:
        writer.close()
        await writer.wait_closed()


async def test_a_line_on_a_tcp_port_answers_everybody() -> None:
    wire = StreamWire(talkers("thermo-fht-6020"), TcpServerPort(), lambda: 60.0)
    await wire.open()
    answers = [await asked_over_tcp(wire, ASK, b"\x03") for _ in range(2)]
    await wire.close()
    assert answers[0] == answers[1]
    assert answers[0].startswith(b"\x0701RM ")


async def test_a_line_on_a_pty_answers_in_the_same_bytes_as_on_tcp() -> None:
    tcp = StreamWire(talkers("thermo-fht-6020"), TcpServerPort(), lambda: 60.0)
    await tcp.open()
    expected = await asked_over_tcp(tcp, ASK, b"\x03")
    await tcp.close()
    wire = StreamWire(talkers("thermo-fht-6020", "serial-line"), PtyPort(), lambda: 60.0)
    await wire.open()
    fd = os.open(str(wire.where["device"]), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    tty.setraw(fd)
    os.write(fd, ASK)
    answer = b""
    async with asyncio.timeout(ANSWER_S):
        while not answer.endswith(b"\x03"):
            await asyncio.sleep(0.001)
            try:
                answer += os.read(fd, 4096)
            except BlockingIOError:
                continue
    os.close(fd)
    await wire.close()
    assert answer == expected


async def test_the_port_stays_the_same_after_the_power_was_away() -> None:
    wire = StreamWire(talkers("thermo-fht-6020"), TcpServerPort(), lambda: 60.0)
    await wire.open()
    before = wire.where
    await wire.close()
    await wire.open()
    after = wire.where
    await wire.close()
    assert before == after


async def test_modbus_rtu_on_a_tcp_port() -> None:
    scenario = Scenario.model_validate(
        {
            "id": "rtu",
            "summary": "for a test",
            "seed": 7,
            "duration_min": 60.0,
            "buses": [{"id": "bus", "kind": "modbus-rtu-tcp"}],
            "instruments": [
                {"id": "one", "profile": "sonbus-xm9505", "bus": "bus", "place": {"gauge_start_mm": 53.6}},
                {"id": "two", "profile": "atomtex-bdkg-05", "bus": "bus", "address": 2},
            ],
        }
    )
    wire = StreamWire([RtuSlaves(build_ensemble(scenario).registers["bus"])], TcpServerPort(), lambda: 60.0)
    await wire.open()
    answer = await asked_over_tcp(wire, REQUEST, b"\x2e")
    await wire.close()
    assert answer == bytes.fromhex("01 03 02 02 18 B9 2E")


class Server:
    """Who is called: the station's end."""

    def __init__(self) -> None:
        self.received = b""
        self.calls = 0
        self.hang_up = asyncio.Event()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        reading = asyncio.create_task(self._read(reader))
        await self.hang_up.wait()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while piece := await reader.read(4096):
            self.received += piece


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(ANSWER_S):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_ludlum_calls_out_sends_each_two_seconds_and_calls_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "CALL_AGAIN_S", 0.01)
    called = Server()
    server = await asyncio.start_server(called.talk, "127.0.0.1", 0)
    clock = ManualClock()
    began_ns = clock.monotonic_ns()
    wire = StreamWire(
        talkers("ludlum-375", "tcp-client"),
        TcpClientPort(server.sockets[0].getsockname()[1]),
        lambda: (clock.monotonic_ns() - began_ns) / 1e9,
        clock,
    )
    await wire.open()
    await until(lambda: called.calls == 1)
    await clock.advance(6.0)
    await until(lambda: called.received.count(b"</area_monitor>\r\n") == 3)
    called.hang_up.set()
    await until(lambda: called.calls >= 2)
    await wire.close()
    server.close()
    await server.wait_closed()
    await settle()


async def test_nobody_to_call_is_no_failure() -> None:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    wire = StreamWire(talkers("ludlum-375", "tcp-client"), TcpClientPort(port), lambda: 0.0, ManualClock())
    await wire.open()
    await asyncio.sleep(0.05)
    await wire.close()


class Ear:
    """A port that keeps what is said."""

    where: dict[str, str | int] = {}  # noqa: RUF012 - never written

    def __init__(self) -> None:
        self.heard = b""

    async def open(self, received: Callable[[bytes], None]) -> None:
        self.received = received

    def send(self, data: bytes) -> None:
        self.heard += data

    async def close(self) -> None:
        pass


async def heard(profile: str, step_s: float, rate: float, *, wake: bytes = b"") -> bytes:
    clock, ear = ManualClock(rate=rate), Ear()
    began_ns = clock.monotonic_ns()
    wire = StreamWire(talkers(profile, "serial-line"), ear, lambda: (clock.monotonic_ns() - began_ns) / 1e9, clock)
    await wire.open()
    ear.received(wake)
    for _ in range(round(100 / step_s)):
        await clock.advance(step_s)
    await wire.close()
    return ear.heard


@pytest.mark.parametrize(
    ("profile", "wake"), [("ludlum-375", b""), ("gq-gmc-rfc1801", b"<HEARTBEAT1>>"), ("gamma-scout", b"O")]
)
async def test_the_same_seed_says_the_same_bytes_however_fast_the_world_runs(profile: str, wake: bytes) -> None:
    slowly = await heard(profile, 0.5, 1.0, wake=wake)
    in_leaps = await heard(profile, 25.0, 100.0, wake=wake)
    assert slowly == in_leaps
    assert len(slowly) > 100


@pytest.mark.parametrize(("kind", "spoilt"), [("no_answer", b""), ("bad_checksum", None)])
async def test_faults_of_the_wire_reach_a_sentence(kind: str, spoilt: bytes | None) -> None:
    fault = FaultEvent.model_validate({"instrument": "one", "kind": kind, "start_min": 1, "duration_min": 1})
    ear = Ear()
    wire = StreamWire(talkers("thermo-fht-6020", faults=(fault,)), ear, lambda: 90.0)
    await wire.open()
    ear.received(ASK)
    await wire.close()
    if spoilt is None:
        assert ear.heard[:1] + ear.heard[-1:] == b"\x07\x03"
        assert checksum(ear.heard[:-3]) != ear.heard[-3:-1]
    else:
        assert ear.heard == spoilt
