"""Whatever a file holds: a configuration, or mistakes that each can be said in one line. Nothing else comes out."""

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from config.catalogue import LANGUAGES, Catalogue
from config.crosscheck import cross_check
from config.explain import parse
from config.loader import load
from config.mistakes import ConfigError, Mistake, render
from config.pieces import pieces
from config.schema import StationConfig

DEMO = (Path(__file__).parents[2] / "config" / "demo.toml").read_bytes()
KEYS = (
    *(
        "station",
        "id",
        "name",
        "paths",
        "data",
        "buses",
        "kind",
        "host",
        "device",
        "instruments",
        "bus",
        "profile",
        "address",
        "calibration",
        "alarms",
        "levels",
        "level",
        "above_nsv_h",
        "mqtt",
        "password",
        "env",
        "destinations",
        "influx",
        "url",
        "measuring",
        "background",
    ),
    "",
    "x.y",
    "a\nb",
)
SCALARS = st.one_of(
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["modbus-tcp", "modbus-rtu", "serial-line", "alarm", "det-north", "lan", "http://h", "2026-01-01"]),
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
)


def can_be_said(mistakes: list[Mistake]) -> None:
    for mistake in mistakes:
        for language in LANGUAGES:
            line = render(mistake, Catalogue.load(language))
            assert line.isprintable()
            assert line.startswith(mistake.file)


def mistakes_of(path: Path) -> list[Mistake] | None:
    """None for a file in order."""
    try:
        load(path, check_paths=False)
    except ConfigError as error:
        return list(error.mistakes)
    return None


@given(st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=10))
@example({"": 1})
@example({"buses": [{"kind": "modbus-tcp", "id": ["lan"]}], "instruments": [{"id": {}, "bus": 3}]})
def test_any_data_gives_mistakes_that_can_be_said(data: dict[str, Any]) -> None:
    config, mistakes = parse(StationConfig, data, "x.toml")
    assert (config is None) == bool(mistakes)
    can_be_said(mistakes)
    parts = pieces(data, "x.toml", Path("/tmp"))
    can_be_said(list(cross_check(parts, check_secrets=True, check_paths=True)))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.integers(0, len(DEMO)), length=st.integers(0, 200), put=st.binary(max_size=20))
@example(start=0, length=len(DEMO), put=b"a = " + b"[" * 300 + b"]" * 300)
@example(start=0, length=0, put=b"x = 1e400\ny = 0x" + b"f" * 5000 + b"\n")
def test_a_damaged_file_gives_mistakes_that_can_be_said(tmp_path: Path, start: int, length: int, put: bytes) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(DEMO[:start] + put + DEMO[start + length :])
    mistakes = mistakes_of(path)
    assert mistakes is None or mistakes
    can_be_said(mistakes or [])
