"""The demo's station fitted to a world: every endpoint right, what is not in the world left out, and a real file."""

from pathlib import Path
from typing import Any

import pytest

from config.loader import load
from config.schema import StationConfig
from station.demo.generated import ScenarioMismatchError
from station.demo.station_file import CONFIG_FILE, fit, write_station_file


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


def strange() -> dict[str, Any]:
    """A world that the demo's own station does not fit."""
    world = ready() | {"duration_s": 86400.0, "rate": 200.0}
    world["instruments"]["roof"] = {
        "profile": "positron-bdmg-04", "bus": "detectors", "address": 10, "name": {"vi": "Mái", "en": "Roof"},
    }  # fmt: skip
    return world


def test_a_world_of_its_own_gets_a_station_with_its_buses_instruments_and_names(
    config: StationConfig, tmp_path: Path
) -> None:
    station = fitted(config, strange(), tmp_path)
    assert [(bus.id, bus.kind) for bus in station.buses] == [("detectors", "modbus-tcp"), ("line", "modbus-rtu")]
    assert {i.id: (i.bus, i.address) for i in station.instruments} == {
        "det-south": ("detectors", 9),
        "weather": ("line", 1),
        "roof": ("detectors", 10),
    }
    assert {i.id: i.name.vi for i in station.instruments} == {
        "det-south": "det-south",
        "weather": "weather",
        "roof": "Mái",
    }
    assert station.alarms == config.alarms


def test_a_generated_station_is_a_stations_file_too(config: StationConfig, tmp_path: Path) -> None:
    station = fitted(config, strange(), tmp_path)
    write_station_file(station, tmp_path / "station.toml")
    assert load(tmp_path / "station.toml").config == station


def test_a_fast_world_is_read_less_often_and_counts_as_silent_later(config: StationConfig, tmp_path: Path) -> None:
    slow, fast = (fitted(config, strange() | {"rate": rate}, tmp_path).instruments[0] for rate in (1.0, 200.0))
    assert (slow.poll_s, slow.silent_after_s) == (1.0, 120.0)
    assert (fast.poll_s, fast.silent_after_s) == (6.0, 1600.0)


def test_an_instrument_of_a_network_has_its_stations_name(config: StationConfig, tmp_path: Path) -> None:
    world = strange() | {
        "stations": {"ls": {"name": {"vi": "Lạng Sơn", "en": "Lang Son"}, "instruments": ["det-south"]}}
    }
    world["instruments"]["det-south"]["station"] = "ls"
    assert fitted(config, world, tmp_path).instruments[0].name.vi == "Lạng Sơn"


def test_an_instrument_that_no_driver_reads_is_named(config: StationConfig, tmp_path: Path) -> None:
    world = strange()
    world["instruments"]["det-south"]["profile"] = "abacus"
    with pytest.raises(ScenarioMismatchError, match="det-south: abacus"):
        fitted(config, world, tmp_path)


def test_a_wire_that_the_station_does_not_speak_is_named(config: StationConfig, tmp_path: Path) -> None:
    world = strange()
    world["buses"]["line"]["kind"] = "pigeon"
    with pytest.raises(ScenarioMismatchError, match="buses"):
        fitted(config, world, tmp_path)
