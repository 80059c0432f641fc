"""A Modbus RTU slave line on a pseudo-terminal: bad frames and strangers' addresses are met with silence."""

import asyncio
import logging
from collections.abc import Mapping

from simulator.faults.wire import Framing
from simulator.wires.crc import crc16
from simulator.wires.modbus import Device, Now, reply_to
from simulator.wires.pty import PtyEnd

log = logging.getLogger(__name__)

FRAME_GAP_S = 0.02  # silence after which what is in the buffer was not a frame
LONGEST_FRAME = 256
FIXED_LENGTH = {1: 8, 2: 8, 3: 8, 4: 8, 5: 8, 6: 8, 7: 4, 11: 4, 17: 4}
WITH_BYTE_COUNT = (15, 16)


class ModbusRtuWire:
    """Serves from ``open`` until ``close``."""

    def __init__(self, devices: Mapping[int, Device], now: Now) -> None:
        self._devices = devices
        self._now = now
        self._pty: PtyEnd | None = None
        self._received = bytearray()
        self._gap: asyncio.TimerHandle | None = None
        self._late: set[asyncio.TimerHandle] = set()

    async def open(self) -> None:
        self._pty = PtyEnd()
        asyncio.get_running_loop().add_reader(self._pty.fd, self._readable)

    @property
    def where(self) -> dict[str, str | int]:
        assert self._pty is not None  # noqa: S101 - asked after open
        return {"device": self._pty.device}

    async def close(self) -> None:
        for timer in (*self._late, *((self._gap,) if self._gap else ())):
            timer.cancel()
        self._late.clear()
        if self._pty is not None:
            asyncio.get_running_loop().remove_reader(self._pty.fd)
            self._pty.close()
            self._pty = None

    def _readable(self) -> None:
        if self._pty is None:
            return
        self._received += self._pty.read()
        if self._gap is not None:
            self._gap.cancel()
        while (length := frame_length(self._received)) and len(self._received) >= length:
            frame = bytes(self._received[:length])
            del self._received[:length]
            self._frame(frame)
        if len(self._received) > LONGEST_FRAME:
            self._received.clear()
        self._gap = asyncio.get_running_loop().call_later(FRAME_GAP_S, self._received.clear)

    def _frame(self, frame: bytes) -> None:
        if crc16(frame[:-2]) != frame[-2:]:
            log.debug("bad frame dropped: %s", frame.hex(" "))
            self._received.clear()
            return
        device = self._devices.get(frame[0])
        t_s = self._now()
        reply = reply_to(device, frame[1:-2], t_s) if device is not None else None
        if device is None or reply is None:
            return
        answer = device.faults.spoil(_sealed(frame[:1] + reply.pdu), t_s, FRAMING)
        if reply.delay_s:
            self._send_late(reply.delay_s, answer)
        else:
            self._send(answer)

    def _send_late(self, delay_s: float, answer: bytes) -> None:
        def send() -> None:
            self._late.discard(timer)
            self._send(answer)

        timer = asyncio.get_running_loop().call_later(delay_s, send)
        self._late.add(timer)

    def _send(self, answer: bytes) -> None:
        if self._pty is not None:
            self._pty.write(answer)


def _sealed(body: bytes) -> bytes:
    return body + crc16(body)


FRAMING = Framing(address_at=0, checksum_at=-2, reseal=lambda frame: _sealed(frame[:-2]))


def frame_length(received: bytes | bytearray) -> int | None:
    """How long the request at the beginning is; None while that cannot be known (the gap then ends it)."""
    if len(received) < 2:
        return None
    if received[1] in WITH_BYTE_COUNT:
        return 9 + received[6] if len(received) > 6 else None
    return FIXED_LENGTH.get(received[1])
