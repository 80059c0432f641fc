"""``quantrac check FILE``: one line that says it is in order, or one line a mistake."""

from collections.abc import Callable
from pathlib import Path

from config.catalogue import Catalogue
from config.loader import load
from config.mistakes import ConfigError, printable, render

GOOD = 0
WRONG = 2


def check(path: Path, catalogue: Catalogue, echo: Callable[[str], None], *, here: bool = True) -> int:
    """Check a file, tell the outcome line by line, and return the command's exit code.

    ``here``: it is for this machine, so its secrets and directories are looked at too.
    """
    try:
        loaded = load(path, check_secrets=here, check_paths=here)
    except ConfigError as error:
        for mistake in error.mistakes:
            echo(render(mistake, catalogue))
        return WRONG
    config = loaded.config
    echo(
        printable(
            catalogue.text(
                "check.ok",
                file=str(path),
                station=catalogue.pick(config.station.name),
                instruments=len(config.instruments),
                buses=len(config.buses),
            )
        )
    )
    return GOOD
