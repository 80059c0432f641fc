"""A program's side of the door: write, fsync, rename, so that the station never sees half a command."""

import json
import os
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.clock import NS
from station.inbox.command import SCHEMA

DEFAULT_LIFE = timedelta(minutes=5)


def submit(directory: Path, now_ns: int, *, command: str, person: str, **arguments: str) -> str:
    """Put one command into the inbox and return its id. Raises OSError where the inbox is not there or not ours."""
    command_id = uuid.uuid4().hex
    issued = datetime.fromtimestamp(now_ns / NS, UTC)
    body = {
        "schema": SCHEMA,
        "id": command_id,
        "command": command,
        "person": person,
        "issued": issued.isoformat(),
        "expires": (issued + DEFAULT_LIFE).isoformat(),
        **arguments,
    }
    written = directory / "tmp" / f"{command_id}.json"
    try:
        _write(written, json.dumps(body, ensure_ascii=False))
        written.rename(directory / "new" / written.name)
    except OSError:
        written.unlink(missing_ok=True)
        raise
    return command_id


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
