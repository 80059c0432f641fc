"""``quantrac quarantine``: what the database refused, and offering it again once the cause is gone."""

import asyncio
from typing import Annotated

import typer

from station.cli.common import ConfigFile, LangOption, fail, language, load_or_exit, words

MOST_LINES = 20


def quarantine(
    file: ConfigFile,
    replay: Annotated[bool, typer.Option("--replay", help="Offer everything to the database again.")] = False,
    destination: Annotated[str, typer.Option("--destination", help="Which destination; the first if not named.")] = "",
    lang: LangOption = None,
) -> None:
    """Show the points that a destination's database refused; with --replay write them now. Exit 1 if some remain."""
    from station.record.influx import Database
    from station.record.points import line_of
    from station.record.quarantine import FILE, REPLAYING, Refused, read_lines, replay_quarantine

    catalogue = words(language(lang))
    loaded = load_or_exit(file, catalogue.language, check_secrets=replay)
    known = {d.id: d for d in loaded.config.destinations}
    if not known:
        fail(catalogue.text("command.no_destinations_at_all", file=str(file)), 2)
    name = destination or next(iter(known))
    if name not in known:
        fail(catalogue.text("command.no_destination", file=str(file), found=name, allowed=", ".join(known)), 2)
    folder = loaded.config.paths.data / "quarantine" / name
    if not replay:
        files = (folder / REPLAYING, folder / FILE)
        lines = [Refused.from_line(line) for file in files for line in read_lines(file)]
        for refused in lines[:MOST_LINES]:
            typer.echo(f"{refused.topic}: {refused.reason}")
        typer.echo(catalogue.text("command.quarantined", path=str(folder / FILE), count=len(lines)))
        return
    influx = known[name].influx
    database = Database(influx, influx.token.read() if influx.token else None)
    try:
        done = replay_quarantine(folder, lambda m: database.write_now(line_of(m).encode()), database.newest_revision)
    except (ConnectionError, OSError) as error:
        fail(catalogue.text("command.failed", command=influx.url, reason=str(error)))
    finally:
        asyncio.run(database.close())
    typer.echo(catalogue.text("command.replayed", written=done.written, outdated=done.outdated, left=done.left))
    if done.left:
        raise typer.Exit(1)
