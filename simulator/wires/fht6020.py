"""Thermo FHT 6020: ``BEL nn AA [number] bc ETX``; bc is the plain sum from BEL, two upper-case hex digits.

Facts: Thermo's programming manual DT-020-021015E; SLAC's drvFHT and LNLS's stream protocol for the shape of RM's answer
(``RM value vvvv ssss``: value, its status and the system's, in hex). The number's own format is chosen.
"""

from simulator.detectors.instrument import Faults
from simulator.detectors.probe import Probe
from simulator.wires.talker import Asked, take_between

BEL, ETX, NAK = b"\x07", b"\x03", b"\x15"
ADDRESS, COMMAND = slice(1, 3), slice(3, 5)
OVER_RANGE = 0x800
VERSION, DEVICE_TYPE = "SIM 1.0", "FHT6020"  # the simulator's own; the maker's texts are not known to us


def checksum(data: bytes) -> bytes:
    return b"%02X" % (sum(data) % 256)


def frame(address: int, content: str) -> bytes:
    body = BEL + f"{address:02d}{content}".encode("ascii")
    return body + checksum(body) + ETX


class Fht6020(Asked):
    def __init__(self, probe: Probe, address: int, faults: Faults) -> None:
        super().__init__(faults)
        self._probe = probe
        self._address = address

    def take(self, buffer: bytearray) -> bytes | None:
        return take_between(buffer, BEL, ETX)

    def answer(self, request: bytes, t_s: float) -> bytes:
        if len(request) < 8 or request[ADDRESS] != b"%02d" % self._address:
            return b""
        if checksum(request[:-3]) != request[-3:-1]:
            return NAK
        content = self._content(request[COMMAND].decode("ascii", "replace"), request[5:-3], t_s)
        return frame(self._address, content) if content else b""

    def _content(self, command: str, number: bytes, t_s: float) -> str:
        state = self._probe.shown(t_s)
        fixed = {"VR": VERSION, "DP": DEVICE_TYPE, "NR": f"{self._probe.settings.serial:06d}", "##": "0000"}
        if command in fixed and not number:
            return f"{command}{fixed[command]}"
        if command == "RM" and number in (b"", b"1"):
            usv_h = state.dose_rate_nsv_h / 1000.0
            over = usv_h * 1000.0 > self._probe.settings.range_nsv_h
            return f"RM {usv_h:.4E} {OVER_RANGE if over else 0:04X} 0000"
        return ""  # a bad command is met with silence
