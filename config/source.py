"""Reads one TOML file. Whatever else lies there (nothing, a directory, a binary, half a file) is one mistake."""

import re
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.mistakes import ConfigError, Mistake, Phrase, phrase

LARGEST_BYTES = 1_000_000
LARGEST_INTEGER = 2**63 - 1
DEEPEST = 20
_POSITION = re.compile(r"\(at line (\d+), column (\d+)\)")
_SAID_TWICE = ("Cannot overwrite", "Cannot declare", "Cannot redefine", "Cannot mutate")


@dataclass(frozen=True, slots=True)
class Source:
    """A file's text (without a byte order mark) and what it says."""

    text: str
    data: dict[str, Any]


def read_toml(path: Path) -> Source:
    """Read and parse. Raises ConfigError with exactly one mistake."""
    text = _text(path)
    if not text.strip():
        raise _wrong(path, phrase("found.empty_file"), phrase("allowed.filled_file"))
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number too long is a ValueError, a nesting too deep the other
        raise _broken(path, text, str(error)) from None
    if not _is_tame(data, DEEPEST):
        raise _wrong(path, phrase("found.beyond_toml"), phrase("allowed.tame", levels=DEEPEST))
    return Source(text, data)


def _is_tame(value: object, depth: int) -> bool:
    """Whether numbers have 64 bits, as TOML says, and nesting is what a person would write."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return depth > 0 and all(_is_tame(item, depth - 1) for item in inner)
    return not isinstance(value, int) or -LARGEST_INTEGER - 1 <= value <= LARGEST_INTEGER


def _text(path: Path) -> str:
    content = _content(path)
    if b"\0" in content:
        raise _wrong(path, phrase("found.binary"), phrase("allowed.utf8_file"))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _wrong(path, phrase("found.not_utf8"), phrase("allowed.utf8_file")) from None


def _content(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "found.directory" if stat.S_ISDIR(mode) else "found.not_a_file"
            raise _wrong(path, phrase(kind), phrase("allowed.toml_file"))
        with path.open("rb") as stream:
            content = stream.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise _wrong(path, phrase("found.no_file"), phrase("allowed.toml_file")) from None
    except (OSError, ValueError) as error:
        raise _wrong(
            path, phrase("found.unreadable", reason=type(error).__name__), phrase("allowed.readable_file")
        ) from None
    if len(content) > LARGEST_BYTES:
        megabytes = LARGEST_BYTES / 1e6
        raise _wrong(
            path, phrase("found.too_large", megabytes=megabytes), phrase("allowed.small_file", megabytes=megabytes)
        )
    return content


def _broken(path: Path, text: str, complaint: str) -> ConfigError:
    # Only the place is told, never the line itself: it may hold a secret.
    position = _POSITION.search(complaint)
    if position:
        line, column = int(position[1]), int(position[2])
    else:
        lines = text.split("\n")
        line, column = len(lines), len(lines[-1]) + 1
    if complaint.startswith(_SAID_TWICE):
        return _wrong(path, phrase("found.said_twice", line=line, column=column), phrase("allowed.said_once"))
    return _wrong(path, phrase("found.not_toml", line=line, column=column), phrase("allowed.toml"))


def _wrong(path: Path, found: Phrase, allowed: Phrase) -> ConfigError:
    return ConfigError((Mistake(str(path), "", found, allowed),))
