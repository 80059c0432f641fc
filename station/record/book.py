"""The recorder's positions: what it has, what of that the database is known to hold, and what was read back.

The line that goes along with a batch covers what *earlier* answers have confirmed. A batch that spans shards is not
atomic in InfluxDB: a position that covers its own batch may survive a crash that the points do not.
"""

import logging
from collections.abc import Callable, Iterable

from station.journal.position import Position
from station.record.points import position_line
from station.record.tracker import Tracker

log = logging.getLogger(__name__)

PositionLine = Callable[[str, str, Position], str]


class Book:
    """Keeps ``tracker`` and the database's copy of it together."""

    def __init__(self, station: str, recorder: str, line: PositionLine = position_line) -> None:
        self._line = line
        self.tracker = Tracker()
        self._station = station
        self._recorder = recorder
        self._stored: dict[str, Position] = {}
        self._going: list[Position] = []

    def lines(self, probe_journal: str = "") -> list[str]:
        """Positions that the database does not hold yet; with ``probe_journal`` at least one, for a harmless write."""
        known = self.tracker.positions()
        self._going = [position for position in known if self._stored.get(position.journal) != position]
        if probe_journal and not self._going:
            self._going = [self.tracker.position(probe_journal)]
        return [self._line(self._station, self._recorder, position) for position in self._going]

    def stored(self) -> None:
        """The database has taken the lines given last."""
        self._stored.update((position.journal, position) for position in self._going)
        known = {position.journal for position in self.tracker.positions()}
        self._stored = {journal: position for journal, position in self._stored.items() if journal in known}

    def take_read(self, found: Iterable[Position]) -> bool:
        """What the database holds now. True if it holds less than it did: it was restored or emptied."""
        read = {position.journal: position for position in found}
        went_back = False
        for position in self.tracker.positions():
            journal = position.journal
            held, holds = self._stored.get(journal), read.pop(journal, Position(journal, 0))
            if held is not None and holds.seq < held.seq:
                log.warning("the database went back from seq %d to %d of journal %s", held.seq, holds.seq, journal)
                self.tracker.put(holds)
                went_back = True
            self._stored[journal] = holds
        for position in read.values():  # after a start of ours: all there is to know
            self.tracker.put(position)
            self._stored[position.journal] = position
        return went_back
