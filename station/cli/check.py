"""``quantrac check``: every mistake of a configuration in one go, one line each."""

from config.catalogue import Catalogue
from config.check import check as check_file
from station.cli.common import ConfigFile, LangOption, language


def check(file: ConfigFile, lang: LangOption = None) -> None:
    """Check a configuration: every mistake on one line with file, key, what was found and what is allowed."""
    import typer

    raise typer.Exit(check_file(file, Catalogue.load(language(lang)), typer.echo))
