"""What a station's TOML file may say. Unknown keys are mistakes; every value has a unit in its name.

The loader (``config.loader``) turns pydantic's complaints into one readable line a mistake.
"""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from config.secrets import SecretSource

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]
Positive = Annotated[float, Field(gt=0)]
Port = Annotated[int, Field(ge=1, le=65535)]
Language = Literal["vi", "en"]
Level = Literal["notice", "warning", "alarm", "emergency"]


class Part(BaseModel):
    """A part of the file: unknown keys are refused, values cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Text(Part):
    """One text in both languages."""

    vi: Annotated[str, Field(min_length=1, max_length=80)]
    en: Annotated[str, Field(min_length=1, max_length=80)]


class Station(Part):
    id: Identifier
    name: Text
    latitude_deg: Annotated[float, Field(ge=-90, le=90)]
    longitude_deg: Annotated[float, Field(ge=-180, le=180)]
    height_above_sea_m: float
    time_zone: str = "Asia/Ho_Chi_Minh"
    language: Language = "vi"

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("a time zone name such as Asia/Ho_Chi_Minh") from error
        return value


class Paths(Part):
    """Where the station keeps things. Relative paths are relative to the configuration file."""

    data: Path


class Retention(Part):
    """Days that each table of the journal is kept; what a required destination has not confirmed stays longer."""

    dose_rate: Positive = 400
    dose_rate_1m: Positive = 3650
    dose_rate_10m: Positive = 36500
    dose_rate_1h: Positive = 36500
    meteo: Positive = 400
    alarm: Positive = 36500
    health: Positive = 90


class Journal(Part):
    commit_interval_s: Annotated[float, Field(ge=0.02, le=10)] = 0.2
    retention_days: Retention = Retention()
    largest_mb: Positive = 50_000
    wal_alarm_mb: Positive = 256


class ModbusTcpBus(Part):
    kind: Literal["modbus-tcp"]
    id: Identifier
    host: Annotated[str, Field(min_length=1)]
    port: Port = 502
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 1.0
    min_gap_s: Annotated[float, Field(ge=0, le=10)] = 0.0


class SerialSettings(Part):
    device: Annotated[str, Field(min_length=1)]
    baudrate: Annotated[int, Field(ge=300, le=4_000_000)] = 9600
    bytesize: Literal[5, 6, 7, 8] = 8
    parity: Literal["N", "E", "O"] = "N"
    stopbits: Literal[1, 2] = 1
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 1.0
    min_gap_s: Annotated[float, Field(ge=0, le=10)] = 0.005


class ModbusRtuBus(SerialSettings):
    kind: Literal["modbus-rtu"]
    id: Identifier


class SerialLineBus(SerialSettings):
    kind: Literal["serial-line"]
    id: Identifier


Bus = Annotated[ModbusTcpBus | ModbusRtuBus | SerialLineBus, Field(discriminator="kind")]


class Calibration(Part):
    """One calibration period of one instrument. What is absent here is taken from the profile."""

    certificate: Annotated[str, Field(min_length=1, max_length=64)]
    valid_from: date
    due: date | None = None
    factor: Positive = 1.0
    u_rel: Annotated[float, Field(ge=0, lt=1)] = 0.0
    sensitivity_cps_per_usv_h: Positive | None = None
    dead_time_us: Annotated[float, Field(ge=0)] | None = None
    own_background_cps: Annotated[float, Field(ge=0)] | None = None


class Instrument(Part):
    id: Identifier
    bus: Identifier
    profile: Annotated[str, Field(min_length=1)]
    name: Text
    address: Annotated[int, Field(ge=0, le=247)] = 1
    poll_s: Annotated[float, Field(ge=0.1, le=3600)] = 1.0
    calibration: Calibration | None = None
    reference_nsv_h: Positive | None = None
    silent_after_s: Annotated[float, Field(gt=0)] = 60.0


class Background(Part):
    """The first robust background: the median of the good 1-minute averages of the window."""

    window_days: Annotated[float, Field(ge=0.01, le=30)] = 7.0
    learning_min: Annotated[float, Field(ge=1)] = 1440.0


class Measuring(Part):
    background: Background = Background()
    stuck_probability: Annotated[float, Field(gt=0, lt=0.01)] = 1e-9
    silent_probability: Annotated[float, Field(gt=0, lt=0.01)] = 1e-9


class LevelRule(Part):
    """A dose-rate level: fixed (``above_nsv_h``) or relative to the background (``above_background_nsv_h``)."""

    level: Level
    above_nsv_h: Positive | None = None
    above_background_nsv_h: Positive | None = None
    hysteresis_nsv_h: Annotated[float, Field(ge=0)] = 0.0
    on_delay_s: Annotated[float, Field(ge=0)] = 0.0
    off_delay_s: Annotated[float, Field(ge=0)] = 60.0
    source: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.above_nsv_h is None) == (self.above_background_nsv_h is None):
            raise ValueError("exactly one of above_nsv_h and above_background_nsv_h")
        return self


class InstrumentRule(Part):
    """How an instrument's own condition (silent, stuck) becomes an alarm."""

    level: Level = "warning"
    on_delay_s: Annotated[float, Field(ge=0)] = 0.0
    off_delay_s: Annotated[float, Field(ge=0)] = 30.0


class Alarms(Part):
    levels: Annotated[tuple[LevelRule, ...], Field(min_length=1)]
    silent: InstrumentRule = InstrumentRule()
    stuck: InstrumentRule = InstrumentRule()
    station: InstrumentRule = InstrumentRule(level="warning")


class Mqtt(Part):
    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Port = 1883
    protocol: Literal["5", "3.1.1"] = "5"
    username: str | None = None
    password: SecretSource | None = None
    tls_ca: Path | None = None
    keepalive_s: Annotated[int, Field(ge=5, le=600)] = 30


class Influx(Part):
    url: Annotated[str, Field(pattern=r"^https?://[^\s]+$")]
    org: str = "quantrac"
    bucket: Annotated[str, Field(min_length=1)] = "quantrac"
    token: SecretSource | None = None
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 10.0


class Destination(Part):
    """Whoever must get everything. ``required``: nothing it has not confirmed is deleted unless the disk is full."""

    id: Identifier
    kind: Literal["recorder"]
    required: bool = True
    influx: Influx
    window_records: Annotated[int, Field(ge=1, le=800)] = 400
    no_progress_s: Annotated[float, Field(ge=1, le=600)] = 10.0


class StationConfig(Part):
    """One station, from wire to destination."""

    station: Station
    paths: Paths
    journal: Journal = Journal()
    buses: Annotated[tuple[Bus, ...], Field(min_length=1)]
    instruments: Annotated[tuple[Instrument, ...], Field(min_length=1)]
    measuring: Measuring = Measuring()
    alarms: Alarms
    mqtt: Mqtt | None = None
    destinations: tuple[Destination, ...] = ()
