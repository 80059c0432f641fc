"""What a command file says: id, schema, expiry, who, what. Everything else is refused with a reason."""

import json
import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from config.clock import NS

SCHEMA = "quantrac/1/command"
LARGEST_BYTES = 16_384
LONGEST_LIFE_S = 7 * 86_400
COMMANDS = ("acknowledge", "reload")


class Refusal(Exception):  # noqa: N818 - a verdict, not a fault of the program
    """A command is not carried out; the text is one line for the audit trail."""


def _of_one_line(text: str) -> str:
    """It will stand in logs, in the audit trail and on screens: no line ends, no control or direction signs."""
    if any(unicodedata.category(sign) in ("Zl", "Zp") or unicodedata.category(sign)[0] == "C" for sign in text):
        raise ValueError("expected text of one line")
    return text


OneLine = Annotated[str, AfterValidator(_of_one_line)]


def printable(text: str, longest: int = 200) -> str:
    """Any text, made fit for a log line or the audit trail."""
    return "".join(sign if sign.isprintable() else "?" for sign in text[:longest])


class Command(BaseModel):
    """One act of one person, checked by the program that wrote it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_: Literal["quantrac/1/command"] = Field(alias="schema")
    id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    command: Literal["acknowledge", "reload"]
    person: Annotated[OneLine, Field(min_length=1, max_length=80)]
    issued: datetime
    expires: datetime
    alarm: Annotated[OneLine, Field(max_length=80)] | None = None
    reason: Annotated[OneLine, Field(max_length=200)] = ""

    @property
    def expires_ns(self) -> int:
        return int(self.expires.timestamp()) * NS


def parse(data: bytes, now_ns: int) -> Command:
    """A command from a file's bytes. Raises Refusal: oversized, not JSON, unknown, late, from the future."""
    if len(data) > LARGEST_BYTES:
        raise Refusal(f"oversized: more than {LARGEST_BYTES} bytes")
    command = _validated(data)
    if command.issued.tzinfo is None or command.expires.tzinfo is None:
        raise Refusal("issued, expires: expected times with a zone")
    now = datetime.fromtimestamp(now_ns / NS, UTC)
    if command.expires <= now:
        raise Refusal(f"late: expired {command.expires.isoformat()}")
    if (command.expires - now).total_seconds() > LONGEST_LIFE_S:
        raise Refusal("expires too far in the future")
    if command.command == "acknowledge" and not command.alarm:
        raise Refusal("alarm: an acknowledgement names its alarm")
    return command


def _validated(data: bytes) -> Command:
    try:
        command = Command.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise Refusal(printable(f"{where[:80]}: {first['msg']}")) from None
    json.loads(data, object_pairs_hook=_each_key_once)  # pydantic would take the last of two in silence
    return command


def _each_key_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise Refusal(printable(f"{name[:80]}: given twice"))
    return dict(pairs)
