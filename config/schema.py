"""What a station's TOML file may say. Unknown keys are mistakes; every value has a unit in its name.

The loader (``config.loader``) turns pydantic's complaints into one readable line a mistake.
"""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from config.secrets import SecretSource

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]
Positive = Annotated[float, Field(gt=0)]
Port = Annotated[int, Field(ge=1, le=65535)]
Language = Literal["vi", "en"]
Level = Literal["notice", "warning", "alarm", "emergency"]


class Part(BaseModel):
    """A part of the file: unknown keys are refused, values cannot be changed."""

    # A complaint never shows what was there: it might be a secret in the wrong place.
    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True, use_attribute_docstrings=True
    )


class Text(Part):
    """One text in both languages."""

    vi: Annotated[str, Field(min_length=1, max_length=80)]
    """In Vietnamese."""
    en: Annotated[str, Field(min_length=1, max_length=80)]
    """In English."""


class Station(Part):
    id: Identifier
    """Name of the station in topics, records and file names; never changed once data exist."""
    name: Text
    """Name of the station for people."""
    latitude_deg: Annotated[float, Field(ge=-90, le=90)]
    """Geographic latitude (WGS 84), north positive."""
    longitude_deg: Annotated[float, Field(ge=-180, le=180)]
    """Geographic longitude (WGS 84), east positive."""
    height_above_sea_m: float
    """Height of the site above sea level."""
    time_zone: str = "Asia/Ho_Chi_Minh"
    """Zone in which people read times; inside, all times are UTC."""
    language: Language = "vi"
    """Language of alarm texts."""

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise PydanticCustomError("time_zone", "a time zone name such as Asia/Ho_Chi_Minh") from error
        return value


class Paths(Part):
    """Where the station keeps things. Relative paths are relative to the configuration file."""

    data: Path
    """Directory of the journal, the inbox and what else the station keeps; made if it is not there."""


class Retention(Part):
    """Days that each table of the journal is kept; what a required destination has not confirmed stays longer."""

    dose_rate: Positive = 400
    """Days that raw measurements are kept."""
    dose_rate_1m: Positive = 3650
    """Days that 1-minute averages are kept."""
    dose_rate_10m: Positive = 36500
    """Days that 10-minute averages are kept."""
    dose_rate_1h: Positive = 36500
    """Days that 1-hour averages are kept."""
    meteo: Positive = 400
    """Days that weather records are kept."""
    alarm: Positive = 36500
    """Days that alarms' events are kept."""
    health: Positive = 90
    """Days that health records are kept."""


class Journal(Part):
    commit_interval_s: Annotated[float, Field(ge=0.02, le=10)] = 0.2
    """Time between two commits (ticks) of the journal."""
    retention_days: Retention = Retention()
    """How long each table is kept."""
    largest_mb: Positive = 50_000
    """Size beyond which the oldest records go, whether confirmed or not; that is counted and alarmed."""
    wal_alarm_mb: Positive = 256
    """Size of the journal's write-ahead log that raises an alarm."""


class ModbusTcpBus(Part):
    kind: Literal["modbus-tcp"]
    """Kind of the bus."""
    id: Identifier
    """Name of the bus."""
    host: Annotated[str, Field(min_length=1)]
    """Name or address of the instrument or gateway."""
    port: Port = 502
    """TCP port."""
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 1.0
    """Longest wait for an answer; more than the slowest instrument needs."""
    min_gap_s: Annotated[float, Field(ge=0, le=10)] = 0.0
    """Quiet time between two requests."""


class SerialSettings(Part):
    device: Annotated[str, Field(min_length=1)]
    """Serial port; best by its lasting name under /dev/serial/by-id/."""
    baudrate: Annotated[int, Field(ge=300, le=4_000_000)] = 9600
    """Bits a second."""
    bytesize: Literal[5, 6, 7, 8] = 8
    """Data bits."""
    parity: Literal["N", "E", "O"] = "N"
    """Parity: none, even or odd."""
    stopbits: Literal[1, 2] = 1
    """Stop bits."""
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 1.0
    """Longest wait for an answer; more than the slowest instrument needs."""
    min_gap_s: Annotated[float, Field(ge=0, le=10)] = 0.005
    """Quiet time between two requests."""


