"""The long-running commands: the station, the recorder, the simulator; and the reload of a running station."""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from station.cli.common import (
    ConfigFile,
    LangOption,
    fail,
    inbox_path,
    language,
    load_or_exit,
    start_logging,
)

Work = Callable[[asyncio.Event], Awaitable[None]]
LogLevel = Annotated[str, typer.Option("--log-level", help="debug, info, warning or error.")]


def run(file: ConfigFile, lang: LangOption = None, log_level: LogLevel = "info") -> None:
    """Run the station: poll, measure, journal, alarms, publish. Serves nobody; ends on SIGTERM or Ctrl-C."""
    from config.clock import system_clock
    from station.app import Station
    from station.journal.opening import JournalError

    start_logging(log_level)
    loaded = load_or_exit(file, language(lang))
    try:
        asyncio.run(_until_told(Station(loaded, system_clock()).run))
    except (JournalError, sqlite3.Error, OSError) as error:
        fail(f"quantrac run: {error}")


def record(
    file: ConfigFile,
    destination: Annotated[str, typer.Option("--destination", help="Which destination; the first if not named.")] = "",
    lang: LangOption = None,
    log_level: LogLevel = "info",
) -> None:
    """Run a recorder: MQTT to InfluxDB, confirming what the database has taken."""
    from station.record.process import run_recorder

    start_logging(log_level)
    loaded = load_or_exit(file, language(lang))
    known = {d.id: d for d in loaded.config.destinations}
    if not known or (destination and destination not in known):
        fail(f"{file}: destinations: found {destination or 'none'}; allowed: {', '.join(known) or 'at least one'}", 2)
    chosen = known[destination] if destination else next(iter(known.values()))
    asyncio.run(_until_told(lambda stop: run_recorder(loaded.config, chosen, stop)))


def reload(file: ConfigFile, lang: LangOption = None) -> None:
    """Ask the running station to take its configuration file anew; it keeps the old one if the new one is bad."""
    import time

    from station.inbox import submit

    loaded = load_or_exit(file, language(lang))
    try:
        command_id = submit(inbox_path(loaded), time.time_ns(), command="reload", person=_me())
    except OSError as error:
        fail(f"{inbox_path(loaded)}: {error.strerror}; is the station set up and may you write there?")
    typer.echo(command_id)


def simulate(
    scenario: Annotated[str, typer.Argument(help="A shipped scenario or a TOML file.")] = "demo",
    fast: Annotated[float, typer.Option("--fast", min=0.1, max=1000, help="How many times as fast as real.")] = 1.0,
    load: Annotated[int, typer.Option("--load", min=0, max=5000, help="Instead: this many detectors.")] = 0,
    show_list: Annotated[bool, typer.Option("--list", help="List the scenarios.")] = False,
) -> None:
    """Play a world behind the instruments' real wires. Prints where they are and runs until Ctrl-C."""
    command = [sys.executable, "-m", "simulator"]
    if show_list:
        command.append("--list")
    else:
        command += [scenario, "--fast", str(fast)] + (["--load", str(load)] if load else [])
    os.execv(sys.executable, command)  # noqa: S606 - our own interpreter, our own module


def _me() -> str:
    import getpass

    return getpass.getuser()


async def _until_told(work: Work) -> None:
    """Run until SIGTERM or SIGINT asks for an orderly end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await work(stop)
