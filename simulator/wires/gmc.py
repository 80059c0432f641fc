"""GQ GMC counters by RFC1201 (GMC-280, 300, 320) and RFC1801 (GMC-500, 600): ``<COMMAND>>``, bare bytes, no checksum.

Facts: GQ's RFC1201 1.40 and RFC1801 1.00, GeigerLog; the four bytes of GETTEMP (whole, tenth, sign, AA) as several
public readers take them. The configuration's bytes are not known to us: all FF.
"""

from collections.abc import Callable
from datetime import datetime

from simulator.detectors.instrument import Faults
from simulator.detectors.probe import Probe, ProbeState
from simulator.wires.talker import Asked, take_between

TENTHS_OF_VOLT = 40
CPS_MASK = 0x3FFF
END = b"\xaa"
Calendar = Callable[[float], datetime]  # the world's second as a date
VERSION = {"1201": b"GMC-300Re 4.20", "1801": b"GMC-500+Re 1.22"}


class Gmc(Asked):
    unasked = True  # with its heartbeat on

    def __init__(self, probe: Probe, rfc: str, calendar: Calendar, faults: Faults) -> None:
        super().__init__(faults)
        self._probe = probe
        self._wide = rfc == "1801"
        self._version = VERSION[rfc]
        self._calendar = calendar
        self._heartbeat = False

    def take(self, buffer: bytearray) -> bytes | None:
        return take_between(buffer, b"<", b">>")

    def answer(self, request: bytes, t_s: float) -> bytes:
        name = request[1:-2]
        if name in (b"HEARTBEAT0", b"HEARTBEAT1"):
            self._heartbeat = name.endswith(b"1")
            return b""
        state = self._probe.shown(t_s)
        if name == b"GETDATETIME":
            return date_bytes(self._calendar(t_s))
        return self._number(name, state) or self._about(name, state)

    def sentence(self, second: int) -> bytes:
        if not self._heartbeat:
            return b""
        self._probe.shown(second)
        return self._cps(self._probe.counted_in(second))

    def _number(self, name: bytes, state: ProbeState) -> bytes:
        if name == b"GETCPM":
            return self._cpm(state.near.last_minute)
        if name == b"GETCPS":
            return self._cps(state.near.last_second)
        if self._wide and name in (b"GETCPML", b"GETCPMH"):
            tube = state.near if name.endswith(b"L") or state.far is None else state.far
            return self._cpm(tube.last_minute)
        return b""

    def _about(self, name: bytes, state: ProbeState) -> bytes:
        volt = b"%d.%dv\0" % divmod(TENTHS_OF_VOLT, 10) if self._wide else bytes((TENTHS_OF_VOLT,))
        about = {
            b"GETVER": self._version,
            b"GETVOLT": volt,
            b"GETCFG": b"\xff" * (512 if self._wide else 256),
            b"GETSERIAL": self._probe.settings.serial.to_bytes(7, "big"),
            b"GETTEMP": temperature_bytes(state.temperature_degc),
        }
        return about.get(name, b"")

    def _cpm(self, cpm: int) -> bytes:
        return cpm.to_bytes(4, "big") if self._wide else min(cpm, 0xFFFF).to_bytes(2, "big")

    def _cps(self, cps: int) -> bytes:
        return cps.to_bytes(4, "big") if self._wide else min(cps, CPS_MASK).to_bytes(2, "big")


def date_bytes(date: datetime) -> bytes:
    return bytes((date.year % 100, date.month, date.day, date.hour, date.minute, date.second)) + END


def temperature_bytes(degc: float) -> bytes:
    whole, tenth = divmod(round(abs(degc) * 10), 10)
    return bytes((whole & 0xFF, tenth, 1 if degc < 0 else 0)) + END
