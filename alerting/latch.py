"""One rule's delays: when what is seen becomes an alarm, and when it stops to be one (on 6 s, off 9 s).

 seen     FFFFTTTTTTTTTT??TTFFTFFFFFFFFFFFFFF      T holds, F does not, ? nobody knows
 pending      |-on--|       |-||--off---|
 active   __________████████████████████_____

Doubt speeds an alarm and never its end: while nobody knows, the on-delay runs on (and fires at the next T), the
off-delay stands still. Monotonic time comes in with every call; a snapshot keeps spans, which outlive a boot.
"""

from typing import Any


class Latch:
    """State: active or not, and how long the contrary has been pending."""

    __slots__ = ("_elapsed_ns", "_last", "_now_ns", "_off_delay_ns", "_on_delay_ns", "_pending", "active", "since_ns")

    def __init__(self, on_delay_s: float, off_delay_s: float) -> None:
        self._on_delay_ns = round(on_delay_s * 1e9)
        self._off_delay_ns = round(off_delay_s * 1e9)
        self._now_ns: int | None = None
        self._last: bool | None = None
        self._pending = False
        self._elapsed_ns = 0
        self.active = False
        self.since_ns = 0  # wall time since which it holds; kept when it ends

    def step(self, now_ns: int, wall_ns: int, holds: bool | None) -> None:
        """See once more; ``active`` follows when the delay is over."""
        self._elapsed_ns = self._elapsed_at(now_ns)
        self._now_ns = now_ns
        self._last = holds
        if holds is None:
            return
        if holds == self.active:
            self._pending, self._elapsed_ns = False, 0
            return
        if not self._pending:
            self._pending, self._elapsed_ns = True, 0
            if holds:
                self.since_ns = wall_ns
        if self._elapsed_ns >= (self._on_delay_ns if holds else self._off_delay_ns):
            self.active, self._pending, self._elapsed_ns = holds, False, 0

    def _elapsed_at(self, now_ns: int) -> int:
        runs = self._pending and (not self.active or self._last is False)
        if not runs or self._now_ns is None:
            return self._elapsed_ns
        return self._elapsed_ns + max(0, now_ns - self._now_ns)

    @property
    def is_waiting(self) -> bool:
        """A delay is running."""
        return self._pending

    def snapshot(self, now_ns: int) -> dict[str, Any]:
        return {
            "active": self.active,
            "pending": self._pending,
            "elapsed_ns": self._elapsed_at(now_ns),
            "last": self._last,
            "since_ns": self.since_ns,
        }

    def restore(self, data: dict[str, Any], now_ns: int) -> None:
        """The time between snapshot and restore counts for neither delay: nobody was looking."""
        self.active, self._pending = bool(data["active"]), bool(data["pending"])
        self._elapsed_ns, self.since_ns = int(data["elapsed_ns"]), int(data["since_ns"])
        self._last = None if data["last"] is None else bool(data["last"])
        self._now_ns = now_ns
