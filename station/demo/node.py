"""``python -m station.demo.node DATA``: broker, station and recorder of the demo in one event loop.

It says ``{"broker": PORT}``, reads one line of JSON (the station's file and the world's clock) and runs until its
standard input ends. When the loop does not come to its end in time, the process ends all the same.
"""

import asyncio
import json
import logging
import logging.handlers
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from config.clock import Clock
from config.loader import load
from station.app import Station
from station.demo.broker import EmbeddedBroker
from station.demo.filestore import FileStore
from station.demo.origin import clock_of
from station.demo.place import RECORDED, STATION_LOG
from station.record.recorder import Recorder

log = logging.getLogger("station.demo.node")

GOOD, FAILED = 0, 1
LONGEST_LINE = 65_536
END_DEADLINE_S = 5.0
LOG_BYTES = 2_000_000


class Parent:
    """The parent's line and its end, read in a thread of its own: it works even if the event loop hangs."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.line: asyncio.Future[bytes] = self._loop.create_future()
        self.gone = asyncio.Event()
        threading.Thread(target=self._read, name="parent", daemon=True).start()

    def _read(self) -> None:
        gathered = b""
        while data := os.read(0, LONGEST_LINE):
            gathered += data
            line, found, _ = gathered.partition(b"\n")
            if found and not self.line.done():
                self._loop.call_soon_threadsafe(self._take, line)
            if len(gathered) > LONGEST_LINE:
                break
        self._loop.call_soon_threadsafe(self.gone.set)
        threading.Timer(END_DEADLINE_S, os._exit, (FAILED,)).start()

    def _take(self, line: bytes) -> None:
        if not self.line.done():
            self.line.set_result(line)


def main(argv: Sequence[str]) -> int:
    data = Path(argv[0])
    _start_logging(data)
    try:
        code = asyncio.run(_live(data))
    except Exception:
        log.exception("the node ends")
        code = FAILED
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)  # neither a thread that reads nor a timer holds the process


def _start_logging(data: Path) -> None:
    handler = logging.handlers.RotatingFileHandler(data / STATION_LOG, maxBytes=LOG_BYTES, backupCount=1)
    logging.basicConfig(
        level=logging.INFO, handlers=[handler], format="%(asctime)s %(levelname)-7s %(name)s: %(message)s"
    )
    for chatty in ("pymodbus", "amqtt", "transitions"):
        logging.getLogger(chatty).setLevel(logging.ERROR)


async def _live(data: Path) -> int:
    parent = Parent()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, parent.gone.set)
    async with EmbeddedBroker() as broker:
        sys.stdout.write(json.dumps({"broker": broker.port}) + "\n")
        sys.stdout.flush()
        gone = asyncio.create_task(parent.gone.wait())
        waiting: set[asyncio.Future[Any]] = {gone, parent.line}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if parent.gone.is_set():
            return GOOD
        code = await _watch(json.loads(parent.line.result()), data, parent.gone)
        gone.cancel()
    return code


async def _watch(told: Mapping[str, Any], data: Path, stop: asyncio.Event) -> int:
    """The station and its recorder, until the parent is gone or one of them ends by itself."""
    loaded = load(Path(told["station"]))
    destination = loaded.config.destinations[0]
    recorder = Recorder(loaded.config, destination, store=FileStore(data / RECORDED))
    station_stop = asyncio.Event()
    station = asyncio.create_task(Station(loaded, _clock(told)).run(station_stop), name="station")
    record = asyncio.create_task(recorder.run(), name="recorder")
    ended = asyncio.create_task(stop.wait(), name="parent")
    done, _ = await asyncio.wait({station, record, ended}, return_when=asyncio.FIRST_COMPLETED)
    code = GOOD if ended in done else FAILED
    station_stop.set()
    await asyncio.wait({station})
    record.cancel()
    ended.cancel()
    for result in await asyncio.gather(station, record, ended, return_exceptions=True):
        if isinstance(result, Exception):
            log.error("the node ends early", exc_info=result)
            code = FAILED
    return code


def _clock(told: Mapping[str, Any]) -> Clock:
    return clock_of(float(told["fast"]), int(told["origin_wall_ns"]), int(told["origin_mono_ns"]))


if __name__ == "__main__":
    main(sys.argv[1:])
