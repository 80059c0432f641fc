"""A small chart in one line of characters: each column one minute, gaps left empty, coloured by the alarm level."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.text import Text

from station.demo.picture import Bin

BLOCKS = "▁▂▃▄▅▆▇█"
GAP = "·"
SPAN_NSV_H = 80.0  # the least that the full height stands for: a shower is seen …
SPAN_U = 8.0  # … and so many standard uncertainties of one column: noise stays low
LEVEL_STYLE = {
    "": "green",
    "notice": "cyan",
    "warning": "yellow",
    "alarm": "bold red",
    "emergency": "bold white on red",
}


@dataclass(frozen=True, slots=True)
class Scale:
    low: float
    high: float

    def block(self, value: float) -> str:
        share = (value - self.low) / (self.high - self.low)
        return BLOCKS[min(len(BLOCKS) - 1, max(0, int(share * len(BLOCKS))))]


def scale_of(values: Sequence[float], u_nsv_h: float | None) -> Scale:
    """From the lowest value to the highest, but never finer than what means something."""
    low = min(values)
    return Scale(low, max(*values, low + max(SPAN_NSV_H, SPAN_U * (u_nsv_h or 0.0))))


def spark(bins: Iterable[Bin], width: int, u_nsv_h: float | None = None) -> Text:
    """The newest ``width`` minutes that there are, the newest at the right. ``u_nsv_h``: of one minute."""
    by_number = {one.number: one for one in bins}
    if not by_number or width <= 0:
        return Text()
    newest = max(by_number)
    oldest = max(newest - width + 1, min(by_number))
    shown = [by_number.get(number) for number in range(oldest, newest + 1)]
    values = [mean for one in shown if one is not None and (mean := one.mean_nsv_h) is not None]
    text = Text(no_wrap=True)
    if not values:
        return text
    scale = scale_of(values, u_nsv_h)
    for one in shown:
        mean = one.mean_nsv_h if one is not None else None
        if one is None or mean is None:
            text.append(GAP, style="dim")
        else:
            text.append(scale.block(mean), style=LEVEL_STYLE[one.level])
    return text
