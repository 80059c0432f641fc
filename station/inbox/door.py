"""The station's side of the door: a bounded number of files each tick, never waiting, every verdict audited."""

import logging
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from station.inbox.command import COMMANDS, LARGEST_BYTES, Command, Refusal, parse

log = logging.getLogger(__name__)

FILES_A_TICK = 16


@dataclass(frozen=True, slots=True)
class Knock:
    """One file and what came of it: a command to carry out, or a refusal. ``program``: who the file's owner is."""

    file: Path
    program: str
    command: Command | None
    refusal: str


class Door:
    """Reads ``new/``. ``programs``: uid of a file's owner → the program and the commands that it may ask for."""

    def __init__(self, directory: Path, programs: Mapping[int, tuple[str, frozenset[str]]]) -> None:
        self._new = directory / "new"
        self._programs = programs
        for part in (self._new, directory / "tmp"):
            part.mkdir(parents=True, exist_ok=True, mode=0o770)

    def look(self, now_ns: int, seen: Callable[[str], bool]) -> list[Knock]:
        """At most FILES_A_TICK files. They stay until ``done``; after a kill in between they are read again."""
        with os.scandir(self._new) as entries:
            files = [Path(entry.path) for entry in islice(entries, FILES_A_TICK)]
        return [self._judge(file, now_ns, seen) for file in sorted(files)]

    def done(self, knocks: list[Knock]) -> None:
        for knock in knocks:
            try:
                knock.file.unlink(missing_ok=True)
            except IsADirectoryError:
                knock.file.rename(self._new.parent / "tmp" / f"refused-{knock.file.name}")
            except OSError as error:
                log.warning("inbox: %s cannot be removed: %s", knock.file.name, error.strerror)

    def _judge(self, file: Path, now_ns: int, seen: Callable[[str], bool]) -> Knock:
        program = "unknown"
        try:
            data, owner = _read(file)
            program, allowed = self._programs.get(owner, (f"uid {owner}", frozenset()))
            command = parse(data, now_ns)
            if command.command not in allowed:
                raise Refusal(f"{program} may not ask for {command.command}")
            if seen(command.id):
                raise Refusal(f"repeated: {command.id} was carried out already")
        except Refusal as refusal:
            return Knock(file, program, None, str(refusal))
        return Knock(file, program, command, "")


def _read(file: Path) -> tuple[bytes, int]:
    """The bytes and the owner of a regular file; links, devices and pipes are refused without being opened to block."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Refusal(f"cannot be opened: {error.strerror}") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise Refusal("not a regular file")
        return os.read(descriptor, LARGEST_BYTES + 1), status.st_uid
    finally:
        os.close(descriptor)


def own_programs() -> dict[int, tuple[str, frozenset[str]]]:
    """Root and the station's own user speak through the command line and may ask for everything."""
    everything = frozenset(COMMANDS)
    return dict.fromkeys({0, os.getuid()}, ("quantrac", everything))
