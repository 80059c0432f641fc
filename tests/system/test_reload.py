"""``quantrac reload``: a good change is taken without losing a second, a bad one is refused and told, none is none.

The wires are those of a station in service: Modbus TCP, Modbus RTU and a line that speaks by itself once a second.
"""

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from station.inbox import submit
from tests.system.house import House
from tests.system.look import command, count, events, rows, until

pytestmark = pytest.mark.system

ALARM = "station-configuration_bad"
SHORT_DELAY = "\n[alarms.station]\noff_delay_s = 0.5\n"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("reload") / "house", persistence=False, more=SHORT_DELAY)
    try:
        house.start()
        until(lambda: len(seconds(house, "gate")) >= 3, "the line speaks")
        yield house
    finally:
        house.stop()


def seconds(house: House, instrument: str) -> list[tuple[int, int, float, str]]:
    """The raw measurements of one detector, in order: begin, end, live time, configuration."""
    sql = "SELECT start_ns, end_ns, live_s, config FROM dose_rate WHERE instrument = ? ORDER BY seq"
    return [(row[0], row[1], row[2], row[3]) for row in rows(house.journal, sql, instrument)]


def change(house: House, old: str, new: str) -> None:
    text = house.file.read_text(encoding="utf-8")
    assert old in text
    house.file.write_text(text.replace(old, new, 1), encoding="utf-8")


def said(house: House, text: str) -> int:
    return house.station.log.read_text(encoding="utf-8").count(text)


def lines_opened(house: House) -> int:
    return said(house, ": open\n")


def configurations(house: House) -> int:
    return count(house.journal, "config_text")


@pytest.mark.parametrize(
    ("old", "new"),
    [("above_nsv_h = 1000", "above_nsv_h = 1100"), ("poll_s = 1.0", "poll_s = 0.5"), ('en = "gate"', 'en = "Gate"')],
    ids=["an alarm level", "a poll rate", "a name"],
)
def test_a_good_change_is_taken_without_losing_a_second(house: House, old: str, new: str) -> None:
    before, opened, connected = configurations(house), lines_opened(house), said(house, "connected to the broker")
    change(house, old, new)
    assert command("reload", str(house.file)).code == 0
    until(lambda: configurations(house) == before + 1, "it is taken")
    taken = rows(house.journal, "SELECT hash FROM config_text ORDER BY rowid DESC LIMIT 1")[0][0]
    until(lambda: [r[3] for r in seconds(house, "gate")].count(taken) >= 3, "it is measured by")
    for detector in ("det-north", "det-south", "gate"):
        of_detector = seconds(house, detector)
        uncovered_s = sum(later[0] - sooner[1] for sooner, later in pairwise(of_detector)) / 1e9
        assert uncovered_s < 1.0, detector
    of_gate = seconds(house, "gate")
    counted_s = sum(live_s for _, _, live_s, _ in of_gate)
    passed_s = (of_gate[-1][1] - of_gate[0][0]) / 1e9
    assert counted_s == round(passed_s), "each second of the line that speaks by itself"
    assert (lines_opened(house), said(house, "connected to the broker")) == (opened, connected)


def test_no_change_is_no_change(house: House) -> None:
    before, opened = configurations(house), lines_opened(house)
    unchanged = said(house, "configuration unchanged")
    assert command("reload", str(house.file)).code == 0
    until(lambda: said(house, "configuration unchanged") == unchanged + 1, "it says so")
    assert (configurations(house), lines_opened(house)) == (before, opened)


def test_the_command_names_the_mistakes_of_a_bad_file_and_asks_for_nothing(house: House) -> None:
    good = house.file.read_text(encoding="utf-8")
    before = len(rows(house.journal, "SELECT id FROM audit"))
    change(house, "latitude_deg = 21.85", 'latitude_deg = "north"')
    refused = command("reload", str(house.file))
    house.file.write_text(good, encoding="utf-8")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "station.latitude_deg" in refused.err
    assert len(rows(house.journal, "SELECT id FROM audit")) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [("[station]", "[station"), ('data = "./data"', 'data = "./elsewhere"')],
    ids=["half written", "another data directory"],
)
def test_a_bad_file_keeps_the_old_configuration_and_raises_an_alarm_until_a_good_one(
    house: House, old: str, new: str
) -> None:
    """The file went bad between the command's look and the station's, or another program asked."""
    good, before = house.file.read_text(encoding="utf-8"), configurations(house)
    told = len(events(house.journal, ALARM))
    change(house, old, new)
    submit(house.journal.parent / "inbox", time.time_ns(), command="reload", person="Lan")
    until(lambda: events(house.journal, ALARM)[told:] == ["raised"], "the alarm")
    measured = count(house.journal, "dose_rate")
    until(lambda: count(house.journal, "dose_rate") > measured, "it goes on")
    house.file.write_text(good, encoding="utf-8")
    assert command("reload", str(house.file)).code == 0
    until(lambda: "returned" in events(house.journal, ALARM)[told:], "the alarm's end")
    assert configurations(house) == before
    assert not Path(house.journal.parent.parent / "elsewhere").exists()
