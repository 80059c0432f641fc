"""``quantrac poll``: one reading from each instrument, for commissioning. Needs no running station."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from config.catalogue import Catalogue
from config.loader import Loaded
from config.profile import CANONICAL_UNIT
from config.quality import names
from drivers.base import DriverError, Reading
from drivers.factory import make_driver, open_line
from station.cli.common import ConfigFile, LangOption, language, load_or_exit


def poll(
    file: ConfigFile,
    raw: Annotated[bool, typer.Option("--raw", help="Show the bytes of the answer too.")] = False,
    lang: LangOption = None,
) -> None:
    """Ask each instrument once and show what it says, with units and flags. Exit 1 if one did not answer."""
    chosen = language(lang)
    loaded = load_or_exit(file, chosen, check_secrets=False)
    answers = asyncio.run(_poll_all(loaded))
    Console().print(_table(answers, Catalogue.load(chosen, loaded.config.station.time_zone), raw=raw))
    if any(isinstance(answer, DriverError) for answer in answers.values()):
        raise typer.Exit(1)


async def _poll_all(loaded: Loaded) -> dict[str, Reading | DriverError]:
    """Each bus by itself, its instruments one after the other, as the station does."""
    found: dict[str, Reading | DriverError] = {}

    async def one_bus(bus_id: str) -> None:
        line = open_line(next(bus for bus in loaded.config.buses if bus.id == bus_id))
        try:
            for instrument in loaded.config.instruments:
                if instrument.bus == bus_id:
                    try:
                        found[instrument.id] = await make_driver(
                            line, instrument, loaded.profiles[instrument.id]
                        ).read()
                    except DriverError as error:
                        found[instrument.id] = error
        finally:
            await line.close()

    await asyncio.gather(*(one_bus(bus) for bus in {i.bus for i in loaded.config.instruments}))
    return {i.id: found[i.id] for i in loaded.config.instruments}


def _table(answers: dict[str, Reading | DriverError], catalogue: Catalogue, *, raw: bool) -> Table:
    table = Table(show_lines=True)
    for key in ("view.instrument", "view.values", "view.quality"):
        table.add_column(catalogue.text(key))
    for instrument, answer in answers.items():
        if isinstance(answer, DriverError):
            table.add_row(instrument, f"[red]{type(answer).__name__}[/red] {answer}", "")
            continue
        lines = [f"{name} = {_shown(value, answer.quantities[name])}" for name, value in answer.values.items()]
        if raw:
            lines.append(f"[dim]{answer.raw.hex(' ')}[/dim]")
        table.add_row(
            instrument, "\n".join(lines), " ".join(catalogue.text(f"quality.{n}") for n in names(answer.flags))
        )
    return table


def _shown(value: float | None, quantity: str) -> str:
    unit = CANONICAL_UNIT[quantity].removesuffix("1") if CANONICAL_UNIT[quantity] == "1" else CANONICAL_UNIT[quantity]
    return "–" if value is None else f"{value:g} {unit}".strip()
