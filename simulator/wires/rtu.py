"""Modbus RTU slaves on one line: bad frames and strangers' addresses are met with silence.

A device whose maker sends the CRC's high byte first (``crc_high_first``) is spoken to in that order and no other.
"""

import logging
from collections.abc import Mapping

from simulator.faults.wire import Framing
from simulator.wires.crc import crc16
from simulator.wires.modbus import Device, Now, reply_to
from simulator.wires.ports import PtyPort
from simulator.wires.stream import FRAME_GAP_S, StreamWire
from simulator.wires.talker import Said

__all__ = ["FRAME_GAP_S", "ModbusRtuWire", "RtuSlaves", "frame_length"]

log = logging.getLogger(__name__)

LONGEST_FRAME = 256
FIXED_LENGTH = {1: 8, 2: 8, 3: 8, 4: 8, 5: 8, 6: 8, 7: 4, 11: 4, 17: 4}
WITH_BYTE_COUNT = (15, 16)


class RtuSlaves:
    """All slaves of a line, as one talker."""

    unasked = False

    def __init__(self, devices: Mapping[int, Device]) -> None:
        self._devices = devices
        self._received = bytearray()

    def received(self, data: bytes, t_s: float) -> list[Said]:
        self._received += data
        said: list[Said] = []
        while (length := frame_length(self._received)) and len(self._received) >= length:
            frame = bytes(self._received[:length])
            del self._received[:length]
            said.extend(self._frame(frame, t_s))
        if len(self._received) > LONGEST_FRAME:
            self._received.clear()
        return said

    def gap(self) -> None:
        self._received.clear()

    def second(self, second: int) -> list[Said]:  # noqa: ARG002 - a slave never speaks by itself
        return []

    def _frame(self, frame: bytes, t_s: float) -> list[Said]:
        device = self._devices.get(frame[0])
        if device is None:
            if crc16(frame[:-2]) != frame[-2:]:
                self._received.clear()
            return []
        if checked(device, frame[:-2]) != frame:
            log.debug("bad frame dropped: %s", frame.hex(" "))
            self._received.clear()
            return []
        reply = reply_to(device, frame[1:-2], t_s)
        if reply is None:
            return []
        framing = Framing(address_at=0, checksum_at=-2, reseal=lambda answer: checked(device, answer[:-2]))
        return [Said(checked(device, frame[:1] + reply.pdu), device.faults, framing)]


class ModbusRtuWire(StreamWire):
    """An RTU line on a pseudo-terminal."""

    def __init__(self, devices: Mapping[int, Device], now: Now) -> None:
        super().__init__([RtuSlaves(devices)], PtyPort(), now)


def checked(device: Device, body: bytes) -> bytes:
    """The body with its CRC in the device's byte order."""
    crc = crc16(body)
    return body + (crc[::-1] if getattr(device, "crc_high_first", False) else crc)


def frame_length(received: bytes | bytearray) -> int | None:
    """How long the request at the beginning is; None while that cannot be known (the gap then ends it)."""
    if len(received) < 2:
        return None
    if received[1] in WITH_BYTE_COUNT:
        return 9 + received[6] if len(received) > 6 else None
    return FIXED_LENGTH.get(received[1])
