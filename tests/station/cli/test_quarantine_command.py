"""``quantrac quarantine`` shows what the database refused and writes it when asked to."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from station.cli import app
from station.record.quarantine import Quarantine, Refused
from station.wire.message import encode, to_json
from tests.builders import dose_rate
from tests.servers.processes import Influx
from tests.system.station_file import station_file

READY = {
    "buses": {"b": {"kind": "modbus-tcp", "host": "127.0.0.1", "port": 1}},
    "instruments": {"det-north": {"profile": "positron-bdmg-04", "bus": "b", "address": 1}},
}


def put_aside(folder: Path) -> None:
    message = to_json(encode("dose_rate", dose_rate(seq=7), "journal-1", None))
    Quarantine(folder / "data" / "quarantine" / "main").add([Refused("400 no", "quantrac/1/x", message)])


def test_it_shows_what_was_refused_and_why(tmp_path: Path) -> None:
    file = station_file(tmp_path, READY, mqtt_port=1, influx_url="http://127.0.0.1:1")
    put_aside(tmp_path)
    shown = CliRunner().invoke(app, ["quarantine", str(file), "--lang", "en"])
    assert shown.exit_code == 0
    assert "quantrac/1/x: 400 no" in shown.output
    assert "1 messages" in shown.output


@pytest.mark.system
def test_replay_writes_it_and_empties_the_quarantine(tmp_path: Path, influx: Callable[[], Influx]) -> None:
    server = influx()
    file = station_file(tmp_path, READY, mqtt_port=1, influx_url=server.url)
    put_aside(tmp_path)
    done = CliRunner().invoke(app, ["quarantine", str(file), "--replay", "--lang", "en"])
    assert done.exit_code == 0, done.output
    assert [row["seq"] for row in server.rows('SELECT seq FROM "dose_rate"')] == [7]
    assert "0 messages" in CliRunner().invoke(app, ["quarantine", str(file), "--lang", "en"]).output


def test_a_database_that_is_away_is_one_line_and_loses_nothing(tmp_path: Path) -> None:
    file = station_file(tmp_path, READY, mqtt_port=1, influx_url="http://127.0.0.1:1")
    put_aside(tmp_path)
    failed = CliRunner().invoke(app, ["quarantine", str(file), "--replay", "--lang", "en"])
    assert failed.exit_code == 1
    again = CliRunner().invoke(app, ["quarantine", str(file), "--lang", "en"])
    assert failed.output.count("\n") == 1
    assert "1 messages" in again.output
