r"""Rad Pro's firmware: ``GET name\r\n`` is answered ``OK value\r\n``, all else ``ERROR\r\n``.

Facts: Gissio/radpro docs/comm.md.
"""

from collections.abc import Callable
from datetime import datetime

from simulator.detectors.instrument import Faults
from simulator.detectors.probe import Probe
from simulator.wires.talker import Asked, take_line

COUNTER = 1 << 32
BATTERY_V = 1.421


class RadPro(Asked):
    def __init__(self, probe: Probe, calendar: Callable[[float], datetime], faults: Faults) -> None:
        super().__init__(faults)
        self._probe = probe
        self._calendar = calendar

    def take(self, buffer: bytearray) -> bytes | None:
        return take_line(buffer)

    def answer(self, request: bytes, t_s: float) -> bytes:
        value = self._value(request.decode("ascii", "replace"), t_s)
        return b"ERROR\r\n" if value is None else f"OK {value}\r\n".encode("ascii")

    def _value(self, request: str, t_s: float) -> str | None:
        state, tube = self._probe.shown(t_s), self._probe.settings.near
        values = {
            "GET deviceId": f"Rad Pro simulator;Rad Pro 2.0/en;{self._probe.settings.serial:024x}",
            "GET deviceBatteryVoltage": f"{BATTERY_V:.3f}",
            "GET deviceTime": str(int(self._calendar(t_s).timestamp())),
            "GET tubePulseCount": str(state.near.total % COUNTER),
            "GET tubeRate": f"{60 * state.near.mean_cps:.3f}",
            "GET tubeSensitivity": f"{60 * tube.sensitivity_cps_per_usv_h:.3f}",
            "GET tubeDeadTime": f"{tube.dead_time_us * 1e-6:.7f}",
        }
        return values.get(request)
