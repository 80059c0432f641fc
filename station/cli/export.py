"""``quantrac export``: records of the journal as CSV or JSON lines, by hand."""

import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from config.clock import NS
from station.cli.common import ConfigFile, LangOption, fail, journal_path, language, load_or_exit, open_journal, words
from station.journal.reader import JournalReader
from station.records import STATION_INSTRUMENT, TABLES, Header

TIME_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


def export(
    file: ConfigFile,
    form: Annotated[Literal["csv", "json"], typer.Option("--format", help="csv, or json: one object a line.")] = "csv",
    table: Annotated[str, typer.Option("--table", help=f"One of {', '.join(TABLES)}.")] = "dose_rate_10m",
    instrument: Annotated[
        list[str] | None, typer.Option("--instrument", help="Only this one; may be given again. All if not named.")
    ] = None,
    begin: Annotated[
        datetime | None, typer.Option("--from", formats=TIME_FORMATS, help="After this moment, UTC.")
    ] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=TIME_FORMATS, help="Up to this moment, UTC.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="The file to write; standard output if not named.")] = None,
    lang: LangOption = None,
) -> None:
    """Write records of the journal as CSV or JSON lines, superseded ones left out. Times are ends of intervals, UTC."""
    chosen_lang = language(lang)
    catalogue = words(chosen_lang)
    loaded = load_or_exit(file, chosen_lang, check_secrets=False)
    if table not in TABLES:
        fail(catalogue.text("command.wrong_option", option="--table", found=table, allowed=", ".join(TABLES)), 2)
    known = [*(i.id for i in loaded.config.instruments), STATION_INSTRUMENT]
    if strangers := sorted(set(instrument or ()) - set(known)):
        found, allowed = ", ".join(strangers), ", ".join(known)
        fail(catalogue.text("command.wrong_option", option="--instrument", found=found, allowed=allowed), 2)
    try:
        with open_journal(loaded, catalogue) as reader:
            records = _records(reader, table, instrument or known, _ns(begin, 0), _ns(end, 2**62))
            number = _write(records, form, out, TABLES[table])
    except BrokenPipeError:
        raise  # `| head` has had enough: no trouble of ours
    except sqlite3.Error as error:
        fail(catalogue.text("command.journal_unreadable", path=str(journal_path(loaded)), reason=str(error)))
    except OSError as error:
        fail(catalogue.text("command.cannot_write_file", path=str(out or "-"), reason=error.strerror or str(error)))
    if out is not None:
        typer.echo(catalogue.text("command.exported", path=str(out), count=number))


def _write(records: Iterator[Header], form: str, out: Path | None, record_type: type[Header]) -> int:
    from contextlib import nullcontext

    from station.export.rows import write_csv, write_json

    target = nullcontext(sys.stdout) if out is None else out.open("w", encoding="utf-8", newline="")
    with target as stream:
        return write_csv(records, stream, record_type) if form == "csv" else write_json(records, stream)


def _records(reader: JournalReader, table: str, instruments: list[str], begin: int, end: int) -> Iterator[Header]:
    for instrument in instruments:
        yield from reader.every(table, instrument, begin, end)


def _ns(moment: datetime | None, default: int) -> int:
    return default if moment is None else int(moment.replace(tzinfo=UTC).timestamp()) * NS
