"""What an operator is told by ``check``, ``alarms``, ``reload``, ``export`` and ``poll`` when something is wrong."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from config.loader import load
from station.cli import app, handover
from station.cli.asking import units_of
from station.inbox.door import Door, own_programs
from station.journal.journal import AuditEntry, Journal
from tests.builders import alarm, dose_rate
from tests.system.station_file import station_file

READY = {
    "buses": {"b": {"kind": "modbus-tcp", "host": "127.0.0.1", "port": 1}},
    "instruments": {"det-north": {"profile": "positron-bdmg-04", "bus": "b", "address": 1}},
}
SHIPPED = Path(__file__).parents[3] / "config"
ACTIVE = "det-north-dose"


class Said(NamedTuple):
    exit_code: int
    output: str


def quantrac(*arguments: str) -> Said:
    result = CliRunner().invoke(app, [*arguments, "--lang", "en"])
    return Said(result.exit_code, result.output)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return station_file(tmp_path, READY, mqtt_port=1, influx_url="http://127.0.0.1:1")


@pytest.fixture
def journal(tmp_path: Path, file: Path) -> Iterator[Journal]:
    """A station's journal with one alarm that stands, and its inbox."""
    opened = Journal.open(tmp_path / "data" / "journal.sqlite", lambda: 0)
    opened.append([("alarm", alarm(alarm=ACTIVE)), ("dose_rate", dose_rate())])
    Door(tmp_path / "data" / "inbox", own_programs())
    yield opened
    opened.close()


@contextmanager
def a_station(journal: Journal, folder: Path, verdict: str, detail: str = "") -> Iterator[list[str]]:
    """Fetches commands from the inbox and enters them into the audit trail with one verdict, as the station does."""
    carried_out: list[str] = []
    done = threading.Event()

    def run() -> None:
        while not done.wait(0.02):
            for waiting in (folder / "data" / "inbox" / "new").glob("*.json"):
                command = json.loads(waiting.read_text(encoding="utf-8"))
                entry = audit_entry(command["id"], command["command"], verdict, detail)
                journal.append([], audit=[entry])
                carried_out.append(command["command"])
                waiting.unlink()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield carried_out
    finally:
        done.set()
        thread.join()


def audit_entry(command_id: str, command: str, verdict: str, detail: str) -> AuditEntry:
    return AuditEntry(
        wall_ns=1, boot="b", mono_ns=1, clock_epoch=0, program="quantrac", person="Lan", command=command,
        command_id=command_id, verdict=verdict, detail=detail,
    )  # fmt: skip


# --- No journal is not an empty one


def test_without_a_journal_nobody_is_told_that_there_is_no_alarm(file: Path) -> None:
    said = quantrac("alarms", "list", str(file))
    assert said.exit_code == 1
    assert "there is no journal yet" in said.output


def test_an_export_without_a_journal_says_so(file: Path) -> None:
    said = quantrac("export", str(file))
    assert (said.exit_code, "there is no journal yet" in said.output) == (1, True)


def test_a_file_that_is_no_journal_is_one_line(file: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "journal.sqlite").write_bytes(b"no database at all" * 100)
    said = quantrac("alarms", "list", str(file))
    assert said.exit_code == 1
    assert "cannot be read" in said.output
    assert said.output.count("\n") == 1


# --- The list


