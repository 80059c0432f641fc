"""One recorder a destination: a second one says so and ends, the first one does not notice."""

import asyncio
from pathlib import Path

import pytest

from config.loader import load
from station.record.process import run_recorder
from tests.system.station_file import station_file

READY = {
    "buses": {"b": {"kind": "modbus-tcp", "host": "127.0.0.1", "port": 1}},
    "instruments": {"det-north": {"profile": "positron-bdmg-04", "bus": "b", "address": 1}},
}


async def test_a_second_recorder_of_a_destination_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    file = station_file(tmp_path, READY, mqtt_port=1, influx_url="http://127.0.0.1:1")
    config = load(file).config
    stop = asyncio.Event()
    first = asyncio.create_task(run_recorder(config, config.destinations[0], stop))
    await asyncio.sleep(0.1)
    with pytest.raises(BlockingIOError, match="another recorder"):
        await run_recorder(config, config.destinations[0], asyncio.Event())
    assert not first.done()
    stop.set()
    await first
    await run_recorder(config, config.destinations[0], stop)
