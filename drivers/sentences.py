"""Bytes become whole sentences: pure. Garbage, partial and overlong lines are dropped and counted.

opened ──► ...4, CPM, 20⏎  CPS, 1, CPM, 20⏎  CPS, 0, CP...
           partial: gone    whole             not whole yet
"""

from collections import deque
from dataclasses import dataclass

MOST_SENTENCES = 600  # that wait for a reader: ten minutes of one a second


@dataclass(frozen=True, slots=True)
class Sentence:
    """One line without its terminator, and when it was whole (monotonic, real seconds)."""

    text: bytes
    at_s: float


class Sentences:
    """Splits a stream. ``dropped`` counts the lines that never became a sentence, or that nobody fetched in time."""

    def __init__(self, terminator: bytes, longest_bytes: int, most: int = MOST_SENTENCES) -> None:
        self._terminator = terminator
        self._longest = longest_bytes
        self._buffer = b""
        self._synchronised = False
        self._waiting: deque[Sentence] = deque()
        self._most = most
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def newest_s(self) -> float | None:
        """When the newest that waits was whole."""
        return self._waiting[-1].at_s if self._waiting else None

    def reset(self) -> None:
        """The stream was interrupted: what follows begins in the middle of a line."""
        if self._buffer:
            self.dropped += 1
        self._buffer = b""
        self._synchronised = False

    def feed(self, data: bytes, at_s: float) -> None:
        *lines, self._buffer = (self._buffer + data).split(self._terminator)
        for line in lines:
            self._line(line, at_s)
        if len(self._buffer) > self._longest + len(self._terminator):
            self.reset()

    def take(self) -> list[Sentence]:
        """All that wait, oldest first."""
        taken = list(self._waiting)
        self._waiting.clear()
        return taken

    def _line(self, line: bytes, at_s: float) -> None:
        if not self._synchronised:
            self._synchronised = True
            self.dropped += bool(line)
            return
        if not line:
            return
        if len(line) > self._longest:
            self.dropped += 1
            return
        self._waiting.append(Sentence(line, at_s))
        if len(self._waiting) > self._most:
            self._waiting.popleft()
            self.dropped += 1