class ModbusRtuBus(SerialSettings):
    kind: Literal["modbus-rtu"]
    """Kind of the bus."""
    id: Identifier
    """Name of the bus."""


class SerialLineBus(SerialSettings):
    kind: Literal["serial-line"]
    """Kind of the bus."""
    id: Identifier
    """Name of the bus."""


Bus = Annotated[ModbusTcpBus | ModbusRtuBus | SerialLineBus, Field(discriminator="kind")]


class Calibration(Part):
    """One calibration period of one instrument. What is absent here is taken from the profile."""

    certificate: Annotated[str, Field(min_length=1, max_length=64)]
    """Number of the calibration certificate."""
    valid_from: date
    """First day of this calibration period."""
    due: date | None = None
    """Day when the next calibration is due."""
    factor: Positive = 1.0
    """True over indicated dose rate, from the certificate."""
    u_rel: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Relative standard uncertainty (k=1) of the factor."""
    sensitivity_cps_per_usv_h: Positive | None = None
    """Sensitivity, in place of the profile's."""
    dead_time_us: Annotated[float, Field(ge=0)] | None = None
    """Dead time, in place of the profile's."""
    own_background_cps: Annotated[float, Field(ge=0)] | None = None
    """The detector's own background count rate, in place of the profile's."""


class Instrument(Part):
    id: Identifier
    """Name of the instrument in topics and records; never changed once data exist."""
    bus: Identifier
    """Id of the bus it hangs on."""
    profile: Annotated[str, Field(min_length=1)]
    """Id of a shipped profile, or the path of one that begins with ./ (from this file) or /."""
    name: Text
    """Name of the instrument for people."""
    address: Annotated[int, Field(ge=0, le=247)] = 1
    """Modbus address (unit id)."""
    poll_s: Annotated[float, Field(ge=0.1, le=3600)] = 1.0
    """Time between two readings."""
    calibration: Calibration | None = None
    """The calibration period that is valid now."""
    reference_nsv_h: Positive | None = None
    """The anchor: the site's reference dose rate from commissioning; only a person changes it."""
    silent_after_s: Annotated[float, Field(gt=0)] = 60.0
    """Time without a good reading after which the instrument counts as silent."""


class Background(Part):
    """The first robust background: the median of the good 1-minute averages of the window."""

    window_days: Annotated[float, Field(ge=0.01, le=30)] = 7.0
    """Window of the background."""
    learning_min: Annotated[float, Field(ge=1)] = 1440.0
    """Good data, in minutes, that are needed before background and net are given."""


class Measuring(Part):
    background: Background = Background()
    """How the natural background is found."""
    stuck_probability: Annotated[float, Field(gt=0, lt=0.01)] = 1e-9
    """Repeats less probable than this mean that a reading is stuck."""
    silent_probability: Annotated[float, Field(gt=0, lt=0.01)] = 1e-9
    """Zeros less probable than this mean that a detector counts nothing."""


