"""What the commands share: language, loading a configuration, logging, finding the journal."""

import logging
import os
import sqlite3
import sys
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer

from config.catalogue import Catalogue
from config.loader import Loaded, load
from config.mistakes import ConfigError, render
from station.journal.reader import JournalReader

Lang = Literal["vi", "en"]

ConfigFile = Annotated[Path, typer.Argument(help="The station's TOML file.", show_default=False)]
LangOption = Annotated[Lang | None, typer.Option("--lang", help="Language of what is printed.", show_default=False)]


def language(chosen: Lang | None) -> Lang:
    """The chosen language, else QUANTRAC_LANG, else Vietnamese where the machine speaks it, else English."""
    if chosen is not None:
        return chosen
    wanted = os.environ.get("QUANTRAC_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "vi" if wanted.lower().startswith("vi") else "en"


def load_or_exit(file: Path, lang: Lang, *, check_secrets: bool = True) -> Loaded:
    """The configuration, or all its mistakes on stderr and exit 2. ``check_secrets``: and whether this user may
    read its secrets and write its data, as whoever runs it must."""
    try:
        return load(file, check_secrets=check_secrets, check_paths=check_secrets)
    except ConfigError as error:
        catalogue = Catalogue.load(lang)
        for mistake in error.mistakes:
            typer.echo(render(mistake, catalogue), err=True)
        raise typer.Exit(2) from None


def journal_path(loaded: Loaded) -> Path:
    return loaded.config.paths.data / "journal.sqlite"


def inbox_path(loaded: Loaded) -> Path:
    return loaded.config.paths.data / "inbox"


def open_journal(loaded: Loaded, catalogue: Catalogue) -> JournalReader:
    """The station's journal, or one line that says why not and exit 1: no journal is not an empty one."""
    path = journal_path(loaded)
    try:
        there = path.exists()
    except OSError:
        there = True
    if not there:
        fail(catalogue.text("command.no_journal", path=str(path)))
    try:
        return JournalReader(path)
    except sqlite3.Error as error:
        fail(catalogue.text("command.journal_unreadable", path=str(path), reason=str(error)))


def words(lang: Lang) -> Catalogue:
    """The sentences of the chosen language."""
    return Catalogue.load(lang)


def fail(text: str, code: int = 1) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(code)


def start_logging(level: str) -> None:
    """Log lines go to stderr, where systemd's journal takes and bounds them."""
    logging.basicConfig(
        level=level.upper(), stream=sys.stderr, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", force=True
    )
    for chatty in ("pymodbus", "amqtt", "transitions"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
