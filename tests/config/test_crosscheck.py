"""Mistakes between the parts of a configuration: each is one readable line, also beside mistakes of other kinds."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Write = Callable[..., Path]
Lines = Callable[..., list[str]]
Change = tuple[str, str]

DESTINATION = """
[[destinations]]
id = "db"
kind = "recorder"
influx = { url = "http://127.0.0.1:8086", token = { file = "token" } }
"""
SENSITIVE = 'calibration = { certificate = "C", valid_from = 2026-01-01, sensitivity_cps_per_usv_h = 3 }\n'


def bus(name: str, device: str) -> str:
    return f'\n[[buses]]\nid = "{name}"\nkind = "modbus-rtu"\ndevice = "{device}"\n'


def instrument(name: str, on_bus: str, profile: str, more: str = "") -> str:
    names = '{ vi = "x", en = "x" }'
    return f'\n[[instruments]]\nid = "{name}"\nbus = "{on_bus}"\nprofile = "{profile}"\nname = {names}\n{more}'


def level(name: str, limit: str) -> str:
    return f'\n[[alarms.levels]]\nlevel = "{name}"\n{limit}\nsource = "test"\n'


@pytest.mark.parametrize(
    ("changes", "more", "expected"),
    [
        pytest.param(
            [('id = "line"', 'id = "lan"'), ('bus = "line"', 'bus = "lan"')],
            "",
            [
                'buses[#2].id: found "lan"; allowed: an id that is used once; lan stands here twice',
                "instruments[gate].address: found 1; allowed: an address of its own; north has this one on bus lan",
                (
                    "instruments[gate].profile: found profile test-line, which speaks line; "
                    "allowed: a profile that speaks modbus, as bus lan does"
                ),
            ],
            id="two buses of one id",
        ),
        pytest.param(
            [('id = "gate"', 'id = "north"')],
            "",
            ['instruments[#2].id: found "north"; allowed: an id that is used once; north stands here twice'],
            id="two instruments of one id",
        ),
        pytest.param(
            [('id = "gate"', 'id = "alarm"')],
            "",
            [
                (
                    'instruments[alarm].id: found "alarm"; '
                    "allowed: an id other than station, alarm, status, confirm, recorder, absent, "
                    "which the station needs itself"
                )
            ],
            id="a name that MQTT needs",
        ),
        pytest.param(
            [('bus = "lan"', 'bus = "lin"')],
            "",
            ['instruments[north].bus: found "lin"; allowed: a bus that is there: line, lan'],
            id="an unknown bus, the nearest first",
        ),
        pytest.param(
            [],
            instrument("south", "lan", "./modbus.toml"),
            ["instruments[south].address: found 1; allowed: an address of its own; north has this one on bus lan"],
            id="one address twice",
        ),
        pytest.param(
            [],
            bus("rs485", "/dev/ttyS1") + instrument("south", "rs485", "./modbus.toml", "address = 0\n"),
            [
                (
                    "instruments[south].address: found 0; "
                    "allowed: a whole number from 1 to 247; 0 is the broadcast on a serial line"
                )
            ],
            id="the broadcast address",
        ),
        pytest.param(
            [],
            instrument("gate2", "line", "./line.toml", SENSITIVE),
            [
                (
                    'instruments[gate2].bus: found "line"; '
                    "allowed: one instrument on a serial-line bus; gate is on line already"
                )
            ],
            id="two that send by themselves on one line",
        ),
        pytest.param(
            [],
            bus("rs485", "/dev/ttyUSB0"),
            ['buses[rs485].device: found "/dev/ttyUSB0"; allowed: a device of its own; bus line has this one'],
            id="one port for two buses",
        ),
        pytest.param(
            [("./line.toml", "./modbus.toml")],
            "",
            [
                (
                    "instruments[gate].profile: found profile test-modbus, which speaks modbus; "
                    "allowed: a profile that speaks line, as bus line does"
                )
            ],
            id="a profile of another protocol",
        ),
        pytest.param(
            [(", sensitivity_cps_per_usv_h = 2.9", "")],
            "",
            [
                (
                    "instruments[gate].calibration.sensitivity_cps_per_usv_h: found nothing; "
                    "allowed: a sensitivity, because profile test-line counts and names none"
                )
            ],
            id="counts without a sensitivity",
        ),
        pytest.param(
            [('profile = "./modbus.toml"', 'profile = "./modbus.toml"\npoll_s = 60')],
            "",
            ["instruments[north].silent_after_s: found 60; allowed: more than poll_s, 60, or every poll is late"],
            id="silent before it is asked again",
        ),
        pytest.param(
            [],
            DESTINATION,
            ["mqtt: found nothing; allowed: a table [mqtt], because there are destinations"],
            id="a destination without a broker",
        ),
        pytest.param(
            [],
            level("warning", "above_nsv_h = 1000"),
            [
                (
                    "alarms.levels[alarm].above_nsv_h: found 1000; "
                    "allowed: more than 1000, which is the limit of the level Warning"
                )
            ],
            id="levels that do not rise",
        ),
        pytest.param(
            [],
            level("alarm", "above_nsv_h = 2000"),
            ['alarms.levels[#2].level: found "alarm"; allowed: one rule of this kind for the level Alarm'],
            id="one level twice",
        ),
        pytest.param(
            [], level("warning", "above_background_nsv_h = 5000"), [], id="a relative level has its own scale"
        ),
        pytest.param(
            [("above_nsv_h = 1000", "above_nsv_h = 1000\nhysteresis_nsv_h = 1000")],
            "",
            [
                (
                    "alarms.levels[alarm].hysteresis_nsv_h: found 1000; "
                    "allowed: less than the limit 1000, or the alarm never ends"
                )
            ],
            id="a hysteresis that never lets go",
        ),
        pytest.param(
            [],
            "\n[measuring.background]\nwindow_days = 0.5\n",
            [
                (
                    "measuring.background.learning_min: found 1440; "
                    "allowed: not longer than the window, 720 min, or learning never ends"
                )
            ],
            id="learning longer than the window",
        ),
    ],
)
def test_parts_that_do_not_fit(
    lines: Lines, write: Write, changes: list[Change], more: str, expected: list[str]
) -> None:
    assert lines(write(*changes, more=more)) == [f"station.toml: {line}" for line in expected]


def test_cross_checks_run_beside_mistakes_of_the_schema(lines: Lines, write: Write) -> None:
    changes = [("latitude_deg = 21.85", "latitude_deg = 99"), ('id = "gate"', 'id = "north"')]
    assert len(lines(write(*changes))) == 2


def test_a_bus_with_a_mistake_is_still_a_known_bus(lines: Lines, write: Write) -> None:
    assert lines(write(('host = "127.0.0.1"', 'host = ""'))) == [
        'station.toml: buses[lan].host: found ""; allowed: a text that is not empty'
    ]


def test_data_below_a_file_is_a_mistake(lines: Lines, write: Write, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file", encoding="utf-8")
    assert lines(write(('data = "data"', 'data = "data/here"'))) == [
        (
            "station.toml: paths.data: found data, which is not a directory; "
            "allowed: a directory, there or to be made, where this user may write"
        )
    ]


def test_data_where_nobody_may_write_is_a_mistake(lines: Lines, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.crosscheck.os.access", lambda *_: False)  # root may write everywhere
    (line,) = lines(write())
    assert "where this user may not write" in line


def test_the_data_path_is_left_alone_when_it_will_be_replaced(lines: Lines, write: Write, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file", encoding="utf-8")
    assert lines(write(), check_paths=False) == []


def test_a_data_path_that_this_user_may_not_even_look_at_is_one_line(
    lines: Lines, write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    closed = tmp_path / "closed"
    path = write(('data = "data"', f'data = "{closed}/data"'))
    look = os.stat

    def stat(at: Any, **how: Any) -> os.stat_result:
        if str(at).startswith(f"{closed}/"):
            raise PermissionError(13, "Permission denied", str(at))
        return look(at, **how)

    closed.mkdir()
    monkeypatch.setattr(os, "stat", stat)
    monkeypatch.setattr(os, "access", lambda at, _mode: Path(at) != closed)
    (said,) = lines(path)
    assert "paths.data: found closed, where this user may not write; allowed: a directory" in said
