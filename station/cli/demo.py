"""``quantrac demo``: a simulated world and a station that watches it, told in plain words."""

from pathlib import Path
from typing import Annotated

import typer

from station.cli.common import LangOption, fail, language


def demo(
    fast: Annotated[
        float | None,
        typer.Option(
            "--fast",
            min=0.1,
            max=1000,
            metavar="N",
            help="How many times as fast as real time; without it, as the scenario says.",
            show_default=False,
        ),
    ] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Without a terminal: lines and a summary.")] = False,
    for_s: Annotated[
        float | None,
        typer.Option(
            "--for", min=1, metavar="SECONDS", help="End after so much of the world's time.", show_default=False
        ),
    ] = None,
    lang: LangOption = None,
    scenario: Annotated[str, typer.Option("--scenario", help="A shipped scenario or a TOML file.")] = "demo",
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="DIR", help="Put the data into this new directory.", show_default=False),
    ] = None,
) -> None:
    """Play a scenario, as a rule an hour: quiet, rain, a source, an alarm. Needs no root and no services."""
    from rich.console import Console

    from config.catalogue import Catalogue
    from station.demo.place import PlaceError, take_place
    from station.demo.show import Demo, Wish

    chosen = language(lang)
    console = Console()
    headless = headless or not console.is_terminal or console.is_dumb_terminal
    try:
        place = take_place(keep)
    except PlaceError as error:
        params = {"path": str(error.path)} | ({"reason": error.reason} if error.key == "demo.cannot_use" else {})
        fail(Catalogue.load(chosen).text(error.key, **params), 2)
    try:
        code = Demo(Wish(chosen, fast, headless, for_s, scenario), place, console).run()
    finally:
        place.close()
    raise typer.Exit(code)
