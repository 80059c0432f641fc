r"""Ludlum 375: by Ethernet it calls a server and sends XML each 2 s; by RS-232 it dumps 14 bytes each 2 s.

Facts: AustralianSynchrotron/ludlum_m375 with its recorded lines (units code 03 is µSv/h there); the RS-232 dump
from the manual's page 19: six digits with their point, audio, high alarm, low alarm, over-range, monitor, error code,
CR LF.
"""

from dataclasses import dataclass

from simulator.detectors.instrument import Faults
from simulator.detectors.probe import Probe
from simulator.wires.talker import Unasked

PERIOD_S = 2
MOST_USV_H = 9999.9
UNITS_USV_H = "03"


@dataclass(frozen=True, slots=True)
class Monitor:
    rate_usv_h: float
    high_alarm: bool = False
    low_alarm: bool = False
    over_range: bool = False

    @property
    def digits(self) -> str:
        return f"{min(self.rate_usv_h, MOST_USV_H):06.1f}"

    @property
    def audio(self) -> bool:
        return self.high_alarm or self.low_alarm


def xml(state: Monitor, serial: int) -> bytes:
    fields = (
        ("rate", state.digits),
        ("units_code", UNITS_USV_H),
        ("audio", int(state.audio)),
        ("alarm1", int(state.low_alarm)),
        ("alarm2", int(state.high_alarm)),
        ("over_range", int(state.over_range)),
        ("monitor", 1),
        ("error_code", 0),
    )
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in fields)
    return (
        f'<?xml version="1.0" encoding="us-ascii"?><area_monitor rev="1.0" serial="{serial}">'
        f"<status>{inside}</status></area_monitor>\r\n"
    ).encode("ascii")


def dump(state: Monitor) -> bytes:
    flags = (state.audio, state.high_alarm, state.low_alarm, state.over_range, True, False)
    return (state.digits + "".join(str(int(flag)) for flag in flags) + "\r\n").encode("ascii")


class Ludlum375(Unasked):
    """``by_xml``: as its Ethernet does; otherwise the dump."""

    def __init__(
        self, probe: Probe, by_xml: bool, low_usv_h: float | None, high_usv_h: float | None, faults: Faults
    ) -> None:
        super().__init__(faults)
        self._probe = probe
        self._by_xml = by_xml
        self._low_usv_h = low_usv_h
        self._high_usv_h = high_usv_h

    def sentence(self, second: int) -> bytes:
        if second % PERIOD_S:
            return b""
        usv_h = self._probe.shown(second).dose_rate_nsv_h / 1000.0
        state = Monitor(
            rate_usv_h=usv_h,
            high_alarm=self._high_usv_h is not None and usv_h > self._high_usv_h,
            low_alarm=self._low_usv_h is not None and usv_h > self._low_usv_h,
            over_range=usv_h > MOST_USV_H,
        )
        return xml(state, self._probe.settings.serial) if self._by_xml else dump(state)
