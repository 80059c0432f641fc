"""Times as they are written in JSON: ISO-8601, UTC, nine fractional digits. Exact both ways."""

import re
from datetime import UTC, datetime, timedelta

NS = 1_000_000_000
ISO_PATTERN = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$"
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{9})Z", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_iso(ns: int) -> str:
    """``2026-11-23T20:00:36.123456789Z``."""
    seconds, rest = divmod(ns, NS)
    moment = _EPOCH + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def from_iso(text: str) -> int:
    """Nanoseconds since 1970. Raises ValueError for anything but the exact form."""
    match = _ISO.fullmatch(text)
    if match is None:
        raise ValueError(f"not a time of the form 2026-11-23T20:00:36.123456789Z: {text[:40]!r}")
    year, month, day, hour, minute, second, rest = (int(part) for part in match.groups())
    since = datetime(year, month, day, hour, minute, second, tzinfo=UTC) - _EPOCH
    return (since.days * 86_400 + since.seconds) * NS + rest
