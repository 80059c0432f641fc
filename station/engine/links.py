"""How each instrument's link does: counted over a minute, and told at once when it goes up or down."""

from collections import Counter

from config.clock import NS
from config.quality import Quality
from drivers.base import BadAnswerError, DriverError, NoAnswerError, PermanentError, PortGoneError
from station.engine.naming import Naming
from station.poll.bus import Outcome
from station.poll.schedule import FAILURES_BEFORE_REST
from station.records import Health
from station.timekeeping import Stamp

REPORT_EVERY_NS = 60 * NS


class LinkRoom:
    """The link statistics of one instrument."""

    def __init__(self, instrument: str, began: Stamp) -> None:
        self._instrument = instrument
        self._failures = 0
        self._link = ""
        self.last_good_mono_ns: int | None = None  # a link that answers is not yet an instrument that sees
        self.last_good_flags = Quality(0)
        self._begin(began)

    def saw(self, stamp: Stamp, flags: Quality) -> None:
        """The instrument gave a value that can be relied upon."""
        self.last_good_mono_ns, self.last_good_flags = stamp.mono_ns, flags

    def _begin(self, stamp: Stamp) -> None:
        self._began = stamp
        self._counts: Counter[str] = Counter()
        self._latency_sum_ms = 0.0
        self._latency_max_ms = 0.0

    def take(self, outcome: Outcome, naming: Naming) -> list[tuple[str, Health]]:
        """Count one poll; a record when the link changed."""
        self._counts["polls"] += 1
        self._counts["skipped"] += outcome.skipped
        if outcome.error is None:
            self._failures = 0
            latency_ms = (outcome.done.mono_ns - outcome.asked.mono_ns) / 1e6
            self._counts["answers"] += 1
            self._latency_sum_ms += latency_ms
            self._latency_max_ms = max(self._latency_max_ms, latency_ms)
        else:
            self._failures += 1
            self._counts[_kind(outcome.error)] += 1
        before, self._link = self._link, self._state()
        return self.report(outcome.done, naming) if before != self._link else []

    def due(self, now: Stamp) -> bool:
        return now.mono_ns - self._began.mono_ns >= REPORT_EVERY_NS

    def report(self, now: Stamp, naming: Naming) -> list[tuple[str, Health]]:
        start_ns = self._began.wall_ns if self._began.epoch == now.epoch else now.wall_ns
        answers = self._counts["answers"]
        record = Health(
            **naming.header(
                "health", self._instrument, now, start_ns=min(start_ns, now.wall_ns), end_ns=now.wall_ns,
                channel="link", quantity="health",
            ),
            link=self._link or "down",
            polls=self._counts["polls"],
            answers=answers,
            no_answer=self._counts["no_answer"],
            bad_answer=self._counts["bad_answer"],
            refused=self._counts["refused"],
            port_gone=self._counts["port_gone"],
            skipped=self._counts["skipped"],
            latency_ms=self._latency_sum_ms / answers if answers else None,
            latency_max_ms=self._latency_max_ms if answers else None,
        )  # fmt: skip
        self._begin(now)
        return [("health", record)]

    def _state(self) -> str:
        if self._failures >= FAILURES_BEFORE_REST or (self._failures and self._link in ("", "down")):
            return "down"
        return "degraded" if self._failures else "up"


def _kind(error: DriverError) -> str:
    if isinstance(error, NoAnswerError):
        return "no_answer"
    if isinstance(error, PortGoneError):
        return "port_gone"
    if isinstance(error, PermanentError):
        return "refused"
    return "bad_answer" if isinstance(error, BadAnswerError) else "no_answer"
