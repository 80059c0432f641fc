"""``quantrac check``: every mistake of a configuration in one go, one line each."""

from typing import Annotated

import typer

from config.catalogue import Catalogue
from config.check import check as check_file
from station.cli.common import ConfigFile, LangOption, language


def check(
    file: ConfigFile,
    elsewhere: Annotated[
        bool, typer.Option("--elsewhere", help="The station runs on another machine: pass over secrets and paths.")
    ] = False,
    lang: LangOption = None,
) -> None:
    """Check a configuration: every mistake on one line with file, key, what was found and what is allowed."""
    raise typer.Exit(check_file(file, Catalogue.load(language(lang)), typer.echo, here=not elsewhere))
