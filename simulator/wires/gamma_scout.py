"""Gamma-Scout, firmware 6: single letters; ``P`` and ``X`` begin and end its PC mode, ``O`` its online mode.

Facts: the maker's text for the letters; GammaScoutUtil and GeigerLog for the German sentences and for the online line
``Iiiiicccccc`` (interval and counts in hex). Chosen: that the interval is in seconds, and what follows the S after O.
"""

from collections.abc import Callable
from datetime import datetime

from simulator.detectors.instrument import Faults
from simulator.detectors.probe import Probe
from simulator.wires.talker import Asked

VERSION = "6.10"
LETTERS = b"vPOX"


class GammaScout(Asked):
    unasked = True  # in its online mode

    def __init__(self, probe: Probe, interval_s: int, calendar: Callable[[float], datetime], faults: Faults) -> None:
        super().__init__(faults)
        self._probe = probe
        self._interval_s = interval_s
        self._calendar = calendar
        self._mode = "standard"
        self._online_since = 0

    def take(self, buffer: bytearray) -> bytes | None:
        while buffer:
            letter = bytes(buffer[:1])
            del buffer[:1]
            if letter in LETTERS:
                return letter
        return None

    def answer(self, request: bytes, t_s: float) -> bytes:
        if request == b"v":
            return _line(self._version(t_s))
        if request == b"P" and self._mode == "standard":
            self._mode = "pc"
            return _line("PC-Mode gestartet")
        if request == b"O" and self._mode == "standard":
            self._mode, self._online_since = "online", int(t_s)
            return f"S{self._interval_s:04x}\r\n".encode("ascii")
        if request == b"X" and self._mode != "standard":
            left, self._mode = self._mode, "standard"
            return _line("PC-Mode beendet" if left == "pc" else "Online-Mode beendet")
        return b""

    def sentence(self, second: int) -> bytes:
        on_s = second - self._online_since
        if self._mode != "online" or on_s <= 0 or on_s % self._interval_s:
            return b""
        self._probe.shown(second)
        counts = sum(self._probe.counted_in(second - back) for back in range(self._interval_s))
        return f"I{self._interval_s:04x}{min(counts, 0xFFFFFF):06x}\r\n".encode("ascii")

    def _version(self, t_s: float) -> str:
        if self._mode != "pc":
            return "Standard"
        date = self._calendar(t_s)
        return f"Version {VERSION} {self._probe.settings.serial:06d} 0000 {date:%d.%m.%y %H:%M:%S}"


def _line(text: str) -> bytes:
    return f"\r\n{text}\r\n".encode("ascii")
