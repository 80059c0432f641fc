"""``quantrac poll``: one reading from each instrument, for commissioning. Needs no running station."""

from typing import Annotated

import typer

from config.catalogue import Catalogue
from station.cli.common import ConfigFile, LangOption, language, load_or_exit


def poll(
    file: ConfigFile,
    raw: Annotated[bool, typer.Option("--raw", help="Show the bytes of the answer too.")] = False,
    lang: LangOption = None,
) -> None:
    """Ask each instrument once and show what it says, with units and flags. Exit 1 if one did not answer."""
    from station.cli.asking import ask_and_show

    chosen = language(lang)
    loaded = load_or_exit(file, chosen, check_secrets=False)
    if not ask_and_show(loaded, Catalogue.load(chosen, loaded.config.station.time_zone), raw=raw):
        raise typer.Exit(1)
