"""Where a line of bytes ends: a pseudo-terminal, a TCP server (``socket://``), or a TCP client that calls out."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from simulator.wires.pty import PtyEnd

log = logging.getLogger(__name__)

MOST_UNSENT_BYTES = 65536
MOST_CLIENTS = 16
CALL_AGAIN_S, CALL_AGAIN_AT_MOST_S = 0.5, 30.0  # real seconds, doubling
CONNECT_TIMEOUT_S = 10.0

Received = Callable[[bytes], None]


class Port(Protocol):
    @property
    def where(self) -> dict[str, str | int]: ...
    async def open(self, received: Received) -> None: ...
    def send(self, data: bytes) -> None: ...
    async def close(self) -> None: ...


class PtyPort:
    def __init__(self) -> None:
        self._pty: PtyEnd | None = None

    async def open(self, received: Received) -> None:
        self._pty = pty = PtyEnd()
        asyncio.get_running_loop().add_reader(pty.fd, lambda: received(pty.read()))

    @property
    def where(self) -> dict[str, str | int]:
        assert self._pty is not None  # noqa: S101 - asked after open
        return {"device": self._pty.device}

    def send(self, data: bytes) -> None:
        if self._pty is not None:
            self._pty.write(data)

    async def close(self) -> None:
        if self._pty is not None:
            asyncio.get_running_loop().remove_reader(self._pty.fd)
            self._pty.close()
            self._pty = None


class _Connection(asyncio.Protocol):
    """One end of a TCP connection that carries the line."""

    def __init__(self, received: Received, connections: set["_Connection"]) -> None:
        self._received = received
        self._connections = connections
        self._transport: asyncio.Transport | None = None
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP makes no others
        self._transport = transport
        if len(self._connections) >= MOST_CLIENTS:
            log.warning("too many clients on one line: connection closed")
            transport.abort()
            return
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        self._received(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._transport = None
        self._connections.discard(self)
        if not self.lost.done():
            self.lost.set_result(None)

    def send(self, data: bytes) -> None:
        if self._transport is None:
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > MOST_UNSENT_BYTES:
            log.warning("somebody does not read the line: connection closed")
            self._transport.abort()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class TcpServerPort:
    """A serial server's port: all who are connected hear the line and may speak on it."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()

    async def open(self, received: Received) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(received, self._connections), self._host, self._port, backlog=MOST_CLIENTS
        )
        self._port = self._server.sockets[0].getsockname()[1]

    @property
    def where(self) -> dict[str, str | int]:
        return {"host": self._host, "port": self._port}

    def send(self, data: bytes) -> None:
        for connection in tuple(self._connections):
            connection.send(data)

    async def close(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for connection in tuple(self._connections):
            connection.abort()
        await self._server.wait_closed()
        await asyncio.sleep(0)  # lets the aborted transports close their sockets
        self._server = None


class TcpClientPort:
    """Calls out to a server and calls again when it is lost. What is said while nobody is there is lost."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._host = host
        self._port = port
        self._task: asyncio.Task[None] | None = None
        self._connections: set[_Connection] = set()

    async def open(self, received: Received) -> None:
        self._task = asyncio.create_task(self._stay_connected(received), name="simulator calls out")

    @property
    def where(self) -> dict[str, str | int]:
        return {"calls_host": self._host, "calls_port": self._port}

    async def _stay_connected(self, received: Received) -> None:
        loop = asyncio.get_running_loop()
        wait_s = CALL_AGAIN_S
        while True:
            try:
                async with asyncio.timeout(CONNECT_TIMEOUT_S):
                    _, connection = await loop.create_connection(
                        lambda: _Connection(received, self._connections), self._host, self._port
                    )
            except (OSError, TimeoutError) as error:
                log.debug("nobody at %s:%d: %s", self._host, self._port, error)
            else:
                wait_s = CALL_AGAIN_S
                await connection.lost
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, CALL_AGAIN_AT_MOST_S)

    def send(self, data: bytes) -> None:
        for connection in tuple(self._connections):
            connection.send(data)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        for connection in tuple(self._connections):
            connection.abort()
        await asyncio.sleep(0)
