#!/usr/bin/env python3
"""Makes one SVG per shipped scenario anew, beside this file: the true dose rates, the rain, and what goes wrong.

    python docs/simulator/make_plots.py [SCENARIO ...]

Where a scenario has faults, what the instruments show is drawn too, thin. The same scenario gives the same bytes.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from simulator.build import build_ensemble, build_world
from simulator.library import read_scenario, shipped
from simulator.scenario import Scenario
from simulator.world.world import World

HERE = Path(__file__).resolve().parent
WIDTH, HEIGHT = 900, 340
LEFT, RIGHT, TOP, BOTTOM = 66, 150, 40, 44
COLUMNS, SAMPLES = 450, 6  # each column is drawn from its lowest to its highest sample
LONGEST_SHOWN_MIN = 1440.0
COLOURS = ("#1b6ca8", "#c0392b", "#27864a", "#8e5aa8", "#b9770e", "#5d6d7e")
METEO = "lufft-ws-umb"
FONT = 'font-family="DejaVu Sans, Arial, sans-serif"'


@dataclass(frozen=True)
class Axes:
    """From the world's seconds and nSv/h to the picture's pixels."""

    end_s: float
    low: float
    high: float

    def x(self, t_s: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * t_s / self.end_s

    def y(self, nsv_h: float) -> float:
        inside = min(self.high, max(self.low, nsv_h))
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.high - inside) / (self.high - self.low)


def main(names: Sequence[str]) -> int:
    for name in names or tuple(shipped()):
        target = HERE / f"{name}.svg"
        target.write_text(svg_of(read_scenario(name)), encoding="utf-8")
        sys.stdout.write(f"{target.name}: {target.stat().st_size // 1000} kB\n")
    return 0


def svg_of(scenario: Scenario) -> str:
    world = build_world(scenario)
    curves = {spec.id: _curve(world, spec.id, scenario) for spec in scenario.instruments if spec.profile != METEO}
    read = _readings(scenario)
    lowest = min(low for curve in curves.values() for _, low, _ in curve)
    highest = max(high for curve in curves.values() for _, _, high in curve)
    highest = max([highest, *(value for curve in read.values() for _, value in curve if value is not None)])
    step = _step(max(highest - lowest, 20.0) / 5)
    axes = Axes(scenario.duration_min * 60.0, lowest // step * step, (highest // step + 1) * step)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT} font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="18" font-size="14" font-weight="bold">{escape(scenario.id)}</text>',
        *_rain(scenario, axes),
        *_faults(scenario, axes),
        *_frame(axes, step),
        *_drawn(scenario, curves, read, axes),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _curve(world: World, instrument: str, scenario: Scenario) -> list[tuple[float, float, float]]:
    width_s = scenario.duration_min * 60.0 / COLUMNS
    found = []
    for column in range(COLUMNS):
        values = [world.dose_rate_nsv_h(instrument, (column + n / SAMPLES) * width_s) for n in range(SAMPLES)]
        found.append(((column + 0.5) * width_s, min(values), max(values)))
    return found


def _readings(scenario: Scenario) -> dict[str, list[tuple[float, float | None]]]:
    """What the meters show, a value a column; None while nobody answers."""
    if not scenario.faults or scenario.duration_min > LONGEST_SHOWN_MIN:
        return {}
    asked, width_s = build_ensemble(scenario).asked, scenario.duration_min * 60.0 / COLUMNS
    found: dict[str, list[tuple[float, float | None]]] = {}
    for spec in scenario.instruments:
        if spec.profile != METEO:
            times = [(column + 0.5) * width_s for column in range(COLUMNS)]
            found[spec.id] = [(t_s, _reading(asked[spec.id], t_s)) for t_s in times]
    return found


def _reading(instrument: Any, t_s: float) -> float | None:
    state = instrument.shown(t_s)
    return None if instrument.faults.silent(t_s) else state.dose_rate_sv_h * 1e9


def _step(rough: float) -> float:
    size = 10.0 ** (len(str(int(rough))) - 1)
    return next(size * n for n in (1, 2, 5, 10) if size * n >= rough)


def _rain(scenario: Scenario, axes: Axes) -> Iterator[str]:
    for shower in scenario.rain:
        x, width = axes.x(shower.start_s), max(1.5, axes.x(shower.end_s) - axes.x(shower.start_s))
        yield (
            f'<rect x="{x:.1f}" y="{TOP}" width="{width:.1f}" height="{HEIGHT - TOP - BOTTOM}" fill="#cfe3f5">'
            f"<title>{shower.rate_mm_h:g} mm/h</title></rect>"
        )


def _faults(scenario: Scenario, axes: Axes) -> Iterator[str]:
    for fault in scenario.faults:
        x, width = axes.x(fault.start_s), max(1.5, axes.x(fault.end_s) - axes.x(fault.start_s))
        yield (
            f'<rect x="{x:.1f}" y="{TOP}" width="{width:.1f}" height="{HEIGHT - TOP - BOTTOM}" fill="#eee3d3"/>'
            f'<text x="{x + 2:.1f}" y="{TOP - 4}" font-size="9" fill="#8a6d3b">{escape(fault.kind)}</text>'
        )


def _frame(axes: Axes, step: float) -> Iterator[str]:
    value = axes.low
    while value <= axes.high + step / 2:
        y = axes.y(value)
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
        value += step
    unit_s, unit = _unit(axes.end_s)
    every = _step(max(1.0, axes.end_s / unit_s / 12))
    at = 0.0
    while at * unit_s <= axes.end_s:
        x = axes.x(at * unit_s)
        yield f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{at:g}</text>'
        at += every
    yield f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{unit}</text>'
    yield f'<text x="14" y="{TOP - 8}" font-size="11">nSv/h</text>'


def _unit(end_s: float) -> tuple[float, str]:
    if end_s > 4 * 86400:
        return 86400.0, "days / ngày"
    return (3600.0, "hours / giờ") if end_s > 4 * 3600 else (60.0, "minutes / phút")


def _drawn(
    scenario: Scenario,
    curves: dict[str, list[tuple[float, float, float]]],
    read: dict[str, list[tuple[float, float | None]]],
    axes: Axes,
) -> Iterator[str]:
    many = len(curves) > len(COLOURS)
    names = {spec.id: spec.station or spec.id for spec in scenario.instruments}
    for n, (instrument, curve) in enumerate(curves.items()):
        colour = COLOURS[n % len(COLOURS)]
        if instrument in read:
            yield from _shown(read[instrument], colour, axes)
        points = " ".join(f"{axes.x(t):.1f},{axes.y(v):.1f}" for t, *both in curve for v in _pair(*both))
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{1 if many else 1.8}"/>'
        y = TOP + 8 + n * (13 if many else 17)
        x, size = WIDTH - RIGHT + 10, 10 if many else 12
        yield f'<line x1="{x}" x2="{x + 16}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="3"/>'
        yield f'<text x="{x + 21}" y="{y + 4}" font-size="{size}">{escape(names[instrument])}</text>'


def _pair(low: float, high: float) -> tuple[float, ...]:
    return (low,) if high - low < 0.5 else (low, high)


def _shown(curve: list[tuple[float, float | None]], colour: str, axes: Axes) -> Iterator[str]:
    """One thin line for each stretch in which it answers."""
    stretch: list[str] = []
    for t_s, value in [*curve, (0.0, None)]:
        if value is not None:
            stretch.append(f"{axes.x(t_s):.1f},{axes.y(value):.1f}")
        elif stretch:
            points = " ".join(stretch)
            yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="0.7" opacity="0.6"/>'
            stretch = []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
