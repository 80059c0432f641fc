"""Instrument profiles: what one instrument model speaks, as TOML under config/profiles/.

A profile maps registers or sentences to named values in fixed canonical units, and status bits to quality flags.
Each profile says where its facts come from; a user's own map has the same form (``profile = "./mine.toml"``).
"""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from config.quality import Quality
from config.schema import Part, Positive

# What a value is, and with it its canonical unit. A driver gives every value in this unit.
CANONICAL_UNIT: dict[str, str] = {
    "dose_rate": "nSv/h",
    "dose_rate_error": "1",  # relative standard uncertainty
    "count_rate": "1/s",
    "counts": "1",  # counts in the live time
    "averaged_counts": "1",  # counts behind the instrument's own dose rate: they give its statistical error
    "live_time": "s",
    "rain_total": "mm",  # absolute counter, wraps or resets
    "rain_rate": "mm/h",
    "temperature": "degC",
    "pressure": "hPa",
    "humidity": "%",
    "wind_speed": "m/s",
    "wind_direction": "deg",
    "high_voltage": "V",
    "instrument_temperature": "degC",
    "status": "1",
    "informative": "1",  # kept and shown in the instrument's own unit; nothing is computed from it
}
Quantity = Literal[
    "dose_rate",
    "dose_rate_error",
    "count_rate",
    "counts",
    "averaged_counts",
    "live_time",
    "rain_total",
    "rain_rate",
    "temperature",
    "pressure",
    "humidity",
    "wind_speed",
    "wind_direction",
    "high_voltage",
    "instrument_temperature",
    "status",
    "informative",
]
FlagName = Literal[
    "over_range", "under_range", "instrument_fault", "high_voltage", "test_mode", "parameters_corrupt",
    "poor_statistics", "instrument_alarm", "artificial", "counter_reset", "sensor_invalid",
]  # fmt: skip


class RegisterValue(Part):
    """One value in a block of registers. value = raw * scale + offset, in the canonical unit of its quantity."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    quantity: Quantity
    address: Annotated[int, Field(ge=0, le=65535)]  # absolute register address, 0-based
    type: Literal["u16", "s16", "u32", "s32", "f32", "u8lo", "u8hi"]
    word_order: Literal["big", "little"] = "big"
    byte_order: Literal["big", "little"] = "big"
    scale: float = 1.0
    offset: float = 0.0
    unit: str  # the unit the instrument speaks, for the reader; ``scale`` does the work
    invalid: tuple[int, ...] = ()  # raw integers that mean "no value"
    wraps_at: int | None = None  # raw modulus of an absolute counter


class StatusBit(Part):
    value: str  # name of a value of quantity "status"
    bit: Annotated[int, Field(ge=0, le=31)]
    flag: FlagName
    when: Literal[0, 1] = 1
    meaning: str


class Block(Part):
    """One block read. ``fallback_count``: asked instead after exception 2 or 3 (older firmware)."""

    function: Literal[3, 4]
    start: Annotated[int, Field(ge=0, le=65535)]
    count: Annotated[int, Field(ge=1, le=125)]
    fallback_count: Annotated[int, Field(ge=1, le=125)] | None = None


class Line(Part):
    """A sentence that the instrument sends by itself, one a period."""

    pattern: str  # a regular expression with one named group a value
    terminator: str = "\r\n"
    period_s: Positive
    longest_bytes: Annotated[int, Field(ge=8, le=4096)] = 256

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise PydanticCustomError("regular_expression", "a correct regular expression") from error
        return value


class LineValue(Part):
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]  # the group of the pattern
    quantity: Quantity
    scale: float = 1.0
    unit: str


class Detector(Part):
    """How a dose rate comes out of this model."""

    primary: Literal["dose_rate", "counts"]  # the instrument's own dose rate, or our own from its counts
    sensitivity_cps_per_usv_h: Positive | None = None
    dead_time_us: Annotated[float, Field(ge=0)] = 0.0
    dead_time_model: Literal["none", "non_paralysable", "paralysable"] = "none"
    own_background_cps: Annotated[float, Field(ge=0)] = 0.0
    counts_live_s: Positive | None = None  # live time of one ``counts`` value where the instrument does not say it
    smoothing_s: Positive | None = None  # time constant of the instrument's own averaging, if known
    low_nsv_h: Annotated[float, Field(ge=0)] = 0.0
    high_nsv_h: Positive


class Profile(Part):
    """One instrument model."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,47}$")]
    maker: str
    model: str
    kind: Literal["detector", "meteo"]
    protocol: Literal["modbus", "line"]
    source: Annotated[str, Field(min_length=10)]
    proven: Literal["vectors", "recorded", "field", "user"]
    serial_default: str = ""  # e.g. "38400 8N2"
    blocks: tuple[Block, ...] = ()
    values: tuple[RegisterValue, ...] = ()
    line: Line | None = None
    line_values: tuple[LineValue, ...] = ()
    status_bits: tuple[StatusBit, ...] = ()
    detector: Detector | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.protocol == "modbus" and not (self.blocks and self.values):
            raise PydanticCustomError("needs_blocks", "a modbus profile needs blocks and values", {"at": "blocks"})
        if self.protocol == "line" and not (self.line and self.line_values):
            raise PydanticCustomError("needs_line", "a line profile needs line and line_values", {"at": "line"})
        if self.kind == "detector" and self.detector is None:
            raise PydanticCustomError("needs_detector", "a detector profile needs [detector]", {"at": "detector"})
        status = {v.name for v in self.values if v.quantity == "status"}
        for bit in self.status_bits:
            if bit.value not in status:
                raise PydanticCustomError(
                    "known_status",
                    "status bit of {found}, which is not among {values}",
                    {"at": "status_bits", "found": bit.value, "values": ", ".join(sorted(status))},
                )
        return self


def flag_of(bit: StatusBit) -> Quality:
    return Quality[bit.flag.upper()]
