"""The kinds of record: a dose rate (raw or averaged), weather, an alarm's event, health."""

from dataclasses import dataclass

from station.records.columns import column
from station.records.header import Header


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseRate(Header):
    """An ambient dose equivalent rate H*(10) over [start, end): one measurement, or an average of them.

    Gross, background and net stand side by side. Raw counts and live time are kept. None is missing, never 0.
    """

    gross_nsv_h: float | None = column("float", "gross H*(10)", unit="nSv/h", nullable=True)
    u_nsv_h: float | None = column("float", "standard uncertainty (k=1) of gross", unit="nSv/h", nullable=True)
    u_counting_nsv_h: float | None = column("float", "its counting part", unit="nSv/h", nullable=True)
    u_calibration_nsv_h: float | None = column("float", "its calibration part", unit="nSv/h", nullable=True)
    low_nsv_h: float | None = column("float", "lower limit, 95 %, counting only", unit="nSv/h", nullable=True)
    high_nsv_h: float | None = column("float", "upper limit, 95 %, counting only", unit="nSv/h", nullable=True)
    background_nsv_h: float | None = column("float", "natural background", unit="nSv/h", nullable=True)
    u_background_nsv_h: float | None = column("float", "its standard uncertainty", unit="nSv/h", nullable=True)
    net_nsv_h: float | None = column("float", "gross minus background, with its sign", unit="nSv/h", nullable=True)
    decision_threshold_nsv_h: float | None = column(
        "float", "decision threshold of net (ISO 11929, alpha 5 %)", unit="nSv/h", nullable=True
    )
    significance: float | None = column("float", "net over its u under no net", nullable=True)
    counts: int | None = column("int", "raw counts of the interval", nullable=True)
    live_s: float | None = column("float", "live time of the counts", unit="s", nullable=True)
    count_rate_cps: float | None = column("float", "dead-time corrected count rate", unit="1/s", nullable=True)
    reported_nsv_h: float | None = column("float", "the instrument's own dose rate", unit="nSv/h", nullable=True)
    completeness: float = column("float", "share of the interval that was measured, 0 to 1")
    samples: int = column("int", "measurements in it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meteo(Header):
    """The weather over [start, end)."""

    rain_mm: float | None = column("float", "rain in the interval", unit="mm", nullable=True)
    rain_total_mm: float | None = column("float", "the gauge's absolute counter", unit="mm", nullable=True)
    rain_rate_mm_h: float | None = column("float", "the gauge's own intensity", unit="mm/h", nullable=True)
    temperature_c: float | None = column("float", "air temperature", unit="degC", nullable=True)
    pressure_hpa: float | None = column("float", "air pressure", unit="hPa", nullable=True)
    humidity_pct: float | None = column("float", "relative humidity", unit="%", nullable=True)
    wind_speed_m_s: float | None = column("float", "wind speed", unit="m/s", nullable=True)
    wind_direction_deg: float | None = column("float", "wind direction, from", unit="deg", nullable=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm(Header):
    """One event in the life of an alarm: it came, its level rose or fell, it went."""

    alarm: str = column("str", "alarm id", influx="tag")
    event: str = column("str", "raised, level_changed, returned, unknown, acknowledged")
    state: str = column("str", "ISA-18.2 state after the event")
    level: str = column("str", "notice, warning, alarm or emergency; empty when normal")
    condition: str = column("str", "which condition")
    since_ns: int = column("int", "since when the condition holds, UTC", unit="ns")
    value: float | None = column("float", "value that decided", nullable=True)
    limit: float | None = column("float", "limit that it was held against", nullable=True)
    unit: str = column("str", "unit of value and limit")
    note: str = column("str", "what explains it, in the catalogue's keys", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Health(Header):
    """How an instrument's link or the station itself does, over [start, end)."""

    link: str = column("str", "up, degraded, down, or empty for the station")
    polls: int = column("int", "polls asked")
    answers: int = column("int", "good answers")
    no_answer: int = column("int", "polls without an answer")
    bad_answer: int = column("int", "answers that were not the answer")
    refused: int = column("int", "requests refused")
    port_gone: int = column("int", "times that the port was not there")
    skipped: int = column("int", "polls skipped: late or resting after errors")
    latency_ms: float | None = column("float", "mean time of a good answer", unit="ms", nullable=True)
    latency_max_ms: float | None = column("float", "longest", unit="ms", nullable=True)
    dropped: int | None = column("int", "records dropped since start", nullable=True, default=None)
    outbox_depth: int | None = column(
        "int", "records that a destination has not confirmed", nullable=True, default=None
    )
    wal_bytes: int | None = column(
        "int", "size of the journal's write-ahead log", unit="B", nullable=True, default=None
    )
    journal_bytes: int | None = column("int", "size of the journal", unit="B", nullable=True, default=None)
    disk_free_bytes: int | None = column("int", "free space on its disk", unit="B", nullable=True, default=None)
    restarts: int | None = column("int", "tasks restarted since start", nullable=True, default=None)
    clock_steps: int | None = column("int", "wall clock steps seen since start", nullable=True, default=None)
