"""What a scenario's file may say of buses, and who has a place on which."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.schema import Identifier, Part
from simulator.scenario_parts import InstrumentBase
from simulator.scenario_wires import SWAPPED_CRC, ModbusInstrument, StreamInstrument, Wxt530AsciiInstrument

MODBUS_KINDS = ("modbus-tcp", "modbus-rtu", "modbus-rtu-tcp")
SHARES_A_LINE = ("thermo-fht-6020", "ecotest-bdbg-09", "doza-bdmg-300", "vaisala-wxt530-ascii")


class BusSpec(Part):
    """``modbus-rtu`` and ``serial-line`` are pseudo-terminals, ``-tcp`` the same bytes on a TCP port (``socket://``).

    On a ``tcp-client`` bus the instrument calls a server on this machine, at ``port``.
    """

    id: Identifier
    kind: Literal["modbus-tcp", "modbus-rtu", "modbus-rtu-tcp", "serial-line", "serial-tcp", "tcp-client"]
    port: Annotated[int, Field(ge=1, le=65535)] | None = None

    @model_validator(mode="after")
    def _whom_to_call(self) -> Self:
        if (self.kind == "tcp-client") != (self.port is not None):
            raise ValueError("port belongs to tcp-client, and tcp-client needs it")
        return self


def bus_mistakes(buses: Iterable[BusSpec], instruments: Iterable[InstrumentBase]) -> Iterator[str]:
    kinds = {bus.id: bus.kind for bus in buses}
    taken: dict[str, set[str]] = {}
    for instrument in instruments:
        kind = kinds.get(instrument.bus)
        if kind is None:
            yield f"instrument {instrument.id}: there is no bus {instrument.bus}"
            continue
        if not _speaks_on(instrument, kind):
            yield f"instrument {instrument.id}: {profile_of(instrument)} does not speak on a {kind} bus"
        place, others = _place(instrument, kind), taken.setdefault(instrument.bus, set())
        if place in others or "whole" in others or (place == "whole" and others):
            yield f"instrument {instrument.id}: its place on bus {instrument.bus} is taken"
        others.add(place)


def _speaks_on(instrument: InstrumentBase, kind: str) -> bool:
    if isinstance(instrument, SWAPPED_CRC):
        return kind in ("modbus-rtu", "modbus-rtu-tcp")  # no gateway understands their frames
    sentences = isinstance(instrument, StreamInstrument) or profile_of(instrument) == "mightyohm"
    return sentences == (kind not in MODBUS_KINDS)


def _place(instrument: InstrumentBase, kind: str) -> str:
    """Where on its bus: a unit, a protocol's own address, or the whole line."""
    if kind in MODBUS_KINDS or isinstance(instrument, ModbusInstrument):
        return str(instrument.address)
    if isinstance(instrument, Wxt530AsciiInstrument):
        return f"letter {instrument.letter}"
    profile = profile_of(instrument)
    return f"{profile} {instrument.address}" if profile in SHARES_A_LINE else "whole"


def profile_of(instrument: InstrumentBase) -> str:
    return str(getattr(instrument, "profile", ""))
