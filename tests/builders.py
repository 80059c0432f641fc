"""Small makers of records for tests: every field filled, any of them changed by keyword."""

from typing import Any

from config.quality import FLAGS_VERSION
from station.records import H10, Alarm, DoseRate, Health, Meteo

T0_NS = 1_768_446_660_000_000_000  # 2026-01-15T03:11:00Z
SECOND_NS = 1_000_000_000


def header(**changes: Any) -> dict[str, Any]:
    given = {
        "station": "VN-LS01",
        "instrument": "det-north",
        "channel": "gamma",
        "quantity": H10,
        "start_ns": T0_NS - SECOND_NS,
        "end_ns": T0_NS,
        "flags_version": FLAGS_VERSION,
        "config": "c0ffee",
        "software": "0.1.0",
        "boot": "boot-1",
        "mono_ns": 42,
    }
    return given | changes


def dose_rate(**changes: Any) -> DoseRate:
    given = {
        "gross_nsv_h": 95.25,
        "u_nsv_h": 4.5,
        "u_counting_nsv_h": 4.0,
        "u_calibration_nsv_h": 2.0,
        "low_nsv_h": 80.0,
        "high_nsv_h": 112.0,
        "background_nsv_h": 90.0,
        "u_background_nsv_h": 0.5,
        "net_nsv_h": 5.25,
        "decision_threshold_nsv_h": 7.5,
        "significance": 1.25,
        "counts": 25,
        "live_s": 1.0,
        "count_rate_cps": 25.0,
        "reported_nsv_h": 95.0,
        "completeness": 1.0,
        "samples": 1,
    }
    return DoseRate(**(header() | given | changes))


def meteo(**changes: Any) -> Meteo:
    given = {
        "quantity": "weather",
        "instrument": "weather",
        "channel": "meteo",
        "rain_mm": 0.2,
        "rain_total_mm": 53.6,
        "rain_rate_mm_h": 12.0,
        "temperature_c": 17.25,
        "pressure_hpa": 988.5,
        "humidity_pct": 88.0,
        "wind_speed_m_s": 1.5,
        "wind_direction_deg": 230.0,
    }
    return Meteo(**(header() | given | changes))


def alarm(**changes: Any) -> Alarm:
    given = {
        "quantity": "alarm",
        "alarm": "det-north-dose",
        "event": "raised",
        "state": "unacknowledged",
        "level": "alarm",
        "condition": "level_exceeded",
        "since_ns": T0_NS,
        "value": 1500.0,
        "limit": 1000.0,
        "unit": "nSv/h",
    }
    return Alarm(**(header() | given | changes))


def health(**changes: Any) -> Health:
    given = {
        "quantity": "health",
        "link": "up",
        "polls": 60,
        "answers": 59,
        "no_answer": 1,
        "bad_answer": 0,
        "refused": 0,
        "port_gone": 0,
        "skipped": 0,
        "latency_ms": 3.5,
        "latency_max_ms": 9.0,
    }
    return Health(**(header() | given | changes))
