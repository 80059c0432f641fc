"""Modbus, the slave's side: what stands behind a unit id, and how a request PDU becomes a reply PDU.

Function 3 and 4 read registers. Everything else is refused with exception 1, unless a device knows it itself.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from simulator.detectors.instrument import Faults

READ_HOLDING, READ_INPUT = 3, 4
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3
MOST_REGISTERS = 125

Registers = tuple[int, ...]
Now = Callable[[], float]  # seconds since the world began


class RefusedRequestError(Exception):
    """The slave answers with a Modbus exception."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code}")
        self.code = code


class Device(Protocol):
    """A register map with an instrument behind it."""

    @property
    def faults(self) -> Faults: ...

    def read(self, function: int, start: int, count: int, t_s: float) -> Registers:
        """Raises RefusedRequestError."""
        ...


@runtime_checkable
class OwnFunctions(Protocol):
    """A device that knows more functions than 3 and 4."""

    def answer(self, pdu: bytes, t_s: float) -> bytes | None:
        """Raises RefusedRequestError; None is silence."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    pdu: bytes
    delay_s: float  # real seconds


def reply_to(device: Device, pdu: bytes, t_s: float) -> Reply | None:
    """None: this slave says nothing."""
    if device.faults.silent(t_s):
        return None
    delay_s = device.faults.delay_s(t_s)
    function = pdu[0]
    code = device.faults.exception(t_s)
    if code is not None:
        return Reply(bytes((function | 0x80, code)), delay_s)
    try:
        answer = _answer(device, pdu, t_s)
        return None if answer is None else Reply(answer, delay_s)
    except RefusedRequestError as refused:
        return Reply(bytes((function | 0x80, refused.code)), delay_s)


def _answer(device: Device, pdu: bytes, t_s: float) -> bytes | None:
    if pdu[0] in (READ_HOLDING, READ_INPUT):
        return _read(device, pdu, t_s)
    if isinstance(device, OwnFunctions):
        return device.answer(pdu, t_s)
    raise RefusedRequestError(ILLEGAL_FUNCTION)


def _read(device: Device, pdu: bytes, t_s: float) -> bytes:
    if len(pdu) != 5:
        raise RefusedRequestError(ILLEGAL_VALUE)
    function, start, count = struct.unpack(">BHH", pdu)
    if not 1 <= count <= MOST_REGISTERS:
        raise RefusedRequestError(ILLEGAL_VALUE)
    registers = device.read(function, start, count, t_s)
    return struct.pack(f">BB{count}H", function, 2 * count, *registers)


def block(image: Mapping[int, Registers], start: int, count: int) -> Registers:
    """A part of one of the blocks (by start address) of an image; a request must lie within one block."""
    for first, registers in image.items():
        if first <= start and start + count <= first + len(registers):
            return registers[start - first : start - first + count]
    raise RefusedRequestError(ILLEGAL_ADDRESS)


def float_low_word_first(value: float) -> Registers:
    """A 32-bit float in two registers, the low word first."""
    high, low = struct.unpack(">HH", struct.pack(">f", value))
    return (low, high)
