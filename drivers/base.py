"""What every driver is: open, read, close; one reading from one exchange; typed errors, transient and permanent apart.

DriverError
├── TransientError            try again, with a back-off
│   ├── NoAnswerError         nothing came within the deadline
│   ├── BadAnswerError        something came that is not the answer (checksum, length, function, range)
│   ├── BusyError             the instrument or a gateway says "later" (Modbus 5, 6, 0x0A, 0x0B)
│   └── PortGoneError         the port or connection is not there (any more)
└── PermanentError            asking again changes nothing
    └── RefusedError          the instrument refuses this request (Modbus 1, 2, 3, 4)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from config.quality import Quality


class DriverError(Exception):
    """Base of all; the text is one line: what was read, from where, what was expected."""


class TransientError(DriverError):
    pass


class NoAnswerError(TransientError):
    pass


class BadAnswerError(TransientError):
    pass


class BusyError(TransientError):
    pass


class PortGoneError(TransientError):
    pass


class PermanentError(DriverError):
    pass


class RefusedError(PermanentError):
    pass


@dataclass(frozen=True, slots=True)
class Reading:
    """What one poll gave. ``values``: by the profile's value name, in canonical units; None is missing, never 0.

    The driver stamps nothing: the caller knows when it asked and when the answer was there.
    """

    values: Mapping[str, float | None]
    quantities: Mapping[str, str]  # value name -> quantity (config.profile.CANONICAL_UNIT)
    flags: Quality
    raw: bytes  # the registers (big-endian words) or the sentence, for the record and for --raw

    def of(self, quantity: str) -> float | None:
        """The first value of a quantity that is there, or None."""
        for name, kind in self.quantities.items():
            if kind == quantity and self.values[name] is not None:
                return self.values[name]
        return None


class Driver(Protocol):
    """One instrument. The bus's task is the only caller; calls never overlap on one bus."""

    async def read(self) -> Reading:
        """One exchange. Raises DriverError; never cancelled in flight: it ends by its own deadline."""
        ...


class Line(Protocol):
    """One wire (a TCP connection, a serial port) that the instruments of a bus share. Opens by itself when asked."""

    @property
    def worst_case_s(self) -> float:
        """The longest that one exchange can take, all its deadlines together (real seconds)."""
        ...

    async def close(self) -> None: ...
