"""What a scenario's file may say of the instruments that are played on a wire by their maker's own protocol.

Sensitivities and dead times here are chosen, or of the published tube; docs/simulator-wires.md says which. What the
protocol itself fixes is not a setting.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.schema import Part, Positive
from simulator.scenario_parts import Channel, InstrumentBase

Register = Annotated[int, Field(ge=0, le=65535)]


class ProbeSettings(Part):
    """A counting probe: its tubes, how long it averages, how far it reaches."""

    near: Channel = Channel(sensitivity_cps_per_usv_h=2.0, dead_time_us=100.0, dead_time_model="non_paralysable")
    far: Channel | None = None
    far_above_nsv_h: Positive | None = None  # above this on the far tube, it is in charge
    near_below_nsv_h: Positive | None = None  # until it is below this; absent: the same level
    smoothing_s: Annotated[float, Field(ge=0, le=3600)] = 0.0  # time constant of what it shows, after its mean
    average_s: Annotated[int, Field(ge=1, le=3600)] = 60
    range_nsv_h: Positive = 1e8
    serial: Annotated[int, Field(ge=0, le=999999)] = 123456

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.far is None) != (self.far_above_nsv_h is None):
            raise ValueError("far and far_above_nsv_h go together")
        if self.near_below_nsv_h is not None and not self.near_below_nsv_h <= (self.far_above_nsv_h or 0.0):
            raise ValueError("near_below_nsv_h is at most far_above_nsv_h, and needs it")
        return self


def tube(cps_per_usv_h: float, dead_us: float = 0.0) -> Channel:
    model: Literal["none", "non_paralysable"] = "non_paralysable" if dead_us else "none"
    return Channel(sensitivity_cps_per_usv_h=cps_per_usv_h, dead_time_us=dead_us, dead_time_model=model)


class Fht6020Instrument(InstrumentBase):
    profile: Literal["thermo-fht-6020"]
    address: Annotated[int, Field(ge=1, le=99)] = 1
    device: ProbeSettings = ProbeSettings(near=tube(1.7, 100.0), far=tube(0.03, 20.0), far_above_nsv_h=1e6)


class Fh40gInstrument(InstrumentBase):
    profile: Literal["thermo-fh40g"]
    device: ProbeSettings = ProbeSettings(near=tube(1.7, 100.0))


class Bdbg09Instrument(InstrumentBase):
    profile: Literal["ecotest-bdbg-09"]
    address: Annotated[int, Field(ge=1, le=254)] = 1
    protocol: Literal["1.2", "1.3"] = "1.3"
    device: ProbeSettings = ProbeSettings(near=tube(2.0, 100.0), far=tube(0.02, 20.0), far_above_nsv_h=5e6)

    @model_validator(mode="after")
    def _four_bits(self) -> Self:
        if self.protocol == "1.2" and self.address > 14:
            raise ValueError("protocol 1.2 has addresses 1 to 14")
        return self


class DibusInstrument(InstrumentBase):
    profile: Literal["doza-bdmg-300"]
    address: Annotated[int, Field(ge=1, le=254)] = 3
    device: ProbeSettings = ProbeSettings(near=tube(10.0, 50.0))


class GmcInstrument(InstrumentBase):
    profile: Literal["gq-gmc-rfc1201", "gq-gmc-rfc1801"]
    device: ProbeSettings = ProbeSettings(near=tube(108.3 / 60, 90.0))


class RadProInstrument(InstrumentBase):
    profile: Literal["rad-pro"]
    device: ProbeSettings = ProbeSettings(near=tube(135.2 / 60, 100.0))


class GammaScoutInstrument(InstrumentBase):
    profile: Literal["gamma-scout"]
    online_interval_s: Annotated[int, Field(ge=1, le=3600)] = 10
    device: ProbeSettings = ProbeSettings(near=tube(142 / 60, 100.0))


class LudlumInstrument(InstrumentBase):
    """It calls out on a ``tcp-client`` bus (XML), and dumps on a serial line (14 bytes)."""

    profile: Literal["ludlum-375"]
    high_alarm_usv_h: Positive | None = None
    low_alarm_usv_h: Positive | None = None
    device: ProbeSettings = ProbeSettings(near=tube(3.0, 50.0), average_s=10)


class Bdkg05Instrument(InstrumentBase):
    profile: Literal["atomtex-bdkg-05"]
    cold: bool = True  # powered up when the world begins; else it is as some master's start-up left it
    device: ProbeSettings = ProbeSettings(near=tube(3500.0), average_s=30, range_nsv_h=2e4)


class Btdu3Instrument(InstrumentBase):
    profile: Literal["atomtex-btdu-3"]
    device: ProbeSettings = ProbeSettings(near=tube(3500.0), far=tube(0.5, 20.0), far_above_nsv_h=5e4, average_s=30)


class Wxt530ModbusInstrument(InstrumentBase):
    profile: Literal["vaisala-wxt530-modbus"]


class Wxt530AsciiInstrument(InstrumentBase):
    profile: Literal["vaisala-wxt530-ascii"]
    letter: Annotated[str, Field(pattern=r"^[0-9A-Za-z]$")] = "0"  # its address on the wire
    pressure_unit: Literal["H", "B"] = "H"


class Xm9505Instrument(InstrumentBase):
    profile: Literal["sonbus-xm9505"]


class Hd2016Instrument(InstrumentBase):
    profile: Literal["deltaohm-hd2016"]


MapSource = Literal[
    "dose_rate_nsv_h",
    "mean_cps",
    "last_second",
    "total",
    "error_pct",
    "dose_nsv",
    "temperature_degc",
    "constant",
    "text",
]


class MappedValue(Part):
    """One value of a user map: raw = source × scale. ``word_order``: how the four bytes ABCD lie on the wire."""

    address: Register
    function: Literal[3, 4] = 4
    type: Literal["u16", "s16", "u32", "s32", "f32", "text"] = "f32"
    word_order: Literal["abcd", "cdab", "badc", "dcba"] = "abcd"
    source: MapSource = "dose_rate_nsv_h"
    scale: float = 1.0
    constant: int = 0  # bit fields and whatever else does not change
    text: Annotated[str, Field(max_length=100, pattern=r"^[ -~]*$")] = ""

    @model_validator(mode="after")
    def _text_is_text(self) -> Self:
        if (self.type == "text") != (self.source == "text") or (self.type == "text") != bool(self.text):
            raise ValueError("type, source and text go together")
        return self

    @property
    def words(self) -> int:
        if self.type == "text":
            return (len(self.text) + 1) // 2
        return 1 if self.type in ("u16", "s16") else 2


class UserMapInstrument(InstrumentBase):
    """Any Modbus detector that its user has mapped."""

    profile: Literal["user-map"]
    values: Annotated[tuple[MappedValue, ...], Field(min_length=1, max_length=200)] = (MappedValue(address=0),)
    device: ProbeSettings = ProbeSettings(near=tube(10.0, 50.0))

    @model_validator(mode="after")
    def _no_overlap(self) -> Self:
        seen: set[tuple[int, int]] = set()
        for value in self.values:
            for word in range(value.address, value.address + value.words):
                if word > 65535 or (value.function, word) in seen:
                    raise ValueError(f"register {word} is outside or taken twice")
                seen.add((value.function, word))
        return self


ModbusInstrument = (
    Bdkg05Instrument
    | Btdu3Instrument
    | Wxt530ModbusInstrument
    | Xm9505Instrument
    | Hd2016Instrument
    | UserMapInstrument
)
StreamInstrument = (
    Fht6020Instrument
    | Fh40gInstrument
    | Bdbg09Instrument
    | DibusInstrument
    | GmcInstrument
    | RadProInstrument
    | GammaScoutInstrument
    | LudlumInstrument
    | Wxt530AsciiInstrument
)
SWAPPED_CRC = (Bdkg05Instrument, Btdu3Instrument)
