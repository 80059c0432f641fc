"""Real servers for tests and benchmarks: Mosquitto, and InfluxDB 1.6 with the nginx mapping of its newer write path.

Each runs on free loopback ports in a folder of its own, can be killed (SIGKILL) and started again on the same port.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from config.schema import Influx as InfluxConfig
from config.schema import Mqtt
from config.secrets import SecretSource

READY_WITHIN_S = 20.0
STOP_WITHIN_S = 10.0
INFLUX_URL_VARIABLE = "QUANTRAC_TEST_INFLUX_URL"


class MissingServerError(Exception):
    """A server's binary is not installed; the text says which Debian package has it."""


def binary(name: str, package: str) -> str:
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if found is None:
        raise MissingServerError(f"{name} is not installed: apt-get install {package}")
    return found


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_until(ready: Callable[[], bool], what: str, within_s: float = READY_WITHIN_S) -> None:
    until = time.monotonic() + within_s
    while not ready():
        if time.monotonic() > until:
            raise TimeoutError(f"{what} within {within_s} s")
        time.sleep(0.02)


def listens(port: int) -> bool:
    with socket.socket() as sock:
        sock.settimeout(1.0)
        return sock.connect_ex(("127.0.0.1", port)) == 0


class Server:
    """One server process with its log in its folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def spawn(self, command: list[str]) -> None:
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def signal(self, number: int) -> None:
        if self.running and self._process is not None:
            self._process.send_signal(number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self._reap()

    def stop(self) -> None:
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        self._reap()

    def _reap(self) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_WITHIN_S)
        self._process = None

    def log_text(self) -> str:
        return (self.folder / f"{self.name}.log").read_text(encoding="utf-8", errors="replace")


class Mosquitto:
    """A broker. ``persistence``: its database is saved with every change. ``settings``: more lines of its file."""

    def __init__(self, folder: Path, *, persistence: bool = False, settings: str = "") -> None:
        self._binary = binary("mosquitto", "mosquitto")
        self.port = free_port()
        self.persistence = persistence
        self._server = Server(folder, "mosquitto")
        lines = [
            "user root",  # it drops root's rights otherwise and cannot read a private folder
            f"listener {self.port} 127.0.0.1",
            "allow_anonymous true",
            "log_dest stderr",
            f"persistence {'true' if persistence else 'false'}",
            f"persistence_location {folder}/",
        ]
        if persistence:
            lines += ["autosave_on_changes true", "autosave_interval 1"]
        self._file = folder / "mosquitto.conf"
        self._file.write_text("\n".join([*lines, settings, ""]), encoding="utf-8")

    def config(self, **more: Any) -> Mqtt:
        return Mqtt.model_validate({"host": "127.0.0.1", "port": self.port, "keepalive_s": 5} | more)

    def start(self) -> None:
        self._server.spawn([self._binary, "-c", str(self._file)])
        wait_until(lambda: listens(self.port), "mosquitto listens")

    def kill(self) -> None:
        self._server.kill()

    def stop(self) -> None:
        self._server.stop()

    def freeze(self) -> None:
        self._server.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._server.signal(signal.SIGCONT)

    @property
    def running(self) -> bool:
        return self._server.running


_INFLUX_CONF = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
  logging-enabled = false
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  query-log-enabled = false
[coordinator]
[retention]
[monitor]
  store-enabled = false
[subscriber]
  enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  auth-enabled = {auth}
  log-enabled = false
[continuous_queries]
  enabled = false
"""

# A 1.8 maps /api/v2/write itself and takes "Token user:password"; 1.6 needs both done for it.
_NGINX_CONF = """
{user}
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_max_body_size 64m;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  map $http_authorization $login {{
    default "";
    "~^Token (?<who>[^:]+):(?<secret>.+)$" "&u=$who&p=$secret";
  }}
  server {{
    listen 127.0.0.1:{front};
    proxy_set_header Authorization "";
    location = /api/v2/write {{
      proxy_pass http://127.0.0.1:{port}/write?db=$arg_bucket&precision=$arg_precision$login;
    }}
    location = /query {{
      proxy_pass http://127.0.0.1:{port}/query?$args$login;
    }}
    location = /ping {{ proxy_pass http://127.0.0.1:{port}/ping; }}
  }}
}}
"""


