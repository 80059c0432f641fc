"""The demo's database: a file of JSON lines. A batch is taken after its fsync, as InfluxDB's is after its 204."""

import asyncio
import json
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from station.journal.position import Position
from station.record.answers import Answer
from station.wire.message import Message, encode

log = logging.getLogger(__name__)

LARGEST_BYTES = 200_000_000
TAKEN, NO_ROOM = 204, 507


class FileStore:
    """What a recorder asks of its database (station.record.store.Store). One file, and one older one beside it."""

    def __init__(self, path: Path, largest_bytes: int = LARGEST_BYTES) -> None:
        self._path = path
        self._largest_bytes = largest_bytes
        self._positions: dict[str, Position] = {}
        self._executor: ThreadPoolExecutor | None = None

    def line_of(self, message: Message) -> str:
        record = encode(message.table, message.record, message.journal, message.superseded_by)
        return json.dumps({"table": message.table, **record}, ensure_ascii=False)

    def position_line(self, station: str, recorder: str, position: Position) -> str:
        named = {"position": recorder, "station": station, "journal": position.journal}
        return json.dumps(named | {"seq": position.seq, "ranges": position.ranges})

    async def positions(self, station: str, recorder: str) -> tuple[Answer, list[Position]]:
        del station, recorder  # the file has one writer
        return Answer(200), list(self._positions.values())

    async def write(self, lines: list[str]) -> Answer:
        if self._executor is None:
            self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="filestore")
        data = "".join(f"{line}\n" for line in lines).encode()
        answer = await asyncio.get_running_loop().run_in_executor(self._executor, self._append, data)
        if answer.status == TAKEN:
            for position in map(_position, filter(_is_position, lines)):
                self._positions[position.journal] = position
        return answer

    def _append(self, data: bytes) -> Answer:
        try:
            with self._path.open("ab") as file:
                before = file.tell()
                try:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                except OSError:
                    os.truncate(self._path, before)  # a batch is in the file once, or not at all
                    raise
                after = file.tell()
            if after > self._largest_bytes:
                self._begin_anew()
        except OSError as error:
            return Answer(NO_ROOM, error.strerror or str(error))
        return Answer(TAKEN)

    def _begin_anew(self) -> None:
        older = self._path.with_name(self._path.name + ".1")
        dropped = older.stat().st_size if older.exists() else 0
        self._path.replace(older)
        log.warning("%s is full and begins anew; %d bytes of the oldest records are gone", self._path.name, dropped)

    async def close(self) -> None:
        """What is being written is written to its end; the store may be used again."""
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=True)


def _is_position(line: str) -> bool:
    return line.startswith('{"position":')


def _position(line: str) -> Position:
    told = json.loads(line)
    return Position(told["journal"], told["seq"], tuple((low, high) for low, high in told["ranges"]))
