"""One writer: a lock on a file beside the journal. The kernel lets it go when its process ends, however it ends."""

import fcntl
import os
from pathlib import Path

from station.journal.errors import InUseError, JournalError


def lock_path(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def take_lock(path: Path) -> int:
    """The descriptor that holds the lock of the journal at ``path``; closing it lets go. Raises InUseError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock_path(path), os.O_RDWR | os.O_CREAT, 0o640)
    except OSError as error:
        raise JournalError(f"journal {path}: {error.strerror}: {error.filename}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise InUseError(f"journal {path}: another station has it open (process {holder})") from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
    return descriptor
