"""What an alarm says: its event, its state, its level. The texts for people are catalogue keys, never literals here.

States of ISA-18.2 that this station can reach (Ground):

            condition holds            acknowledge
  normal ───────────────► unacknowledged ────────► acknowledged
    ▲ ▲                     ▲    │  ▲                   │    │
    │ └──────────┐    again │    │  └─ a higher level ──┘    │
    │ acknowledge│          │    ▼ condition gone            │
    │            └── returned_unacknowledged                 │
    └───────────────────── condition gone ───────────────────┘
"""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from config.schema import Level

State = Literal["normal", "unacknowledged", "acknowledged", "returned_unacknowledged"]
EventName = Literal["raised", "level_changed", "returned", "unknown", "acknowledged"]
LEVELS: tuple[Level, ...] = get_args(Level)  # rising
STATION = "station"  # whose alarm it is when it is no instrument's

LEVEL_EXCEEDED = "level_exceeded"
ABOVE_BACKGROUND = "above_background"
SILENT = "silent"
STUCK = "stuck"
STATION_CONDITIONS = (
    "journal_damaged",
    "journal_rolled_back",
    "configuration_bad",
    "clock_step",
    "disk_low",
    "outbox_dropped",
    "wal_large",
    "quarantine",
    "destination_refuses",
    "recorder_behind",
    "task_dying",
)
CONDITIONS = (LEVEL_EXCEEDED, ABOVE_BACKGROUND, SILENT, STUCK, *STATION_CONDITIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event in an alarm's life: the columns of the journal's alarm record, and whose it is, when, how loud.

    ``announce``: a person is to be told (anew): it came, came again, or its level rose.
    """

    at_ns: int
    instrument: str
    announce: bool
    alarm: str
    event: EventName
    state: State
    level: str
    condition: str
    since_ns: int
    value: float | None
    limit: float | None
    unit: str
    note: str

    def columns(self) -> dict[str, Any]:
        """The alarm record's own columns, by name; the header is the caller's."""
        return {name: getattr(self, name) for name in self.__slots__ if name not in ("at_ns", "instrument", "announce")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An alarm that is not normal, as it stands. ``unknown``: nothing is heard that could confirm or end it."""

    instrument: str
    alarm: str
    state: State
    level: str
    condition: str
    since_ns: int
    value: float | None
    limit: float | None
    unit: str
    note: str
    unknown: bool
