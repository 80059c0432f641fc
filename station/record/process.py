"""The ``quantrac record`` process: one recorder, restarted if it dies, until told to end.

One a destination and machine: two would take the broker's connection from each other for ever.
"""

import asyncio
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.schema import Destination, StationConfig
from station.engine.supervisor import Supervisor
from station.record.recorder import Recorder


async def run_recorder(config: StationConfig, destination: Destination, stop: asyncio.Event) -> None:
    """Runs until ``stop`` is set. Raises SecretUnavailableError, and BlockingIOError where another one runs."""
    password = config.mqtt.password.read() if config.mqtt and config.mqtt.password else None
    token = destination.influx.token.read() if destination.influx.token else None
    folder = config.paths.data / "quarantine" / destination.id
    with _alone(folder):
        recorder = Recorder(config, destination, password=password, token=token, quarantine_folder=folder)
        supervisor = Supervisor()
        supervisor.start(f"recorder {destination.id}", recorder.run)
        try:
            await stop.wait()
        finally:
            await supervisor.stop_all()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The kernel lets the lock go when the process ends, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "recorder.lock").open("ab") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BlockingIOError(error.errno, "another recorder of this destination runs", str(folder)) from None
        yield
