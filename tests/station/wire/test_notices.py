"""Confirmations and the other notices: they come back, and a wrong one is refused."""

import json
from typing import Any

import pytest

from station.journal.position import Position
from station.wire import topics
from station.wire.message import MessageError
from station.wire.notices import Absent, Confirm, RecorderHealth, ranges_from
from tests.builders import alarm, dose_rate, meteo

CONFIRM = Confirm("LS", "main", "ab12", 3, Position("j", 5, ((7, 9), (11, 11))))
HEALTH = RecorderHealth("LS", "main", "refused", "401", 10, 2, 300, 1, 4, 5)


def test_confirmation_comes_back() -> None:
    assert Confirm.from_bytes(CONFIRM.to_bytes()) == CONFIRM


def test_recorder_health_comes_back() -> None:
    assert RecorderHealth.from_bytes(HEALTH.to_bytes()) == HEALTH


def test_absence_comes_back() -> None:
    notice = Absent("LS", "j", 3, 9, "unsendable")
    assert Absent.from_dict(json.loads(notice.to_bytes())) == notice


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": "quantrac/1/status"},
        {"seq": -1},
        {"seq": True},
        {"n": "3"},
        {"session": ""},
        {"journal": None},
        {"ranges": [[6, 9]]},  # touches seq: should have been merged
        {"ranges": [[9, 7]]},
        {"ranges": [[7, 9], [10, 12]]},
        {"ranges": [[7, 9.5]]},
        {"ranges": [[7]]},
        {"ranges": [[2 * n, 2 * n] for n in range(4, 69)]},
        {"ranges": None},
    ],
)
def test_wrong_confirmation_is_refused(changes: dict[str, Any]) -> None:
    payload = json.dumps(json.loads(CONFIRM.to_bytes()) | changes).encode()
    with pytest.raises(MessageError):
        Confirm.from_bytes(payload)


@pytest.mark.parametrize(("first", "last"), [(0, 5), (6, 5)])
def test_wrong_absence_is_refused(first: int, last: int) -> None:
    with pytest.raises(MessageError):
        Absent.from_dict(json.loads(Absent("LS", "j", first, last).to_bytes()))


def test_sixty_four_ranges_are_allowed() -> None:
    assert len(ranges_from([[2 * n, 2 * n] for n in range(4, 68)], 5)) == 64


@pytest.mark.parametrize(
    ("table", "record", "topic"),
    [
        ("dose_rate", dose_rate(), "quantrac/1/VN-LS01/det-north/measurement"),
        ("dose_rate_1h", dose_rate(), "quantrac/1/VN-LS01/det-north/average/1h"),
        ("meteo", meteo(), "quantrac/1/VN-LS01/weather/meteo"),
        ("alarm", alarm(), "quantrac/1/VN-LS01/alarm/det-north-dose/event"),
    ],
)
def test_topics_are_as_agreed(table: str, record: Any, topic: str) -> None:
    assert topics.record_topic(table, record) == topic


@pytest.mark.parametrize("name", ["", "a/b", "+", "#", "a\x00"])
def test_what_cannot_stand_in_a_topic_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="topic"):
        topics.record_topic("dose_rate", dose_rate(instrument=name))
