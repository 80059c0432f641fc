"""Overrides: endpoints and paths replaced by program, everything else as it was, and held against the schema."""

from collections.abc import Callable
from pathlib import Path

import pytest

from config.loader import load
from config.override import with_overrides
from config.schema import ModbusTcpBus, SerialLineBus, StationConfig

Write = Callable[..., Path]
MORE = """
[mqtt]
host = "broker"

[[destinations]]
id = "db"
kind = "recorder"
influx = { url = "http://127.0.0.1:8086", bucket = "b" }
"""


@pytest.fixture
def config(write: Write) -> StationConfig:
    return load(write(more=MORE)).config


def test_a_bus_gets_its_endpoint(config: StationConfig) -> None:
    buses: dict[str, dict[str, object]] = {"lan": {"host": "::1", "port": 15020}, "line": {"device": "/dev/pts/3"}}
    lan, line = with_overrides(config, buses=buses).buses
    assert isinstance(lan, ModbusTcpBus)
    assert isinstance(line, SerialLineBus)
    assert (lan.host, lan.port, line.device) == ("::1", 15020, "/dev/pts/3")


def test_broker_database_and_data_are_replaced(config: StationConfig, tmp_path: Path) -> None:
    new = with_overrides(config, mqtt={"port": 2883}, influx_url="http://127.0.0.1:9999", data=tmp_path / "other")
    assert new.mqtt is not None
    assert (new.mqtt.host, new.mqtt.port) == ("broker", 2883)
    assert (new.destinations[0].influx.url, new.destinations[0].influx.bucket) == ("http://127.0.0.1:9999", "b")
    assert new.paths.data == tmp_path / "other"


def test_the_rest_and_the_original_stay(config: StationConfig) -> None:
    before = config.model_dump()
    new = with_overrides(config, buses={"lan": {"port": 15020}})
    assert config.model_dump() == before
    assert (new.instruments, new.alarms, new.station) == (config.instruments, config.alarms, config.station)


def test_no_override_is_no_change(config: StationConfig) -> None:
    assert with_overrides(config) == config


@pytest.mark.parametrize(
    "buses",
    [{"none": {"port": 1}}, {"lan": {"port": 0}}, {"lan": {"device": "/dev/x"}}, {"lan": {"id": "other"}}],
    ids=["unknown bus", "bad value", "unknown key", "id"],
)
def test_a_wrong_override_is_refused(config: StationConfig, buses: dict[str, dict[str, object]]) -> None:
    with pytest.raises(ValueError, match=r"bus|Bus"):
        with_overrides(config, buses=buses)


def test_a_broker_that_is_not_there_cannot_be_overridden(write: Write) -> None:
    with pytest.raises(ValueError, match="mqtt"):
        with_overrides(load(write()).config, mqtt={"port": 2883})
