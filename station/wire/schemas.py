"""JSON Schemas of all messages, generated from the records' declarations: ``python -m station.wire.schemas DIR``.

They are committed under docs/mqtt/; a test holds them against this.
"""

import json
import sys
from pathlib import Path
from typing import Any

from station.records import TABLES, Column, columns_of
from station.wire import notices
from station.wire.message import BY_FIELD, SCHEMA_OF
from station.wire.notices import RANGES_LIMIT
from station.wire.times import ISO_PATTERN
from station.wire.topics import PERIOD_OF

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_JSON_TYPE = {"int": "integer", "float": "number", "str": "string", "bool": "boolean"}
_DOES = {
    "measurement": "One dose-rate measurement. Topic: quantrac/1/<station>/<instrument>/measurement",
    "average": "An average of dose rates. Topic: quantrac/1/<station>/<instrument>/average/<1m|10m|1h>",
    "meteo": "The weather over an interval. Topic: quantrac/1/<station>/<instrument>/meteo",
    "alarm-event": "One event in the life of an alarm. Topic: quantrac/1/<station>/alarm/<id>/event",
    "health": "How a link, or the station itself, does. Topic: quantrac/1/<station>/<instrument>/health",
}
_TALLIES = ("written", "quarantined", "quarantine_bytes", "malformed", "old_revisions", "forgotten_ranges")
_SEQ = {"type": "integer", "minimum": 1}
_COUNT = {"type": "integer", "minimum": 0}
_NAME = {"type": "string", "minLength": 1}
_TIME = {"type": "string", "pattern": ISO_PATTERN}


def all_schemas() -> dict[str, dict[str, Any]]:
    """Name -> schema. A file is named ``<name>.schema.json``."""
    found: dict[str, dict[str, Any]] = {}
    for table, schema in SCHEMA_OF.items():
        name = schema.rsplit("/", 1)[1]
        if name not in found:
            found[name] = _record_schema(table, name)
    return found | _notices()


def _record_schema(table: str, name: str) -> dict[str, Any]:
    properties: dict[str, Any] = {"schema": {"const": SCHEMA_OF[table]}}
    if table in PERIOD_OF:
        properties["period"] = {"enum": list(PERIOD_OF.values())}
    properties |= {
        "unit": _unit(table),
        "start": _TIME | {"description": "start of the interval, UTC, ns"},
        "end": _TIME | {"description": "end of the interval, UTC, ns"},
        "journal": _NAME | {"description": "id of the journal; (journal, seq) names the record"},
    }
    for column in columns_of(TABLES[table]):
        if column.name not in ("start_ns", "end_ns"):
            properties.setdefault(column.name, _property(column))
    properties["superseded_by"] = {"type": ["integer", "null"], "description": "seq of the newest record replacing it"}
    return _object(name, _DOES[name], properties)


def _unit(table: str) -> dict[str, Any]:
    if table == "alarm":
        return {"type": "string", "description": "unit of value and limit"}
    return {"const": "nSv/h" if table.startswith("dose_rate") else BY_FIELD}


def _property(column: Column) -> dict[str, Any]:
    kind: Any = _JSON_TYPE[column.kind]
    described: dict[str, Any] = {"type": [kind, "null"] if column.nullable else kind, "description": column.doc}
    if column.unit:
        described["x-unit"] = column.unit
    if column.name == "seq":
        described["minimum"] = 1
    return described


def _object(name: str, title: str, properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "$schema": DRAFT,
        "$id": f"{name}.schema.json",
        "title": title,
        "type": "object",
        "properties": properties,
        "required": [key for key in properties if key not in optional],
        "additionalProperties": True,  # readers ignore what they do not know
    }


def _notices() -> dict[str, dict[str, Any]]:
    pair = {"type": "array", "items": _SEQ, "minItems": 2, "maxItems": 2}
    text = {"type": "string"}
    return {
        "confirm": _object(
            "confirm",
            "What a recorder's database has. Topic: quantrac/1/<station>/confirm/<recorder>",
            {
                "schema": {"const": notices.CONFIRM},
                "station": _NAME,
                "recorder": _NAME,
                "session": _NAME | {"description": "random per recorder process and connection"},
                "n": _COUNT | {"description": "rises within a session"},
                "journal": _NAME,
                "seq": _COUNT | {"description": "1..seq are in the database"},
                "ranges": {
                    "type": "array",
                    "items": pair,
                    "maxItems": RANGES_LIMIT,
                    "description": "closed ranges above seq that are in the database too",
                },
            },
        ),
        "absent": _object(
            "absent",
            "Seqs that the journal no longer has. Topic: quantrac/1/<station>/absent",
            {
                "schema": {"const": notices.ABSENT},
                "station": _NAME,
                "journal": _NAME,
                "first": _SEQ,
                "last": _SEQ,
                "reason": {"enum": ["pruned", "unsendable"]},
            },
        ),
        "status": _object(
            "status",
            "Whether the station is there; retained, birth and last will. Topic: quantrac/1/<station>/status",
            {
                "schema": {"const": notices.STATUS},
                "station": _NAME,
                "online": {"type": "boolean"},
                "reason": {"enum": ["started", "lost", "stopped"]},
                "journal": text,
                "software": _NAME,
            },
        ),
        "alarm": _alarm_state(text),
        "recorder-health": _object(
            "recorder-health",
            "How a recorder does. Topic: quantrac/1/<station>/recorder/<recorder>/health",
            {
                "schema": {"const": notices.RECORDER_HEALTH},
                "station": _NAME,
                "recorder": _NAME,
                "state": {"enum": ["ok", "waiting", "refused"]},
                "detail": text,
            }
            | dict.fromkeys(_TALLIES, _COUNT),
        ),
    }


def _alarm_state(text: dict[str, Any]) -> dict[str, Any]:
    number = {"type": ["number", "null"]}
    properties = {
        "schema": {"const": notices.ALARM_STATE},
        "station": _NAME,
        "alarm": _NAME,
        "state": text | {"description": "ISA-18.2 state"},
        "instrument": text,
        "level": text,
        "condition": text,
        "since": _TIME,
        "value": number,
        "limit": number,
        "unit": text,
        "note": text | {"description": "what explains it, in the catalogue's keys"},
        "unknown": {"type": "boolean", "description": "nothing is heard that could confirm or end it"},
    }
    optional = tuple(name for name in properties if name not in ("schema", "station", "alarm", "state"))
    title = "An alarm's present state; retained, emptied when it is over. Topic: quantrac/1/<station>/alarm/<id>"
    return _object("alarm", title, properties, optional)


def write_all(folder: Path) -> None:
    for name, schema in all_schemas().items():
        text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        (folder / f"{name}.schema.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
