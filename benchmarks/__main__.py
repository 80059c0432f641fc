"""``python -m benchmarks``: measure, print tables, leave nothing running. Ctrl-C ends all that was started."""

import argparse
import datetime
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import RenderableType

from benchmarks import load, measurement, wire, world
from benchmarks.machine import busy_s, facts, load_average
from benchmarks.report import Bar, Table, as_plain_text, bar, rendered_facts, terminal
from benchmarks.running import NotRunningError
from benchmarks.settings import Settings
from tests.servers.processes import MissingServerError

TABLES: dict[str, Callable[[Settings, Bar], list[Table]]] = {
    "measurement": measurement.run,
    "load": load.run,
    "wire": wire.run,
    "world": world.run,
}
INTERRUPTED = 130
NO_MEMORY_DISK = Path("/var/tmp")  # /tmp is often in memory, which has no fsync to measure


def main(argv: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    above = options.folder or (NO_MEMORY_DISK if NO_MEMORY_DISK.is_dir() else Path(tempfile.gettempdir()))
    above.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="quantrac-bench-", dir=above))
    try:
        _measure(Settings(folder, options.quick), options.only or list(TABLES), options.save)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; nothing is left running\n")
        return INTERRUPTED
    except (MissingServerError, NotRunningError, TimeoutError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few seconds each: whether it works, not how well")
    parser.add_argument("--only", action="append", choices=list(TABLES), help="this table; may be given again")
    parser.add_argument("--save", type=Path, metavar="FILE", help="a plain-text copy of what is printed")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="on the disk to be measured (default: /var/tmp)")
    return parser


def _measure(settings: Settings, names: list[str], save: Path | None) -> None:
    console = terminal()
    shown: list[RenderableType] = []

    def show(part: RenderableType) -> None:
        console.print(part)
        shown.append(part)
        if save is not None:  # after each, so that an interrupted run keeps what it has
            save.write_text(as_plain_text(shown), encoding="utf-8")

    began = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC"
    kind = "quick" if settings.quick else "full"
    found = [*facts(settings.folder), ("load", f"{load_average()} before we began (1, 5, 15 min)")]
    show(rendered_facts(f"quantrac benchmarks, {kind} run, {began}", found))
    for name in names:
        cpu_s, clock_s = busy_s(), time.monotonic()
        with bar(name) as steps:
            tables = TABLES[name](settings, steps)
        cores = (busy_s() - cpu_s) / (time.monotonic() - clock_s)
        tables[-1].notes.append(f"Meanwhile {cores:.2f} of {os.cpu_count()} cores were busy, this run in it.")
        for table in tables:
            show(table.rendered())
    show(rendered_facts("after", [("load", f"{load_average()} (1, 5, 15 min), ours in it")]))


if __name__ == "__main__":
    sys.exit(main())
