"""What each message that came means: a point to write, or nothing to write and why."""

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Callable

from station.record.points import line_of
from station.record.pour import Point
from station.record.tracker import Revisions, Tracker
from station.wire.link import Arrived
from station.wire.message import SCHEMA_OF, Message, MessageError, from_dict, from_json
from station.wire.notices import ABSENT, Absent

log = logging.getLogger(__name__)

SEEN_LIMIT = 256


class Intake:
    """Sorts messages. A superseded record, an old revision and a record that is there already are had, not written."""

    def __init__(self, station: str, tracker: Tracker, line: Callable[[Message], str] = line_of) -> None:
        self._station = station
        self._line = line
        self._tracker = tracker
        self._revisions = Revisions()
        self._malformed: OrderedDict[bytes, None] = OrderedDict()
        self.malformed = 0
        self.old_revisions = 0

    def sort(self, arrived: Arrived) -> Point | None:
        """The point to write, or None. Raises MessageError for what is no message of ours."""
        content = from_json(arrived.payload)
        if content.get("schema") == ABSENT:
            self._absent(Absent.from_dict(content))
            return None
        message = from_dict(content)
        if message.record.station != self._station:
            raise MessageError(f"station: {message.record.station} is not {self._station}")
        seq = message.record.seq
        if self._tracker.has(message.journal, seq):
            return None
        if message.superseded_by is None and not self._is_old(message):
            return Point(arrived, message, self._line(message))
        self._tracker.add(message.journal, seq, seq)
        return None

    def _absent(self, notice: Absent) -> None:
        if notice.station != self._station:
            raise MessageError(f"station: {notice.station} is not {self._station}")
        log.warning("journal %s: no seq %d to %d: %s", notice.journal, notice.first, notice.last, notice.reason)
        self._tracker.add(notice.journal, notice.first, notice.last)

    def _is_old(self, message: Message) -> bool:
        is_old = self._revisions.is_old(message)
        self.old_revisions += is_old
        return is_old

    # -- what is no message

    def is_put_aside(self, payload: bytes) -> bool:
        """The station sends again what is not confirmed: once in quarantine is enough."""
        return _name(payload) in self._malformed

    def remember_put_aside(self, payload: bytes) -> None:
        self._malformed[_name(payload)] = None
        if len(self._malformed) > SEEN_LIMIT:
            self._malformed.popitem(last=False)
        self.malformed += 1

    def count_as_had(self, payload: bytes) -> None:
        """A record of ours that cannot be understood lies in quarantine: nobody needs to send it again."""
        try:
            content = from_json(payload)
        except MessageError:
            return
        journal, seq = content.get("journal"), content.get("seq")
        ours = content.get("station") == self._station and content.get("schema") in SCHEMA_OF.values()
        if ours and isinstance(journal, str) and journal and type(seq) is int and seq > 0:
            self._tracker.add(journal, seq, seq)


def _name(payload: bytes) -> bytes:
    return hashlib.sha256(payload).digest()
