"""What the recorder hears of a server that answers anything: a local HTTP stub in place of InfluxDB."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.schema import Influx
from station.record.answers import Answer
from station.record.influx import TEXT_CHARS, Database
from tests.servers.flow import Flow, flowing
from tests.servers.processes import Mosquitto

Reply = Callable[[list[str]], bytes]
NO_SERIES = b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"results":[]}'
TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"


def answer(status: int, headers: str = "", body: str = "") -> bytes:
    return f"HTTP/1.1 {status} X\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}".encode()


class Stub:
    """Answers writes as it is told and keeps the lines that it took."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self.taken: list[str] = []
        self.requests: list[int] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = [int(h.split(":")[1]) for h in head.split("\r\n") if h.lower().startswith("content-length")]
                lines = (await reader.readexactly(length[0] if length else 0)).decode().splitlines()
                path = urlsplit(head.split(" ")[1]).path
                writer.write(self._answer(lines) if path == "/api/v2/write" else NO_SERIES)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has gone
        finally:
            writer.close()

    def _answer(self, lines: list[str]) -> bytes:
        points = [line for line in lines if not line.startswith("position")]
        self.requests.append(len(points))
        reply = self._reply(points)
        if reply is TAKEN:
            self.taken += points
        return reply


@asynccontextmanager
async def stub(reply: Reply) -> AsyncIterator[Stub]:
    made = Stub(reply)
    clients: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clients.add(asyncio.create_task(made.serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        for task in clients:
            task.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
        await server.wait_closed()


async def ask(reply: bytes, timeout_s: float = 5.0) -> Answer:
    async with stub(lambda _: reply) as server:
        database = Database(Influx(url=server.url, timeout_s=timeout_s), None)
        try:
            return await database.write(["x y=1 1"])
        finally:
            await database.close()


@pytest.mark.parametrize("status", [200, 400, 401, 404, 413, 422, 429, 500, 503])
async def test_status_and_text_are_told(status: int) -> None:
    assert await ask(answer(status, body="a reason")) == Answer(status, "a reason")


async def test_204_is_told() -> None:
    assert (await ask(TAKEN)).status == 204


async def test_retry_after_is_told() -> None:
    assert (await ask(answer(429, "Retry-After: 3\r\n"))).retry_after_s == 3.0


async def test_text_is_bounded() -> None:
    assert len((await ask(answer(500, body="x" * 100_000))).text) == TEXT_CHARS


async def test_redirect_is_not_followed() -> None:
    assert (await ask(answer(307, "Location: http://127.0.0.1:9/\r\n"))).status == 307


@pytest.mark.parametrize("garbage", [b"SSH-2.0-server\r\n\r\n", b"HTTP/1.1 204", b"", b"\x00\xff" * 100])
async def test_garbage_is_no_answer(garbage: bytes) -> None:
    assert (await ask(garbage, timeout_s=0.5)).status is None


async def test_silence_is_no_answer_within_the_deadline() -> None:
    assert (await ask(b"", timeout_s=0.3)).status is None


async def test_server_that_is_not_there_is_no_answer() -> None:
    database = Database(Influx(url="http://127.0.0.1:9"), None)
    assert (await database.write(["x y=1 1"])).status is None
    found, positions = await database.positions("LS", "main")
    await database.close()
    assert (found.status, positions) == (None, [])


async def test_call_that_hangs_holds_one_thread_and_lets_no_later_one_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(Influx(url="http://127.0.0.1:9", timeout_s=0.01), None)
    begun: list[bytes] = []
    free = threading.Event()

    def hangs(body: bytes) -> Answer:
        begun.append(body)
        free.wait(20.0)
        return Answer(204)

    monkeypatch.setattr(database, "write_now", hangs)
    answers = [await database.write([line]) for line in ("first", "second")]
    free.set()
    await database.close()
    assert [answer.status for answer in answers] == [None, None]
    assert begun == [b"first"]


@pytest.mark.system
@pytest.mark.parametrize(
    "refusal", [answer(429, "Retry-After: 1\r\n"), answer(500, body="no space left on device"), answer(503)]
)
async def test_busy_or_full_database_gets_everything_later(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path, refusal: bytes
) -> None:
    refusals = iter([refusal] * 3)
    async with stub(lambda _: next(refusals, TAKEN)) as server:
        flow = Flow(mosquitto(), server.url, tmp_path)
        flow.journal.measure(60)
        async with flowing(flow):
            await flow.confirmed(60)
        assert len(set(server.taken)) == 60
        assert not flow.quarantine.exists()


@pytest.mark.system
async def test_database_that_takes_little_at_once_gets_everything(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path
) -> None:
    async with stub(lambda points: TAKEN if len(points) <= 5 else answer(413)) as server:
        flow = Flow(mosquitto(), server.url, tmp_path)
        flow.journal.measure(100)
        async with flowing(flow):
            await flow.confirmed(100)
        assert len(set(server.taken)) == 100
        assert max(server.requests) > 5
