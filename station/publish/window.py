"""Which seqs go next: pure, no I/O, no clock of its own.

        confirmed          sent, waiting          not sent yet            live lane
  1 ───────────────► seq ───────────────► cursor ───────────────►  ···  ──────────────► last
                     │  ranges confirmed     │ backlog: oldest first    │ at once, beside the backlog
                     └── at most window ─────┘                          └─ at most LIVE_RECORDS unconfirmed

Only a confirmation moves ``position``. After a reconnect, a recorder's restart or no progress, the cursor goes back
to the low-water mark; what was lost on the way is sent again, what was not is recognised by its key.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from station.journal.position import Position

LIVE_RECORDS = 200  # unconfirmed records that one destination's live lane may hold
NEWEST_AGAIN = 100  # records that a recorder's new session gets ahead of the backlog
LONGEST_PATIENCE = 8  # times no_progress_s, after doubling


@dataclass(frozen=True, slots=True)
class Span:
    """The closed range first..last of seqs."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1


class Outbox:
    """What one destination has, what is on its way to it, what it gets next."""

    def __init__(self, position: Position, window_records: int, no_progress_s: float) -> None:
        self.position = position
        self.resent = 0
        self._window = window_records
        self._no_progress_s = no_progress_s
        self._patience_s = no_progress_s
        self._cursor = position.seq + 1  # everything below is confirmed or on its way
        self._live: set[int] = set()  # on their way above the cursor
        self._live_next = position.seq + 1  # the live lane's next
        self._sent_high = 0
        self._quiet_since_s = 0.0
        self._normalise()

    # -- what goes next

    def live(self, last_seq: int, limit: int) -> list[int]:
        """New records that overtake the backlog. A lane that cannot keep up leaves the rest to the backlog."""
        room = min(
            limit, LIVE_RECORDS - len(self._live), self._window + LIVE_RECORDS - self.in_flight - len(self._live)
        )
        if room <= 0:
            return []
        self._live_next = max(self._live_next, self._cursor, last_seq - LIVE_RECORDS + 1)
        wanted = range(self._live_next, min(last_seq, self._live_next + room - 1) + 1)
        return [seq for seq in wanted if not self.position.confirms(seq)]

    def backlog(self, last_seq: int, limit: int) -> list[int]:
        """The oldest records that are neither confirmed nor on their way, within the window."""
        room = min(limit, self._window - self.in_flight)
        wanted: list[int] = []
        seq = self._cursor
        while seq <= last_seq and room > 0:
            over = self._end_of_range(seq)
            if over is not None:
                seq = over + 1
                continue
            room -= 1
            if seq not in self._live:
                wanted.append(seq)
            seq += 1
        return wanted

    @property
    def in_flight(self) -> int:
        """Sent by the backlog and not confirmed."""
        confirmed = sum(
            min(high, self._cursor - 1) - low + 1 for low, high in self.position.ranges if low < self._cursor
        )
        return self._cursor - 1 - self.position.seq - confirmed

    # -- what happened

    def sent(self, span: Span, now_s: float) -> None:
        """The span was handed to the broker, for whichever destination asked for it."""
        self.resent += max(0, min(span.last, self._sent_high) - max(span.first, self.position.seq + 1) + 1)
        self._sent_high = max(self._sent_high, span.last)
        was_waiting = self._is_waiting()
        if span.first <= self._cursor <= span.last:
            self._cursor = span.last + 1
        elif span.first >= max(self._live_next, self._cursor):
            if len(self._live) + len(span) <= LIVE_RECORDS:
                self._live.update(range(span.first, span.last + 1))
            self._live_next = span.last + 1
        self._normalise()
        if self._is_waiting() and not was_waiting:
            self._quiet_since_s = now_s

    def confirmed(self, position: Position, now_s: float) -> bool:
        """Take the destination's own word. True if it went back: its database has less than it had."""
        went_back = position.seq < self.position.seq
        if position.seq != self.position.seq:
            self._quiet_since_s = now_s
            self._patience_s = self._no_progress_s
        self.position = position
        if went_back:
            self._cursor = position.seq + 1
        self._live = {seq for seq in self._live if not position.confirms(seq)}
        self._normalise()
        return went_back

    def rewind(self, last_seq: int, now_s: float, newest_again: int = 0) -> None:
        """Send again from the low-water mark; what is in the journal now is backlog, what comes is live.

        ``newest_again``: so many of the newest go by the live lane too, where nobody may have listened to it yet.
        """
        self._cursor = self.position.seq + 1
        self._live.clear()
        self._live_next = max(self._cursor, last_seq + 1 - newest_again) if newest_again else last_seq + 1
        self._quiet_since_s = now_s
        self._normalise()

    def lost_patience(self, last_seq: int, now_s: float) -> bool:
        """No progress for too long: rewind, and be more patient next time."""
        if not self._is_waiting() or now_s - self._quiet_since_s < self._patience_s:
            return False
        self._patience_s = min(self._patience_s * 2, self._no_progress_s * LONGEST_PATIENCE)
        self.rewind(last_seq, now_s)
        return True

    def _is_waiting(self) -> bool:
        return self._cursor - 1 > self.position.seq

    def _normalise(self) -> None:
        """Move the cursor over what is confirmed or went by the live lane."""
        self._cursor = max(self._cursor, self.position.seq + 1)
        while True:
            over = self._end_of_range(self._cursor)
            if over is not None:
                self._cursor = over + 1
            elif self._cursor in self._live:
                self._live.discard(self._cursor)
                self._cursor += 1
            else:
                return

    def _end_of_range(self, seq: int) -> int | None:
        return next((high for low, high in self.position.ranges if low <= seq <= high), None)


def next_spans(outboxes: Iterable[Outbox], last_seq: int, limit: int) -> list[Span]:
    """What to send now for all destinations together: live first, then the oldest; at most ``limit`` seqs."""
    boxes = list(outboxes)
    backlog = {seq for box in boxes for seq in box.backlog(last_seq, limit)}
    live = {seq for box in boxes for seq in box.live(last_seq, limit)} - backlog
    first = sorted(live)[:limit]
    return spans_of(first) + spans_of(sorted(backlog)[: limit - len(first)])


def spans_of(seqs: Sequence[int]) -> list[Span]:
    """Ascending seqs as closed ranges."""
    spans: list[Span] = []
    for seq in seqs:
        if spans and spans[-1].last == seq - 1:
            spans[-1] = Span(spans[-1].first, seq)
        else:
            spans.append(Span(seq, seq))
    return spans
