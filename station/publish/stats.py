"""What the publisher knows of itself, for the station's health and alarms."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from station.journal.position import Position
from station.wire.notices import RecorderHealth


@dataclass(slots=True)
class PublisherStats:
    """Counters since the publisher was made. ``snapshot`` fills depth and ages for one moment."""

    connected: bool = False
    sent: int = 0
    resent: int = 0
    refused: int = 0  # publications that the broker said no to
    unsendable: int = 0  # records that no JSON can say
    depth: dict[str, int] = field(default_factory=dict)  # records that a destination has not confirmed
    last_confirm_age_s: dict[str, float | None] = field(default_factory=dict)
    stalled_s: dict[str, float] = field(default_factory=dict)  # how long the oldest unconfirmed one has waited
    recorders: dict[str, RecorderHealth] = field(default_factory=dict)
    _confirm_at_s: dict[str, float] = field(default_factory=dict)
    _moved_at_s: dict[str, float] = field(default_factory=dict)

    @classmethod
    def begin(cls, names: Iterable[str], now_s: float) -> Self:
        return cls(_moved_at_s=dict.fromkeys(names, now_s))

    def committed(self, positions: Mapping[str, Position], before_seq: int, now_s: float) -> None:
        """Something new is committed: who had everything until now begins to wait now."""
        for name, position in positions.items():
            if position.depth(before_seq) == 0:
                self._moved_at_s[name] = now_s

    def confirmed(self, name: str, new: Position, old: Position, now_s: float) -> None:
        self._confirm_at_s[name] = now_s
        if new.seq > old.seq:
            self._moved_at_s[name] = now_s

    def snapshot(
        self, positions: Mapping[str, Position], last_seq: int, connected: bool, resent: int, now_s: float
    ) -> "PublisherStats":
        depth = {name: position.depth(last_seq) for name, position in positions.items()}
        return replace(
            self,
            connected=connected,
            resent=resent,
            depth=depth,
            stalled_s={name: now_s - at if depth.get(name) else 0.0 for name, at in self._moved_at_s.items()},
            last_confirm_age_s={
                name: now_s - self._confirm_at_s[name] if name in self._confirm_at_s else None for name in positions
            },
            recorders=dict(self.recorders),
        )

    def behind(self, longer_than_s: float) -> list[str]:
        """Destinations whose outbox has not moved for so long although something waits in it."""
        return [name for name, waited in self.stalled_s.items() if waited > longer_than_s]

    def refusing(self) -> list[str]:
        """Recorders whose database says no: a person must act."""
        return [name for name, health in self.recorders.items() if health.state == "refused"]

    @property
    def quarantined(self) -> int:
        """Points that the recorders' databases refused and that lie in quarantine."""
        return sum(health.quarantined for health in self.recorders.values())
