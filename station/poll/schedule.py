"""When an instrument is asked next. Late polls are skipped and counted, never bunched.

due    |----|----|----|----|----|      a grid on the monotonic clock
asked  x    x    .....x    x           a stall: the missed slots are skipped, the grid stays
"""

from config.clock import NS

FAILURES_BEFORE_REST = 3
LONGEST_REST_S = 30.0
PERMANENT_REST_S = 60.0


class Schedule:
    """A fixed grid; ``take`` moves to the next slot after now and says how many were missed."""

    def __init__(self, period_s: float, first_ns: int) -> None:
        self._period_ns = int(period_s * NS)
        self.due_ns = first_ns

    def retune(self, period_s: float, now_ns: int) -> None:
        """Another period from now on; the same one changes nothing."""
        period_ns = int(period_s * NS)
        if period_ns != self._period_ns:
            self._period_ns = period_ns
            self.due_ns = min(self.due_ns, now_ns + period_ns)

    def take(self, now_ns: int) -> int:
        """The slot at ``due_ns`` is being served at ``now_ns``: the slots that were missed meanwhile."""
        missed = max(0, (now_ns - self.due_ns) // self._period_ns)
        self.due_ns += (missed + 1) * self._period_ns
        return int(missed)


class Breaker:
    """Lets a dead instrument rest so that it costs its neighbours nothing: 3 failures, then probes, ever rarer."""

    def __init__(self, period_s: float) -> None:
        self.retune(period_s)
        self.failures = 0
        self.resting_until_ns = 0

    def retune(self, period_s: float) -> None:
        self._shortest_s = max(1.0, period_s)

    @property
    def is_resting(self) -> bool:
        return self.failures >= FAILURES_BEFORE_REST

    def allows(self, now_ns: int) -> bool:
        return now_ns >= self.resting_until_ns

    def succeeded(self) -> None:
        self.failures = 0
        self.resting_until_ns = 0

    def failed(self, now_ns: int, *, permanent: bool) -> None:
        self.failures += 1
        if permanent and self.is_resting:  # the first refusals may be a hiccup: some instruments say 4 in passing
            self.resting_until_ns = now_ns + int(PERMANENT_REST_S * NS)
        elif self.is_resting:
            doublings = min(self.failures - FAILURES_BEFORE_REST, 6)
            self.resting_until_ns = now_ns + int(min(LONGEST_REST_S, self._shortest_s * 2**doublings) * NS)
