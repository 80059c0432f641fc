"""The long-running commands: the station, the recorder; and the reload of a running station."""

import asyncio
import signal
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

import typer

from station.cli.common import (
    ConfigFile,
    LangOption,
    fail,
    language,
    load_or_exit,
    start_logging,
    words,
)

Work = Callable[[asyncio.Event], Awaitable[None]]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], typer.Option("--log-level", help="How much to log.")]


def run(file: ConfigFile, lang: LangOption = None, log_level: LogLevel = "info") -> None:
    """Run the station: poll, measure, journal, alarms, publish. Serves nobody; ends on SIGTERM or Ctrl-C."""
    from config.clock import system_clock
    from station.app import Station
    from station.journal.opening import JournalError

    start_logging(log_level)
    chosen = language(lang)
    loaded = load_or_exit(file, chosen)
    try:
        asyncio.run(_until_told(Station(loaded, system_clock()).run))
    except (JournalError, sqlite3.Error, OSError) as error:
        fail(words(chosen).text("command.failed", command="quantrac run", reason=str(error)))


def record(
    file: ConfigFile,
    destination: Annotated[str, typer.Option("--destination", help="Which destination; the first if not named.")] = "",
    lang: LangOption = None,
    log_level: LogLevel = "info",
) -> None:
    """Run a recorder: MQTT to InfluxDB, confirming what the database has taken."""
    from station.record.process import run_recorder

    start_logging(log_level)
    catalogue = words(language(lang))
    loaded = load_or_exit(file, catalogue.language)
    known = {d.id: d for d in loaded.config.destinations}
    if not known:
        fail(catalogue.text("command.no_destinations_at_all", file=str(file)), 2)
    name = destination or next(iter(known))
    if name not in known:
        fail(catalogue.text("command.no_destination", file=str(file), found=name, allowed=", ".join(known)), 2)
    try:
        asyncio.run(_until_told(lambda stop: run_recorder(loaded.config, known[name], stop)))
    except OSError as error:
        fail(catalogue.text("command.failed", command="quantrac record", reason=str(error)))


def reload(file: ConfigFile, lang: LangOption = None) -> None:
    """Ask the running station to take its configuration file anew; it keeps the old one if the new one is bad."""
    from station.cli.handover import hand_over

    catalogue = words(language(lang))
    loaded = load_or_exit(file, catalogue.language, check_secrets=False)  # they are in the station's environment
    hand_over(loaded, catalogue, "reload")


async def _until_told(work: Work) -> None:
    """Run until SIGTERM or SIGINT asks for an orderly end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await work(stop)
