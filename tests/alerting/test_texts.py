"""Every condition has its text for people, in both languages."""

import tomllib
from pathlib import Path

import pytest

import config
from alerting.events import CONDITIONS


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_condition_has_a_text(language: str) -> None:
    path = Path(config.__file__).parent / "messages" / f"{language}.toml"
    catalogue = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(CONDITIONS) <= catalogue["alarm"].keys()
