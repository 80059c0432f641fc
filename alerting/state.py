"""The state machine of one alarm: several rules, one alarm, the highest level wins. No I/O, no clock."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, get_args

from alerting.events import LEVELS, Event, EventName, Standing, State
from alerting.latch import Latch
from config.schema import Level


@dataclass(frozen=True, slots=True)
class Rule:
    """One way into the alarm."""

    level: Level
    condition: str
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0


class Observed(NamedTuple):
    """What one rule sees now. ``holds`` None: nobody can know; it neither raises nor clears."""

    holds: bool | None
    value: float | None = None
    limit: float | None = None


class Machine:
    """One alarm. Every call gives back the events that it made, oldest first."""

    def __init__(
        self, alarm: str, instrument: str, unit: str, rules: Sequence[Rule], doubt_after_s: float = 0.0
    ) -> None:
        self.alarm = alarm
        self._instrument = instrument
        self._unit = unit
        self._rules = tuple(rules)
        self._keys = _keys_of(self._rules)
        self._latches = [Latch(rule.on_delay_s, rule.off_delay_s) for rule in self._rules]
        self._state: State = "normal"
        self._unknown = False
        self._doubt_after_ns = round(doubt_after_s * 1e9)
        self._doubt_since_ns: int | None = None
        self._level = ""  # what stands: level, condition, since, value and limit of the winning rule
        self._condition = ""
        self._since_ns = 0
        self._value: float | None = None
        self._limit: float | None = None
        self._note = ""

    @property
    def state(self) -> State:
        return self._state

    @property
    def active(self) -> bool:
        """The condition holds (acknowledged or not)."""
        return self._state in ("unacknowledged", "acknowledged")

    @property
    def is_waiting(self) -> bool:
        """A delay of one of its rules is running: a restart needs to know how far."""
        return any(latch.is_waiting for latch in self._latches)

    def holding(self, rule: int) -> bool:
        """Whether this rule is in alarm: what its hysteresis depends on."""
        return self._latches[rule].active

    def step(
        self, now_ns: int, wall_ns: int, observed: Sequence[Observed], *, unit: str = "", note: str = ""
    ) -> list[Event]:
        """See each rule once more, in the order of the rules."""
        for latch, seen in zip(self._latches, observed, strict=True):
            latch.step(now_ns, wall_ns, seen.holds)
        self._unit = unit or self._unit
        events = self._moved(wall_ns, observed, note)
        return events + self._doubt(now_ns, wall_ns, observed)

    def _moved(self, wall_ns: int, observed: Sequence[Observed], note: str) -> list[Event]:
        winner = self._winner()
        if winner is None:
            return [self._return(wall_ns, observed)] if self.active else []
        level, condition = self._rules[winner].level, self._rules[winner].condition
        if self.active and level == self._level:
            return []
        rise = not self.active or LEVELS.index(level) > _rank(self._level)
        name: EventName = "level_changed" if self.active else "raised"
        self._level, self._condition, self._since_ns = level, condition, self._latches[winner].since_ns
        self._value, self._limit, self._note = observed[winner].value, observed[winner].limit, note
        if rise:
            self._state = "unacknowledged"
        return [self._event(name, wall_ns, announce=rise)]

    def _winner(self) -> int | None:
        active = [at for at, latch in enumerate(self._latches) if latch.active]
        return max(active, key=lambda at: (LEVELS.index(self._rules[at].level), -at), default=None)

    def _return(self, wall_ns: int, observed: Sequence[Observed]) -> Event:
        for rule, seen in zip(self._rules, observed, strict=True):
            if (rule.level, rule.condition) == (self._level, self._condition):
                self._value, self._limit = seen.value, seen.limit
        if self._state == "acknowledged":
            self._state, self._level = "normal", ""
        else:
            self._state = "returned_unacknowledged"
        return self._event("returned", wall_ns)

    def _doubt(self, now_ns: int, wall_ns: int, observed: Sequence[Observed]) -> list[Event]:
        """Say once that nothing is known any more of an alarm that stands; a lost poll or two is not worth a word."""
        known = [seen.holds is not None for seen, latch in zip(observed, self._latches, strict=True) if latch.active]
        if not known or any(known):
            self._unknown, self._doubt_since_ns = False, None
            return []
        if self._doubt_since_ns is None:
            self._doubt_since_ns = now_ns
        if self._unknown or now_ns - self._doubt_since_ns < self._doubt_after_ns:
            return []
        self._unknown = True
        return [self._event("unknown", wall_ns)]

    def acknowledge(self, wall_ns: int, *, note: str = "") -> list[Event]:
        """A person has seen it. Nothing happens where there is nothing to acknowledge."""
        if self._state == "unacknowledged":
            self._state = "acknowledged"
        elif self._state == "returned_unacknowledged":
            self._state, self._level = "normal", ""
        else:
            return []
        return [self._event("acknowledged", wall_ns, note=note)]

    def _event(self, name: EventName, wall_ns: int, *, announce: bool = False, note: str | None = None) -> Event:
        return Event(
            at_ns=wall_ns,
            instrument=self._instrument,
            announce=announce,
            alarm=self.alarm,
            event=name,
            state=self._state,
            level=self._level,
            condition=self._condition,
            since_ns=self._since_ns,
            value=self._value,
            limit=self._limit,
            unit=self._unit,
            note=self._note if note is None else note,
        )

    def standing(self) -> Standing | None:
        """What stands, or None when it is normal."""
        if self._state == "normal":
            return None
        return Standing(
            instrument=self._instrument,
            alarm=self.alarm,
            state=self._state,
            level=self._level,
            condition=self._condition,
            since_ns=self._since_ns,
            value=self._value,
            limit=self._limit,
            unit=self._unit,
            note=self._note,
            unknown=self._unknown,
        )

    def end(self, wall_ns: int) -> list[Event]:
        """The configuration has no such alarm any more: whatever stands is over, and says so."""
        if self._state == "normal":
            return []
        self._state, self._level, self._unknown = "normal", "", False
        return [self._event("returned", wall_ns)]

    def snapshot(self, now_ns: int) -> dict[str, Any]:
        """All of it, as JSON can keep it."""
        return {
            "instrument": self._instrument,
            "state": self._state,
            "unknown": self._unknown,
            "doubt_ns": None if self._doubt_since_ns is None else now_ns - self._doubt_since_ns,
            "level": self._level,
            "condition": self._condition,
            "since_ns": self._since_ns,
            "value": self._value,
            "limit": self._limit,
            "unit": self._unit,
            "note": self._note,
            "rules": {key: latch.snapshot(now_ns) for key, latch in zip(self._keys, self._latches, strict=True)},
        }

    def restore(self, data: dict[str, Any], now_ns: int) -> None:
        """Go on from a snapshot. Rules that it does not know start afresh, rules that are gone are gone."""
        if data["state"] not in get_args(State):
            raise ValueError(f"alarm {self.alarm}: no such state {data['state']!r}")
        self._state, self._unknown = data["state"], bool(data["unknown"])
        self._level, self._condition = str(data["level"]), str(data["condition"])
        self._since_ns, self._value, self._limit = int(data["since_ns"]), data["value"], data["limit"]
        self._unit, self._note = str(data["unit"]), str(data["note"])
        self._doubt_since_ns = None if data["doubt_ns"] is None else now_ns - int(data["doubt_ns"])
        for key, latch in zip(self._keys, self._latches, strict=True):
            if key in data["rules"]:
                latch.restore(data["rules"][key], now_ns)


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else -1


def _keys_of(rules: Sequence[Rule]) -> list[str]:
    """A rule's name in a snapshot: level, condition, and which of several alike."""
    seen: Counter[str] = Counter()
    keys = []
    for rule in rules:
        name = f"{rule.level}/{rule.condition}"
        keys.append(f"{name}/{seen[name]}")
        seen[name] += 1
    return keys
