"""The world as fast as it goes: nobody waits, no wire is open, and truth and readings come out side by side."""

import csv
import dataclasses
from collections.abc import Iterator
from typing import TextIO

from simulator.live import Live
from simulator.scenario import Scenario

Value = str | float | int | bool | None


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One instrument at one time. ``causes`` add up to the truth, ``shown`` is what its display and registers carry."""

    t_s: float
    instrument: str
    truth_nsv_h: float
    causes: dict[str, float]
    shown: dict[str, Value]
    faults: tuple[str, ...]


class Stepper:
    """Time passes when it is told to. The same instruments as behind the wires, so the same readings."""

    def __init__(self, scenario: Scenario) -> None:
        self.live = Live(scenario)
        self.t_s = 0.0

    def step(self, seconds: float = 1.0) -> list[Row]:
        """Time passes, then everything is read once."""
        if seconds < 0:
            raise ValueError("time does not go back")
        self.t_s += seconds
        return self.rows()

    def rows(self) -> list[Row]:
        return [self._row(instrument) for instrument in self.live.ensemble.instruments]

    def _row(self, instrument_id: str) -> Row:
        instrument, world = self.live.ensemble.instruments[instrument_id], self.live.world
        causes = world.causes(instrument_id, self.t_s)
        return Row(
            t_s=self.t_s,
            instrument=instrument_id,
            truth_nsv_h=causes.total_nsv_h,
            causes=dict(causes.by_name),
            shown=dict(_flat(instrument.shown(self.t_s))),
            faults=instrument.faults.active(self.t_s),
        )


def rows(scenario: Scenario, for_s: float, every_s: float = 1.0) -> Iterator[Row]:
    """From the world's beginning to ``for_s``, both included."""
    stepper = Stepper(scenario)
    yield from stepper.rows()
    for _ in range(int(for_s / every_s + 1e-9)):
        yield from stepper.step(every_s)


def dump_csv(scenario: Scenario, for_s: float, every_s: float, to: TextIO) -> None:
    """A line for each instrument and time. ``shown.`` columns are of all models, empty where one has not got it."""
    first = Stepper(scenario).rows()
    causes = list(dict.fromkeys(name for row in first for name in row.causes))
    shown = list(dict.fromkeys(name for row in first for name in row.shown))
    write = csv.writer(to, lineterminator="\n").writerow
    write(
        [
            "t_s",
            "instrument",
            "truth_nsv_h",
            *(f"{name}_nsv_h" for name in causes),
            *(f"shown.{name}" for name in shown),
            "faults",
        ]
    )
    for row in rows(scenario, for_s, every_s):
        readings = [_cell(row.shown.get(name)) for name in shown]
        truth = [_cell(row.causes.get(name)) for name in causes]
        head = [_cell(row.t_s), row.instrument, _cell(row.truth_nsv_h)]
        write([*head, *truth, *readings, "+".join(row.faults)])


def _cell(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:.9g}"
    return "" if value is None else str(value)


def _flat(state: object, prefix: str = "") -> Iterator[tuple[str, Value]]:
    """The fields of a state, those of states in it with a dotted name."""
    if not dataclasses.is_dataclass(state):
        return
    for field in dataclasses.fields(state):
        value = getattr(state, field.name)
        if dataclasses.is_dataclass(value):
            yield from _flat(value, f"{prefix}{field.name}.")
        elif value is None or isinstance(value, str | float | int):
            yield f"{prefix}{field.name}", value
