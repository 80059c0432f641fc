"""What a command file says: id, schema, expiry, who, what. Everything else is refused with a reason."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config.clock import NS

SCHEMA = "quantrac/1/command"
LARGEST_BYTES = 16_384
LONGEST_LIFE_S = 7 * 86_400
COMMANDS = ("acknowledge", "reload")


class Refusal(Exception):  # noqa: N818 - a verdict, not a fault of the program
    """A command is not carried out; the text is one line for the audit trail."""


class Command(BaseModel):
    """One act of one person, checked by the program that wrote it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_: Literal["quantrac/1/command"] = Field(alias="schema")
    id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    command: Literal["acknowledge", "reload"]
    person: Annotated[str, Field(min_length=1, max_length=80)]
    issued: datetime
    expires: datetime
    alarm: Annotated[str, Field(max_length=80)] | None = None
    reason: Annotated[str, Field(max_length=200)] = ""

    @property
    def expires_ns(self) -> int:
        return int(self.expires.timestamp()) * NS


def parse(data: bytes, now_ns: int) -> Command:
    """A command from a file's bytes. Raises Refusal: oversized, not JSON, unknown, late, from the future."""
    if len(data) > LARGEST_BYTES:
        raise Refusal(f"oversized: more than {LARGEST_BYTES} bytes")
    try:
        command = Command.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise Refusal(f"{where}: {first['msg']}"[:200]) from None
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
