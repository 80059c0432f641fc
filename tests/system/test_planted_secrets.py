"""Secrets, right and wrong ones, are nowhere to be read: logs, journal, data, messages, command lines, checks."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.servers.processes import Influx, Mosquitto, binary
from tests.system.children import Simulator, quantrac
from tests.system.look import Listener, command, count, events, rows, stopped_at_the_end, until
from tests.system.station_file import station_file

pytestmark = pytest.mark.system

USER = "lang-son"
RIGHT_PASSWORD, WRONG_PASSWORD, MISPLACED = "planted-mqtt-right-7f3a", "planted-mqtt-wrong-91bd", "planted-in-toml-44ce"
RIGHT_TOKEN, WRONG_TOKEN = f"{Influx.USER}:{Influx.PASSWORD}", f"{Influx.USER}:planted-influx-wrong-0e55"
SECRETS = (RIGHT_PASSWORD, WRONG_PASSWORD, MISPLACED, Influx.PASSWORD, WRONG_TOKEN.partition(":")[2])
REFUSED = "station-destination_refuses"


class Place:
    """A folder with a station's file whose secrets can be exchanged, and what is to be searched for them."""

    def __init__(self, folder: Path, broker: Mosquitto, database: Influx, ready: dict[str, Any]) -> None:
        self._folder = folder
        more = "\n[alarms.station]\noff_delay_s = 0.5\n"
        self._file = station_file(folder, ready, mqtt_port=broker.port, influx_url=database.url, poll_s=0.25, more=more)
        self._text = self._file.read_text(encoding="utf-8")
        self._said: list[str] = []
        self.journal = folder / "data" / "journal.sqlite"

    def file(self, *, password: str, token: str) -> Path:
        """The station's file with these sources of its secrets."""
        text = self._text.replace("keepalive_s = 5\n", f'keepalive_s = 5\nusername = "{USER}"\npassword = {password}\n')
        self._file.write_text(text.replace('" }\n\n[al', f'", token = {token} }}\n\n[al'), encoding="utf-8")
        return self._file

    def secret_file(self, name: str, secret: str) -> str:
        path = self._folder / name
        path.touch(0o600)
        path.write_text(secret + "\n", encoding="utf-8")
        return f'{{ file = "{path}" }}'

    def check(self, file: Path, env: dict[str, str]) -> int:
        said = command("check", str(file), env=env)
        self._said += [said.out, said.err]
        return said.code

    @contextmanager
    def running(self, file: Path, env: dict[str, str]) -> Iterator[None]:
        """Station and recorder inside, as talkative as they can be."""
        more = ("--log-level", "debug")
        station = quantrac("station", self._folder, "run", str(file), *more, env=env)
        recorder = quantrac("recorder", self._folder, "record", str(file), *more, env=env)
        station.start()
        recorder.start()
        with stopped_at_the_end(station, recorder):
            yield
            self._said.append(command_lines())

    def log(self, name: str) -> str:
        return (self._folder / f"{name}.log").read_text(encoding="utf-8")

    def everything_written(self) -> dict[str, bytes]:
        data = [p for p in (self._folder / "data").rglob("*") if p.is_file() and p.suffix != ".reserve"]
        logs = [self._folder / "station.log", self._folder / "recorder.log"]
        return {p.name: p.read_bytes() for p in data + logs} | {"said": "\n".join(self._said).encode()}


def command_lines() -> str:
    """Of every process of this machine."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            found.append(" ".join(process.cmdline()))
    return "\n".join(found)


@pytest.fixture
def broker(tmp_path: Path, mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    """A broker that lets in only whoever knows the password."""
    passwords = tmp_path / "passwords"
    make = [binary("mosquitto_passwd", "mosquitto"), "-b", "-c", str(passwords), USER, RIGHT_PASSWORD]
    subprocess.run(make, check=True, capture_output=True)
    return mosquitto(settings=f"allow_anonymous false\npassword_file {passwords}")


@pytest.fixture
def place(tmp_path: Path, broker: Mosquitto, influx: Callable[..., Influx]) -> Iterator[Place]:
    simulator = Simulator(tmp_path, "quiet")
    simulator.start()
    with stopped_at_the_end(simulator):
        yield Place(tmp_path, broker, influx(auth=True), simulator.ready())


def test_no_secret_is_ever_to_be_read(place: Place, broker: Mosquitto) -> None:
    env = {"WRONG_PASSWORD": WRONG_PASSWORD, "RIGHT_TOKEN": RIGHT_TOKEN, "EMPTY": ""}
    from_env = '{ env = "WRONG_PASSWORD" }'
    password, token = place.secret_file("password", RIGHT_PASSWORD), place.secret_file("token", WRONG_TOKEN)

    assert place.check(place.file(password=f'"{MISPLACED}"', token=f'{{ env = "{MISPLACED}" }}'), env) == 2

    wrong = place.file(password=from_env, token=token)
    assert place.check(wrong, env) == 0
    with place.running(wrong, env):
        until(lambda: "no broker" in place.log("station") and "no broker" in place.log("recorder"), "both refused")
        until(lambda: "401" in place.log("recorder"), "the database refuses")
        until(lambda: count(place.journal, "dose_rate") > 10, "measured all the same")

    with Listener(broker.port, "#", login=(USER, RIGHT_PASSWORD)) as listener:
        half_right = place.file(password=password, token=token)
        with place.running(half_right, env):
            until(lambda: events(place.journal, REFUSED) == ["raised"], "the alarm of a database that refuses")

        right = place.file(password=password, token='{ env = "RIGHT_TOKEN" }')
        assert place.check(right, env) == 0
        with place.running(right, env):
            until(lambda: outbox(place.journal) > 20, "recorded")
            until(lambda: "returned" in events(place.journal, REFUSED), "the alarm's end")

    searched = place.everything_written() | {heard.topic: heard.payload for heard in listener.heard}
    assert {"journal.sqlite", "station.log", "recorder.log"} <= searched.keys()
    assert len(listener.heard) > 20
    found = [(name, secret) for name, content in searched.items() for secret in SECRETS if secret.encode() in content]
    assert found == []
    print(f"{len(SECRETS)} secrets, {sum(map(len, searched.values()))} bytes searched")


def outbox(journal: Path) -> int:
    found = rows(journal, "SELECT seq FROM outbox")
    return int(found[0][0]) if found else 0
