"""Loading a station's file: what a good one gives, and that each mistake is one readable line."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from config.loader import load
from config.source import LARGEST_BYTES

Write = Callable[..., Path]
Lines = Callable[[Path], list[str]]

DESTINATION = """
[[destinations]]
id = "db"
kind = "recorder"
influx = { url = "http://127.0.0.1:8086", token = { file = "token" } }
"""
MQTT = '\n[mqtt]\npassword = { file = "secret" }\ntls_ca = "ca.pem"\n'


# --- What a good file gives


def test_a_good_file_gives_its_configuration(write: Write) -> None:
    loaded = load(write())
    assert loaded.config.station.id == "test"
    assert [i.id for i in loaded.config.instruments] == ["north", "gate"]


def test_profiles_are_by_instrument(write: Write) -> None:
    profiles = load(write()).profiles
    assert {name: profile.id for name, profile in profiles.items()} == {"north": "test-modbus", "gate": "test-line"}


def test_relative_paths_begin_at_the_file(write: Write, tmp_path: Path) -> None:
    config = load(write(more=MQTT + DESTINATION)).config
    assert config.paths.data == tmp_path / "data"
    assert config.mqtt is not None
    assert config.mqtt.tls_ca == tmp_path / "ca.pem"
    assert config.mqtt.password is not None
    assert config.mqtt.password.file == tmp_path / "secret"
    token = config.destinations[0].influx.token
    assert token is not None
    assert token.file == tmp_path / "token"


def test_the_hash_is_that_of_the_kept_text(write: Write) -> None:
    loaded = load(write())
    assert loaded.sha256 == hashlib.sha256(loaded.text.encode("utf-8")).hexdigest()


def test_the_kept_text_loads_to_the_same_configuration(write: Write, tmp_path: Path) -> None:
    loaded = load(write())
    again = tmp_path / "again.toml"
    again.write_text(loaded.text, encoding="utf-8")
    assert load(again).config == loaded.config


def test_a_users_profile_is_part_of_the_hash(write: Write, tmp_path: Path) -> None:
    path = write()
    before = load(path).sha256
    profile = tmp_path / "modbus.toml"
    profile.write_text(profile.read_text(encoding="utf-8").replace("1e9", "1e6"), encoding="utf-8")
    assert load(path).sha256 != before


def test_the_same_file_has_the_same_hash(write: Write) -> None:
    path = write()
    assert load(path).sha256 == load(path).sha256


def test_a_byte_order_mark_is_no_mistake(write: Write) -> None:
    path = write()
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load(path).config.station.id == "test"


# --- Files that are no configuration: one line each


def test_a_missing_file(lines: Lines, tmp_path: Path) -> None:
    assert lines(tmp_path / "none.toml") == ["none.toml: found no file of this name; allowed: the path of a TOML file"]


def test_a_directory(lines: Lines, tmp_path: Path) -> None:
    (tmp_path / "dir").mkdir()
    assert lines(tmp_path / "dir") == ["dir: found a directory; allowed: the path of a TOML file"]


def test_a_pipe_is_not_waited_for(lines: Lines, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert lines(tmp_path / "pipe") == ["pipe: found a device, pipe or socket; allowed: the path of a TOML file"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"\x7fELF\x00\x01", "x.toml: found a binary file; allowed: a TOML file, text in UTF-8"),
        (b"name = 'L\xe0ng'", "x.toml: found text that is not UTF-8; allowed: a TOML file, text in UTF-8"),
        (b" \n\n", "x.toml: found an empty file; allowed: a TOML file that describes something"),
        (b"#" * (LARGEST_BYTES + 1), "x.toml: found more than 1.00 MB; allowed: a TOML file of at most 1.00 MB"),
        (
            b'[station]\nid = "te',
            (
                "x.toml: found something that is not TOML, or breaks off, at line 2, column 9; "
                "allowed: correct TOML there"
            ),
        ),
        (
            b"[station]\nid = \nname = 1",
            "x.toml: found something that is not TOML, or breaks off, at line 2, column 6; allowed: correct TOML there",
        ),
        (
            b"[station\n",
            "x.toml: found something that is not TOML, or breaks off, at line 1, column 9; allowed: correct TOML there",
        ),
        (
            b"a = 1\na = 2",
            "x.toml: found a key or table that was there before, at line 2, column 6; allowed: each key and table once",
        ),
        (
            b"a = " + b"[" * 100_000,
            (
                "x.toml: found something that is not TOML, or breaks off, at line 1, column 100005; "
                "allowed: correct TOML there"
            ),
        ),
        (
            b"a = 0x" + b"f" * 17,
            (
                "x.toml: found a whole number of more than 64 bits, or tables and lists nested too deeply; "
                "allowed: whole numbers of 64 bits, and at most 20 levels of tables and lists"
            ),
        ),
    ],
    ids=[
        "binary",
        "not-utf8",
        "empty",
        "too-large",
        "half",
        "half-line",
        "half-table",
        "twice",
        "too-deep",
        "too-long",
    ],
)
def test_a_file_that_is_no_toml_gives_one_line(lines: Lines, tmp_path: Path, content: bytes, line: str) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    assert lines(path) == [line]


# --- Mistakes of the schema


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            ('id = "test"', 'id = "a b"'),
            'station.id: found "a b"; allowed: 1 to 32 of A-Z a-z 0-9 - _, a letter or digit first',
        ),
        ((', en = "Test"', ""), "station.name.en: found nothing; allowed: a text of 1 to 80 characters"),
        (
            ("latitude_deg = 21.85", 'latitude_deg = "N"'),
            'station.latitude_deg: found "N"; allowed: a number from -90 to 90',
        ),
        (
            ("longitude_deg = 106.76", "longitude_deg = 206"),
            "station.longitude_deg: found 206; allowed: a number from -180 to 180",
        ),
        (
            ("height_above_sea_m = 258", "height_above_sea_m = true"),
            "station.height_above_sea_m: found true; allowed: a number",
        ),
        (
            ("height_above_sea_m = 258", "height_above_sea_m = nan"),
            "station.height_above_sea_m: found nan; allowed: a number",
        ),
        (
            ("height_above_sea_m = 258", 'height_above_sea_m = 258\ntime_zone = "Asia"'),
            'station.time_zone: found "Asia"; allowed: a time zone such as Asia/Ho_Chi_Minh',
        ),
        (('data = "data"', "data = 3"), "paths.data: found 3; allowed: a path"),
        (("[paths]", "[paths]\ndato = 1"), "paths.dato: found an unknown key; allowed: perhaps data; known here: data"),
        (("[paths]", "[paths]\nxyz = 1"), "paths.xyz: found an unknown key; allowed: known here: data"),
        (
            ('host = "127.0.0.1"', 'host = "127.0.0.1"\nport = "502"'),
            'buses[lan].port: found "502"; allowed: a whole number from 1 to 65535',
        ),
        (('host = "127.0.0.1"\n', ""), "buses[lan].host: found nothing; allowed: a text that is not empty"),
        (
            ("modbus-tcp", "modbus-udp"),
            'buses[lan].kind: found "modbus-udp"; allowed: one of modbus-tcp, modbus-rtu, serial-line',
        ),
        (
            ('kind = "modbus-tcp"\n', ""),
            "buses[lan].kind: found nothing; allowed: one of modbus-tcp, modbus-rtu, serial-line",
        ),
        (
            ("valid_from = 2026-01-01", 'valid_from = "soon"'),
            'instruments[gate].calibration.valid_from: found "soon"; allowed: a date such as 2026-11-23',
        ),
        (
            ('level = "alarm"', 'level = "panic"'),
            'alarms.levels[panic].level: found "panic"; allowed: one of notice, warning, alarm, emergency',
        ),
        (
            ("above_nsv_h = 1000\n", ""),
            "alarms.levels[alarm]: found nothing; allowed: exactly one of above_nsv_h and above_background_nsv_h",
        ),
        (
            ("above_nsv_h = 1000", "above_nsv_h = 1000\nabove_background_nsv_h = 100"),
            (
                "alarms.levels[alarm]: found above_nsv_h, above_background_nsv_h; "
                "allowed: exactly one of above_nsv_h and above_background_nsv_h"
            ),
        ),
        (("[paths]", "[measuring]\nbackground = 3\n[paths]"), "measuring.background: found a number; allowed: a table"),
    ],
)
def test_a_mistake_is_one_line(lines: Lines, write: Write, change: tuple[str, str], line: str) -> None:
    assert lines(write(change)) == [f"station.toml: {line}"]


def test_lists_that_must_hold_something(lines: Lines, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("buses = []\ninstruments = []\nalarms = { levels = [] }\n", encoding="utf-8")
    assert lines(path) == [
        "x.toml: station: found nothing; allowed: a table",
        "x.toml: paths: found nothing; allowed: a table",
        "x.toml: buses: found a list; allowed: a list with at least one entry",
        "x.toml: instruments: found a list; allowed: a list with at least one entry",
        "x.toml: alarms.levels: found a list; allowed: a list with at least one entry",
    ]


def test_a_line_stays_one_line_and_short(lines: Lines, write: Write) -> None:
    (line,) = lines(write(('id = "test"', 'id = "' + "x\\n" * 500 + '"')))
    assert line.isprintable()
    assert len(line) < 200
