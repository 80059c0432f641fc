"""The ``quantrac record`` process: one recorder, restarted if it dies, until told to end."""

import asyncio

from config.schema import Destination, StationConfig
from station.engine.supervisor import Supervisor
from station.record.recorder import Recorder


async def run_recorder(config: StationConfig, destination: Destination, stop: asyncio.Event) -> None:
    """Runs until ``stop`` is set. Raises SecretUnavailableError when a secret cannot be read."""
    password = config.mqtt.password.read() if config.mqtt and config.mqtt.password else None
    token = destination.influx.token.read() if destination.influx.token else None
    recorder = Recorder(config, destination, password=password, token=token)
    supervisor = Supervisor()
    supervisor.start(f"recorder {destination.id}", recorder.run)
    try:
        await stop.wait()
    finally:
        await supervisor.stop_all()
