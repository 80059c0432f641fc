"""Whatever is killed whenever, InfluxDB ends up with exactly the journal: same count, values, times, no gap in seq.

And the comparison can tell: two deliberate mistakes are caught by it.
"""

import secrets
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.system.chaos import run
from tests.system.children import Child
from tests.system.house import House

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

CHAOS_S = 32.0  # twice: a minute in all


@pytest.mark.parametrize("persistence", [False, True], ids=["broker without persistence", "broker with persistence"])
def test_random_kills_of_broker_database_recorder_and_station_lose_and_double_nothing(
    tmp_path: Path, persistence: bool
) -> None:
    verdict = run(CHAOS_S, secrets.randbelow(2**31), persistence=persistence, folder=tmp_path / "house")
    assert verdict.compared > 100
    assert verdict.differences == []


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "house", persistence=False, poll_s=0.25, commit_interval_s=0.05)
    yield house
    house.stop()


def mutant(which: str, command: str, folder: Path) -> Callable[[Path], Child]:
    def make(file: Path) -> Child:
        line = [sys.executable, "-m", "tests.system.mutants", which, command, str(file)]
        return Child(which, line, folder)

    return make


def what_is_confirmed_while_the_database_is_away(house: House) -> list[str]:
    """Differences in what the outbox calls confirmed after some seconds without the database."""
    house.wait_for_records(20)
    house.settle()
    house.influx.kill_database()
    time.sleep(4)
    house.recorder.kill()
    confirmed = house.journal_state()[1]
    house.influx.start_database()
    return house.verdict(confirmed).differences


def what_is_confirmed_while_the_recorder_is_away(house: House) -> list[str]:
    """Differences in what the outbox calls confirmed when the recorder, then the broker was killed."""
    house.wait_for_records(20)
    house.settle()
    house.recorder.kill()
    time.sleep(4)
    house.broker.kill()
    time.sleep(1)
    return house.verdict(house.journal_state()[1]).differences


def test_nothing_is_confirmed_that_the_database_does_not_have(house: House) -> None:
    house.start()
    assert what_is_confirmed_while_the_database_is_away(house) == []


def test_nothing_is_confirmed_that_only_the_broker_has(house: House) -> None:
    house.start()
    assert what_is_confirmed_while_the_recorder_is_away(house) == []


def test_a_recorder_that_confirms_before_the_204_is_caught(house: House) -> None:
    house.start(recorder=mutant("confirm-early", "record", house.folder))
    assert any("not in InfluxDB" in d for d in what_is_confirmed_while_the_database_is_away(house))


def test_a_station_whose_outbox_moves_on_puback_is_caught(house: House) -> None:
    house.start(station=mutant("puback", "run", house.folder))
    assert any("not in InfluxDB" in d for d in what_is_confirmed_while_the_recorder_is_away(house))
