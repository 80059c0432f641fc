"""What the recorder does about each answer of the database: a table (docs/recorder.md). Pure.

204            done
no answer, 408, 425, 429, 5xx   wait (Retry-After is heeded) and try the same again
400, 422       some point is bad: look for it, put only that into quarantine
413            too much at once: halve
anything else  401, 403, 404 among it: wait, and tell a person
"""

import random
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
LONGEST_RETRY_AFTER_S = 300.0


class Action(Enum):
    DONE = "done"
    WAIT = "wait"
    WAIT_AND_ALARM = "wait and alarm"
    SEARCH = "search"
    HALVE = "halve"


@dataclass(frozen=True, slots=True)
class Answer:
    """``status`` None: no answer within the deadline, or no connection. ``text`` is bounded and names no secret."""

    status: int | None
    text: str = ""
    retry_after_s: float = 0.0

    @property
    def action(self) -> Action:
        return action_of(self.status)


def action_of(status: int | None) -> Action:
    if status == 204:
        return Action.DONE
    if status is None or status in (408, 425, 429) or 500 <= status <= 599:
        return Action.WAIT
    if status in (400, 422):
        return Action.SEARCH
    if status == 413:
        return Action.HALVE
    return Action.WAIT_AND_ALARM


def retry_after_s(value: str | None, date: str | None) -> float:
    """Retry-After in seconds, or as a date held against the answer's own Date; bounded; 0 if it says nothing."""
    if not value:
        return 0.0
    text = value.strip()
    if text.isascii() and text.isdigit():
        wanted = float(text[:9])
    else:
        try:
            wanted = (parsedate_to_datetime(text) - parsedate_to_datetime(date or "")).total_seconds()
        except (TypeError, ValueError):
            return 0.0
    return min(max(wanted, 0.0), LONGEST_RETRY_AFTER_S)


class BackOff:
    """Waits that double up to a bound, with jitter; what the database asks for is a minimum."""

    def __init__(self, first_s: float = FIRST_WAIT_S, longest_s: float = LONGEST_WAIT_S) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._next_s = first_s

    def reset(self) -> None:
        self._next_s = self._first_s

    def next_s(self, at_least_s: float = 0.0) -> float:
        wait_s = self._next_s * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret
        self._next_s = min(self._longest_s, self._next_s * 2)
        return max(wait_s, at_least_s)
