"""The files that a journal is made of, the traces that a lost one leaves, and how a damaged one is set aside."""

import os
from datetime import UTC, datetime
from pathlib import Path

_FILES = ("", "-wal", "-shm", ".head")
_HEADER_BYTES = 100  # of an SQLite file


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def head_path(path: Path) -> Path:
    """Beside the journal: its id and last seq as last written. A journal that is behind its head was put back."""
    return _beside(path, ".head")


def traces_of_a_lost_file(path: Path) -> str:
    """What tells of a journal that was here, or empty for a fresh start. SQLite takes all of these for an empty file.

    no file, or an empty one ──┬─► nothing beside it ──► a fresh start
                               └─► a WAL or a head ────► a lost journal
    shorter than a header ───────────────────────────► a lost journal
    """
    size = path.stat().st_size if path.exists() else 0
    if size >= _HEADER_BYTES:
        return ""
    beside = (_beside(path, "-wal"), head_path(path))
    traces = [other.name for other in beside if other.is_file() and other.stat().st_size]
    if size == 0 and not traces:
        return ""
    found = f"the file has {size} bytes" if path.exists() else "the file is missing"
    return found + (f", but {' and '.join(traces)} tell of records" if traces else "")


def is_rolled_back(path: Path, journal_id: str, last_seq: int) -> bool:
    try:
        head_id, head_seq = head_path(path).read_text(encoding="ascii").split()
        return head_id == journal_id and int(head_seq) > last_seq
    except (OSError, ValueError):
        return False


def set_file_aside(path: Path, now_ns: int) -> Path:
    """Rename a damaged journal with its WAL to a name that says so; never deletes, never overwrites."""
    stamp = datetime.fromtimestamp(now_ns / 1e9, UTC).strftime("%Y%m%dT%H%M%SZ")
    number = 1
    target = path.with_name(f"{path.stem}.damaged-{stamp}{path.suffix}")
    while any(_beside(target, ending).exists() for ending in _FILES):
        number += 1
        target = path.with_name(f"{path.stem}.damaged-{stamp}-{number}{path.suffix}")
    for ending in _FILES:
        source = _beside(path, ending)
        if source.exists():
            source.rename(_beside(target, ending))
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return target
