"""Any Modbus detector by a map of its user's: integers, floats and texts, in four word orders. Gaps are refused."""

import math
import struct
from collections.abc import Sequence

from simulator.detectors.instrument import Faults
from simulator.detectors.probe import Probe, ProbeState
from simulator.scenario_wires import MappedValue
from simulator.wires.modbus import ILLEGAL_ADDRESS, RefusedRequestError, Registers

LIMITS = {"u16": (0, 0xFFFF), "s16": (-0x8000, 0x7FFF), "u32": (0, 0xFFFFFFFF), "s32": (-0x80000000, 0x7FFFFFFF)}
BYTE_ORDERS = {"abcd": (0, 1, 2, 3), "cdab": (2, 3, 0, 1), "badc": (1, 0, 3, 2), "dcba": (3, 2, 1, 0)}


def source_value(value: MappedValue, state: ProbeState) -> float:
    sources = {
        "dose_rate_nsv_h": state.dose_rate_nsv_h,
        "mean_cps": state.near.mean_cps,
        "last_second": float(state.near.last_second),
        "total": float(state.near.total),
        "error_pct": state.near.error_pct,
        "dose_nsv": state.dose_nsv,
        "temperature_degc": state.temperature_degc,
        "constant": float(value.constant),
    }
    return sources[value.source] * value.scale


def encoded(value: MappedValue, number: float) -> Registers:
    """Integers are held at their limits; totals wrap."""
    if value.type == "f32":
        try:
            raw = struct.pack(">f", number)
        except OverflowError:
            raw = struct.pack(">f", math.copysign(math.inf, number))
    else:
        low, high = LIMITS[value.type]
        whole = round(number)
        whole = whole % (high + 1) if value.source == "total" else max(low, min(high, whole))
        raw = whole.to_bytes(2 * value.words, "big", signed=low < 0)
    if len(raw) == 4:
        raw = bytes(raw[place] for place in BYTE_ORDERS[value.word_order])
    elif value.word_order in ("badc", "dcba"):
        raw = raw[::-1]
    return struct.unpack(f">{value.words}H", raw)


def text_registers(text: str) -> Registers:
    raw = text.encode("ascii")
    raw += b"\0" * (len(raw) % 2)
    return struct.unpack(f">{len(raw) // 2}H", raw)


class UserMap:
    def __init__(self, probe: Probe, values: Sequence[MappedValue], faults: Faults) -> None:
        self._probe = probe
        self._values = tuple(values)
        self._faults = faults

    @property
    def faults(self) -> Faults:
        return self._faults

    def read(self, function: int, start: int, count: int, t_s: float) -> Registers:
        state = self._probe.shown(t_s)
        image: dict[int, int] = {}
        for value in self._values:
            if value.function == function:
                words = (
                    text_registers(value.text) if value.type == "text" else encoded(value, source_value(value, state))
                )
                image.update(enumerate(words, value.address))
        wanted = range(start, start + count)
        if not all(word in image for word in wanted):
            raise RefusedRequestError(ILLEGAL_ADDRESS)
        return tuple(image[word] for word in wanted)


def _words(value: MappedValue, state: ProbeState) -> Registers:
    return text_registers(value.text) if value.type == "text" else encoded(value, source_value(value, state))
