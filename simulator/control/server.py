"""The control of a running world: HTTP on 127.0.0.1, one request a connection, only under the path that is its token.

``GET /TOKEN`` says what is going on. ``POST /TOKEN`` does one thing: ``{"do": "inject", "what": …, "event": {…}}`` or
``{"do": "clear", "id": …}``. Everything is bounded: the head, the body, the time, the number of connections.
"""

import asyncio
import contextlib
import hmac
import json
import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
MOST_CONNECTIONS = 8
MOST_HEAD_BYTES, MOST_BODY_BYTES = 8192, 8192
DEADLINE_S = 5.0
REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 413: "Content Too Large"}

Said = dict[str, object]
Act = Callable[[Mapping[str, Any] | None], Said]  # None: say what is going on. Raises RefusedError.


class RefusedError(Exception):
    """What was asked cannot be done; the text says why."""


class _BadRequestError(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class ControlServer:
    """Serves from ``open`` until ``close``."""

    def __init__(self, act: Act) -> None:
        self._act = act
        self._token = secrets.token_urlsafe(16)
        self._server: asyncio.Server | None = None
        self._serving: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._accepted, HOST, 0, limit=MOST_HEAD_BYTES)

    @property
    def url(self) -> str:
        assert self._server is not None  # noqa: S101 - asked after open
        return f"http://{HOST}:{self._server.sockets[0].getsockname()[1]}/{self._token}"

    async def close(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for task in tuple(self._serving):
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Not a coroutine, so that the task is ours to bound and to cancel."""
        if len(self._serving) >= MOST_CONNECTIONS:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._serve(reader, writer), name="simulator control")
        self._serving[task] = writer
        task.add_done_callback(self._served)

    def _served(self, task: asyncio.Task[None]) -> None:
        self._serving.pop(task).transport.abort()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("control request failed", exc_info=error)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(TimeoutError, OSError, asyncio.IncompleteReadError):
            async with asyncio.timeout(DEADLINE_S):
                status, said = await self._reply(reader)
                body = json.dumps(said).encode()
                head = f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: application/json\r\n"
                writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
                await writer.drain()
                writer.close()
                await writer.wait_closed()

    async def _reply(self, reader: asyncio.StreamReader) -> tuple[int, Said]:
        try:
            return 200, self._act(await self._request(reader))
        except _BadRequestError as error:
            return error.status, {"error": str(error)}
        except RefusedError as error:
            return 400, {"error": str(error)}

    async def _request(self, reader: asyncio.StreamReader) -> Mapping[str, Any] | None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.LimitOverrunError:
            raise _BadRequestError(413, "the head is too long") from None
        first, *lines = head.split("\r\n")
        method, _, rest = first.partition(" ")
        path = rest.partition(" ")[0]
        if not hmac.compare_digest(path.encode("latin-1"), f"/{self._token}".encode()):
            raise _BadRequestError(404, "there is nothing here")
        if method == "GET":
            return None
        if method != "POST":
            raise _BadRequestError(405, "GET or POST")
        return _object(await reader.readexactly(_length(lines)))


def _length(lines: list[str]) -> int:
    given = [
        value.strip() for key, _, value in (line.partition(":") for line in lines) if key.lower() == "content-length"
    ]
    if len(given) != 1 or not (given[0].isascii() and given[0].isdigit()) or len(given[0]) > 9:
        raise _BadRequestError(400, "one Content-Length is needed")
    if int(given[0]) > MOST_BODY_BYTES:
        raise _BadRequestError(413, f"at most {MOST_BODY_BYTES} bytes")
    return int(given[0])


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise _BadRequestError(400, "the body is not JSON") from None
    if not isinstance(found, dict):
        raise _BadRequestError(400, "the body is not a JSON object")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)
