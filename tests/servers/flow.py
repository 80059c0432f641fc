"""Publisher and recorder in this process, between real servers, over a journal in memory."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from config.schema import Destination, StationConfig
from config.secrets import SecretSource
from station.journal.position import Position
from station.journal.rows import Entry
from station.publish.pages import Reader
from station.publish.publisher import Publisher
from station.record.answers import BackOff
from station.record.recorder import Recorder
from station.records import Header
from tests.builders import SECOND_NS, T0_NS, dose_rate
from tests.servers.processes import Influx, Mosquitto

STATION = "VN-LS01"
WITHIN_S = 30.0


class MemoryJournal:
    """Has the shape of a journal for its readers. ``prune`` forgets, as retention does."""

    def __init__(self, journal_id: str = "journal-1") -> None:
        self.journal_id = journal_id
        self.entries: dict[int, tuple[str, Header]] = {}
        self.newer: dict[int, int] = {}
        self.last = 0
        self.open_readers = 0

    def append(self, table: str, *records: Header) -> int:
        for record in records:
            self.last += 1
            self.entries[self.last] = (table, replace(record, seq=self.last))
            if record.supersedes is not None:
                self.newer[record.supersedes] = self.last
        return self.last

    def measure(self, count: int, **changes: Any) -> int:
        """So many measurements, one a second from the last one on, all different."""
        for _ in range(count):
            end_ns = T0_NS + self.last * SECOND_NS + 7
            values = {"start_ns": end_ns - SECOND_NS, "end_ns": end_ns, "gross_nsv_h": 90.0 + self.last / 1e3} | changes
            self.append("dose_rate", dose_rate(**values))
        return self.last

    def prune(self, up_to: int) -> None:
        for seq in [seq for seq in self.entries if seq <= up_to]:
            del self.entries[seq]

    def reader(self) -> "MemoryReader":
        self.open_readers += 1
        return MemoryReader(self)


class MemoryReader:
    def __init__(self, journal: MemoryJournal) -> None:
        self._journal = journal
        self.journal_id = journal.journal_id

    def last_seq(self) -> int:
        return self._journal.last

    def page(self, after_seq: int, limit: int, up_to: int | None = None) -> list[Entry]:
        journal = self._journal
        top = journal.last if up_to is None else up_to
        there = (seq for seq in range(after_seq + 1, top + 1) if seq in journal.entries)
        return [Entry(*journal.entries[seq], journal.newer.get(seq)) for seq in islice(there, limit)]

    def close(self) -> None:
        self._journal.open_readers -= 1


def destination(url: str, **more: Any) -> Destination:
    bucket, token = more.pop("bucket", "quantrac"), more.pop("token", None)
    timeout_s = more.pop("timeout_s", 5.0)
    influx = {"url": url, "bucket": bucket, "token": token, "timeout_s": timeout_s}
    given = {"id": "main", "kind": "recorder", "influx": influx, "no_progress_s": 1.0}
    return Destination.model_validate(given | more)


def station_config(broker: Mosquitto, to: Destination, data: Path, **mqtt: Any) -> StationConfig:
    """As much of a station as a recorder looks at."""
    name = {"vi": "Trạm", "en": "Station"}
    return StationConfig.model_validate(
        {
            "station": {
                "id": STATION,
                "name": name,
                "latitude_deg": 21.85,
                "longitude_deg": 106.76,
                "height_above_sea_m": 260.0,
            },
            "paths": {"data": str(data)},
            "buses": [{"kind": "modbus-tcp", "id": "lan", "host": "127.0.0.1"}],
            "instruments": [{"id": "det-north", "bus": "lan", "profile": "bdmg-04", "name": name}],
            "alarms": {"levels": [{"level": "alarm", "above_nsv_h": 1000.0, "source": "a test"}]},
            "mqtt": broker.config(**mqtt).model_dump(),
            "destinations": [to.model_dump()],
        }
    )


class Flow:
    """One journal, one broker, one database. Publisher and recorder start, end and are killed one by one."""

    def __init__(
        self,
        broker: Mosquitto,
        url: str,
        data: Path,
        *,
        journal: MemoryJournal | None = None,
        publisher: type[Publisher] = Publisher,
        recorder: type[Recorder] = Recorder,
        mqtt: Mapping[str, Any] | None = None,
        secret: str | None = None,
        **to: Any,
    ) -> None:
        self.journal = journal or MemoryJournal()
        token = SecretSource(env="FLOW_TOKEN") if secret else None
        self.destination = destination(url, token=token, **to)
        self.config = station_config(broker, self.destination, data, **(mqtt or {}))
        self.positions: dict[str, Position] = {}
        self._publisher_type, self._recorder_type = publisher, recorder
        self._secret = SecretStr(secret) if secret else None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ended: dict[str, asyncio.Task[None]] = {}

    @property
    def quarantine(self) -> Path:
        return self.config.paths.data / "quarantine" / self.destination.id / "quarantine.jsonl"

    def start_publisher(self) -> Publisher:
        assert self.config.mqtt is not None
        self.publisher = self._publisher_type(
            self.config.mqtt,
            STATION,
            (self.destination,),
            self._open_reader,
            self.positions.__setitem__,
            dict(self.positions),
            None,
        )
        self._tasks["publisher"] = asyncio.create_task(self.publisher.run())
        return self.publisher

    def _open_reader(self) -> Reader:
        return self.journal.reader()  # the journal of that moment: a test may begin a new one

    def start_recorder(self) -> Recorder:
        self.recorder = self._recorder_type(
            self.config, self.destination, token=self._secret, back_off=BackOff(first_s=0.05, longest_s=0.3)
        )
        self._tasks["recorder"] = asyncio.create_task(self.recorder.run())
        return self.recorder

    def start_missing(self) -> None:
        if "recorder" not in self._tasks:
            self.start_recorder()
        if "publisher" not in self._tasks:
            self.start_publisher()

    def start_again(self, name: str, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """As a supervisor does: the same object, run once more."""
        self._tasks[name] = asyncio.create_task(run())

    def failed(self, name: str) -> bool:
        """Whether it ended; from then on it fails the test no more."""
        if self._tasks[name].done():
            self._ended[name] = self._tasks.pop(name)
        return name in self._ended

    async def result(self, name: str) -> None:
        """What it ended with."""
        await self._ended[name]

    async def stop(self, name: str) -> None:
        task = self._tasks.pop(name)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def stop_all(self) -> None:
        for name in list(self._tasks):
            await self.stop(name)

    def measure(self, count: int) -> int:
        """Measurements that are committed and told to the publisher."""
        last = self.journal.measure(count)
        if "publisher" in self._tasks:
            self.publisher.wake(last)
        return last

    def raise_failure(self) -> None:
        """What a task died of, if one did."""
        for task in self._tasks.values():
            if task.done():
                task.result()

    async def until(self, true: Callable[[], bool], what: str, within_s: float = WITHIN_S) -> None:
        """Wait for something to become true; a task that dies meanwhile fails the test."""
        loop = asyncio.get_running_loop()
        until = loop.time() + within_s
        while not true():
            self.raise_failure()
            assert loop.time() < until, f"not within {within_s} s: {what}"
            await asyncio.sleep(0.02)

    async def confirmed(self, seq: int, within_s: float = WITHIN_S) -> None:
        """Wait until the outbox stands at ``seq``."""

        def there() -> bool:
            position = self.positions.get("main")
            return position is not None and position.seq >= seq

        await self.until(there, f"seq {seq} confirmed; now {self.positions}", within_s)


@contextlib.asynccontextmanager
async def flowing(flow: Flow) -> AsyncIterator[Flow]:
    """Both run inside; whatever still runs afterwards is ended."""
    flow.start_missing()
    try:
        yield flow
    finally:
        await flow.stop_all()


def seqs_in(influx: Influx, table: str = "dose_rate") -> list[int]:
    return sorted(row["seq"] for row in influx.rows(f'SELECT "seq" FROM "{table}"'))
