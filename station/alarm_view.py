"""The active alarms as people read them: from the journal's saved state, in words of the catalogue."""

from dataclasses import dataclass

from config.catalogue import Catalogue
from config.schema import StationConfig
from station.journal.reader import JournalReader
from station.records import STATION_INSTRUMENT, Alarm


@dataclass(frozen=True, slots=True)
class AlarmLine:
    alarm: str
    text: str
    level: str
    level_name: str
    state: str
    since: str


def active_alarms(reader: JournalReader, catalogue: Catalogue, config: StationConfig) -> list[AlarmLine]:
    """Alarms that are active or not acknowledged, newest first."""
    newest = reader.newest_of_each_alarm()
    return [line_of(record, catalogue, config) for record in newest if record.state != "normal"]


def line_of(record: Alarm, catalogue: Catalogue, config: StationConfig) -> AlarmLine:
    return AlarmLine(
        alarm=record.alarm,
        text=alarm_text(record, catalogue, config),
        level=catalogue.text(f"level.{record.level}") if record.level else "",
        level_name=record.level,
        state=catalogue.text(f"state.{record.state}"),
        since=catalogue.wording.time(record.since_ns),
    )


def alarm_text(record: Alarm, catalogue: Catalogue, config: StationConfig) -> str:
    """What a person is told of an alarm's event: the condition's own sentence with the record's figures."""
    everything: dict[str, object] = {
        "station": catalogue.pick(config.station.name),
        "instrument": _name(record.instrument, catalogue, config),
        "level": record.level,
        "value": _in_unit(record.value, record.unit),
        "limit": _in_unit(record.limit, record.unit),
        "time": record.since_ns,
        "destination": record.note,
        "task": record.note,
        "condition": record.condition,
    }
    key = f"alarm.{record.condition}" if record.level else _returned_key(record)
    return catalogue.text(key, **{name: everything[name] for name in catalogue.declared[key]})


def _returned_key(record: Alarm) -> str:
    return "alarm.station_returned" if record.instrument == STATION_INSTRUMENT else "alarm.returned"


def _name(instrument: str, catalogue: Catalogue, config: StationConfig) -> str:
    found = next((i for i in config.instruments if i.id == instrument), None)
    return catalogue.pick(found.name) if found else instrument


def _in_unit(value: float | None, unit: str) -> float | None:
    """Bytes are read as megabytes by people."""
    return value / 1e6 if unit == "B" and value is not None else value
