"""The files that come with quantrac are in order, and docs/configuration.md is what the schema says."""

from pathlib import Path

import pytest

from config.describe import PATTERNS, allowed, shape, shape_of
from config.loader import Loaded, load
from config.profile import Profile
from config.reference import reference
from config.schema import StationConfig

CONFIG = Path(__file__).parents[2] / "config"
PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


@pytest.fixture(params=["langson.toml", "demo.toml"])
def shipped_station(request: pytest.FixtureRequest, tmp_path: Path) -> Loaded:
    """Loaded from a copy whose data lie where this user may write."""
    text = (CONFIG / request.param).read_text(encoding="utf-8")
    path = tmp_path / request.param
    path.write_text(text.replace('"/var/lib/quantrac"', '"data"'), encoding="utf-8")
    return load(path)


def test_a_shipped_station_is_in_order(shipped_station: Loaded) -> None:
    assert set(shipped_station.profiles) == {i.id for i in shipped_station.config.instruments}


def test_a_shipped_station_speaks_every_kind_of_wire_and_weather(shipped_station: Loaded) -> None:
    kinds = {bus.kind for bus in shipped_station.config.buses}
    assert {"modbus-rtu", "serial-line"} <= kinds
    assert {"detector", "meteo"} == {profile.kind for profile in shipped_station.profiles.values()}


def test_every_limit_of_the_real_station_is_marked_as_a_proposal() -> None:
    config = load(CONFIG / "langson.toml", check_paths=False).config
    assert all("proposal" in rule.source and "not yet approved" in rule.source for rule in config.alarms.levels)


def test_the_relative_limit_of_the_real_station_is_background_plus_100() -> None:
    config = load(CONFIG / "langson.toml", check_paths=False).config
    relative = [rule for rule in config.alarms.levels if rule.above_background_nsv_h is not None]
    assert [(rule.level, rule.above_background_nsv_h) for rule in relative] == [("warning", 100)]
    assert config.measuring.background.window_days == 7


def test_the_real_station_has_no_secret_in_its_file() -> None:
    config = load(CONFIG / "langson.toml", check_paths=False).config
    assert config.mqtt is not None
    assert config.mqtt.password is not None
    assert config.mqtt.password.file == Path("/etc/quantrac/mqtt-password")


def test_the_configuration_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "python -m config.reference > docs/configuration.md"


@pytest.mark.parametrize("root", [StationConfig, Profile])
def test_every_key_of_the_schemas_has_words_for_what_is_allowed(root: type[StationConfig | Profile]) -> None:
    waiting, seen = [shape(root)], set()
    while waiting:
        for model in waiting.pop().models.values():
            for name, field in model.model_fields.items():
                what = shape_of(field)
                assert allowed(what).key, (model, name)
                seen.add(name)
                waiting.append(what.items or what)
    assert len(seen) > 20


def test_every_pattern_of_the_schemas_has_words() -> None:
    sources = [(CONFIG / f"{name}.py").read_text(encoding="utf-8") for name in ("schema", "profile", "secrets")]
    in_use = {
        line.split('pattern=r"')[1].split('"')[0] for s in sources for line in s.splitlines() if 'pattern=r"' in line
    }
    assert in_use == set(PATTERNS)
