"""``quantrac simulate``: play a world behind the instruments' real wires, and have a hand in it while it plays.

The simulator is a program of its own, which the station's code never imports: these commands become it.
"""

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
import typer.core

DEFAULT = "play"


class PlayByDefault(typer.core.TyperGroup):
    """``quantrac simulate demo`` is ``quantrac simulate play demo``: the first word need not be a command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        # a context of click, or of the click that newer releases of typer carry within
        first = args[0] if args else ""
        if first not in self.commands and first not in ctx.help_option_names:
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=PlayByDefault,
    no_args_is_help=False,
    help="Play a simulated world: quantrac simulate SCENARIO (the same as: play SCENARIO). Change it while it plays.",
)

Control = Annotated[str, typer.Option("--control", metavar="URL", help="The control's address, from the ready line.")]


@app.command(DEFAULT)
def play(
    scenario: Annotated[str, typer.Argument(help="A shipped scenario or a TOML file.")] = "demo",
    fast: Annotated[
        str,
        typer.Option("--fast", metavar="N", help="How many times as fast as real time; max: as fast as --dump goes."),
    ] = "",
    load: Annotated[
        int,
        typer.Option(
            "--load",
            min=0,
            max=5000,
            help="This many quiet detectors instead of the scenario's instruments; 0: the scenario's.",
        ),
    ] = 0,
    show_list: Annotated[bool, typer.Option("--list", help="List the scenarios.")] = False,
    control: Annotated[bool, typer.Option("--control", help="Let inject, clear and events have a hand in it.")] = False,
    dump: Annotated[str, typer.Option("--dump", metavar="csv", help="No wires: truth and readings as CSV.")] = "",
    for_s: Annotated[float, typer.Option("--for", min=0, metavar="SECONDS", help="Length of the dump.")] = 0.0,
) -> None:
    """Play a world behind the instruments' real wires. Print where they are (JSON lines), run until Ctrl-C."""
    if show_list:
        _become("simulator", ["--list"])
    given = {"--fast": fast, "--load": load, "--dump": dump, "--for": for_s}
    options = [word for name, value in given.items() if value for word in (name, str(value))]
    _become("simulator", [scenario, *options, *(["--control"] if control else [])])


@app.command()
def events(control: Control) -> None:
    """List what is going on in a world that plays, and what can be injected."""
    _become("simulator.control", [control, "list"])


@app.command()
def inject(
    what: Annotated[str, typer.Argument(help="A list of the scenario: rain, sources, faults, …", show_default=False)],
    control: Control,
    pairs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KEY=VALUE]...", help="As in a scenario; times are in_s and for_s.", show_default=False
        ),
    ] = None,
) -> None:
    """Inject an event or a fault into a world that plays. Print its id."""
    _become("simulator.control", [control, "inject", what, *(pairs or [])])


@app.command()
def clear(
    event: Annotated[str, typer.Argument(metavar="ID", help="From inject or events.", show_default=False)],
    control: Control,
) -> None:
    """End an event of a world that plays."""
    _become("simulator.control", [control, "clear", event])


def _become(module: str, arguments: Sequence[str]) -> None:
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606 - our own interpreter and modules
