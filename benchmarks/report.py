"""How results look: rich tables on the terminal, the same in plain text, and a bar while it is measured."""

import io
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich import box
from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table as RichTable
from rich.text import Text

PLAIN_WIDTH = 116
BASELINE = "baseline: "
LOOK_S = 0.25


@dataclass(frozen=True, slots=True)
class Table:
    """One table of results. The first column is text, the rest are numbers; baseline rows begin with BASELINE."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def rendered(self) -> RenderableType:
        table = RichTable(title=self.title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
        for number, name in enumerate(self.columns):
            table.add_column(name, justify="right" if number else "left", no_wrap=number == 0, overflow="fold")
        for row in self.rows:
            table.add_row(*row, style="dim" if row[0].startswith(BASELINE) else "")
        return Group(table, *(Text(f"  {note}", style="dim") for note in self.notes), Text(""))


def rendered_facts(title: str, facts: Iterable[tuple[str, str]]) -> RenderableType:
    grid = RichTable.grid(padding=(0, 2))
    for what, found in facts:
        grid.add_row(Text(f"  {what}", style="dim"), found)
    return Group(Text(title, style="bold"), grid, Text(""))


def terminal() -> Console:
    """Where tables go; what is no terminal gets the width of the plain text."""
    console = Console()
    return console if console.is_terminal else Console(width=PLAIN_WIDTH)


def as_plain_text(parts: Iterable[RenderableType]) -> str:
    """What the terminal shows, without its colours and in one width."""
    console = Console(file=io.StringIO(), width=PLAIN_WIDTH, color_system=None, force_terminal=False)
    with console.capture() as capture:
        for part in parts:
            console.print(part)
    lines = capture.get().replace("\u00a0", " ").splitlines()
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


class Bar:
    """The progress of one table, in steps of the table's own."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def expect(self, steps: float) -> None:
        """So many more steps are to come."""
        total = self._progress.tasks[self._task].total or 0.0
        self._progress.update(self._task, total=total + steps)

    def say(self, doing: str) -> None:
        self._progress.update(self._task, doing=doing)

    def advance(self, steps: float = 1.0) -> None:
        self._progress.advance(self._task, steps)

    def wait(self, seconds: float) -> None:
        """Sleep, a step a second."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            nap = min(LOOK_S, left)
            time.sleep(nap)
            self.advance(nap)


@contextmanager
def bar(name: str) -> Iterator[Bar]:
    """A bar on stderr while it runs, so that stdout has the tables alone."""
    columns = (
        TextColumn(f"{name:12}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[doing]}", style="dim"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Bar(progress, progress.add_task(name, total=0.0, doing=""))
