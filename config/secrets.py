"""Secrets: never in the TOML file, never printed. They come from the environment or from files of their owner only."""

import os
import stat
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

LONGEST_BYTES = 65_536
Trouble = Literal["env_not_set", "secret_no_file", "secret_unreadable", "secret_open_to_others", "secret_empty"]
_TEXTS: dict[Trouble, str] = {
    "env_not_set": "environment variable {} is not set",
    "secret_no_file": "there is no secret file {}",
    "secret_unreadable": "secret file {} cannot be read",
    "secret_open_to_others": "secret file {0} can be read by others: chmod 600 {0}",
    "secret_empty": "secret file {} is empty",
}


class SecretUnavailableError(Exception):
    """A secret is not where the configuration says, or where anybody could read it. The text names no secret."""

    def __init__(self, trouble: Trouble, place: str) -> None:
        super().__init__(_TEXTS[trouble].format(place))
        self.trouble = trouble
        self.place = place


class SecretSource(BaseModel):
    """Where a secret is to be found: ``{ env = "NAME" }`` or ``{ file = "/path" }``."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)

    env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")] | None = None
    """Name of the environment variable that holds the secret."""
    file: Path | None = None
    """Path of a file that holds the secret and that its owner only can read (mode 600); absolute."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise PydanticCustomError(
                "exactly_one_of", "exactly one of {first} and {second}", {"first": "env", "second": "file"}
            )
        return self

    def read(self) -> SecretStr:
        """The secret itself, of a type that prints as ***. Raises SecretUnavailableError."""
        if self.env is not None:
            value = os.environ.get(self.env)
            if not value:
                raise SecretUnavailableError("env_not_set", self.env)
            return SecretStr(value)
        assert self.file is not None  # noqa: S101 - the validator allows nothing else
        return SecretStr(_read_private(self.file))


def _read_private(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise SecretUnavailableError("secret_unreadable", str(path))
        with path.open("rb") as stream:
            text = stream.read(LONGEST_BYTES).decode("utf-8").strip()
    except FileNotFoundError:
        raise SecretUnavailableError("secret_no_file", str(path)) from None
    except (OSError, UnicodeDecodeError):
        raise SecretUnavailableError("secret_unreadable", str(path)) from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SecretUnavailableError("secret_open_to_others", str(path))
    if not text:
        raise SecretUnavailableError("secret_empty", str(path))
    return text
