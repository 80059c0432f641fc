"""Stamps: wall time, monotonic time and the clock epoch, which rises at each step of the wall clock.

A step backwards must never make two records with one key, so the epoch is a part of the key. Slow corrections (slew)
are not steps. The last wall time and epoch are kept in the journal: a clock that was set back while the station was
down is a step too.
"""

from dataclasses import dataclass

from config.clock import NS, Clock

STEP_NS = NS // 2  # NTP slews below this and steps above 128 ms at most by choice; polls take less
SANE_AFTER_NS = 1_767_225_600 * NS  # 2026-01-01: earlier wall times are a machine without a battery clock


@dataclass(frozen=True, slots=True)
class Stamp:
    """One moment, by every clock we have."""

    wall_ns: int
    mono_ns: int
    epoch: int

    @property
    def trusted(self) -> bool:
        return self.wall_ns >= SANE_AFTER_NS


class Stamper:
    """Gives stamps and notices steps. Used from the event loop only."""

    def __init__(self, clock: Clock, epoch: int = 0, last_wall_ns: int | None = None) -> None:
        self._clock = clock
        self.steps = 0
        self._wall_ns = clock.wall_ns()
        self._offset_ns = self._wall_ns - clock.monotonic_ns()
        if last_wall_ns is not None and self._wall_ns <= last_wall_ns:
            epoch += 1
            self.steps += 1
        self.epoch = epoch

    def now(self) -> Stamp:
        mono_ns = self._clock.monotonic_ns()
        wall_ns = self._clock.wall_ns()
        offset_ns = wall_ns - mono_ns
        if wall_ns < self._wall_ns or abs(offset_ns - self._offset_ns) > STEP_NS * max(1.0, self._clock.rate):
            self.epoch += 1
            self.steps += 1
        self._offset_ns = offset_ns
        self._wall_ns = wall_ns
        return Stamp(wall_ns, mono_ns, self.epoch)
