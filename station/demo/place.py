"""Where a demo's data lie: a directory that only this demo uses, and that clears only what an earlier demo made."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

DEFAULT = Path("demo-data")
MARK = ".quantrac-demo"  # in a directory that the next demo may clear
KEPT_MARK = ".quantrac-demo-kept"  # in one that --keep named: nothing in it is ever cleared
JOURNAL = "journal.sqlite"
RECORDED = "recorded.jsonl"
STATION_FILE = "station.toml"
SIMULATOR_LOG = "simulator.log"
STATION_LOG = "station.log"
CONTROL = "control"  # the address at which the world can be changed by hand
OURS = (
    f"{JOURNAL}*",
    f"{RECORDED}*",
    STATION_FILE,
    CONTROL,
    f"{SIMULATOR_LOG}*",
    f"{STATION_LOG}*",
    "inbox/*/*",
    "quarantine/*/*",
)
OUR_DIRECTORIES = ("inbox/*", "inbox", "quarantine/*", "quarantine")


class PlaceError(Exception):
    """The directory cannot be used: ``key`` is the catalogue's sentence, ``reason`` its detail."""

    def __init__(self, key: str, path: Path, reason: str = "") -> None:
        super().__init__(key, str(path), reason)
        self.key = key
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Place:
    """A directory in use, locked until ``close``."""

    path: Path
    lock_fd: int

    @property
    def journal(self) -> Path:
        return self.path / JOURNAL

    @property
    def recorded(self) -> Path:
        return self.path / RECORDED

    @property
    def station_file(self) -> Path:
        return self.path / STATION_FILE

    @property
    def control(self) -> Path:
        return self.path / CONTROL

    def close(self) -> None:
        os.close(self.lock_fd)


def take_place(keep: Path | None) -> Place:
    """Make or clear the directory and lock it. Raises PlaceError."""
    path = (keep or DEFAULT).absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
        names = {entry.name for entry in path.iterdir()}
        if keep is not None:
            if names - {KEPT_MARK}:
                raise PlaceError("demo.not_empty", path)
            return _locked(path, KEPT_MARK)
        if names and MARK not in names:
            raise PlaceError("demo.not_from_a_demo", path)
        place = _locked(path, MARK)
        _clear(path)
    except OSError as error:
        raise PlaceError("demo.cannot_use", path, error.strerror or str(error)) from error
    return place


def _locked(path: Path, mark: str) -> Place:
    fd = os.open(path / mark, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise PlaceError("demo.in_use", path) from None
    return Place(path, fd)


def _clear(path: Path) -> None:
    """Only files under the names that a demo gives, only directories of ours that this leaves empty."""
    for pattern in OURS:
        for found in path.glob(pattern):
            if found.is_file() or found.is_symlink():
                found.unlink()
    for pattern in OUR_DIRECTORIES:
        for found in path.glob(pattern):
            if found.is_dir() and not found.is_symlink() and not any(found.iterdir()):
                found.rmdir()
