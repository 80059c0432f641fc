"""The demo's station fitted to a world: every endpoint right, what is not in the world left out, and a real file."""

from pathlib import Path
from typing import Any

import pytest

from config.loader import load
from config.schema import StationConfig
from station.demo.station_file import CONFIG_FILE, ScenarioMismatchError, fit, write_station_file


@pytest.fixture(scope="module")
def config() -> StationConfig:
    return load(CONFIG_FILE, check_paths=False).config


def ready() -> dict[str, Any]:
    """The simulator's first line for a world with one detector and the weather, its buses under its own names."""
    return {
        "buses": {
            "detectors": {"kind": "modbus-tcp", "host": "127.0.0.1", "port": 40123},
            "line": {"kind": "modbus-rtu", "device": "/dev/pts/77"},
        },
        "instruments": {
            "det-south": {"profile": "positron-bdmg-04", "bus": "detectors", "address": 9},
            "weather": {"profile": "lufft-ws-umb", "bus": "line", "address": 1},
        },
    }


def fitted(config: StationConfig, world: dict[str, Any], data: Path) -> StationConfig:
    return fit(config, world, mqtt_port=40456, data=data, language="en")


def test_every_endpoint_is_where_the_world_is(config: StationConfig, tmp_path: Path) -> None:
    station = fitted(config, ready(), tmp_path)
    assert {bus.id: getattr(bus, "port", None) or getattr(bus, "device", None) for bus in station.buses} == {
        "lan": 40123,
        "weather-line": "/dev/pts/77",
    }
    assert {i.id: i.address for i in station.instruments} == {"det-south": 9, "weather": 1}
    assert station.mqtt is not None
    assert (station.mqtt.host, station.mqtt.port, station.mqtt.protocol) == ("127.0.0.1", 40456, "3.1.1")
    assert (station.paths.data, station.station.language) == (tmp_path, "en")


def test_the_file_is_a_stations_file_that_says_the_same(config: StationConfig, tmp_path: Path) -> None:
    station = fitted(config, ready(), tmp_path)
    write_station_file(station, tmp_path / "station.toml")
    assert load(tmp_path / "station.toml").config == station


def test_an_instrument_that_the_station_does_not_know_is_named(config: StationConfig, tmp_path: Path) -> None:
    world = ready()
    world["instruments"]["roof"] = world["instruments"]["det-south"]
    with pytest.raises(ScenarioMismatchError, match="roof"):
        fitted(config, world, tmp_path)


def test_an_instrument_of_another_model_is_named(config: StationConfig, tmp_path: Path) -> None:
    world = ready()
    world["instruments"]["det-south"]["profile"] = "mightyohm"
    with pytest.raises(ScenarioMismatchError, match="det-south"):
        fitted(config, world, tmp_path)
