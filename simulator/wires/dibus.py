"""DOZA's DiBUS (BDMG-300 and its family): a 14-byte header with its own checksum, then the data with theirs.

Facts: the maker's table of indices; framing and checksum from AsrkStand, recomputed on its example packets.
"""

import struct

from simulator.detectors.instrument import Faults
from simulator.detectors.probe import Probe
from simulator.faults.wire import Framing
from simulator.wires.talker import Asked

HEADER = struct.Struct("<3s3sBBHI")  # to, from, packet type, data type, length, checksum of the first 10 bytes
CHECKED = 10
BROADCAST = b"\xff\xff\xff"
PING, READ, DATA = 0x04, 0x06, 0x07
FLOAT, WORD = 0x01, 0x02  # the data type of a word is chosen
MOST_DATA = 64
STATUS, DOSE_RATE, INTERVAL, UNCERTAINTY, DOSE, MEAN_CPS = 0x18, 0x22, 0x23, 0x24, 0x27, 0x2C


def checksum(data: bytes) -> int:
    """32 bits: rotated by 5, then mixed with the next two bytes; an odd first byte goes in by itself."""
    crc = 0
    if len(data) % 2:
        crc, data = data[0], data[1:]
    for high, low in zip(data[::2], data[1::2], strict=True):
        crc = ((crc << 5 | crc >> 27) & 0xFFFFFFFF) ^ (high << 8 | low)
    return crc


def packet(to: bytes, sender: bytes, kind: int, data_type: int, data: bytes = b"") -> bytes:
    head = HEADER.pack(to, sender, kind, data_type, len(data), 0)[:CHECKED]
    whole = head + checksum(head).to_bytes(4, "little")
    return whole + data + checksum(data).to_bytes(4, "little") if data else whole


def resealed(whole: bytes) -> bytes:
    """The same packet with the right checksum in its header."""
    return whole[:CHECKED] + checksum(whole[:CHECKED]).to_bytes(4, "little") + whole[HEADER.size :]


class Dibus(Asked):
    """``address`` is the last byte of its three; the first two are 01 02 as in the example."""

    forgets_after_gap = True
    framing = Framing(address_at=5, checksum_at=-4, reseal=resealed)  # the last byte of who sends

    def __init__(self, probe: Probe, address: int, faults: Faults) -> None:
        super().__init__(faults)
        self._probe = probe
        self.own = bytes((0x01, 0x02, address))

    def take(self, buffer: bytearray) -> bytes | None:
        """Synchronises by the header's checksum, byte by byte."""
        while len(buffer) >= HEADER.size:
            length = _length(bytes(buffer[: HEADER.size]))
            if length is None:
                del buffer[:1]
                continue
            if len(buffer) < length:
                return None
            request = bytes(buffer[:length])
            del buffer[:length]
            return request
        return None

    def answer(self, request: bytes, t_s: float) -> bytes:
        to, sender, kind, _, length, _ = HEADER.unpack_from(request)
        if to not in (self.own, BROADCAST):
            return b""
        if kind == PING and not length:
            return packet(sender, self.own, PING, 0)
        data = request[HEADER.size : HEADER.size + length]
        if kind != READ or length != 1 or checksum(data).to_bytes(4, "little") != request[-4:]:
            return b""
        return self._read(sender, data[0], t_s)

    def _read(self, sender: bytes, index: int, t_s: float) -> bytes:
        if index == STATUS:
            return packet(sender, self.own, DATA, WORD, bytes((index, 0, 0)))
        state = self._probe.shown(t_s)
        values = {
            DOSE_RATE: state.dose_rate_nsv_h * 1e-9,
            INTERVAL: float(state.near.mean_s),
            UNCERTAINTY: state.near.error_pct,
            DOSE: state.dose_nsv * 1e-9,
            MEAN_CPS: state.near.mean_cps,
        }
        if index not in values:
            return b""
        return packet(sender, self.own, DATA, FLOAT, struct.pack("<Bf", index, values[index]))


def _length(header: bytes) -> int | None:
    """Of the whole packet that begins so; None when it is no header."""
    length, crc = struct.unpack_from("<HI", header, HEADER.size - 6)
    if checksum(header[:CHECKED]) != crc or length > MOST_DATA:
        return None
    return HEADER.size + int(length) + (4 if length else 0)
