"""Instrument profiles: the shipped ones by id, a user's own by path, and their mistakes beside all others."""

from collections.abc import Callable
from pathlib import Path

import pytest

from config.explain import parse
from config.mistakes import ConfigError
from config.profile import Profile
from config.profiles import SHIPPED, load_profile, read_profile, shipped

Write = Callable[..., Path]
Lines = Callable[..., list[str]]


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_profile_loads_and_is_called_like_its_file(name: str) -> None:
    assert load_profile(name).id == name


def test_the_promised_profiles_are_shipped() -> None:
    assert {"positron-bdmg-04", "lufft-ws-umb", "mightyohm", "generic-modbus"} <= set(shipped())


def test_an_own_profile_is_found_from_the_file_that_names_it(write: Write, tmp_path: Path) -> None:
    write()
    assert load_profile("./modbus.toml", tmp_path).id == "test-modbus"


def test_an_id_cannot_leave_the_shipped_directory(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        load_profile("x/../../demo", tmp_path)
    assert (SHIPPED / "x/../../demo.toml").resolve().name == "demo.toml"


def test_an_unknown_profile_is_one_line(lines: Lines, write: Write) -> None:
    (line,) = lines(write(("./modbus.toml", "no-such")))
    assert line == (
        'station.toml: instruments[north].profile: found "no-such"; '
        f"allowed: a shipped profile ({', '.join(shipped())}), or the path of one that begins with ./ or /"
    )


def test_a_missing_own_profile_is_told_under_its_name(lines: Lines, write: Write) -> None:
    assert lines(write(("./modbus.toml", "./none.toml"))) == [
        "none.toml: found no file of this name; allowed: the path of a TOML file"
    ]


def test_mistakes_of_a_profile_stand_beside_those_of_the_station(lines: Lines, write: Write, tmp_path: Path) -> None:
    path = write(("latitude_deg = 21.85", "latitude_deg = 99"))
    profile = tmp_path / "modbus.toml"
    text = profile.read_text(encoding="utf-8")
    profile.write_text(text.replace("function = 4", "function = 6").replace('"f32"', '"f64"'), encoding="utf-8")
    assert lines(path) == [
        "station.toml: station.latitude_deg: found 99; allowed: a number from -90 to 90",
        "modbus.toml: blocks[#1].function: found 6; allowed: one of 3, 4",
        'modbus.toml: values[rate].type: found "f64"; allowed: one of u16, s16, u32, s32, f32, u8lo, u8hi',
    ]


def test_a_profile_that_two_instruments_share_is_told_of_once(lines: Lines, write: Write, tmp_path: Path) -> None:
    path = write(("./line.toml", "./modbus.toml"), ('kind = "serial-line"', 'kind = "modbus-rtu"'))
    profile = tmp_path / "modbus.toml"
    profile.write_text(profile.read_text(encoding="utf-8") + "typo = 1\n", encoding="utf-8")
    (line,) = lines(path)
    assert line.startswith("modbus.toml: typo: found an unknown key")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            "blocks = [{ function = 4, start = 0, count = 2 }]",
            "",
            "blocks: found nothing; allowed: blocks and values, because the protocol is modbus",
        ),
        (
            'detector = { primary = "dose_rate", high_nsv_h = 1e7 }',
            "",
            "detector: found nothing; allowed: a table [detector], because the kind is detector",
        ),
        (
            'kind = "detector"',
            'kind = "detector"\nstatus_bits = [{ value = "x", bit = 0, flag = "test_mode", meaning = "x" }]',
            'status_bits: found "x"; allowed: a value of the quantity status: ',
        ),
    ],
    ids=["blocks", "detector", "status"],
)
def test_an_incomplete_modbus_profile(
    write: Write, lines: Lines, tmp_path: Path, old: str, new: str, line: str
) -> None:
    path = write()
    profile = tmp_path / "modbus.toml"
    profile.write_text(profile.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert lines(path) == [f"modbus.toml: {line}"]


def test_a_wrong_pattern_of_a_line_is_a_mistake(write: Write, lines: Lines, tmp_path: Path) -> None:
    path = write()
    profile = tmp_path / "line.toml"
    profile.write_text(profile.read_text(encoding="utf-8").replace("[0-9]+", "[0-9"), encoding="utf-8")
    (line,) = lines(path)
    assert line.endswith("; allowed: a correct regular expression")


def test_reading_a_profile_gives_its_text_too(write: Write, tmp_path: Path) -> None:
    write()
    file = read_profile(tmp_path / "modbus.toml")
    assert file.text == (tmp_path / "modbus.toml").read_text(encoding="utf-8")


def test_a_profile_is_held_against_its_model() -> None:
    profile, mistakes = parse(Profile, {}, "x.toml")
    assert profile is None
    assert {m.key for m in mistakes} == {"id", "maker", "model", "kind", "protocol", "source", "proven"}
