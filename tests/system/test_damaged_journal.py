"""A journal that is damaged, before the start or under the running station: set aside, told, alarmed, and life goes on.

What is new reaches InfluxDB. The alarm stands until a person has acknowledged it.
"""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.system.compare import compare
from tests.system.house import House
from tests.system.look import command, events, meta, retained, rows, until

pytestmark = pytest.mark.system

ALARM = "station-journal_damaged"
TOPIC = f"quantrac/1/TEST-1/alarm/{ALARM}"
NEW_RECORDS = 30


@pytest.fixture(scope="module")
def running_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("damaged") / "house"
    short_delay = "\n[alarms.station]\noff_delay_s = 0.5\n"
    house = House(folder, persistence=False, scenario=("quiet",), poll_s=0.1, more=short_delay)
    try:
        house.start()
        yield house
    finally:
        house.stop()


@pytest.fixture
def house(running_house: House) -> House:
    """A house with some records in the journal, all of them in the database. What broke here before is put away."""
    running_house.wait_for_records(NEW_RECORDS)
    running_house.settle()
    for old in running_house.journal.parent.glob("journal.damaged-*"):
        old.unlink()
    return running_house


def beside(journal: Path, ending: str) -> Path:
    return journal.with_name(journal.name + ending)


def noise(path: Path, start: int = 0) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(random.Random(4).randbytes(path.stat().st_size - start))


def noise_in_the_middle(journal: Path) -> None:
    noise(journal, start=journal.stat().st_size // 8192 * 4096)


def cut_in_half(journal: Path) -> None:
    os.truncate(journal, journal.stat().st_size // 2)


def noise_all_over(journal: Path) -> None:
    noise(journal)
    noise(beside(journal, "-wal"))


def removed(journal: Path) -> None:
    journal.unlink()


@pytest.mark.parametrize("damage", [noise_in_the_middle, cut_in_half], ids=lambda damage: damage.__name__)
def test_a_journal_damaged_before_the_start(house: House, damage: Callable[[Path], None]) -> None:
    old = meta(house.journal, "journal_id")
    assert house.station.stop() == 0
    damage(house.journal)
    damaged = house.journal.read_bytes()
    house.station.start()
    aside = a_new_journal_begins(house, old)
    assert aside.read_bytes() == damaged
    the_alarm_stands_until_a_person_has_seen_it(house)
    what_is_new_is_recorded(house)


@pytest.mark.parametrize("damage", [noise_all_over, removed], ids=lambda damage: damage.__name__)
def test_a_journal_damaged_under_the_running_station(house: House, damage: Callable[[Path], None]) -> None:
    old, alive = meta(house.journal, "journal_id"), house.station.pid
    damage(house.journal)
    a_new_journal_begins(house, old)
    the_alarm_stands_until_a_person_has_seen_it(house)
    what_is_new_is_recorded(house)
    assert (house.station.pid, house.station.alive()) == (alive, True)
    the_new_journal_has_what_its_records_name(house.journal)


def a_new_journal_begins(house: House, old: str) -> Path:
    """Under a new id, beside what was there before; a log line names both files."""

    def is_new() -> bool:
        if not list(house.journal.parent.glob("journal.damaged-*")):
            return False
        return meta(house.journal, "journal_id") not in ("", old)

    until(is_new, "a new journal")
    name = next(p for p in house.journal.parent.glob("journal.damaged-*.sqlite*")).name.partition(".sqlite")[0]
    aside = house.journal.with_name(f"{name}.sqlite")
    errors = [line for line in house.station.log.read_text(encoding="utf-8").splitlines() if " ERROR " in line]
    assert any(f"set aside as {aside}" in line for line in errors)
    return aside


def the_alarm_stands_until_a_person_has_seen_it(house: House) -> None:
    until(lambda: events(house.journal, ALARM) == ["raised"], "the alarm, in the new journal")
    until(lambda: TOPIC in retained(house.broker.port, TOPIC), "the alarm's retained state")
    listed = command("alarms", "list", str(house.file))
    assert (listed.code, ALARM in listed.out) == (0, True)
    assert command("alarms", "ack", str(house.file), ALARM, "--reason", "a test", "--person", "Lan").code == 0
    until(lambda: events(house.journal, ALARM) == ["raised", "acknowledged", "returned"], "the alarm's end")
    assert rows(house.journal, "SELECT person, command, verdict FROM audit") == [("Lan", "acknowledge", "accepted")]
    until(lambda: TOPIC not in retained(house.broker.port, TOPIC), "the topic is emptied")


def what_is_new_is_recorded(house: House) -> None:
    house.wait_for_records(NEW_RECORDS)
    last = house.settle()
    verdict = compare(house.journal, house.influx.url, house.influx.bucket, last, only_this_journal=True)
    assert verdict.compared >= NEW_RECORDS
    assert verdict.differences == []


def the_new_journal_has_what_its_records_name(journal: Path) -> None:
    assert rows(journal, "SELECT DISTINCT config FROM dose_rate") == rows(journal, "SELECT hash FROM config_text")
    assert rows(journal, "SELECT DISTINCT calibration FROM dose_rate") == rows(
        journal, "SELECT id FROM calibration_period"
    )
