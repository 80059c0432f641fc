"""Faults of the wire: what is left of a good reply when it arrives.

Chance is drawn from the seed, the instrument, the second of the world and the reply itself; so the same reply in the
same second is spoilt in the same way, however often it is asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

import numpy as np

ENDINGS = b"\r\n\x03\x00"


@dataclass(frozen=True, slots=True)
class Framing:
    """As much of a wire's frames as a fault must know. Positions count from the front, or from the end if negative."""

    address_at: int | None = None  # the byte that says who answers
    checksum_at: int | None = None  # one byte of the checksum; absent: the last byte before the frame's end marks
    reseal: Callable[[bytes], bytes] | None = None  # puts the right checksum onto a frame that was changed


PLAIN = Framing()


def chance(seed: int, instrument_id: str, second: int, frame: bytes, what: int) -> np.random.Generator:
    return np.random.default_rng([seed, what, max(0, second), crc32(frame), *instrument_id.encode()])


def other_unit(frame: bytes, framing: Framing, unit: int | None) -> bytes:
    """A good frame, in another's name."""
    if framing.address_at is None:
        return frame
    changed = bytearray(frame)
    changed[framing.address_at] = (frame[framing.address_at] + 1) & 0xFF if unit is None else unit
    return framing.reseal(bytes(changed)) if framing.reseal is not None else bytes(changed)


def bad_checksum(frame: bytes, framing: Framing) -> bytes:
    """One bit of the checksum is wrong."""
    if not frame:
        return frame
    at = framing.checksum_at
    if at is None:
        at = max(0, len(frame.rstrip(ENDINGS)) - 1)
    changed = bytearray(frame)
    changed[at] ^= 0x01
    return bytes(changed)


def half_open(frame: bytes, lost: float, changed: float, rng: np.random.Generator) -> bytes:
    """Each byte by itself is lost, or arrives as another one."""
    draws = rng.random((2, len(frame)))
    flips = rng.integers(1, 256, len(frame))
    return bytes(
        byte ^ int(flips[at]) if draws[1, at] < changed else byte
        for at, byte in enumerate(frame)
        if draws[0, at] >= lost
    )


def line_noise(frame: bytes, mean_bytes: float, rng: np.random.Generator) -> bytes:
    """Rubbish in front of the reply and behind it."""
    before, behind = (rng.bytes(int(count)) for count in rng.poisson(mean_bytes, 2))
    return before + frame + behind


def collision(frame: bytes, rng: np.random.Generator) -> bytes:
    """Another one answers at the same time, a little earlier or later; where both drive the line, 0 wins over 1."""
    other = rng.bytes(len(frame))
    shift = int(rng.integers(0, max(1, len(frame) // 2)))
    mixed = bytearray(max(len(frame), len(other) + shift))
    for at in range(len(mixed)):
        mine = frame[at] if at < len(frame) else 0xFF
        theirs = other[at - shift] if shift <= at < shift + len(other) else 0xFF
        mixed[at] = mine & theirs
    return bytes(mixed)
