"""The committed JSON Schemas are those of the records, and every message that is sent satisfies its own."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from alerting.events import Standing
from station.journal.position import Position
from station.records import TABLES
from station.wire.message import SCHEMA_OF, encode, to_json
from station.wire.notices import Absent, Confirm, RecorderHealth, alarm_state_message, status_message
from station.wire.schemas import all_schemas, write_all
from tests.builders import T0_NS, alarm, dose_rate, health, meteo

FOLDER = Path(__file__).parents[3] / "docs" / "mqtt"


def validate(name: str, payload: bytes) -> None:
    schema = json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(payload))


def test_committed_schemas_are_current(tmp_path: Path) -> None:
    write_all(tmp_path)
    fresh = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    committed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert committed == fresh, "run: python -m station.wire.schemas docs/mqtt"


@pytest.mark.parametrize("table", TABLES)
def test_every_record_satisfies_its_schema(table: str) -> None:
    build: dict[str, Any] = {"meteo": meteo, "alarm": alarm, "health": health}
    record = build.get(table, dose_rate)(seq=1)
    validate(SCHEMA_OF[table].rsplit("/", 1)[1], to_json(encode(table, record, "journal-1", None)))


def test_a_record_without_its_values_satisfies_its_schema() -> None:
    nothing = dict.fromkeys(("gross_nsv_h", "u_nsv_h", "counts", "live_s", "significance"))
    validate("measurement", to_json(encode("dose_rate", dose_rate(seq=1, **nothing), "journal-1", 7)))


def test_a_record_of_a_wrong_type_does_not() -> None:
    content = encode("dose_rate", dose_rate(seq=1), "journal-1", None) | {"counts": "many"}
    with pytest.raises(ValidationError):
        validate("measurement", to_json(content))


STANDING = Standing(
    instrument="det-north",
    alarm="north",
    state="unacknowledged",
    level="alarm",
    condition="level_exceeded",
    since_ns=T0_NS,
    value=float("inf"),
    limit=1_000.0,
    unit="nSv/h",
    note="",
    unknown=False,
)


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("confirm", Confirm("LS", "main", "ab12", 3, Position("j", 5, ((7, 9), (11, 11)))).to_bytes()),
        ("absent", Absent("LS", "j", 1, 9).to_bytes()),
        ("status", status_message("LS", online=True, reason="started", journal="j", software="0.1")),
        ("alarm", alarm_state_message("LS", "north", asdict(STANDING))),
        ("recorder-health", RecorderHealth("LS", "main", "ok", "", 1, 0, 0, 0, 0, 0).to_bytes()),
    ],
)
def test_every_notice_satisfies_its_schema(name: str, payload: bytes) -> None:
    validate(name, payload)


def test_every_schema_says_that_readers_ignore_what_they_do_not_know() -> None:
    assert all(schema["additionalProperties"] is True for schema in all_schemas().values())


def test_an_alarm_says_since_when_and_keeps_back_what_json_cannot_say() -> None:
    said = json.loads(alarm_state_message("LS", "north", asdict(STANDING)))
    assert (said["since"], said["value"], "since_ns" in said) == ("2026-01-15T03:11:00.000000000Z", None, False)
