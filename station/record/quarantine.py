"""Where the points go that the database refuses: a file of JSON lines, on the disk before anything is confirmed.

Bounded: a full quarantine takes nothing more and loses nothing, the station keeps what is not confirmed.
"""

import base64
import fcntl
import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from station.record.answers import Action, Answer
from station.wire.message import Message, MessageError, decode

log = logging.getLogger(__name__)

FILE = "quarantine.jsonl"
REPLAYING = "replaying.jsonl"  # what a replay has taken
LARGEST_BYTES = 64 * 1024 * 1024
REASON_CHARS = 500


class QuarantineFullError(Exception):
    """No more goes in until a person has looked."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What one line of the file holds. ``payload`` is the message as it came."""

    reason: str
    topic: str
    payload: bytes

    def to_line(self) -> bytes:
        content: dict[str, Any] = {"reason": self.reason[:REASON_CHARS], "topic": self.topic}
        try:
            content["message"] = self.payload.decode()
        except UnicodeDecodeError:
            content["base64"] = base64.b64encode(self.payload).decode()
        return json.dumps(content, ensure_ascii=False).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> "Refused":
        content = json.loads(line)
        payload = content["message"].encode() if "message" in content else base64.b64decode(content["base64"])
        return cls(content["reason"], content["topic"], payload)


class Quarantine:
    """One folder a recorder. Blocks on the disk: call it from a thread."""

    def __init__(self, folder: Path, largest_bytes: int = LARGEST_BYTES) -> None:
        self._folder = folder
        self._largest_bytes = largest_bytes
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            self._close_torn_line()
            self.entries = sum(1 for _ in read_lines(folder / FILE))

    @property
    def path(self) -> Path:
        return self._folder / FILE

    @property
    def size_bytes(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def _close_torn_line(self) -> None:
        """A crash in the middle of a line must not swallow the next one."""
        if not self.size_bytes:
            return
        with self.path.open("rb+") as stream:
            stream.seek(-1, os.SEEK_END)
            if stream.read(1) != b"\n":
                log.warning("%s: its last line is torn; closed", self.path)
                stream.write(b"\n")

    def add(self, refused: list[Refused]) -> None:
        """Keep them, durably. Raises QuarantineFullError or OSError; then none of them counts as kept."""
        content = b"".join(each.to_line() for each in refused)
        with _locked(self._folder):
            if self.size_bytes + len(content) > self._largest_bytes:
                raise QuarantineFullError(f"{self.path} is full ({self._largest_bytes} bytes)")
            self._close_torn_line()  # a disk that was full in the middle of the last one
            with self.path.open("ab") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            _sync_folder(self._folder)
        self.entries += len(refused)


class Replayed(NamedTuple):
    written: int
    outdated: int  # a newer revision is in the database
    left: int


def replay_quarantine(
    folder: Path, write: Callable[[Message], Answer], newest_revision: Callable[[Message], int | None]
) -> Replayed:
    """Offer everything to the database again; what it takes leaves the quarantine, the rest goes back into it.

    May run beside the recorder. What an interrupted replay held is taken up by the next one.
    """
    taken = folder / REPLAYING
    with _locked(folder):
        if not taken.exists() and (folder / FILE).exists():
            (folder / FILE).rename(taken)
    written, outdated, left = 0, 0, []
    for line in read_lines(taken):
        refused = Refused.from_line(line)
        try:
            message = decode(refused.payload)
        except MessageError as error:
            left.append(Refused(str(error), refused.topic, refused.payload))
            continue
        newest = newest_revision(message)
        if newest is not None and newest > message.record.revision:
            outdated += 1
            continue
        answer = write(message)
        if answer.action is Action.DONE:
            written += 1
        else:
            left.append(Refused(f"{answer.status} {answer.text}", refused.topic, refused.payload))
    if left:
        Quarantine(folder, largest_bytes=2 * LARGEST_BYTES).add(left)  # what was in must fit in again
    taken.unlink(missing_ok=True)
    return Replayed(written, outdated, len(left))


def read_lines(path: Path) -> Iterator[bytes]:
    """The whole lines of the file; a torn or damaged one is passed over with a warning."""
    if not path.exists():
        return
    with path.open("rb") as stream:
        for line in stream:
            try:
                Refused.from_line(line)
            except (ValueError, KeyError, TypeError):
                log.warning("%s: a line that cannot be read is passed over", path)
                continue
            yield line


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One at a time, over processes."""
    with (folder / "lock").open("ab") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
