r"""Thermo FH40G: woken by ``@``, asked by ``Rx\r\n``, answers ``#0.1729E+0 0 0.1558E+0 0 00``.

Facts from a single source (third-party code that quotes the maker's protocol sheet): value, unit, mean, unit, status.
The line's end and that it answers nothing when not woken are chosen.
"""

import math

from simulator.detectors.instrument import Faults
from simulator.detectors.probe import Probe
from simulator.wires.talker import Asked, take_line

WAKE = b"@"
USV_H = 0
OVER_RANGE = 0x02


def number(value: float) -> str:
    """As in the example: 0.1729E+0, a mantissa from 0.1 to below 1."""
    if value <= 0.0:
        return "0.0000E+0"
    exponent = math.floor(math.log10(value)) + 1
    mantissa = round(value / 10.0**exponent, 4)
    if mantissa >= 1.0:
        mantissa, exponent = mantissa / 10.0, exponent + 1
    return f"{mantissa:.4f}E{exponent:+d}"


def reply(value_usv_h: float, mean_usv_h: float, status: int) -> bytes:
    return f"#{number(value_usv_h)} {USV_H} {number(mean_usv_h)} {USV_H} {status:02X}\r\n".encode("ascii")


class Fh40g(Asked):
    def __init__(self, probe: Probe, faults: Faults) -> None:
        super().__init__(faults)
        self._probe = probe

    def take(self, buffer: bytearray) -> bytes | None:
        return take_line(buffer)

    def answer(self, request: bytes, t_s: float) -> bytes:
        if not request.startswith(WAKE) or request.lstrip(WAKE) != b"Rx":
            return b""
        state = self._probe.shown(t_s)
        sensitivity = self._probe.settings.near.sensitivity_cps_per_usv_h
        now_usv_h = state.near.last_second / sensitivity
        mean_usv_h = state.dose_rate_nsv_h / 1000.0
        over = state.dose_rate_nsv_h > self._probe.settings.range_nsv_h
        return reply(now_usv_h, mean_usv_h, OVER_RANGE if over else 0)
