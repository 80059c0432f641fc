"""The other end of a wire, byte by byte: a TCP server and a pty that answer each request by a script of steps.

An ``Answers`` function is given the bytes of one request and says what happens: Send these bytes, Wait, Close.
Nothing here knows Modbus except how long a request is: 12 bytes on TCP, 8 on RTU.
"""

import asyncio
import os
import tty
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

TCP_REQUEST, RTU_REQUEST = 12, 8


@dataclass(frozen=True, slots=True)
class Send:
    data: bytes


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection, or pull the plug of the pty."""


Step = Send | Wait | Close
Answers = Callable[[bytes], Iterable[Step]]


def in_turn(*answers: Answers) -> Answers:
    """The first request is answered by the first, and so on; the last one answers for ever."""
    left = list(answers)

    def answer(request: bytes) -> Iterable[Step]:
        now = left.pop(0) if len(left) > 1 else left[0]
        return now(request)

    return answer


class TcpPeer:
    """A server on a free port of the loopback; requests are kept in ``requests``."""

    def __init__(self, answers: Answers, request_bytes: int = TCP_REQUEST) -> None:
        self.answers = answers
        self.requests: list[bytes] = []
        self.connections = 0
        self._request_bytes = request_bytes
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self.hang_up()

    async def hang_up(self) -> None:
        """Close all connections; the server goes on listening."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await reader.readexactly(self._request_bytes)
                self.requests.append(request)
                for step in self.answers(request):
                    if isinstance(step, Close):
                        return
                    if isinstance(step, Wait):
                        await asyncio.sleep(step.seconds)
                    else:
                        writer.write(step.data)
        except (asyncio.IncompleteReadError, OSError):
            return
        finally:
            writer.close()


class PtyPeer:
    """An instrument on a pty. ``path`` is what the driver opens; ``link``, when given, is a lasting name for it."""

    def __init__(self, answers: Answers | None = None, link: Path | None = None) -> None:
        self.answers = answers
        self.requests: list[bytes] = []
        self._received = b""
        self._asked: asyncio.Queue[bytes] = asyncio.Queue()
        self._link = link
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self._plugged = True
        if link is not None:
            link.unlink(missing_ok=True)
            link.symlink_to(self.path)
        asyncio.get_running_loop().add_reader(self._master, self._readable)
        self._worker = asyncio.create_task(self._work())  # one thing after the other, as an instrument does it

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.unplug()
        await asyncio.gather(self._worker, return_exceptions=True)

    def send(self, data: bytes) -> None:
        """Speak without having been asked."""
        os.write(self._master, data)

    def unplug(self) -> None:
        """The device goes, and its name with it."""
        if not self._plugged:
            return
        self._plugged = False
        self._worker.cancel()
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)
        os.close(self._slave)
        if self._link is not None:
            self._link.unlink(missing_ok=True)

    def _readable(self) -> None:
        self._received += os.read(self._master, 4096)
        while self.answers is not None and len(self._received) >= RTU_REQUEST:
            request, self._received = self._received[:RTU_REQUEST], self._received[RTU_REQUEST:]
            self.requests.append(request)
            self._asked.put_nowait(request)

    async def _work(self) -> None:
        while True:
            request = await self._asked.get()
            for step in self.answers(request) if self.answers is not None else ():
                if isinstance(step, Close):
                    self.unplug()
                elif isinstance(step, Wait):
                    await asyncio.sleep(step.seconds)
                else:
                    await self._write(step.data)

    async def _write(self, data: bytes) -> None:
        """All of it, however little a pty takes at once."""
        while data and self._plugged:
            try:
                data = data[os.write(self._master, data) :]
            except BlockingIOError:
                await asyncio.sleep(0.001)
