"""Fixtures of the real servers: ``from tests.servers.fixtures import *`` is not needed, conftest.py brings them."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.servers.processes import Influx, MissingServerError, Mosquitto

S = TypeVar("S", Mosquitto, Influx)


def made(make: Callable[[], S]) -> S:
    """The server; where its binary is missing the test is skipped, in CI it fails."""
    try:
        return make()
    except MissingServerError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """``mosquitto(persistence=…)`` starts a broker; all are stopped at the end."""
    brokers: list[Mosquitto] = []

    def start(**how: Any) -> Mosquitto:
        broker = made(lambda: Mosquitto(_folder(tmp_path, f"mosquitto-{len(brokers)}"), **how))
        brokers.append(broker)
        broker.start()
        return broker

    yield start
    for broker in brokers:
        broker.stop()


@pytest.fixture
def influx(tmp_path: Path) -> Iterator[Callable[..., Influx]]:
    """``influx(auth=…)`` starts a database; all are stopped at the end."""
    databases: list[Influx] = []

    def start(**how: Any) -> Influx:
        database = made(lambda: Influx(_folder(tmp_path, f"influx-{len(databases)}"), **how))
        databases.append(database)
        database.start()
        return database

    yield start
    for database in databases:
        database.stop()


def _folder(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    return folder
