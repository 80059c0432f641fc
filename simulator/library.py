"""The scenarios that come with the simulator, and how any scenario is found and read."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from simulator.load import load_scenario
from simulator.scenario import Scenario

SHIPPED = Path(__file__).parent / "scenarios"


class ScenarioError(Exception):
    """A scenario cannot be used; the text says which one and why."""


def shipped() -> dict[str, Path]:
    """By id."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.toml"), key=lambda path: path.stem)}


def read_scenario(name_or_path: str) -> Scenario:
    """A shipped scenario by its name, ``load-N``, or a file. Raises ScenarioError."""
    if found := re.fullmatch(r"load-([1-9][0-9]{0,3})", name_or_path):
        return load_scenario(int(found[1]))
    path = shipped().get(name_or_path, Path(name_or_path))
    try:
        return Scenario.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        known = ", ".join([*shipped(), "load-N"])
        raise ScenarioError(f"scenario {name_or_path}: {error} (shipped: {known})") from error
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, item['loc'])) or 'file'}: {item['msg']}" for item in error.errors()]
        raise ScenarioError(f"scenario {name_or_path}: {'; '.join(lines)}") from error


def listing() -> Iterator[str]:
    """What ships, a paragraph each: the id, then one line in Vietnamese and one in English."""
    for name in shipped():
        summary = read_scenario(name).summary
        yield f"{name}\n    {summary.vi}\n    {summary.en}"
