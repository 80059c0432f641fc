"""Table 3: how long a count is on its way from the wire to the database, with real Mosquitto and InfluxDB.

It begins at the record's ``end_ns``: the moment when the instrument's answer was whole. Three watchers see it arrive:

answer ─► tick (waits for company, commit_interval_s) ─► journal ─► MQTT ─► recorder (waits for company) ─► InfluxDB
end_ns                                                    │ watched   │ watched                               │ watched
"""

import contextlib
import http.client
import json
import sqlite3
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.figures import Spread, times, written
from benchmarks.report import BASELINE, Bar, Table
from benchmarks.running import JournalEye, Whole, running
from benchmarks.settings import Settings

INSTRUMENTS = 10
COMMIT_INTERVALS_S = (0.2, 0.02)  # the default, and the shortest that the configuration allows
START_S = 5.0  # about, for the bar
DIRECT_POINTS = 300
LOOK_BACK_NS = 3_000_000_000
INFLUX_PAUSE_S = 0.002  # between two looks: a tight loop would take the database's core from it
JOURNAL_PAUSE_S = 0.001
LAST_ONES_S = 3.0  # points that are still on their way when the window ends
COLUMNS = ("from the end of the reading to", "n", "p50 ms", "p99 ms", "of the baseline")


@dataclass(slots=True)
class Seen:
    """When each seq was first seen somewhere, wall ns; and how far apart the looks were, ns."""

    at_ns: dict[int, int] = field(default_factory=dict)
    looks_ns: list[int] = field(default_factory=list)


class Http:
    """One connection to InfluxDB that is kept, as a watcher needs it. Not for several threads at once."""

    def __init__(self, url: str, bucket: str) -> None:
        where = urllib.parse.urlsplit(url)
        self._bucket = bucket
        self._connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=10.0)

    def query(self, influxql: str) -> list[list[Any]]:
        """The rows of the first series."""
        form = urllib.parse.urlencode({"db": self._bucket, "epoch": "ns", "q": influxql})
        result = json.loads(self._ask("GET", f"/query?{form}", None, 200))["results"][0]
        rows: list[list[Any]] = [row for series in result.get("series", []) for row in series["values"]]
        return rows

    def write(self, line: str) -> None:
        form = urllib.parse.urlencode({"bucket": self._bucket, "org": "-", "precision": "ns"})
        self._ask("POST", f"/api/v2/write?{form}", line.encode(), 204)

    def _ask(self, method: str, path: str, body: bytes | None, wanted: int) -> bytes:
        self._connection.request(method, path, body)
        response = self._connection.getresponse()
        content = response.read()
        if response.status != wanted:
            raise RuntimeError(f"InfluxDB answers {response.status}: {content[:200]!r}")
        return content

    def close(self) -> None:
        self._connection.close()


def watch_influx(database: Http, seen: Seen, stop: threading.Event) -> None:
    """Ask for the newest points again and again. Seen means: in an answer that is here."""
    newest_ns = time.time_ns()
    asked_before_ns = time.time_ns()
    while not stop.is_set():
        asked_ns = time.time_ns()
        rows = database.query(f'SELECT "seq" FROM "dose_rate" WHERE time > {newest_ns - LOOK_BACK_NS}')  # numbers only
        here_ns = time.time_ns()
        for at_ns, seq in rows:
            seen.at_ns.setdefault(seq, here_ns)
            newest_ns = max(newest_ns, at_ns)
        seen.looks_ns.append(here_ns - asked_before_ns)
        asked_before_ns = asked_ns
        stop.wait(INFLUX_PAUSE_S)


def watch_journal(path: Path, seen: Seen, stop: threading.Event) -> None:
    """Its last seq, as any reader gets it."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5.0)) as db:
        known = before_ns = 0
        while not stop.is_set():
            (text,) = db.execute("SELECT value FROM meta WHERE key = 'last_seq'").fetchone()
            now_ns = time.time_ns()
            last = int(text)
            seen.at_ns.update(dict.fromkeys(range(known + 1 if known else last, last + 1), now_ns))
            seen.looks_ns += [now_ns - before_ns] if before_ns else []
            known, before_ns = last, now_ns
            stop.wait(JOURNAL_PAUSE_S)


def subscribed(port: int, seen: Seen) -> Client:
    """A subscriber beside the recorder; paho's own thread takes the messages as they come."""
    client = Client(CallbackAPIVersion.VERSION2)

    def take(_client: Client, _user: object, message: Any) -> None:
        now_ns = time.time_ns()
        seen.at_ns.setdefault(json.loads(message.payload)["seq"], now_ns)

    def ask(client: Client, *_: Any) -> None:
        client.subscribe("quantrac/1/+/+/measurement", qos=0)

    client.on_message, client.on_connect = take, ask
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client


