"""The whole house as processes: simulator, broker, database, recorder, station; any of them may be killed."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.servers.processes import Influx, Mosquitto
from tests.system.children import Child, Simulator, quantrac
from tests.system.compare import Verdict, compare
from tests.system.station_file import station_file


class House:
    """Starts everything; ``victims`` are what chaos may kill -9; ``settle`` waits until the record has the journal."""

    def __init__(self, folder: Path, *, persistence: bool, scenario: tuple[str, ...] = ("demo",), **file: Any) -> None:
        self.folder = folder
        for part in ("broker", "influx"):
            (folder / part).mkdir(parents=True)
        self.simulator = Simulator(folder, *scenario)
        self.broker = Mosquitto(folder / "broker", persistence=persistence)
        self.influx = Influx(folder / "influx")
        self._file_settings = file
        self.station: Child
        self.recorder: Child

    def start(
        self, station: Callable[[Path], Child] | None = None, recorder: Callable[[Path], Child] | None = None
    ) -> None:
        self.simulator.start()
        self.broker.start()
        self.influx.start()
        port = self.broker.config().port
        self.file = station_file(
            self.folder, self.simulator.ready(), mqtt_port=port, influx_url=self.influx.url, **self._file_settings
        )
        self.station = station(self.file) if station else quantrac("station", self.folder, "run", str(self.file))
        self.recorder = recorder(self.file) if recorder else quantrac("recorder", self.folder, "record", str(self.file))
        self.station.start()
        self.recorder.start()

    def stop(self) -> None:
        for name in ("station", "recorder"):
            child = getattr(self, name, None)
            if child is not None:
                child.stop()
        self.broker.stop()
        self.influx.stop()
        self.simulator.stop()

    def victims(self) -> dict[str, tuple[Callable[[], None], Callable[[], None]]]:
        """name → (kill -9, start again)."""
        return {
            "broker": (self.broker.kill, self.broker.start),
            "database": (self.influx.kill_database, self.influx.start_database),
            "recorder": (self.recorder.kill, self.recorder.start),
            "station": (self.station.kill, self.station.start),
        }

    @property
    def journal(self) -> Path:
        return self.folder / "data" / "journal.sqlite"

    def journal_state(self) -> tuple[int, int]:
        """(last seq, how far the recorder has confirmed without a gap); (0, 0) before there is a journal."""
        try:
            db = sqlite3.connect(f"file:{self.journal}?mode=ro", uri=True, timeout=5)
        except sqlite3.OperationalError:
            return 0, 0
        try:
            last = db.execute("SELECT value FROM meta WHERE key='last_seq'").fetchone()
            confirmed = db.execute("SELECT seq FROM outbox WHERE destination='main'").fetchone()
        except sqlite3.OperationalError:
            return 0, 0
        finally:
            db.close()
        return int(last[0]) if last else 0, int(confirmed[0]) if confirmed else 0

    def wait_for_records(self, number: int, within_s: float = 30) -> None:
        self._wait(lambda: self.journal_state()[0] >= number, f"{number} records in the journal", within_s)

    def settle(self, within_s: float = 60) -> int:
        """Everything that is in the journal now is confirmed; returns that seq."""
        wanted = self.journal_state()[0]
        self._wait(lambda: self.journal_state()[1] >= wanted, f"seq {wanted} confirmed", within_s)
        return wanted

    def _wait(self, true: Callable[[], bool], what: str, within_s: float) -> None:
        deadline = time.monotonic() + within_s
        while not true():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {within_s} s: {what}; journal and outbox at {self.journal_state()}")
            time.sleep(0.1)

    def verdict(self, up_to_seq: int) -> Verdict:
        return compare(self.journal, self.influx.url, self.influx.bucket, up_to_seq)