class Influx:
    """InfluxDB 1.6 behind nginx, or the server that QUANTRAC_TEST_INFLUX_URL names (which is never killed)."""

    USER, PASSWORD = "quantrac", "planted-influx-secret"

    def __init__(self, folder: Path, *, auth: bool = False, bucket: str = "quantrac") -> None:
        self.bucket = bucket
        self.auth = auth
        self.external = "" if auth else os.environ.get(INFLUX_URL_VARIABLE, "")
        if self.external:
            self.url = self.external.rstrip("/")
            return
        self._influxd, self._nginx = binary("influxd", "influxdb"), binary("nginx", "nginx-light")
        self._port, self._front = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self._front}"
        self._database, self._proxy = Server(folder, "influxd"), Server(folder, "nginx")
        values = {
            "folder": folder,
            "port": self._port,
            "front": self._front,
            "rpc": free_port(),
            "auth": "true" if auth else "false",
            "user": "user root;" if os.geteuid() == 0 else "",
        }
        self._influx_file, self._nginx_file = folder / "influxdb.conf", folder / "nginx.conf"
        self._influx_file.write_text(_INFLUX_CONF.format(**values), encoding="utf-8")
        self._nginx_file.write_text(_NGINX_CONF.format(**values), encoding="utf-8")

    def config(self, token: SecretSource | None = None, **more: Any) -> InfluxConfig:
        return InfluxConfig.model_validate({"url": self.url, "bucket": self.bucket, "token": token} | more)

    def start(self) -> None:
        """Both processes, ready to take points; the bucket (a database in 1.x) is made if it is not there."""
        if self.external:
            return
        self.start_database()
        self._proxy.spawn([self._nginx, "-c", str(self._nginx_file), "-p", str(self._proxy.folder)])
        wait_until(lambda: listens(self._front), "nginx listens")
        self._make_bucket()

    def start_database(self) -> None:
        self._database.spawn([self._influxd, "-config", str(self._influx_file)])
        wait_until(self._answers, "influxd answers")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/ping", timeout=2.0) as response:
                return int(response.status) == 204
        except OSError:
            return False

    def _make_bucket(self) -> None:
        if self.auth:
            self._post(f"CREATE USER {self.USER} WITH PASSWORD '{self.PASSWORD}' WITH ALL PRIVILEGES", login=False)
        self._post(f'CREATE DATABASE "{self.bucket}"', login=self.auth)

    def _post(self, query: str, *, login: bool) -> None:
        who = urllib.parse.urlencode({"u": self.USER, "p": self.PASSWORD} if login else {})
        body = urllib.parse.urlencode({"q": query}).encode()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/query?{who}", body, timeout=5.0) as response:
                response.read()
        except urllib.error.HTTPError as error:
            error.close()
            if error.code not in (401, 403):  # the user is there already
                raise

    def drop_bucket(self) -> None:
        """As if the database had been made anew."""
        self._post(f'DROP DATABASE "{self.bucket}"', login=self.auth)
        self._post(f'CREATE DATABASE "{self.bucket}"', login=self.auth)

    def kill(self) -> None:
        """SIGKILL for database and proxy; ``start`` brings both back on the same ports with the same data."""
        if self.external:
            raise RuntimeError(f"the server of {INFLUX_URL_VARIABLE} is not ours to kill")
        self._database.kill()
        self._proxy.kill()

    def kill_database(self) -> None:
        """Only the database; the proxy answers 502 meanwhile."""
        self._database.kill()

    def stop(self) -> None:
        if not self.external:
            self._database.stop()
            self._proxy.stop()

    # -- asking

    def query(self, query: str) -> list[dict[str, Any]]:
        """The series of one InfluxQL query, times in ns."""
        values = {"db": self.bucket, "epoch": "ns", "q": query}
        if self.auth:
            values |= {"u": self.USER, "p": self.PASSWORD}
        url = self.url if self.external else f"http://127.0.0.1:{self._port}"
        with urllib.request.urlopen(f"{url}/query?{urllib.parse.urlencode(values)}", timeout=30.0) as response:
            result = json.load(response)["results"][0]
        if "error" in result:
            raise RuntimeError(result["error"])
        return list(result.get("series", []))

    def rows(self, query: str) -> list[dict[str, Any]]:
        """The rows of one query as dicts, tags among them."""
        return [
            dict(zip(series["columns"], values, strict=True)) | series.get("tags", {})
            for series in self.query(query)
            for values in series["values"]
        ]

    def write(self, lines: str) -> None:
        """Points of the test's own, past the proxy."""
        url = f"http://127.0.0.1:{self._port}/write?db={self.bucket}&precision=ns"
        with urllib.request.urlopen(url, lines.encode(), timeout=5.0) as response:
            response.read()
