"""What the system tests look at from outside: the journal by its own SQL, the command line, the broker."""

import contextlib
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from tests.system.children import ROOT

COMMAND_WITHIN_S = 40.0


def until(true: Callable[[], object], what: str, within_s: float = 40.0) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + within_s
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {within_s} s: {what}")
        time.sleep(0.05)


def rows(journal: Path, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """One query on a journal that may be in use; nothing where there is no journal yet."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True, timeout=5)) as db:
            return db.execute(sql, values).fetchall()
    except sqlite3.OperationalError as error:
        if "unable to open" in str(error) or "no such table" in str(error):
            return []
        raise


def count(journal: Path, table: str) -> int:
    found = rows(journal, f"SELECT COUNT(*) FROM {table}")
    return int(found[0][0]) if found else 0


def meta(journal: Path, key: str) -> str:
    found = rows(journal, "SELECT value FROM meta WHERE key=?", key)
    return str(found[0][0]) if found else ""


def events(journal: Path, alarm: str) -> list[str]:
    """What happened to one alarm, oldest first."""
    return [row[0] for row in rows(journal, "SELECT event FROM alarm WHERE alarm=? ORDER BY seq", alarm)]


class Said(NamedTuple):
    """What a command ended with."""

    code: int
    out: str
    err: str


def command(*arguments: str, env: dict[str, str] | None = None) -> Said:
    """The real command in a process of its own, in English, in a wide terminal."""
    ended = subprocess.run(
        [sys.executable, "-m", "station.cli", *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=COMMAND_WITHIN_S,
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200", "QUANTRAC_LANG": "en"} | (env or {}),
    )
    return Said(ended.returncode, ended.stdout, ended.stderr)


class Heard(NamedTuple):
    """One message with the monotonic time at which it came."""

    at_s: float
    topic: str
    payload: bytes
    retained: bool


class Listener:
    """A subscriber of the test's own."""

    def __init__(self, port: int, *filters: str, login: tuple[str, str] | None = None) -> None:
        self.heard: list[Heard] = []
        self._there = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2)
        if login:
            self._client.username_pw_set(*login)
        self._client.on_connect = lambda client, *_: client.subscribe([(text, 1) for text in filters])
        self._client.on_subscribe = lambda *_: self._there.set()
        self._client.on_message = self._hear
        self._client.connect("127.0.0.1", port)

    def _hear(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self.heard.append(Heard(time.monotonic(), message.topic, bytes(message.payload), message.retain))

    def __enter__(self) -> Self:
        self._client.loop_start()
        assert self._there.wait(10), "the broker does not grant the subscription"
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        self._client.on_connect = self._client.on_subscribe = self._client.on_message = None

    def of(self, topic: str) -> list[bytes]:
        """The payloads of one topic, oldest first."""
        return [heard.payload for heard in self.heard if heard.topic == topic]


def retained(port: int, *filters: str, for_s: float = 0.5) -> dict[str, bytes]:
    """What the broker keeps for whoever comes now."""
    with Listener(port, *filters) as listener:
        time.sleep(for_s)
    return {heard.topic: heard.payload for heard in listener.heard if heard.retained}


@contextlib.contextmanager
def stopped_at_the_end(*things: Any) -> Iterator[None]:
    """Whatever has a ``stop`` is stopped, in this order, however the test ends."""
    try:
        yield
    finally:
        for thing in things:
            thing.stop()
