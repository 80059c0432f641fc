"""``quantrac alarms``: what is active, and acknowledging it through the one door."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from config.catalogue import Catalogue
from station.alarm_view import AlarmLine, active_alarms
from station.cli.common import ConfigFile, LangOption, fail, language, load_or_exit, open_journal
from station.cli.handover import hand_over

app = typer.Typer(no_args_is_help=True, help="List the alarms, acknowledge them.")


@app.command("list")
def list_alarms(file: ConfigFile, lang: LangOption = None) -> None:
    """Show the alarms that are active or not acknowledged."""
    chosen = language(lang)
    loaded = load_or_exit(file, chosen, check_secrets=False)
    catalogue = Catalogue.load(chosen, loaded.config.station.time_zone)
    with open_journal(loaded, catalogue) as reader:
        lines = active_alarms(reader, catalogue, loaded.config)
    console = Console()
    if not lines:
        console.print(catalogue.text("alarms.none"))
        return
    console.print(_table(lines, catalogue))


def _table(lines: list[AlarmLine], catalogue: Catalogue) -> Table:
    """The sentence begins with the level. The id is never cut: it is what ``ack`` wants."""
    table = Table(show_lines=True)
    table.add_column(catalogue.text("view.alarm"), min_width=max(len(line.alarm) for line in lines), overflow="fold")
    table.add_column(catalogue.text("view.state"))
    table.add_column(catalogue.text("view.since"), no_wrap=True)
    for line in lines:
        table.add_row(f"{escape(line.text)}\n[bold]{escape(line.alarm)}[/bold]", line.state, line.since)
    return table


@app.command("ack")
def acknowledge(
    file: ConfigFile,
    alarm: Annotated[str, typer.Argument(help="The alarm's id, as the list shows it: det-1-dose.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the audit trail.")] = "",
    person: Annotated[str, typer.Option("--person", help="Who; your login if not named.")] = "",
    lang: LangOption = None,
) -> None:
    """Acknowledge one alarm: somebody has taken it in hand."""
    chosen = language(lang)
    loaded = load_or_exit(file, chosen, check_secrets=False)
    catalogue = Catalogue.load(chosen, loaded.config.station.time_zone)
    with open_journal(loaded, catalogue) as reader:
        known = [line.alarm for line in active_alarms(reader, catalogue, loaded.config)]
    if not known:
        fail(catalogue.text("alarms.none"))
    if alarm not in known:
        fail(catalogue.text("command.wrong_option", option="ALARM", found=alarm, allowed=", ".join(known)), 2)
    hand_over(loaded, catalogue, "acknowledge", person, alarm=alarm, reason=reason)
