"""The live view: one screen made anew from the picture each time, whatever the terminal's size.

title                                   minute of the story
instruments: dose rate, background, net, level, quality, link, the last minutes
weather
╭ alarms ╮
outbox
╭ what is happening ╮   takes the rest of the height
where the data lie, how to stop
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from config.catalogue import Catalogue
from config.clock import NS
from config.quality import Quality
from station.demo.picture import BINS_KEPT, HOLDING, Picture, Seen, rank
from station.demo.spark import LEVEL_STYLE, spark
from station.demo.story import Beat, Line, Story, Tone
from station.records import Alarm, DoseRate

TONE_STYLE: dict[Tone, str] = {
    "calm": "bold",
    "rain": "bold blue",
    "source": "bold yellow",
    "alarm": "bold red",
    "good": "bold green",
}
LINK_STYLE = {"up": "green", "degraded": "yellow", "down": "bold red"}
ALARM_ROWS = 4
NARRATION_ROWS_LEAST = 5
DETECTOR_ROWS_LEAST = 3
ROWS_OF_THE_REST = 19
WEATHER_ROWS = 2
HOURS_FROM_MIN = 180.0  # a longer story is told in hours
WORSE_NSV_H = 50.0  # smaller differences of the net dose rate do not reorder a long table
WIDE = 96
NARROW = 76  # below it only what matters most is shown
KEPT_IF_NARROW = (0, 1, 4)  # instrument, dose rate, level
TOO_VAGUE = 0.5  # relative u beyond which one reading says less than the 1-minute mean


@dataclass(frozen=True, slots=True)
class Facts:
    """What does not change while the demo runs."""

    station: str
    names: Mapping[str, str]
    detectors: Sequence[str]
    sensors: Sequence[str]
    destinations: Sequence[str]
    fast: float
    duration_min: float
    data: Path
    recorded: Path
    station_file: Path


@dataclass(frozen=True, slots=True)
class Screen:
    """One frame. ``now_ns``: the world's wall time; ``minute``: since the world began."""

    picture: Picture
    story: Story
    facts: Facts
    catalogue: Catalogue
    now_ns: int
    minute: float

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        height = options.height or options.size.height
        width = options.max_width
        free = options.update(height=None)
        above: list[RenderableType] = [
            self._title(),
            self._instruments(width, max(DETECTOR_ROWS_LEAST, height - ROWS_OF_THE_REST)),
            *self._weather(),
        ]
        below: list[RenderableType] = [self._outbox(), self._foot()]
        fixed = sum(len(console.render_lines(part, free, pad=False)) for part in (*above, *below))
        rows = max(1, min(ALARM_ROWS, height - fixed - 2 - NARRATION_ROWS_LEAST))
        alarms = self._alarms(rows, width)
        left = height - fixed - len(console.render_lines(alarms, free, pad=False))
        yield Group(*above, alarms, self._narration(max(3, left)), *below)

    # -- rows from the top

    def _title(self) -> Table:
        words = self.catalogue
        grid = _grid()
        grid.add_column(justify="right", no_wrap=True)
        grid.add_row(
            Text(words.text("live.title", station=self.facts.station, time=self.now_ns), style="bold"),
            Text(f"×{self.facts.fast:g} · {self._how_far()}", style="cyan"),
        )
        return grid

    def _how_far(self) -> str:
        words, duration_min = self.catalogue, self.facts.duration_min
        minute = min(duration_min, max(0.0, self.minute))
        if duration_min < HOURS_FROM_MIN:
            return words.text("demo.minute_of", minute=int(minute), of=int(duration_min))
        return words.text("demo.hour_of", hour=hours(minute), of=round(duration_min / 60))

    def _instruments(self, width: int, rows: int) -> Table:
        words = self.catalogue
        minutes = _minutes(width)
        shown = self._shown_detectors(rows)
        left_out = len(self.facts.detectors) - len(shown)
        more = f"{words.text('live.more_instruments', count=left_out)}\n" if left_out else ""
        caption = more + words.text("live.units")
        table = Table(
            box=box.SIMPLE_HEAD, show_edge=False, expand=True, pad_edge=False,
            padding=(0, 1 if width >= WIDE else 0, 0, 0),
            caption=caption, caption_style="dim", caption_justify="left", header_style="bold",
        )  # fmt: skip
        columns: list[tuple[str, dict[str, Any]]] = [
            (words.text("live.instrument"), {"min_width": 11, "max_width": 16}),
            (words.text("live.dose_rate") + " ±", {"justify": "right", "min_width": 11}),
            (words.text("live.background"), {"justify": "right", "min_width": 5}),
            (words.text("live.net"), {"justify": "right", "min_width": 6}),
            (words.text("live.level"), {"min_width": 9}),
            (words.text("live.quality"), {"ratio": 1, "min_width": 7}),
            (words.text("live.link"), {"min_width": 4}),
            (self._trend(minutes), {"width": minutes}),
        ]
        kept = KEPT_IF_NARROW if width < NARROW else range(len(columns))
        for at in kept:
            table.add_column(columns[at][0], **columns[at][1])
        for detector in shown:
            row = self._row(detector, self.picture.seen.get(detector) or Seen(), minutes)
            table.add_row(*(row[at] for at in kept))
        return table

    def _trend(self, columns: int) -> str:
        minutes = columns * self.picture.bin_min
        if minutes < HOURS_FROM_MIN:
            return self.catalogue.text("live.trend", minutes=minutes)
        return self.catalogue.text("live.trend_hours", hours=round(minutes / 60))

    def _shown_detectors(self, rows: int) -> Sequence[str]:
        """All in their order, or the worst where there is not room for all; the last row says how many are missing."""
        if len(self.facts.detectors) <= rows:
            return self.facts.detectors
        return sorted(self.facts.detectors, key=self._badness, reverse=True)[: rows - 1]

    def _badness(self, detector: str) -> tuple[int, bool, float]:
        seen = self.picture.seen.get(detector) or Seen()
        record = seen.minute or seen.raw
        net = record.net_nsv_h if record is not None else None
        return rank(seen.level), seen.link in LINK_STYLE and seen.link != "up", (net or 0.0) // WORSE_NSV_H

    def _row(self, detector: str, seen: Seen, minutes: int) -> list[RenderableType]:
        words = self.catalogue
        record, is_mean = shown_record(seen)
        style = LEVEL_STYLE[seen.level]
        level = words.text(f"level.{seen.level}") if seen.level else self._no_alarm(record)
        return [
            Text(self.facts.names.get(detector, detector), style="bold" if not seen.level else style),
            Text(self._value(record) + ("¹" if is_mean else " "), style=style),
            Text(self._number(record.background_nsv_h if record else None)),
            Text(self._signed(record.net_nsv_h if record else None), style=style if seen.level else ""),
            Text(level, style=style),
            self._quality(record),
            self._link(seen),
            spark(seen.bins, minutes, seen.minute.u_nsv_h if seen.minute else None),
        ]

    def _no_alarm(self, record: DoseRate | None) -> str:
        """Without a value nobody knows."""
        return self.catalogue.text("state.normal") if record is not None else self.catalogue.wording.missing

    def _quality(self, record: DoseRate | None) -> Text:
        words = self.catalogue
        if record is None:
            return Text(words.text("live.no_data"), style="dim")
        flags = [flag.name.lower() for flag in Quality(record.flags) if flag.name]
        said = ", ".join(words.text(f"quality.{name}") for name in flags) or words.text("quality.good")
        return Text(said, style="yellow" if flags else "")

    def _link(self, seen: Seen) -> Text:
        if not seen.link:
            return Text(self.catalogue.wording.missing, style="dim")
        return Text(self.catalogue.text(f"link.{seen.link}"), style=LINK_STYLE[seen.link])

    def _weather(self) -> list[Text]:
        words = self.catalogue
        lines = []
        left_out = len(self.facts.sensors) - WEATHER_ROWS
        for sensor in self._shown_sensors():
            last, seen = self.picture.meteo.get(sensor), self.picture.seen.get(sensor) or Seen()
            name = self.facts.names.get(sensor, sensor)
            if last is None:
                lines.append(Text(f"{name}: {words.text('live.no_data')}", style="dim"))
                continue
            link = words.text(f"link.{seen.link}") if seen.link else words.wording.missing
            common = {"instrument": name, "temperature_c": last.temperature_c, "link": link}
            if last.rain_rate_mm_h:
                said = words.text("live.weather_line", rain_mm_h=last.rain_rate_mm_h, **common)
            else:
                said = words.text("live.dry_line", **common)
            hour = words.text("live.rain_hour", rain_mm=words.wording.number(self.picture.rain_hour_mm(), 1))
            lines.append(Text(f"{said}, {hour}", style="blue" if last.rain_rate_mm_h else "", no_wrap=True))
        if left_out > 0:
            lines.append(Text(words.text("live.more_instruments", count=left_out), style="dim"))
        return lines

    def _shown_sensors(self) -> Sequence[str]:
        """Those where it rains first, if there are many."""
        if len(self.facts.sensors) <= WEATHER_ROWS:
            return self.facts.sensors
        rains = {s: bool(m.rain_rate_mm_h) for s, m in self.picture.meteo.items()}
        return sorted(self.facts.sensors, key=lambda sensor: not rains.get(sensor, False))[:WEATHER_ROWS]

    def _alarms(self, rows: int, width: int) -> Panel:
        words = self.catalogue
        active = self.picture.active
        holding = [alarm for alarm in active if alarm.state in HOLDING]
        border = LEVEL_STYLE[holding[0].level] if holding else "green"
        title = f"[bold]{words.text('live.alarms')}[/bold]"
        if not active:
            body: RenderableType = Text(words.text("live.no_alarms"), style="green")
            return Panel(body, title=title, title_align="left", border_style=border, padding=0)
        grid = Table.grid(expand=True, padding=(0, 2 if width >= WIDE else 1, 0, 0))
        is_narrow = width < NARROW
        for ratio in (1,) if is_narrow else (None, None, None, None, 1):
            grid.add_column(ratio=ratio, no_wrap=not is_narrow, overflow="ellipsis")
        shown = active if len(active) <= rows else active[: max(1, rows - 1)]
        for alarm in shown:
            grid.add_row(*([self._alarm_line(alarm)] if is_narrow else self._alarm_row(alarm, width)))
        parts: list[RenderableType] = [grid]
        if len(active) > len(shown) and rows > 1:
            parts.append(Text(words.text("live.more", count=len(active) - len(shown)), style="dim"))
        return Panel(Group(*parts), title=title, title_align="left", border_style=border, padding=0)

    def _alarm_line(self, alarm: Alarm) -> Text:
        """In a narrow terminal as one sentence, which wraps."""
        return Text(", ").join(cell for cell in self._alarm_row(alarm, NARROW) if cell.plain)

    def _alarm_row(self, alarm: Alarm, width: int) -> list[Text]:
        words = self.catalogue
        since = clock_time(words, alarm.since_ns)
        holds = alarm.state in HOLDING
        style = LEVEL_STYLE.get(alarm.level, "") if holds else "dim"
        return [
            Text(words.text(f"level.{alarm.level}") if alarm.level else "", style=style),
            Text(self.facts.names.get(alarm.instrument, alarm.instrument), style=style),
            Text(words.text(f"condition.{alarm.condition}"), style=style),
            Text(words.text("live.since", time=since) if width >= WIDE else since, style=style),
            Text(words.text(f"state.{alarm.state}"), style="" if holds else "dim"),
        ]

    def _narration(self, height: int) -> Panel:
        words = self.catalogue
        title = f"[bold]{words.text('live.now')}[/bold]"
        beats = list(self.story.beats)
        if not beats:
            lines = [Text(words.text("demo.starting"), style="bold"), Text(words.text("demo.look_starting"))]
            return Panel(Group(*lines), title=title, title_align="left", height=height, padding=0)
        lines = self._beat(beats[-1])
        lines += [self._past(beat) for beat in reversed(beats[:-1])]
        return Panel(
            Group(*lines[: height * 2]), title=title, title_align="left", height=height, padding=0, border_style="cyan"
        )

    def _beat(self, beat: Beat) -> list[Text]:
        lines = [self._told(beat).append(self._say(beat.line), style=TONE_STYLE[beat.tone])]
        if beat.look is not None:
            lines.append(Text(f"→ {self._say(beat.look)}"))
        return lines

    def _past(self, beat: Beat) -> Text:
        return self._told(beat).append(self._say(beat.line), style="dim")

    def _told(self, beat: Beat) -> Text:
        return Text().append(f"{clock_time(self.catalogue, beat.at_ns)} ", style="dim")

    def _say(self, line: Line) -> str:
        return line.said(self.catalogue, self.facts.names)

    def _outbox(self) -> Text:
        words = self.catalogue
        said = [
            words.text("live.outbox_line", destination=name, count=self.picture.waiting(name))
            for name in self.facts.destinations
        ]
        return Text(f"{words.text('live.outbox')}: {'; '.join(said)}", no_wrap=True)

    def _foot(self) -> Group:
        words = self.catalogue
        data = words.text("demo.data_at", path=short_path(self.facts.data))
        return Group(Text(data, overflow="ellipsis", no_wrap=True), Text(words.text("demo.how_to_stop"), style="dim"))

    # -- numbers

    def _value(self, record: DoseRate | None) -> str:
        number = self.catalogue.wording.number
        if record is None or record.gross_nsv_h is None:
            return self.catalogue.wording.missing
        decimals = _decimals(record.gross_nsv_h, record.u_nsv_h)
        return f"{number(record.gross_nsv_h, decimals)} ± {number(record.u_nsv_h, decimals)}"

    def _number(self, value: float | None) -> str:
        return self.catalogue.wording.number(value, None if value is None else _decimals(value, None))

    def _signed(self, value: float | None) -> str:
        text = self._number(value)
        return text if value is None or value < 0 else f"+{text}"


