"""One minute in which a detector falls silent, one repeats itself, and a source comes to a third; then all is over.

Each is raised, journalled, published as a retained state, acknowledged by a person, and its topic is empty at the end.
"""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.system.house import House
from tests.system.look import command, events, retained, rows, until

pytestmark = pytest.mark.system

# det-a gives no answer, gate repeats its last sentence, a source is near det-b: each for a while. Minutes of the world.
SCENARIO = """\
id = "three-troubles"
summary = { vi = "Ba sự cố", en = "Three troubles" }
seed = 3
duration_min = 5

[[buses]]
id = "lan"
kind = "modbus-tcp"

[[buses]]
id = "line"
kind = "serial-line"

[[instruments]]
id = "det-a"
profile = "positron-bdmg-04"
bus = "lan"
address = 1

[[instruments]]
id = "det-b"
profile = "positron-bdmg-04"
bus = "lan"
address = 2

[[instruments]]
id = "gate"
profile = "mightyohm"
bus = "line"
place = { terrestrial_nsv_h = 850.0 }

[[faults]]
instrument = "det-a"
kind = "no_answer"
start_min = 0.07
duration_min = 0.2

[[faults]]
instrument = "gate"
kind = "stuck"
start_min = 0.07
duration_min = 0.36

[[sources]]
start_min = 0.07
duration_min = 0.25
ramp_s = 1
at_nsv_h = { det-b = 30000.0 }
"""
QUICK = """
[alarms.silent]
off_delay_s = 1

[alarms.stuck]
off_delay_s = 1
"""
ALARMS = {"det-a-silent": "silent", "gate-stuck": "stuck", "det-b-dose": "level_exceeded"}


LEVELS = {"det-a-silent": "warning", "gate-stuck": "warning", "det-b-dose": "alarm"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    scenario = tmp_path / "scenario.toml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    house = House(
        tmp_path / "house",
        persistence=False,
        scenario=(str(scenario),),
        poll_s=0.5,
        off_delay_s=1.0,
        instrument="silent_after_s = 3\n",
        more=QUICK,
    )
    try:
        house.start()
        yield house
    finally:
        house.stop()


def topic(alarm: str) -> str:
    return f"quantrac/1/TEST-1/alarm/{alarm}"


def test_silent_stuck_and_dose_alarms_come_are_acknowledged_and_go(house: House) -> None:
    topics = [topic(alarm) for alarm in ALARMS]
    for alarm in ("det-b-dose", "det-a-silent", "gate-stuck"):
        until(partial(stands, house, alarm), f"{alarm} raised and retained")
        assert command("alarms", "ack", str(house.file), alarm, "--person", "Lan").code == 0
    until(lambda: all(events(house.journal, alarm)[-1:] == ["returned"] for alarm in ALARMS), "all are over", 60)
    until(lambda: retained(house.broker.port, *topics) == {}, "the topics are empty")
    last = house.settle()
    assert house.verdict(last).differences == [], "the alarms' records reach the database too"
    told = {alarm: [name for name in events(house.journal, alarm) if name != "level_changed"] for alarm in ALARMS}
    assert told == {alarm: ["raised", "acknowledged", "returned"] for alarm in ALARMS}
    of_instruments = rows(house.journal, "SELECT DISTINCT alarm FROM alarm WHERE alarm NOT LIKE 'station-%'")
    others = {row[0] for row in of_instruments} - ALARMS.keys()
    assert others <= {"gate-dose"}, "the gate stands where there is much, so that its counts can be seen to repeat"


def stands(house: House, alarm: str) -> bool:
    """Raised in the journal, and for whoever asks the broker."""
    said = json.loads(retained(house.broker.port, topic(alarm)).get(topic(alarm), b"{}"))
    wanted = {"state": "unacknowledged", "level": LEVELS[alarm], "condition": ALARMS[alarm]}
    return "raised" in events(house.journal, alarm) and said.items() >= wanted.items()
