"""The station's side of the door: a bounded number of files each tick, never waiting, every verdict audited."""

import logging
import os
import stat
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from station.inbox.command import COMMANDS, LARGEST_BYTES, Command, Refusal, parse, printable

log = logging.getLogger(__name__)

FILES_A_TICK = 16
MOST_STUCK = 10_000
MODE = 0o2770  # the programs of the station's group may submit; their files stay readable to it


@dataclass(frozen=True, slots=True)
class Knock:
    """One file and what came of it: a command to carry out, or a refusal. ``program``: who the file's owner is."""

    file: Path
    program: str
    command: Command | None
    refusal: str

    @property
    def name(self) -> str:
        """The file's name as text that can be written down; on the disk it may be any bytes."""
        return printable(self.file.name, 80)


class Door:
    """Reads ``new/``. ``programs``: uid of a file's owner → the program and the commands that it may ask for."""

    def __init__(self, directory: Path, programs: Mapping[int, tuple[str, frozenset[str]]]) -> None:
        self._new = directory / "new"
        self._tmp = directory / "tmp"
        self._programs = programs
        self._stuck: set[str] = set()  # names that cannot be removed: told once, then passed over
        self._in_hand: set[str] = set()  # carried out, and the disk does not have it yet
        for part in (directory, self._new, self._tmp):
            if not part.is_dir():
                part.mkdir(parents=True)
                part.chmod(MODE)

    def look(self, now_ns: int, seen: Callable[[str], bool]) -> list[Knock]:
        """At most FILES_A_TICK files. They stay until ``done``; after a kill in between they are read again."""
        with os.scandir(self._new) as entries:
            passed_over = self._stuck | self._in_hand
            waiting = (Path(entry.path) for entry in entries if entry.name not in passed_over)
            files = sorted(islice(waiting, FILES_A_TICK))
        taken: set[str] = set()
        knocks = []
        for file in files:
            knock = self._judge(file, now_ns, lambda known: known in taken or seen(known))
            if knock.command is not None:
                taken.add(knock.command.id)
            knocks.append(knock)
        return knocks

    def hold(self, knocks: list[Knock]) -> None:
        """These were carried out; until ``done`` they are not looked at again."""
        self._in_hand.update(knock.file.name for knock in knocks)

    def done(self, knocks: list[Knock]) -> None:
        for knock in knocks:
            self._in_hand.discard(knock.file.name)
            try:
                self._remove(knock.file)
            except OSError as error:
                log.warning("inbox: %s cannot be removed: %s; it is passed over", knock.name, error.strerror)
                if len(self._stuck) < MOST_STUCK:
                    self._stuck.add(knock.file.name)

    def _remove(self, file: Path) -> None:
        try:
            file.unlink(missing_ok=True)
        except IsADirectoryError:
            file.rename(self._tmp / f"refused-{uuid.uuid4().hex}")

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
        _refuse_what_its_owner_did_not_put_here(status)
        return os.read(descriptor, LARGEST_BYTES + 1), status.st_uid
    except OSError as error:
        raise Refusal(f"cannot be read: {error.strerror}") from None
    finally:
        os.close(descriptor)


def _refuse_what_its_owner_did_not_put_here(status: os.stat_result) -> None:
    """The owner says which program asks; a link to his file, or a file that others wrote into, says nothing."""
    if not stat.S_ISREG(status.st_mode):
        raise Refusal("not a regular file")
    if status.st_nlink > 1:
        raise Refusal("the file has more than one name")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Refusal("the file can be written by others than its owner")


def own_programs() -> dict[int, tuple[str, frozenset[str]]]:
    """Root and the station's own user speak through the command line and may ask for everything."""
    everything = frozenset(COMMANDS)
    return dict.fromkeys({0, os.getuid()}, ("quantrac", everything))
