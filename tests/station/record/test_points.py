"""Records as points: the layout of docs/influxdb.md, fixed types, every field in every point."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from station.journal.position import Position
from station.record.influx import Database
from station.record.points import POSITION_NS, field_types, line_of, position_line
from station.records import MISSING, TABLES
from station.wire.message import Message
from tests.builders import T0_NS, alarm, dose_rate, health, meteo
from tests.servers.processes import Influx

Databases = Callable[..., Influx]


def test_a_point_is_as_agreed() -> None:
    line = line_of(Message("meteo", meteo(seq=5, rain_mm=None, humidity_pct=88.0), "j", None))
    series, fields, time = line.split(" ")
    assert series == "meteo,instrument=weather,station=VN-LS01"
    assert time == str(T0_NS)
    assert {"seq=5i", "humidity_pct=88", "rain_mm_missing=true", "rain_mm=-1e+30", 'journal="j"'} <= set(
        fields.split(",")
    )


@pytest.mark.parametrize(
    ("message", "series"),
    [
        (Message("dose_rate", dose_rate(seq=1), "j", None), "dose_rate,detector=det-north,station=VN-LS01"),
        (
            Message("dose_rate_1h", dose_rate(seq=1, clock_epoch=2), "j", None),
            "dose_rate_1h,clock_epoch=2,detector=det-north,station=VN-LS01",
        ),
        (
            Message("alarm", alarm(seq=1), "j", None),
            "alarm,alarm=det-north-dose,instrument=det-north,station=VN-LS01",
        ),
    ],
)
def test_tags_are_as_agreed(message: Message, series: str) -> None:
    assert line_of(message).split(" ")[0] == series


def test_every_point_writes_every_field() -> None:
    nothing = dict.fromkeys(("gross_nsv_h", "u_nsv_h", "counts", "live_s", "net_nsv_h"))
    for record in (dose_rate(seq=1), dose_rate(seq=1, **nothing)):
        fields = line_of(Message("dose_rate", record, "j", None)).split(" ")[1]
        assert {field.split("=")[0] for field in fields.split(",")} == set(field_types("dose_rate"))


def test_position_stands_far_ahead_with_its_journal_as_a_tag() -> None:
    line = position_line("LS", "main", Position("j", 5, ((7, 9),)))
    assert line == f'position,journal=j,recorder=main,station=LS ranges="[[7,9]]",seq=5i {POSITION_NS}'


@pytest.mark.system
@pytest.mark.parametrize("table", TABLES)
async def test_types_in_the_database_are_those_of_the_table(influx: Databases, table: str) -> None:
    server = influx()
    build: dict[str, Any] = {"meteo": meteo, "alarm": alarm, "health": health}
    record = build.get(table, dose_rate)(seq=1)
    database = Database(server.config(), None)
    assert (await database.write([line_of(Message(table, record, "j", None))])).status == 204
    await database.close()
    found = {row["fieldKey"]: row["fieldType"] for row in server.rows(f'SHOW FIELD KEYS FROM "{table}"')}
    assert found == field_types(table)


@pytest.mark.system
async def test_value_that_became_missing_leaves_nothing_of_the_old_one(influx: Databases) -> None:
    server = influx()
    database = Database(server.config(), None)
    for gross in (95.5, None):
        message = Message("dose_rate", dose_rate(seq=1, gross_nsv_h=gross), "j", None)
        assert (await database.write([line_of(message)])).status == 204
    await database.close()
    rows = server.rows('SELECT "gross_nsv_h", "gross_nsv_h_missing" FROM "dose_rate"')
    assert [(row["gross_nsv_h"], row["gross_nsv_h_missing"]) for row in rows] == [(MISSING["float"], True)]
    assert server.rows('SELECT "gross_nsv_h" FROM "dose_rate" WHERE "gross_nsv_h_missing" = false') == []


@pytest.mark.system
async def test_position_written_is_read_back_per_journal(influx: Databases) -> None:
    database = Database(influx().config(), None)
    written = [Position("j1", 5, ((7, 9), (12, 12))), Position("j2", 8)]
    for position in (Position("j1", 900), *written):
        assert (await database.write([position_line("LS", "main", position)])).status == 204
    await database.write([position_line("LS", "other", Position("j1", 77))])
    answer, found = await database.positions("LS", "main")
    await database.close()
    assert (answer.status, sorted(found, key=lambda p: p.journal)) == (200, written)


@pytest.mark.system
async def test_newest_revision_at_a_key_is_found(influx: Databases, tmp_path: Path) -> None:
    database = Database(influx().config(), None)
    message = Message("dose_rate", dose_rate(seq=1, revision=3), "j", None)
    await database.write([line_of(message)])
    other = Message("dose_rate", dose_rate(seq=2, clock_epoch=1), "j", None)
    found = (database.newest_revision(message), database.newest_revision(other))
    await database.close()
    assert found == (3, None)