@dataclass(frozen=True, slots=True)
class Watched:
    journal: Seen = field(default_factory=Seen)
    mqtt: Seen = field(default_factory=Seen)
    influx: Seen = field(default_factory=Seen)


@contextlib.contextmanager
def watching(house: Whole) -> Iterator[Watched]:
    """All three look while inside; one that fails says so at the end."""
    found, stop = Watched(), threading.Event()
    troubles: list[BaseException] = []
    database = Http(house.influx.url, house.influx.bucket)
    looks: list[Callable[[], None]] = [
        lambda: watch_influx(database, found.influx, stop),
        lambda: watch_journal(house.journal, found.journal, stop),
    ]

    def look(work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # told in the main thread
            troubles.append(error)

    threads = [threading.Thread(target=look, args=(work,), daemon=True) for work in looks]
    client = subscribed(house.broker.port, found.mqtt)
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        stop.set()
        for thread in threads:
            thread.join(15.0)
        client.disconnect()
        client.loop_stop()
        database.close()
    if troubles:
        raise troubles[0]


def direct(house: Whole) -> dict[str, Spread]:
    """One point written and read back over the same way, without broker and recorder: ms."""
    database = Http(house.influx.url, house.influx.bucket)
    timings: dict[str, list[float]] = {"write": [], "read": [], "write and read": []}
    try:
        for number in range(DIRECT_POINTS):
            at_ns, began = time.time_ns(), time.perf_counter()
            database.write(f"bench,station=BENCH seq={number}i,gross_nsv_h=95.25 {at_ns}")
            written_s = time.perf_counter()
            while not database.query(f'SELECT "seq" FROM "bench" WHERE time = {at_ns}'):
                pass
            ended = time.perf_counter()
            for name, span_s in (
                ("write", written_s - began), ("read", ended - written_s), ("write and read", ended - began),
            ):  # fmt: skip
                timings[name].append(1e3 * span_s)
            time.sleep(0.01)
    finally:
        database.close()
    return {name: Spread.of(found) for name, found in timings.items()}


def run(settings: Settings, bar: Bar) -> list[Table]:
    window_s = settings.seconds(60.0, 6.0)
    bar.expect(len(COMMIT_INTERVALS_S) * (window_s + LAST_ONES_S + START_S))
    return [_way(settings, bar, window_s, interval_s) for interval_s in COMMIT_INTERVALS_S]


def _way(settings: Settings, bar: Bar, window_s: float, commit_interval_s: float) -> Table:
    house = Whole(settings.folder / f"wire-{commit_interval_s:g}", INSTRUMENTS, 1.0, commit_interval_s)
    eye = JournalEye(house.folder)
    bar.say(f"commit interval {commit_interval_s:g} s: starting")
    with running(house):
        eye.wait_for_all(INSTRUMENTS, house.station)
        house.settle()
        bar.advance(START_S)
        bar.say(f"commit interval {commit_interval_s:g} s: watching")
        with watching(house) as watched:
            bar.wait(LAST_ONES_S / 2)
            began_ns = time.time_ns()
            bar.wait(window_s)
            ended_ns = time.time_ns()
            bar.wait(LAST_ONES_S / 2)
        baseline = direct(house)
        wanted = eye.ends(began_ns, ended_ns)
    title = f"3. From the wire to the database, {INSTRUMENTS} instruments, commit_interval_s = {commit_interval_s:g}"
    return _table(Table(f"{title} ({window_s:.0f} s)", COLUMNS), watched, wanted, baseline)


def _table(table: Table, watched: Watched, wanted: dict[int, int], baseline: dict[str, Spread]) -> Table:
    unit = baseline["write and read"].p50
    places = (("the journal's commit", watched.journal), ("an MQTT subscriber", watched.mqtt))
    for name, seen in (*places, ("the point in InfluxDB", watched.influx)):
        late = [(seen.at_ns[seq] - end_ns) / 1e6 for seq, end_ns in wanted.items() if seq in seen.at_ns]
        spread = Spread.of(late)
        table.rows.append((name, *_numbers(spread), times(spread.p50, unit)))
        if len(late) < len(wanted):
            table.notes.append(f"Not seen: {len(wanted) - len(late)} of {len(wanted)} at {name}.")
    for name, spread in baseline.items():
        table.rows.append((f"{BASELINE}{name} one point, HTTP", *_numbers(spread), times(spread.p50, unit)))
    influx, journal = Spread.of(watched.influx.looks_ns), Spread.of(watched.journal.looks_ns)
    table.notes.append(
        "Watchers see late, never early: by at most the time between two looks, "
        f"InfluxDB {written(influx.p50 / 1e6)} ms (p99 {written(influx.p99 / 1e6)}), "
        f"journal {written(journal.p50 / 1e6)} ms (p99 {written(journal.p99 / 1e6)})."
    )
    return table


def _numbers(spread: Spread) -> tuple[str, str, str]:
    return f"{spread.n:,}", written(spread.p50), written(spread.p99)
