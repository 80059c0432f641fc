"""Secrets: never in the TOML file, never printed. They come from the environment or from files that others cannot read."""

import os
import stat
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator


class SecretUnavailableError(Exception):
    """A secret is not where the configuration says, or where anybody could read it. The text names no secret."""


class SecretSource(BaseModel):
    """Where a secret is to be found: ``{ env = "NAME" }`` or ``{ file = "/path" }``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    env: str | None = None
    file: Path | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError("exactly one of env and file")
        return self

    def read(self) -> SecretStr:
        """The secret itself, of a type that prints as ***. Raises SecretUnavailableError."""
        if self.env is not None:
            value = os.environ.get(self.env)
            if not value:
                raise SecretUnavailableError(f"environment variable {self.env} is not set")
            return SecretStr(value)
        assert self.file is not None  # noqa: S101 - the validator allows nothing else
        return SecretStr(_read_private(self.file))


def _read_private(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SecretUnavailableError(f"secret file {path}: {type(error).__name__}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SecretUnavailableError(f"secret file {path} can be read by others: chmod 600 {path}")
    if not text:
        raise SecretUnavailableError(f"secret file {path} is empty")
    return text
