"""What the database has, per journal: a contiguous mark and the ranges above it. Everything here is bounded."""

from bisect import bisect_left
from collections import OrderedDict

from station.journal.position import Position
from station.record.points import key_of
from station.wire.message import Message
from station.wire.notices import RANGES_LIMIT

JOURNALS_LIMIT = 8
REVISIONS_LIMIT = 20_000


class Mark:
    """One journal's position, growing. Ranges beyond the limit are forgotten, the highest first: they come again."""

    def __init__(self, position: Position) -> None:
        self._journal = position.journal
        self._seq = position.seq
        self._ranges = [list(pair) for pair in position.ranges]
        self.forgotten = 0

    def position(self) -> Position:
        return Position(self._journal, self._seq, tuple((low, high) for low, high in self._ranges))

    def add(self, first: int, last: int) -> None:
        """first..last are in the database."""
        if last <= self._seq:
            return
        at = bisect_left(self._ranges, first - 1, key=lambda pair: pair[1])
        while at < len(self._ranges) and self._ranges[at][0] <= last + 1:
            low, high = self._ranges.pop(at)
            first, last = min(first, low), max(last, high)
        if first <= self._seq + 1:
            self._seq = last
            return
        self._ranges.insert(at, [first, last])
        if len(self._ranges) > RANGES_LIMIT:
            self._ranges.pop()
            self.forgotten += 1


class Tracker:
    """The marks of the journals seen lately."""

    def __init__(self) -> None:
        self._marks: OrderedDict[str, Mark] = OrderedDict()
        self._forgotten_before = 0

    def put(self, position: Position) -> None:
        """Take a position as it stands, for instance as read back."""
        old = self._marks.pop(position.journal, None)
        self._forgotten_before += old.forgotten if old else 0
        self._marks[position.journal] = Mark(position)
        while len(self._marks) > JOURNALS_LIMIT:
            _, gone = self._marks.popitem(last=False)
            self._forgotten_before += gone.forgotten

    def add(self, journal: str, first: int, last: int) -> None:
        if journal not in self._marks:
            self.put(Position(journal, 0))
        self._marks.move_to_end(journal)
        self._marks[journal].add(first, last)

    def has(self, journal: str, seq: int) -> bool:
        mark = self._marks.get(journal)
        return mark is not None and mark.position().confirms(seq)

    def positions(self) -> list[Position]:
        """All that are known, the one used last first."""
        return [mark.position() for mark in reversed(self._marks.values())]

    def position(self, journal: str) -> Position:
        mark = self._marks.get(journal)
        return mark.position() if mark else Position(journal, 0)

    @property
    def forgotten(self) -> int:
        return self._forgotten_before + sum(mark.forgotten for mark in self._marks.values())


class Revisions:
    """The newest revision per point, for the last REVISIONS_LIMIT points: an older one never overwrites it."""

    def __init__(self, limit: int = REVISIONS_LIMIT) -> None:
        self._limit = limit
        self._newest: OrderedDict[tuple[object, ...], int] = OrderedDict()

    def is_old(self, message: Message) -> bool:
        """True if a newer revision of the same point has been seen; else this one is remembered."""
        key, revision = key_of(message), message.record.revision
        newest = self._newest.get(key)
        if newest is not None and revision < newest:
            return True
        self._newest[key] = revision
        self._newest.move_to_end(key)
        if len(self._newest) > self._limit:
            self._newest.popitem(last=False)
        return False