class LevelRule(Part):
    """A dose-rate level: fixed (``above_nsv_h``) or relative to the background (``above_background_nsv_h``)."""

    level: Level
    """Level that the rule raises."""
    above_nsv_h: Positive | None = None
    """Fixed limit: gross dose rate."""
    above_background_nsv_h: Positive | None = None
    """Limit relative to the learned background."""
    hysteresis_nsv_h: Annotated[float, Field(ge=0)] = 0.0
    """How far below the limit the dose rate must fall for the alarm to return."""
    on_delay_s: Annotated[float, Field(ge=0)] = 0.0
    """How long the limit must be exceeded before the alarm is raised."""
    off_delay_s: Annotated[float, Field(ge=0)] = 60.0
    """How long the dose rate must be low before the alarm returns."""
    source: Annotated[str, Field(min_length=1)]
    """Where the limit comes from, and who approved it."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.above_nsv_h is None) == (self.above_background_nsv_h is None):
            raise PydanticCustomError(
                "exactly_one_of",
                "exactly one of {first} and {second}",
                {"first": "above_nsv_h", "second": "above_background_nsv_h"},
            )
        return self


class InstrumentRule(Part):
    """How an instrument's own condition (silent, stuck) becomes an alarm."""

    level: Level = "warning"
    """Level that the condition raises."""
    on_delay_s: Annotated[float, Field(ge=0)] = 0.0
    """How long the condition must hold before the alarm is raised."""
    off_delay_s: Annotated[float, Field(ge=0)] = 30.0
    """How long it must be over before the alarm returns."""


class Alarms(Part):
    levels: Annotated[tuple[LevelRule, ...], Field(min_length=1)]
    """Dose-rate levels; the limits of one kind rise with the level."""
    silent: InstrumentRule = InstrumentRule()
    """Alarm of an instrument that gives no data."""
    stuck: InstrumentRule = InstrumentRule()
    """Alarm of an instrument whose reading does not move."""
    station: InstrumentRule = InstrumentRule(level="warning")
    """Alarms of the station itself (journal, disk, clock, destinations)."""


class Mqtt(Part):
    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    """Name or address of the broker."""
    port: Port = 1883
    """TCP port of the broker."""
    protocol: Literal["5", "3.1.1"] = "5"
    """MQTT version."""
    username: str | None = None
    """User name at the broker."""
    password: SecretSource | None = None
    """Where its password is found."""
    tls_ca: Path | None = None
    """Certificate authority of the broker; with it the connection uses TLS."""
    keepalive_s: Annotated[int, Field(ge=5, le=600)] = 30
    """Time between signs of life."""


class Influx(Part):
    url: Annotated[str, Field(pattern=r"^https?://[^\s@]+$")]
    """Address of InfluxDB."""
    org: str = "quantrac"
    """Organisation (InfluxDB 2; ignored by 1.x)."""
    bucket: Annotated[str, Field(min_length=1)] = "quantrac"
    """Bucket, or database of InfluxDB 1.x."""
    token: SecretSource | None = None
    """Where its token is found."""
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 10.0
    """Longest wait for an answer."""


class Destination(Part):
    """Whoever must get everything. ``required``: nothing it has not confirmed is deleted unless the disk is full."""

    id: Identifier
    """Name of the destination."""
    kind: Literal["recorder"]
    """Kind of the destination."""
    required: bool = True
    """Nothing that it has not confirmed is deleted, unless the disk is full."""
    influx: Influx
    """The database that the recorder writes to."""
    window_records: Annotated[int, Field(ge=1, le=800)] = 400
    """Most records that are sent without being confirmed."""
    no_progress_s: Annotated[float, Field(ge=1, le=600)] = 10.0
    """Time without a confirmation after which the station sends again."""


class StationConfig(Part):
    """One station, from wire to destination."""

    station: Station
    """The station."""
    paths: Paths
    """Where the station keeps things."""
    journal: Journal = Journal()
    """The station's own durable record."""
    buses: Annotated[tuple[Bus, ...], Field(min_length=1)]
    """The wires, one table each."""
    instruments: Annotated[tuple[Instrument, ...], Field(min_length=1)]
    """The instruments, one table each."""
    measuring: Measuring = Measuring()
    """How readings become measurements."""
    alarms: Alarms
    """What raises an alarm."""
    mqtt: Mqtt | None = None
    """The MQTT broker; needed as soon as there is a destination."""
    destinations: tuple[Destination, ...] = ()
    """Whoever must get everything, one table each."""
