"""``quantrac alarms``: what is active, and acknowledging it through the one door."""

import getpass
import time
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from config.catalogue import Catalogue
from station.alarm_view import AlarmLine, active_alarms
from station.cli.common import ConfigFile, LangOption, fail, inbox_path, journal_path, language, load_or_exit, words
from station.inbox import submit

app = typer.Typer(no_args_is_help=True, help="Alarms: list them, acknowledge them.")


@app.command("list")
def list_alarms(file: ConfigFile, lang: LangOption = None) -> None:
    """Show the alarms that are active or not acknowledged."""
    chosen = language(lang)
    loaded = load_or_exit(file, chosen, check_secrets=False)
    catalogue = Catalogue.load(chosen, loaded.config.station.time_zone)
    lines = active_alarms(journal_path(loaded), catalogue, loaded.config)
    console = Console()
    if not lines:
        console.print(catalogue.text("alarms.none"))
        return
    console.print(_table(lines, catalogue))


def _table(lines: list[AlarmLine], catalogue: Catalogue) -> Table:
    table = Table()
    for key in ("view.alarm", "view.level", "view.state", "view.since"):
        table.add_column(catalogue.text(key))
    for line in lines:
        table.add_row(f"{line.text}\n[dim]{line.alarm}[/dim]", line.level, line.state, line.since)
    return table


@app.command("ack")
def acknowledge(
    file: ConfigFile,
    alarm: Annotated[str, typer.Argument(help="The alarm's id, as the list shows it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the audit trail.")] = "",
    person: Annotated[str, typer.Option("--person", help="Who; your login if not named.")] = "",
    lang: LangOption = None,
) -> None:
    """Acknowledge one alarm: somebody has taken it in hand."""
    loaded = load_or_exit(file, language(lang), check_secrets=False)
    who = person or getpass.getuser()
    try:
        submit(inbox_path(loaded), time.time_ns(), command="acknowledge", person=who, alarm=alarm, reason=reason)
    except OSError as error:
        catalogue = words(language(lang))
        fail(catalogue.text("command.cannot_write", path=str(inbox_path(loaded)), reason=error.strerror or ""))
