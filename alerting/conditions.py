"""The first conditions: dose-rate levels, silent, stuck, and the station's own. Each drives one alarm's machine."""

import math
from typing import Any, NamedTuple

from alerting.events import ABOVE_BACKGROUND, LEVEL_EXCEEDED, SILENT, STATION, STUCK, Event
from alerting.state import Machine, Observed, Rule
from config.quality import NOT_FOR_ALARMS, Quality
from config.schema import InstrumentRule, LevelRule

UNKNOWN = Observed(None)
NSV_H = "nSv/h"
WORTH_KEEPING_NS = 5_000_000_000  # a shorter silence may be forgotten by a restart
# A low value with one of these is no all-clear: it is a lower bound, or the instrument does not see.
NO_ALL_CLEAR = (
    Quality.OVER_RANGE
    | Quality.SATURATED
    | Quality.SILENT
    | Quality.STUCK
    | Quality.INSTRUMENT_FAULT
    | Quality.HIGH_VOLTAGE
    | Quality.PARAMETERS_CORRUPT
    | Quality.SENSOR_INVALID
)


class DoseLevels:
    """All dose-rate levels of one detector, fixed and above background: one alarm, the highest level wins."""

    def __init__(self, instrument: str, rules: tuple[LevelRule, ...], doubt_after_s: float = 0.0) -> None:
        self._rules = rules
        self.machine = Machine(
            f"{instrument}-dose",
            instrument,
            NSV_H,
            [
                Rule(
                    rule.level,
                    LEVEL_EXCEEDED if rule.above_nsv_h is not None else ABOVE_BACKGROUND,
                    rule.on_delay_s,
                    rule.off_delay_s,
                )
                for rule in rules
            ],
            doubt_after_s,
        )

    def step(
        self, mono_ns: int, wall_ns: int, gross_nsv_h: float | None, background_nsv_h: float | None, flags: int
    ) -> list[Event]:  # fmt: skip
        """One value, or None when there is none. Test and maintenance values neither raise nor clear."""
        if gross_nsv_h is None or not math.isfinite(gross_nsv_h) or flags & NOT_FOR_ALARMS:
            seen = [UNKNOWN] * len(self._rules)
        else:
            seen = [self._see(at, gross_nsv_h, background_nsv_h, flags) for at in range(len(self._rules))]
        return self.machine.step(mono_ns, wall_ns, seen)

    def _see(self, at: int, gross: float, background: float | None, flags: int) -> Observed:
        rule = self._rules[at]
        if rule.above_nsv_h is not None:
            limit = rule.above_nsv_h
        elif background is None or rule.above_background_nsv_h is None:
            return UNKNOWN
        else:
            limit = background + rule.above_background_nsv_h
        end = limit - rule.hysteresis_nsv_h if self.machine.holding(at) else limit
        holds = gross > end
        return Observed(None if not holds and flags & NO_ALL_CLEAR else holds, gross, limit)


class Silent:
    """No good answer for too long, or too many zeros."""

    def __init__(self, instrument: str, rule: InstrumentRule, silent_after_s: float) -> None:
        self.machine = Machine(f"{instrument}-silent", instrument, "s", [_rule_of(rule, SILENT)])
        self._after_s = silent_after_s
        self._since_ns: int | None = None  # monotonic time of the last good answer, or of the first look
        self._answered = False
        self._flags = 0

    def step(self, mono_ns: int, wall_ns: int, last_good_mono_ns: int | None, flags: int) -> list[Event]:
        """``flags`` are those of the last good answer."""
        if last_good_mono_ns is not None:
            self._since_ns, self._answered = last_good_mono_ns, True
        elif self._since_ns is None:
            self._since_ns = mono_ns
        self._flags = int(flags)
        return self.tick(mono_ns, wall_ns)

    def tick(self, mono_ns: int, wall_ns: int) -> list[Event]:
        """Silence grows although nobody calls."""
        if self._since_ns is None:
            self._since_ns = mono_ns  # nobody has even asked it yet
        silent_s = max(0, mono_ns - self._since_ns) / 1e9
        return self.machine.step(mono_ns, wall_ns, [Observed(self._holds(silent_s), silent_s, self._after_s)])

    def _holds(self, silent_s: float) -> bool | None:
        if self._flags & Quality.MAINTENANCE:
            return None
        if silent_s > self._after_s:
            return True
        if not self._answered or self._flags & NOT_FOR_ALARMS:
            return None
        return bool(self._flags & Quality.SILENT)

    def is_waiting(self, mono_ns: int) -> bool:
        """It has said nothing for a while, and that is not an alarm yet."""
        silent_ns = 0 if self._since_ns is None else mono_ns - self._since_ns
        return self.machine.is_waiting or (not self.machine.active and silent_ns > WORTH_KEEPING_NS)

    def snapshot(self, mono_ns: int) -> dict[str, Any]:
        waited = None if self._since_ns is None else mono_ns - self._since_ns
        own = {"waited_ns": waited, "answered": self._answered, "flags": self._flags}
        return {**self.machine.snapshot(mono_ns), "silent": own}

    def restore(self, data: dict[str, Any], mono_ns: int) -> None:
        self.machine.restore(data, mono_ns)
        own = data["silent"]
        self._since_ns = None if own["waited_ns"] is None else mono_ns - int(own["waited_ns"])
        self._answered, self._flags = bool(own["answered"]), int(own["flags"])


class Stuck:
    """Answers that repeat more exactly than chance allows; without fresh answers nobody knows."""

    def __init__(self, instrument: str, rule: InstrumentRule, silent_after_s: float) -> None:
        self.machine = Machine(f"{instrument}-stuck", instrument, "", [_rule_of(rule, STUCK)])
        self._fresh_ns = round(silent_after_s * 1e9)

    def step(self, mono_ns: int, wall_ns: int, last_good_mono_ns: int | None, flags: int) -> list[Event]:
        stale = last_good_mono_ns is None or mono_ns - last_good_mono_ns > self._fresh_ns
        holds = None if stale or flags & NOT_FOR_ALARMS else bool(flags & Quality.STUCK)
        return self.machine.step(mono_ns, wall_ns, [Observed(holds)])


class Told(NamedTuple):
    """What was last said of a station condition; it holds until something else is said."""

    active: bool
    value: float | None
    limit: float | None
    unit: str
    note: str


class Flagged:
    """A condition of the station itself: somebody says that it holds, or that it does not."""

    def __init__(self, condition: str, rule: InstrumentRule) -> None:
        self.machine = Machine(f"{STATION}-{condition}", STATION, "", [_rule_of(rule, condition)])
        self._told: Told | None = None

    def step(self, mono_ns: int, wall_ns: int, told: Told) -> list[Event]:
        self._told = told
        return self.tick(mono_ns, wall_ns)

    def tick(self, mono_ns: int, wall_ns: int) -> list[Event]:
        """Delays run out although nobody calls."""
        if self._told is None:
            return []
        active, value, limit, unit, note = self._told
        return self.machine.step(mono_ns, wall_ns, [Observed(active, value, limit)], unit=unit, note=note)

    def snapshot(self, mono_ns: int) -> dict[str, Any]:
        return {**self.machine.snapshot(mono_ns), "told": None if self._told is None else list(self._told)}

    def restore(self, data: dict[str, Any], mono_ns: int) -> None:
        self.machine.restore(data, mono_ns)
        self._told = None if data["told"] is None else Told(*data["told"])


def _rule_of(rule: InstrumentRule, condition: str) -> Rule:
    return Rule(rule.level, condition, rule.on_delay_s, rule.off_delay_s)
