"""Child processes of a system test: started, killed, restarted, their output kept in files, never left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


class Child:
    """One process of ours by its command; its output goes on in one log file over all its lives."""

    def __init__(self, name: str, command: list[str], folder: Path, env: dict[str, str] | None = None) -> None:
        self.name = name
        self._command = command
        self.log = folder / f"{name}.log"
        self._env = {**os.environ, **(env or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=ROOT, env=self._env
            )

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """kill -9, at once."""
        self._end(signal.SIGKILL, 10)

    def stop(self) -> int:
        """SIGTERM, and kill -9 for one that does not listen. Returns the exit code."""
        return self._end(signal.SIGTERM, 20)

    def _end(self, number: signal.Signals, patience_s: float) -> int:
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            return self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait(10)


def quantrac(name: str, folder: Path, *arguments: str, env: dict[str, str] | None = None) -> Child:
    """The installed command, through this interpreter."""
    return Child(name, [sys.executable, "-m", "station.cli", *arguments], folder, env)


class Simulator(Child):
    """The simulator with its ready line."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        super().__init__("simulator", [sys.executable, "-m", "simulator", *arguments], folder)

    def ready(self, patience_s: float = 20) -> dict[str, Any]:
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline and self.alive():
            for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines():
                if line.startswith("{") and json.loads(line).get("ready"):
                    found: dict[str, Any] = json.loads(line)
                    return found
            time.sleep(0.05)
        raise TimeoutError(f"the simulator is not ready: {self.log.read_text(encoding='utf-8')[-500:]}")
