"""Starting the real demo as a user does, and looking at what it starts."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

DEADLINE_S = 60.0

# Three minutes: a source comes near det-north one minute after the beginning and stays.
SHORT = """\
id = "short"
summary = "a source comes after a minute"
seed = 7
duration_min = 3

[[buses]]
id = "wire"
kind = "modbus-tcp"

[[instruments]]
id = "det-north"
profile = "positron-bdmg-04"
bus = "wire"
address = 1

[[sources]]
start_min = 1.5
duration_min = 60
ramp_s = 5
at_nsv_h = { det-north = 3000.0 }
"""


def command(*options: str) -> list[str]:
    """The installed command's entry, with this interpreter."""
    return [sys.executable, "-c", "from station.cli import main; main()", "demo", *options]


def environment() -> dict[str, str]:
    return {**os.environ, "COLUMNS": "100", "LINES": "30", "TERM": "xterm-256color"}


@dataclass(frozen=True)
class Alive:
    """A demo that runs, with what it has started."""

    process: "subprocess.Popen[bytes]"
    children: list[psutil.Process]
    ports: list[int]


@contextmanager
def started(folder: Path, *options: str) -> Iterator[Alive]:
    """A headless demo in ``folder`` that measures already."""
    process = subprocess.Popen(
        command("--headless", *options), cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        wait_until(lambda: measures(folder / "demo-data") or process.poll() is not None)
        yield alive(process)
    finally:
        process.kill()
        process.communicate()


def alive(process: "subprocess.Popen[bytes]") -> Alive:
    children = psutil.Process(process.pid).children(recursive=True)
    ports = [c.laddr.port for child in children for c in child.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    return Alive(process, children, ports)


def measures(data: Path) -> bool:
    recorded = data / "recorded.jsonl"
    return recorded.exists() and recorded.stat().st_size > 0


def child_of(demo: Alive, module: str) -> psutil.Process:
    return next(child for child in demo.children if module in child.cmdline())


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)


def all_gone(demo: Alive) -> bool:
    return not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in demo.children)


def listens(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1.0)
        return client.connect_ex(("127.0.0.1", port)) == 0
