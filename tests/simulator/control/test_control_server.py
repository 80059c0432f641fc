"""The control's HTTP: whoever has not the token learns nothing, and no request breaks it, hangs it or grows it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from simulator.control import server as module
from simulator.control.server import MOST_BODY_BYTES, MOST_CONNECTIONS, ControlServer, RefusedError, Said

DEADLINE_S = 10.0
Wanted = list[Mapping[str, Any] | None]


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[ControlServer, Wanted]]:
    wanted: Wanted = []

    def act(what: Mapping[str, Any] | None) -> Said:
        wanted.append(what)
        if what == {"do": "nonsense"}:
            raise RefusedError("no")
        return {"done": True}

    server = ControlServer(act)
    await server.open()
    try:
        yield server, wanted
    finally:
        await server.close()


async def send(server: ControlServer, data: bytes, *, eof: bool = False) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(server.url).port)
    try:
        writer.write(data)
        if eof:
            writer.write_eof()
        async with asyncio.timeout(DEADLINE_S):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


def post(server: ControlServer, body: bytes, length: str | None = None) -> bytes:
    path = urlsplit(server.url).path
    return f"POST {path} HTTP/1.1\r\nContent-Length: {length or len(body)}\r\n\r\n".encode() + body


def status(answer: bytes) -> int:
    return int(answer.split(b" ")[1])


async def test_with_the_token_it_answers_and_acts() -> None:
    async with serving() as (server, wanted):
        answer = await send(server, post(server, b'{"do": "clear"}'))
        assert status(answer) == 200
        assert json.loads(answer.split(b"\r\n\r\n")[1]) == {"done": True}
        assert status(await send(server, f"GET {urlsplit(server.url).path} HTTP/1.1\r\n\r\n".encode())) == 200
    assert wanted == [{"do": "clear"}, None]


async def test_it_listens_on_loopback_only_and_no_two_have_the_same_token() -> None:
    async with serving() as (one, _), serving() as (other, _):
        assert urlsplit(one.url).hostname == "127.0.0.1"
        assert len(urlsplit(one.url).path) > 20
        assert urlsplit(one.url).path != urlsplit(other.url).path


@pytest.mark.parametrize("path", ["/", "/wrong", "", "/../etc/passwd", "/\xff\xfe", "/" + "a" * 4000])
async def test_without_the_token_there_is_nothing(path: str) -> None:
    async with serving() as (server, wanted):
        answer = await send(server, f"GET {path} HTTP/1.1\r\n\r\n".encode("latin-1"))
        assert status(answer) == 404
    assert wanted == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff\xff", b'{"a": NaN}', b'{"a": Infinity}', b"[" * 8000, b'"x"', b"\x00" * 100],
)
async def test_what_is_not_a_json_object_is_refused(body: bytes) -> None:
    async with serving() as (server, wanted):
        assert status(await send(server, post(server, body))) == 400
    assert wanted == []


@pytest.mark.parametrize(
    ("length", "code"), [("-1", 400), ("1e3", 400), ("٣", 400), (str(MOST_BODY_BYTES + 1), 413), ("9" * 30, 400)]
)
async def test_a_strange_length_is_refused_before_anything_is_read(length: str, code: int) -> None:
    async with serving() as (server, wanted):
        request = f"POST {urlsplit(server.url).path} HTTP/1.1\r\nContent-Length: {length}\r\n\r\n".encode()
        assert status(await send(server, request)) == code
    assert wanted == []


async def test_two_lengths_are_refused() -> None:
    async with serving() as (server, _):
        request = f"POST {urlsplit(server.url).path} HTTP/1.1\r\nContent-Length: 2\r\ncontent-length: 40\r\n\r\n{{}}"
        assert status(await send(server, request.encode())) == 400


async def test_another_method_is_refused() -> None:
    async with serving() as (server, _):
        assert status(await send(server, f"PUT {urlsplit(server.url).path} HTTP/1.1\r\n\r\n".encode())) == 405


async def test_a_head_without_end_is_cut_off() -> None:
    async with serving() as (server, _):
        assert status(await send(server, b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5000)) == 413


async def test_a_client_that_goes_in_the_middle_is_let_go() -> None:
    async with serving() as (server, wanted):
        assert await send(server, b"GET / HT", eof=True) == b""
        assert await send(server, post(server, b"{", "40"), eof=True) == b""
        assert status(await send(server, post(server, b"{}"))) == 200
    assert wanted == [{}]


async def test_a_client_that_says_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DEADLINE_S", 0.05)
    async with serving() as (server, _):
        assert await send(server, b"GET ") == b""
        assert not server._serving


async def test_too_many_at_once_are_turned_away_and_later_served_again() -> None:
    async with serving() as (server, _):
        port = urlsplit(server.url).port
        pairs = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MOST_CONNECTIONS)]
        async with asyncio.timeout(DEADLINE_S):
            while len(server._serving) < MOST_CONNECTIONS:
                await asyncio.sleep(0.001)
        assert await send(server, post(server, b"{}")) == b""
        for _, writer in pairs:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in pairs), return_exceptions=True)
        async with asyncio.timeout(DEADLINE_S):
            while server._serving:
                await asyncio.sleep(0.001)
        assert status(await send(server, post(server, b"{}"))) == 200


async def test_what_is_refused_is_said_why() -> None:
    async with serving() as (server, _):
        answer = await send(server, post(server, b'{"do": "nonsense"}'))
    assert status(answer) == 400
    assert json.loads(answer.split(b"\r\n\r\n")[1]) == {"error": "no"}


async def test_closing_leaves_no_task_and_no_connection() -> None:
    before = asyncio.all_tasks()
    async with serving() as (server, _):
        pair = await asyncio.open_connection("127.0.0.1", urlsplit(server.url).port)
        await asyncio.sleep(0.01)
    left = await asyncio.gather(pair[0].read(), return_exceptions=True)
    assert left[0] == b"" or isinstance(left[0], ConnectionResetError)
    pair[1].close()
    await asyncio.gather(pair[1].wait_closed(), return_exceptions=True)
    assert asyncio.all_tasks() <= before
