"""The ``quantrac`` command. Exit 0 good, 1 failed, 2 wrong usage or configuration.

One module a group of commands; heavy imports stay inside the command that needs them, so that ``--help`` is quick.
"""

import typer

from station import __version__
from station.cli import alarms, check, demo, export, poll, processes, quarantine, simulate

app = typer.Typer(
    name="quantrac",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Environmental radiation monitoring and warning station.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"quantrac {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Environmental radiation monitoring and warning station."""
    del version


app.command("check")(check.check)
app.command("run")(processes.run)
app.command("record")(processes.record)
app.command("reload")(processes.reload)
app.command("demo")(demo.demo)
app.command("poll")(poll.poll)
app.command("export")(export.export)
app.command("quarantine")(quarantine.quarantine)
app.add_typer(alarms.app, name="alarms")
app.add_typer(simulate.app, name="simulate")


def main() -> None:
    """Entry point of the installed command."""
    app()