@pytest.mark.parametrize("columns", ["60", "80", "200"])
def test_the_list_shows_the_whole_id_that_an_acknowledgement_wants(
    journal: Journal, file: Path, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    journal.append([("alarm", alarm(alarm="station-destination_refuses", condition="clock_step", unit=""))])
    said = quantrac("alarms", "list", str(file))
    assert said.exit_code == 0
    assert "station-destination_refuses" in said.output
    assert ACTIVE in said.output


def test_without_an_alarm_there_is_nothing_to_acknowledge(file: Path, journal: Journal) -> None:
    journal.append([("alarm", alarm(alarm=ACTIVE, event="returned", state="normal", level=""))])
    assert quantrac("alarms", "list", str(file)) == (0, "No alarm is active.\n")
    assert quantrac("alarms", "ack", str(file), ACTIVE) == (1, "No alarm is active.\n")


# --- Commands to the station say what came of them


def test_an_acknowledgement_says_that_the_station_has_taken_it(journal: Journal, file: Path, tmp_path: Path) -> None:
    with a_station(journal, tmp_path, "accepted") as carried_out:
        said = quantrac("alarms", "ack", str(file), ACTIVE)
    assert (said.exit_code, said.output, carried_out) == (0, "The station has taken it.\n", ["acknowledge"])


def test_a_refusal_says_why(journal: Journal, file: Path, tmp_path: Path) -> None:
    with a_station(journal, tmp_path, "refused", "nothing to acknowledge"):
        said = quantrac("alarms", "ack", str(file), ACTIVE)
    assert (said.exit_code, said.output) == (1, "The station refuses it: nothing to acknowledge.\n")


def test_a_reload_says_that_the_station_has_taken_it(journal: Journal, file: Path, tmp_path: Path) -> None:
    with a_station(journal, tmp_path, "accepted") as carried_out:
        said = quantrac("reload", str(file))
    assert (said.exit_code, carried_out) == (0, ["reload"])


@pytest.mark.usefixtures("journal")
def test_a_command_that_nobody_fetches_says_so(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "ANSWER_WITHIN_S", 0.2)
    said = quantrac("reload", str(file))
    assert said.exit_code == 1
    assert "is it running?" in said.output


@pytest.mark.usefixtures("journal")
def test_an_alarm_that_does_not_stand_cannot_be_acknowledged(file: Path, tmp_path: Path) -> None:
    said = quantrac("alarms", "ack", str(file), "nonsense")
    assert said.exit_code == 2
    assert f"found nonsense; allowed: {ACTIVE}" in said.output
    assert list((tmp_path / "data" / "inbox" / "new").iterdir()) == []


# --- Export


@pytest.mark.usefixtures("journal")
def test_an_unknown_instrument_is_named_with_those_that_are_there(file: Path) -> None:
    said = quantrac("export", str(file), "--instrument", "nobody")
    assert said.exit_code == 2
    assert "--instrument: found nobody; allowed: det-north, station" in said.output


@pytest.mark.usefixtures("journal")
def test_a_file_that_cannot_be_written_is_one_line(file: Path, tmp_path: Path) -> None:
    said = quantrac("export", str(file), "--out", str(tmp_path))
    assert said.exit_code == 1
    assert f"{tmp_path} cannot be written: Is a directory" in said.output
    assert said.output.count("\n") == 1


# --- Check


@pytest.fixture
def needy(file: Path) -> Path:
    """A file with a secret that is not there."""
    text = file.read_text(encoding="utf-8").replace("[mqtt]", '[mqtt]\nusername = "u"\npassword = { env = "NOT_SET" }')
    file.write_text(text, encoding="utf-8")
    return file


def test_check_looks_at_the_secrets_of_this_machine(needy: Path) -> None:
    said = quantrac("check", str(needy))
    assert said.exit_code == 2
    assert "mqtt.password: found environment variable NOT_SET not set" in said.output


def test_check_passes_over_them_for_another_machine(needy: Path) -> None:
    assert quantrac("check", str(needy), "--elsewhere").exit_code == 0


# --- Poll


def test_poll_shows_units_as_people_write_them(file: Path) -> None:
    units = units_of(load(file).profiles["det-north"])
    assert (units["dose_rate"], units["hv_coarse"], units["accumulation_sensitive"]) == ("nSv/h", "V", "")


def test_poll_shows_an_informative_value_in_the_unit_that_is_left_after_scaling() -> None:
    units = units_of(load(SHIPPED / "langson.toml", check_paths=False).profiles["weather"])
    assert (units["dew_point"], units["air_temperature"]) == ("°C", "°C")


def test_poll_says_what_to_look_at_when_there_is_nobody(file: Path) -> None:
    said = quantrac("poll", str(file))
    assert said.exit_code == 1
    assert "The port cannot be used" in " ".join(said.output.replace("│", " ").split())


# --- Who only reads needs no rights to write


def test_a_data_directory_that_cannot_be_made_is_no_mistake_for_a_reader(file: Path) -> None:
    text = file.read_text(encoding="utf-8").replace('data = "./data"', 'data = "/proc/nowhere"')
    file.write_text(text, encoding="utf-8")
    assert "there is no journal yet" in quantrac("alarms", "list", str(file)).output
