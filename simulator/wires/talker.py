"""Who speaks on a line of bytes: asked by others' bytes, or unasked each second of the world. Pure: bytes in and out.

On one line there may be several; each hears every byte and picks out its own requests.
"""

from abc import ABC, abstractmethod
from typing import Protocol

from simulator.detectors.instrument import Faults
from simulator.faults.wire import PLAIN, Framing

LONGEST_REQUEST = 300


class Talker(Protocol):
    @property
    def unasked(self) -> bool:
        """It may speak by itself, so it is given every second of the world."""
        ...

    def received(self, data: bytes, t_s: float) -> list["Said"]:
        """What it answers to these bytes."""
        ...

    def gap(self) -> None:
        """The line fell silent."""
        ...

    def second(self, second: int) -> list["Said"]:
        """What it says by itself when that many seconds of the world are over."""
        ...


class Said:
    """Bytes, and the faults of whoever says them."""

    __slots__ = ("data", "faults", "framing")

    def __init__(self, data: bytes, faults: Faults, framing: Framing = PLAIN) -> None:
        self.data = data
        self.faults = faults
        self.framing = framing

    def arrives(self, t_s: float) -> bytes:
        return self.faults.spoil(self.data, t_s, self.framing)


class Asked(ABC):
    """The common half of all that answer requests: a bounded buffer from which whole requests are taken."""

    unasked = False
    framing = PLAIN
    forgets_after_gap = False  # binary protocols: what has not become a request by then is no request

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._buffer = bytearray()

    def received(self, data: bytes, t_s: float) -> list[Said]:
        said: list[Said] = []
        self._buffer += data
        while (request := self.take(self._buffer)) is not None:
            answer = self.answer(request, t_s)
            if answer:
                said.append(Said(answer, self.faults, self.framing))
        if len(self._buffer) > LONGEST_REQUEST:
            del self._buffer[:-LONGEST_REQUEST]
        return said

    def gap(self) -> None:
        if self.forgets_after_gap:
            self._buffer.clear()

    def second(self, second: int) -> list[Said]:
        line = self.sentence(second)
        return [Said(line, self.faults, self.framing)] if line else []

    def sentence(self, second: int) -> bytes:  # noqa: ARG002 - most say nothing unasked
        return b""

    @abstractmethod
    def take(self, buffer: bytearray) -> bytes | None:
        """Removes noise and the next whole request from the buffer; None while there is none."""

    @abstractmethod
    def answer(self, request: bytes, t_s: float) -> bytes:
        """Empty: silence."""


class Unasked(Asked):
    """Speaks each second and never listens."""

    unasked = True

    def take(self, buffer: bytearray) -> bytes | None:
        buffer.clear()
        return None

    def answer(self, request: bytes, t_s: float) -> bytes:  # noqa: ARG002 - it never listens
        return b""


def take_line(buffer: bytearray) -> bytes | None:
    """The next line without its CR LF."""
    end = buffer.find(b"\r\n")
    if end < 0:
        return None
    line = bytes(buffer[:end])
    del buffer[: end + 2]
    return line


def take_between(buffer: bytearray, start: bytes, end: bytes) -> bytes | None:
    """The next request from ``start`` to ``end``, both in it. A start within it begins it anew."""
    stop = buffer.find(end)
    if stop < 0:
        return None
    request = bytes(buffer[: stop + len(end)])
    del buffer[: stop + len(end)]
    begin = request.rfind(start)
    return request[begin:] if begin >= 0 else b""
