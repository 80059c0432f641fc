"""ECOTEST BDBG-09 and BDBG-09S, protocols 1.2 (4-bit address) and 1.3 (8-bit address).

Facts: two vendor manuals and three independent implementations. Checksum: 8-bit sum with end-around carry over all
bytes before it. Command 4 means two things in two sources: not answered.
"""

from abc import abstractmethod

from simulator.detectors.instrument import Faults
from simulator.detectors.probe import Probe
from simulator.faults.wire import Framing
from simulator.wires.talker import Asked

START = b"\x55\xaa"
V13_MARK = 0x70
BROADCAST = 0x0F
DOSE_RATE, SERIAL, TEMPERATURE = 0, 5, 8
DOSE_RATE_REPLY = 1
UNRELIABLE, COARSE_LSB = 1 << 2, 1 << 7
UNRELIABLE_ABOVE_PCT = 50  # chosen
LONG = 0xFFFFFFFF


def checksum(data: bytes) -> int:
    total = 0
    for byte in data:
        total += byte
        total = (total & 0xFF) + (total >> 8)
    return total


def sealed(body: bytes) -> bytes:
    return body + bytes((checksum(body),))


def dose_rate_fields(nsv_h: float, error_pct: float, status: int = 0) -> bytes:
    """Four bytes in 0.01 µSv/h, or 0.1 µSv/h (bit 7) when they would not hold it; the error; the status."""
    number = round(nsv_h / 10.0)
    if number > LONG:
        number, status = min(round(nsv_h / 100.0), LONG), status | COARSE_LSB
    error = min(round(error_pct), 255)
    if error > UNRELIABLE_ABOVE_PCT:
        status |= UNRELIABLE
    return number.to_bytes(4, "little") + bytes((error, status))


def temperature_fields(degc: float) -> bytes:
    """Two bytes in 1/16 °C. The sources differ about the sign; here two's complement, as the manual's sensor."""
    return (round(degc * 16) & 0xFFFF).to_bytes(2, "little")


class _Bdbg09(Asked):
    forgets_after_gap = True
    serial_bytes = 4  # the replies' lengths are facts; that it is binary, the low byte first, is chosen

    def __init__(self, probe: Probe, address: int, faults: Faults) -> None:
        super().__init__(faults)
        self._probe = probe
        self._address = address

    def take(self, buffer: bytearray) -> bytes | None:
        begin = buffer.find(START)
        if begin < 0:
            del buffer[: -1 if buffer.endswith(START[:1]) else None]
            return None
        del buffer[:begin]
        length = self.length()
        if len(buffer) < length:
            return None
        request = bytes(buffer[:length])
        del buffer[:length]
        return request

    @abstractmethod
    def length(self) -> int:
        """Of its queries."""

    def _fields(self, command: int, t_s: float) -> bytes | None:
        state = self._probe.shown(t_s)
        if command == DOSE_RATE:
            return dose_rate_fields(state.dose_rate_nsv_h, state.near.error_pct)
        if command == SERIAL:
            return self._probe.settings.serial.to_bytes(self.serial_bytes, "little")
        if command == TEMPERATURE:
            return temperature_fields(state.temperature_degc)
        return None


class Bdbg09V12(_Bdbg09):
    """``55 AA cA`` without a checksum; the answer's third byte is its code and the address."""

    framing = Framing(address_at=2, checksum_at=-1, reseal=lambda answer: sealed(answer[:-1]))

    def length(self) -> int:
        return 3

    def answer(self, request: bytes, t_s: float) -> bytes:
        command, address = request[2] >> 4, request[2] & 0x0F
        if address not in (self._address, BROADCAST):
            return b""
        fields = self._fields(command, t_s)
        if fields is None:
            return b""
        code = DOSE_RATE_REPLY if command == DOSE_RATE else command
        return sealed(START + bytes((code << 4 | self._address,)) + fields)


class Bdbg09V13(_Bdbg09):
    """``55 AA 70 address command checksum``."""

    serial_bytes = 5

    framing = Framing(address_at=3, checksum_at=-1, reseal=lambda answer: sealed(answer[:-1]))

    def length(self) -> int:
        return 6

    def answer(self, request: bytes, t_s: float) -> bytes:
        if sealed(request[:-1]) != request or request[2] != V13_MARK or request[3] != self._address:
            return b""
        fields = self._fields(request[4], t_s)
        if fields is None:
            return b""
        code = DOSE_RATE_REPLY if request[4] == DOSE_RATE else request[4]
        return sealed(START + bytes((V13_MARK, self._address, code)) + fields)