def shown_record(seen: Seen) -> tuple[DoseRate | None, bool]:
    """The newest measurement, or the 1-minute mean where a single reading says too little (few counts a second)."""
    raw, minute = seen.raw, seen.minute
    if raw is None or minute is None or raw.gross_nsv_h is None or raw.u_nsv_h is None:
        return raw, False
    if raw.u_nsv_h <= TOO_VAGUE * abs(raw.gross_nsv_h) or minute.gross_nsv_h is None:
        return raw, False
    return minute, True


def hours(minute: float) -> str:
    """Hours and minutes of a story that lasts for hours."""
    return f"{int(minute) // 60}:{int(minute) % 60:02}"


def clock_time(words: Catalogue, wall_ns: int) -> str:
    """The time of day where the station stands: digits, the same in both languages."""
    return datetime.fromtimestamp(wall_ns // NS, tz=words.wording.zone).strftime("%H:%M:%S")


def short_path(path: Path) -> str:
    """Relative to where the command was started, if it lies below."""
    try:
        return f"./{path.relative_to(Path.cwd())}"
    except ValueError:
        return str(path)


def _decimals(value: float, u: float | None) -> int:
    if not math.isfinite(value) or abs(value) >= 1000 or (u is not None and u >= 10):
        return 0
    return 1


def _minutes(width: int) -> int:
    """Width of the small charts."""
    if width < WIDE:
        return 9
    return min(BINS_KEPT, 20 + (width - WIDE) // 2)


def _grid() -> Table:
    grid = Table.grid(expand=True)
    grid.add_column(no_wrap=True, ratio=1)
    return grid
