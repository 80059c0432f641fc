"""The topics under ``quantrac/1/<station>/``. A change that breaks readers gets a new root.

record       <instrument>/measurement · <instrument>/average/<period> · <instrument>/meteo · <instrument>/health
             alarm/<id>/event
present      alarm/<id> (retained) · status (retained)
transport    absent · confirm/<recorder> · recorder/<recorder>/health
"""

from station.records import Alarm, Header

ROOT = "quantrac/1"
PERIOD_OF = {"dose_rate_1m": "1m", "dose_rate_10m": "10m", "dose_rate_1h": "1h"}
_LEAF = {"dose_rate": "measurement", "meteo": "meteo", "health": "health"}


def _level(text: str) -> str:
    """One level of a topic: wildcards and separators are refused, never rewritten."""
    if not text or any(c in "/+#\x00" for c in text):
        raise ValueError(f"cannot stand in a topic: {text!r}")
    return text


def base(station: str) -> str:
    return f"{ROOT}/{_level(station)}"


def record_topic(table: str, record: Header) -> str:
    """Where a record of the journal is published."""
    if isinstance(record, Alarm):
        return f"{base(record.station)}/alarm/{_level(record.alarm)}/event"
    of_instrument = f"{base(record.station)}/{_level(record.instrument)}"
    if table in PERIOD_OF:
        return f"{of_instrument}/average/{PERIOD_OF[table]}"
    return f"{of_instrument}/{_LEAF[table]}"


def recorder_filters(station: str) -> tuple[str, ...]:
    """What a recorder subscribes to: every record, and what the journal no longer has."""
    root = base(station)
    leaves = ("+/measurement", "+/average/+", "+/meteo", "+/health", "alarm/+/event", "absent")
    return tuple(f"{root}/{leaf}" for leaf in leaves)


def publisher_filters(station: str) -> tuple[str, ...]:
    """What the station listens to: confirmations, its recorders' health, and alarm states that it left behind."""
    root = base(station)
    return (f"{root}/confirm/+", f"{root}/recorder/+/health", f"{root}/alarm/+")


def status(station: str) -> str:
    return f"{base(station)}/status"


def absent(station: str) -> str:
    return f"{base(station)}/absent"


def alarm_state(station: str, alarm: str) -> str:
    return f"{base(station)}/alarm/{_level(alarm)}"


def confirm(station: str, recorder: str) -> str:
    return f"{base(station)}/confirm/{_level(recorder)}"


def recorder_health(station: str, recorder: str) -> str:
    return f"{base(station)}/recorder/{_level(recorder)}/health"
