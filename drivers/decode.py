"""From what was on the wire to values in canonical units: pure, no I/O.

A 32-bit float is taken as the shortest decimal that gives the same float, which is what the instrument meant, and is
scaled in decimal: 0.12 µSv/h that travels as a float in Sv/h comes out as exactly 120 nSv/h.
What is not a number or is the profile's code for "no value" becomes None with SENSOR_INVALID, never 0.
"""

import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation

import numpy as np

from config.profile import Detector, LineValue, Profile, RegisterValue, flag_of
from config.quality import Quality
from drivers.base import Reading

NO_FLAGS = Quality(0)
WORDS = {"u16": 1, "s16": 1, "u8lo": 1, "u8hi": 1, "u32": 2, "s32": 2, "f32": 2}


def raw_bits(value: RegisterValue, words: Sequence[int]) -> int:
    """The value's bits as one unsigned number, word and byte order undone. ``words`` are in order of address."""
    if value.byte_order == "little":
        words = [(word >> 8) | (word & 0xFF) << 8 for word in words]
    if len(words) == 1:
        word = words[0]
        return {"u8lo": word & 0xFF, "u8hi": word >> 8}.get(value.type, word)
    high, low = words if value.word_order == "big" else (words[1], words[0])
    return high << 16 | low


def raw_number(value: RegisterValue, bits: int) -> int | Decimal | None:
    """What the bits say: a whole number, or a float as its shortest decimal; None when that is not a number."""
    if value.type == "f32":
        number = np.float32(struct.unpack(">f", bits.to_bytes(4, "big"))[0])
        return Decimal(str(number)) if np.isfinite(number) else None
    if value.type == "s16":
        return bits - 0x1_0000 if bits & 0x8000 else bits
    if value.type == "s32":
        return bits - 0x1_0000_0000 if bits & 0x8000_0000 else bits
    return bits


def canonical(value: RegisterValue, bits: int) -> float | None:
    """The value in its canonical unit; None when it is no number or one of the profile's codes (a float's bits)."""
    number = raw_number(value, bits)
    if number is None or (bits if value.type == "f32" else number) in value.invalid:
        return None
    return scaled(number, value.scale, value.offset)


def scaled(number: int | Decimal, scale: float, offset: float = 0.0) -> float | None:
    """raw * scale + offset in decimal, so that 10132 tenths are 1013.2; a zero has no sign, too much is no number."""
    result = float(Decimal(number) * Decimal(str(scale)) + Decimal(str(offset))) + 0.0
    return result if math.isfinite(result) else None


def register_reading(profile: Profile, words: Mapping[int, int], raw: bytes) -> Reading:
    """A reading from registers by address. Values of registers that were not read (fallback) are None, without flag."""
    values: dict[str, float | None] = {}
    flags = NO_FLAGS
    for value in profile.values:
        found = [words.get(value.address + i) for i in range(WORDS[value.type])]
        there = [word for word in found if word is not None]
        if len(there) != len(found):
            values[value.name] = None
            continue
        bits = raw_bits(value, there)
        values[value.name] = canonical(value, bits)
        if values[value.name] is None:
            flags |= Quality.SENSOR_INVALID
        elif value.quantity == "status":
            flags |= status_flags(profile, value.name, bits)
    quantities = {value.name: value.quantity for value in profile.values}
    flags |= range_flags(profile.detector, values, quantities)
    return Reading(values, quantities, flags, raw)


def status_flags(profile: Profile, name: str, bits: int) -> Quality:
    """What the instrument says against its own value."""
    flags = NO_FLAGS
    for bit in profile.status_bits:
        if bit.value == name and (bits >> bit.bit) & 1 == bit.when:
            flags |= flag_of(bit)
    return flags


def range_flags(
    detector: Detector | None, values: Mapping[str, float | None], quantities: Mapping[str, str]
) -> Quality:
    """Dose rates outside the profile's range stay what they are, flagged."""
    flags = NO_FLAGS
    if detector is None:
        return flags
    for name, value in values.items():
        if value is None or quantities[name] != "dose_rate":
            continue
        if value > detector.high_nsv_h:
            flags |= Quality.OVER_RANGE
        elif value < detector.low_nsv_h:
            flags |= Quality.UNDER_RANGE
    return flags


def line_values(
    line_values: Iterable[LineValue], groups: Mapping[str, str | None]
) -> tuple[dict[str, float | None], Quality]:
    """The values of one sentence; a group that took no part is None, one that is no number None and flagged."""
    values: dict[str, float | None] = {}
    flags = NO_FLAGS
    for value in line_values:
        text = groups.get(value.name)
        number = None if text is None else decimal_of(text)
        values[value.name] = None if number is None else scaled(number, value.scale)
        if text is not None and values[value.name] is None:
            flags |= Quality.SENSOR_INVALID
    return values, flags


def decimal_of(text: str) -> Decimal | None:
    """A number, or None."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
