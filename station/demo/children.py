"""The demo's children: started in process groups of their own, told to end by the end of their standard input.

However this process dies, the kernel closes the pipe and the children end by themselves.
"""

import contextlib
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

log = logging.getLogger(__name__)

LINES_KEPT = 1_000
EOF_DEADLINE_S = 6.0
TERM_DEADLINE_S = 3.0
KILL_DEADLINE_S = 3.0


class ChildError(Exception):
    """A child died, or did not say what it must in time: ``late``."""

    def __init__(self, child: "Child", *, late: bool = False) -> None:
        super().__init__(child.name)
        self.child = child
        self.late = late


class Child:
    """One child; its standard output is lines of JSON, its standard error goes to a file."""

    def __init__(self, name: str, arguments: Sequence[str], log_path: Path) -> None:
        self.name = name
        self.log_path = log_path
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue(LINES_KEPT)
        with log_path.open("ab") as errors:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own modules
                [sys.executable, "-m", *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                process_group=0,  # Ctrl-C in the terminal is for the parent alone
            )
        self._reader = threading.Thread(target=self._read, name=f"demo {name}", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        stdout = self.process.stdout
        for line in stdout or ():
            with contextlib.suppress(json.JSONDecodeError, queue.Full):
                said = json.loads(line)
                if isinstance(said, dict):
                    self._lines.put_nowait(said)

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def lines(self) -> list[dict[str, Any]]:
        """What it has said since the last call; never waits."""
        found = []
        while not self._lines.empty():
            found.append(self._lines.get_nowait())
        return found

    def expect(self, key: str, deadline_s: float, stopped: Callable[[], bool]) -> dict[str, Any] | None:
        """Its next line with ``key``; None when we are told to stop meanwhile. Raises ChildError."""
        until = time.monotonic() + deadline_s
        while time.monotonic() < until:
            with contextlib.suppress(queue.Empty):
                said = self._lines.get(timeout=0.05)
                if key in said:
                    return said
                continue
            if stopped():
                return None
            if not self.is_alive:
                raise ChildError(self)
        raise ChildError(self, late=True)

    def tell(self, message: Mapping[str, object]) -> None:
        """One line of JSON to its standard input. Raises ChildError."""
        try:
            if self.process.stdin is not None:
                self.process.stdin.write(json.dumps(message).encode() + b"\n")
                self.process.stdin.flush()
        except OSError as error:
            raise ChildError(self) from error

    def close_input(self) -> None:
        """Ask it to end."""
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()

    def wait_ended(self) -> None:
        """Wait for the end that ``close_input`` asked for; insist, then kill its whole group."""
        for deadline_s, insist in ((EOF_DEADLINE_S, signal.SIGTERM), (TERM_DEADLINE_S, signal.SIGKILL)):
            try:
                self.process.wait(deadline_s)
                break
            except subprocess.TimeoutExpired:
                log.warning("%s does not end; sending %s", self.name, insist.name)
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.process.pid, insist)
        else:
            self.process.wait(KILL_DEADLINE_S)
        self._reader.join(TERM_DEADLINE_S)
        if self.process.stdout is not None and not self._reader.is_alive():
            self.process.stdout.close()


class Children:
    """All of them; leaving the ``with`` block ends every one, whatever happened."""

    def __init__(self) -> None:
        self._all: list[Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def start(self, name: str, arguments: Sequence[str], log_path: Path) -> Child:
        child = Child(name, arguments, log_path)
        self._all.append(child)
        return child

    def dead(self) -> Child | None:
        """The first that is dead although nobody asked it to end."""
        return next((child for child in self._all if not child.is_alive), None)

    def end(self) -> None:
        """One after another, the station before its world: it sees no fault that is none."""
        for child in self._all:
            child.close_input()
            child.wait_ended()
        self._all.clear()
