"""What the journal says now, as the view and the summary need it; fed with the journal's records in order."""

import logging
import math
import sqlite3
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.clock import NS
from config.schema import StationConfig
from station.journal.position import Position
from station.journal.reader import JournalReader
from station.journal.rows import Entry
from station.records import Alarm, DoseRate, Health, Meteo

log = logging.getLogger(__name__)

BIN_NS = 60 * NS
BINS_KEPT = 60
HOUR_NS = 3600 * NS
OCCURRENCES_KEPT = 100
PAGE = 1_000
PAGES_A_LOOK = 5
LEVELS = ("", "notice", "warning", "alarm", "emergency")  # rising
HOLDING = ("unacknowledged", "acknowledged")


@dataclass(slots=True)
class Bin:
    """One column of a detector's chart, as a rule a minute: mean measurement and highest alarm level."""

    number: int
    total_nsv_h: float = 0.0
    samples: int = 0
    level: str = ""

    @property
    def mean_nsv_h(self) -> float | None:
        return self.total_nsv_h / self.samples if self.samples else None


@dataclass(slots=True)
class Seen:
    """One instrument."""

    raw: DoseRate | None = None
    minute: DoseRate | None = None
    link: str = ""
    level: str = ""
    bins: deque[Bin] = field(default_factory=lambda: deque(maxlen=BINS_KEPT))


@dataclass(slots=True)
class Occurrence:
    """An alarm from its raising on, with its highest level and the value at that moment."""

    alarm: str
    instrument: str
    condition: str
    level: str
    value: float | None
    unit: str
    since_ns: int


@dataclass(slots=True)
class Picture:
    """``update`` takes records in the order of seq; everything in here is bounded."""

    seen: dict[str, Seen]
    meteo: dict[str, Meteo] = field(default_factory=dict)
    rain: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=2_000))
    alarms: dict[str, Alarm] = field(default_factory=dict)
    occurrences: deque[Occurrence] = field(default_factory=lambda: deque(maxlen=OCCURRENCES_KEPT))
    measurements: int = 0
    last_seq: int = 0
    end_ns: int = 0
    positions: Mapping[str, Position] = field(default_factory=dict)
    bin_min: int = 1

    def update(self, entries: Iterable[Entry]) -> list[Alarm]:
        """Take records; gives back the alarm events among them."""
        events = []
        for entry in entries:
            record = entry.record
            self.last_seq = record.seq
            self.end_ns = max(self.end_ns, record.end_ns)
            match record:
                case DoseRate():
                    self._dose(entry.table, record)
                case Meteo():
                    self._weather(record)
                case Health() if record.instrument in self.seen:
                    self.seen[record.instrument].link = record.link
                case Alarm():
                    self._alarm(record)
                    events.append(record)
        return events

    @property
    def active(self) -> list[Alarm]:
        """Alarms that are not normal: those that hold first, the worst first."""
        standing = [alarm for alarm in self.alarms.values() if alarm.state != "normal"]
        return sorted(standing, key=lambda a: (a.state in HOLDING, rank(a.level), a.since_ns), reverse=True)

    @property
    def holding(self) -> int:
        return sum(alarm.state in HOLDING for alarm in self.alarms.values())

    @property
    def confirmed(self) -> int:
        """Records that every destination has confirmed."""
        return min((self.last_seq - p.depth(self.last_seq) for p in self.positions.values()), default=0)

    def waiting(self, destination: str) -> int:
        position = self.positions.get(destination)
        return position.depth(self.last_seq) if position else self.last_seq

    def rain_hour_mm(self) -> float:
        return sum(mm for end_ns, mm in self.rain if end_ns > self.end_ns - HOUR_NS)

    def _dose(self, table: str, record: DoseRate) -> None:
        seen = self.seen.setdefault(record.instrument, Seen())
        if table == "dose_rate":
            self.measurements += 1
            seen.raw = record
            self._bin(seen, record)
        elif table == "dose_rate_1m":
            seen.minute = record

    def _bin(self, seen: Seen, record: DoseRate) -> None:
        number = record.end_ns // (self.bin_min * BIN_NS)
        if not seen.bins or seen.bins[-1].number != number:
            seen.bins.append(Bin(number))
        newest = seen.bins[-1]
        newest.level = max(newest.level, seen.level, key=rank)
        if record.gross_nsv_h is not None:
            newest.total_nsv_h += record.gross_nsv_h
            newest.samples += 1

    def _weather(self, record: Meteo) -> None:
        self.meteo[record.instrument] = record
        self.seen.setdefault(record.instrument, Seen())
        if record.rain_mm:
            self.rain.append((record.end_ns, record.rain_mm))

    def _alarm(self, record: Alarm) -> None:
        self.alarms[record.alarm] = record
        if record.event == "raised":
            self.occurrences.append(_occurrence(record))
        elif record.event == "level_changed":
            self._worse(record)
        if record.instrument in self.seen:
            levels = [a.level for a in self.alarms.values() if a.instrument == record.instrument and a.state in HOLDING]
            self.seen[record.instrument].level = max(levels, key=rank, default="")

    def _worse(self, record: Alarm) -> None:
        for occurrence in reversed(self.occurrences):
            if occurrence.alarm == record.alarm:
                if rank(record.level) > rank(occurrence.level):
                    occurrence.level, occurrence.condition = record.level, record.condition
                    occurrence.value, occurrence.unit = record.value, record.unit
                    occurrence.since_ns = record.since_ns
                return


def _occurrence(record: Alarm) -> Occurrence:
    return Occurrence(
        record.alarm, record.instrument, record.condition, record.level, record.value, record.unit, record.since_ns
    )


def rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else 0


def blank(config: StationConfig, bin_min: int = 1) -> Picture:
    return Picture({instrument.id: Seen() for instrument in config.instruments}, bin_min=bin_min)


def minutes_a_column(duration_min: float) -> int:
    """So that the columns that are kept hold the whole story, if it is longer than an hour."""
    return max(1, math.ceil(duration_min / BINS_KEPT))


class Follower:
    """Follows the journal from its first record on, read-only; each look takes a bounded number of pages."""

    def __init__(self, journal: Path, picture: Picture) -> None:
        self._journal = journal
        self._reader: JournalReader | None = None
        self.picture = picture

    def look(self, pages: int = PAGES_A_LOOK) -> list[Alarm]:
        """Bring the picture up to date; the alarm events that came. Nothing while there is no journal yet."""
        events: list[Alarm] = []
        try:
            reader = self._open()
            if reader is None:
                return []
            for _ in range(pages):
                page: Sequence[Entry] = reader.page(self.picture.last_seq, PAGE)
                events += self.picture.update(page)
                if len(page) < PAGE:
                    break
            self.picture.positions = reader.positions()
        except sqlite3.Error as error:  # busy, or not quite there yet: the next look sees it
            log.debug("journal: %s", error)
            self.close()
        return events

    def finish(self) -> list[Alarm]:
        """Everything that the journal has, once the station has ended."""
        events: list[Alarm] = []
        while True:
            before = self.picture.last_seq
            events += self.look()
            if self.picture.last_seq == before:
                return events

    def _open(self) -> JournalReader | None:
        if self._reader is None and self._journal.exists():
            self._reader = JournalReader(self._journal)
        return self._reader

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
