"""The real command, each part once on real data: exit codes 0, 1 and 2, and what is printed."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.children import ROOT, Simulator, quantrac
from tests.system.look import command, count, rows, stopped_at_the_end, until
from tests.system.station_file import station_file

pytestmark = pytest.mark.system

HEAVY = ("amqtt", "influxdb_client", "numpy", "paho", "pymodbus", "scipy", "serial")
EVERY_HELP = """
import contextlib, io, sys
import typer.main
from station.cli import app, main
def commands(group, path):
    yield path
    for name, child in getattr(group, "commands", {}).items():
        yield from commands(child, [*path, name])
for path in commands(typer.main.get_command(app), []):
    sys.argv = ["quantrac", *path, "--help"]
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        try:
            code = main()
        except SystemExit as ended:
            code = ended.code
    print(code, "Usage: quantrac" in said.getvalue(), " ".join(path))
print("imported", *(name for name in %r if name in sys.modules))
"""
TEN_MISTAKES = (
    ("latitude_deg = 21.85", 'latitude_deg = "north"'),
    ("height_above_sea_m = 258\n", ""),
    ("commit_interval_s = 0.2", "commit_interval_s = 99"),
    ("learning_min = 1\n", "learning_minutes = 1\n"),
    ("above_nsv_h = 1000", "above_nsv_h = -1"),
    ("\nport = ", "\nport = 9"),
    ('profile = "lufft-ws-umb"', 'profile = "lufft"'),
    ('bus = "detectors"', 'bus = "detector"'),
    ("keepalive_s = 5", "keepalive_s = 1"),
    ('url = "http://127.0.0.1:8086"', 'url = "127.0.0.1:8086"'),
)


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file of a station that has measured for a while and has ended; its instruments are there."""
    folder = tmp_path_factory.mktemp("commands")
    simulator = Simulator(folder, "quiet")
    simulator.start()
    with stopped_at_the_end(simulator):
        more = {"mqtt_port": 1, "influx_url": "http://127.0.0.1:8086"}
        file = station_file(folder, simulator.ready(), poll_s=0.1, **more)  # type: ignore[arg-type] # by name
        child = quantrac("station", folder, "run", str(file))
        child.start()
        with stopped_at_the_end(child):
            until(lambda: count(folder / "data" / "journal.sqlite", "dose_rate") >= 20, "twenty measurements")
        yield file


def journal_of(file: Path) -> Path:
    return file.parent / "data" / "journal.sqlite"


def test_help_of_every_command_is_there_and_imports_nothing_heavy() -> None:
    ended = subprocess.run([sys.executable, "-c", EVERY_HELP % (HEAVY,)], cwd=ROOT, capture_output=True, text=True)
    *told, imported = ended.stdout.splitlines()
    assert [line for line in told if not line.startswith("0 True")] == []
    assert {"0 True run", "0 True alarms ack", "0 True export"} <= set(told)
    assert imported == "imported"


def test_wrong_usage_is_exit_2() -> None:
    assert command("nonsense").code == 2
    assert command("run").code == 2
    assert command("export", "no-such-file.toml", "--format", "xml").code == 2


def test_check_lists_ten_mistakes_in_ten_lines_and_exits_2(station: Path, tmp_path: Path) -> None:
    text = station.read_text(encoding="utf-8")
    for old, new in TEN_MISTAKES:
        assert old in text
        text = text.replace(old, new, 1)
    file = tmp_path / "ten.toml"
    file.write_text(text, encoding="utf-8")
    for verb in ("check", "run"):
        said = command(verb, str(file))
        lines = (said.out + said.err).splitlines()
        assert (said.code, len(lines)) == (2, 10), lines
        assert all(line.startswith(f"{file}: ") and "found" in line and "allowed" in line for line in lines)


def test_check_of_a_good_file_is_one_line_and_exit_0(station: Path) -> None:
    said = command("check", str(station))
    assert (said.code, said.out.count("\n"), said.err) == (0, 1, "")


@pytest.mark.parametrize("what", ["missing", "directory", "binary", "half"])
def test_check_of_what_is_no_configuration_is_one_line_and_exit_2(tmp_path: Path, what: str) -> None:
    file = tmp_path / what
    if what == "directory":
        file.mkdir()
    elif what == "binary":
        file.write_bytes(bytes(range(256)) * 4)
    elif what == "half":
        file.write_text('[station]\nid = "X', encoding="utf-8")
    said = command("check", str(file))
    assert (said.code, (said.out + said.err).count("\n")) == (2, 1)
    assert str(file) in said.out + said.err


def test_export_gives_the_journal_as_csv_and_json(station: Path) -> None:
    kept = rows(journal_of(station), "SELECT seq, gross_nsv_h, live_s, counts FROM dose_rate ORDER BY seq")
    as_csv = command("export", str(station), "--table", "dose_rate", "--format", "csv")
    as_json = command("export", str(station), "--table", "dose_rate", "--format", "json")
    assert (as_csv.code, as_json.code) == (0, 0)
    table = list(csv.DictReader(io.StringIO(as_csv.out)))
    lines = [json.loads(line) for line in as_json.out.splitlines()]
    assert [(int(r["seq"]), float(r["gross_nsv_h"]), float(r["live_s"]), int(r["counts"])) for r in table] == kept
    assert [(r["seq"], r["gross_nsv_h"], r["live_s"], r["counts"]) for r in lines] == kept
    assert len(kept) >= 20


def test_export_without_a_journal_fails(station: Path, tmp_path: Path) -> None:
    file = tmp_path / "station.toml"
    file.write_text(station.read_text(encoding="utf-8"), encoding="utf-8")
    assert command("export", str(file)).code == 1


def test_alarms_list_shows_what_stands(station: Path) -> None:
    standing = rows(
        journal_of(station),
        "SELECT alarm FROM alarm WHERE seq IN (SELECT MAX(seq) FROM alarm GROUP BY alarm) AND state != 'normal'",
    )
    said = command("alarms", "list", str(station))
    assert said.code == 0
    assert [alarm for (alarm,) in standing if alarm not in said.out] == []
    assert said.out.strip()


def test_a_command_to_a_station_that_does_not_run_fails(station: Path) -> None:
    assert command("alarms", "ack", str(station), "station-clock_step", "--person", "Lan").code == 1


def test_poll_shows_one_reading_of_each_instrument(station: Path) -> None:
    said = command("poll", str(station))
    assert said.code == 0
    for shown in ("det-north", "dose_rate = ", "nSv/h", "weather", "temperature"):
        assert shown in said.out


def test_poll_of_an_instrument_that_is_not_there_fails(station: Path, tmp_path: Path) -> None:
    text = station.read_text(encoding="utf-8")
    port = text.split("\nport = ")[1].split("\n")[0]
    file = tmp_path / "station.toml"
    file.write_text(text.replace(f"port = {port}", "port = 1", 1), encoding="utf-8")
    said = command("poll", str(file))
    assert said.code == 1
    assert "temperature" in said.out, "the other one is shown all the same"


def test_simulate_lists_its_scenarios() -> None:
    said = command("simulate", "--list")
    assert said.code == 0
    assert {"quiet", "demo"} <= set(said.out.split())
