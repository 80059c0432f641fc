"""Behind ``quantrac poll``: asking every instrument once. Apart, because the drivers are slow to import."""

import asyncio

from rich.console import Console
from rich.table import Table
from rich.text import Text

from config.catalogue import Catalogue
from config.loader import Loaded
from config.profile import CANONICAL_UNIT, LineValue, Profile, RegisterValue
from config.quality import names
from drivers.base import (
    BadAnswerError,
    BusyError,
    DriverError,
    NoAnswerError,
    PortGoneError,
    Reading,
    RefusedError,
)
from drivers.factory import make_driver, open_line

# a pure number, a code and a unit that nobody states are shown without one
AS_WRITTEN = {"1": "", "code": "", "bits": "", "stated": "", "degC": "°C", "deg": "°", "uSv/h": "µSv/h"}

FAILURES = (
    (NoAnswerError, "failure.no_answer"),
    (BadAnswerError, "failure.bad_answer"),
    (BusyError, "failure.busy"),
    (PortGoneError, "failure.port_gone"),
    (RefusedError, "failure.refused"),
)


def ask_and_show(loaded: Loaded, catalogue: Catalogue, *, raw: bool) -> bool:
    """Ask each instrument once and print what it said. False: one did not answer."""
    answers = asyncio.run(_poll_all(loaded))
    Console().print(_table(answers, loaded, catalogue, raw=raw))
    return not any(isinstance(answer, DriverError) for answer in answers.values())


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


def _table(answers: dict[str, Reading | DriverError], loaded: Loaded, catalogue: Catalogue, *, raw: bool) -> Table:
    table = Table(show_lines=True)
    for key in ("view.instrument", "view.values", "view.quality"):
        table.add_column(catalogue.text(key))
    for instrument, answer in answers.items():
        if isinstance(answer, DriverError):
            table.add_row(instrument, _failed(answer, catalogue), "")
            continue
        units = units_of(loaded.profiles[instrument])
        lines = [f"{name} = {_shown(value, units.get(name, ''))}" for name, value in answer.values.items()]
        if raw:
            lines.append(f"[dim]{answer.raw.hex(' ')}[/dim]")
        table.add_row(instrument, "\n".join(lines), _quality(answer, catalogue))
    return table


def _failed(error: DriverError, catalogue: Catalogue) -> Text:
    """What it means and what to look at, and below it the driver's own words."""
    means = next((catalogue.text(key) for kind, key in FAILURES if isinstance(error, kind)), "")
    return Text().append(means, style="red").append(f"\n{error}", style="dim")


def _quality(answer: Reading, catalogue: Catalogue) -> str:
    return ", ".join(catalogue.text(f"quality.{name}") for name in names(answer.flags)) or catalogue.text(
        "quality.good"
    )


def units_of(profile: Profile) -> dict[str, str]:
    """The unit of each value as people write it. An informative value has the instrument's own, as the profile says."""
    units = {"live_time": CANONICAL_UNIT["live_time"]}
    values: tuple[RegisterValue | LineValue, ...] = (*profile.values, *profile.line_values)
    for value in values:
        own = value.unit.rpartition(" ")[2]  # "0.1 degC" on the wire is degC once it is scaled
        unit = own if value.quantity == "informative" else CANONICAL_UNIT[value.quantity]
        units[value.name] = AS_WRITTEN.get(unit, unit)
    return units


def _shown(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{value:g} {unit}".strip()
