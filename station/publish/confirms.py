"""Which confirmations count: from a known recorder, of this journal, not older than what is known."""

import logging
from collections import OrderedDict

from station.wire.notices import Confirm

log = logging.getLogger(__name__)

REMEMBERED = 32


class Doorkeeper:
    """Takes confirmations in order. Sessions that ended and journals that are not ours are remembered, boundedly."""

    def __init__(self, station: str, recorders: frozenset[str]) -> None:
        self._station = station
        self._recorders = recorders
        self._session: dict[str, tuple[str, int]] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._foreign: OrderedDict[str, None] = OrderedDict()

    def admits(self, confirm: Confirm, journal: str, last_seq: int) -> bool:
        if confirm.station != self._station or confirm.recorder not in self._recorders:
            return False
        if confirm.position.journal != journal:
            self._tell_foreign(confirm)
            return False
        top = max((confirm.position.seq, *(high for _, high in confirm.position.ranges)))
        if top > last_seq:
            log.error(
                "recorder %s confirms seq %d of a journal that ends at %d; ignored", confirm.recorder, top, last_seq
            )
            return False
        return confirm.session not in self._ended and self._is_newer(confirm)

    def is_new_session(self, confirm: Confirm) -> bool:
        return self._session.get(confirm.recorder, ("", 0))[0] != confirm.session

    def take(self, confirm: Confirm) -> None:
        session, _ = self._session.get(confirm.recorder, ("", 0))
        if session and session != confirm.session:
            _remember(self._ended, session)
        self._session[confirm.recorder] = (confirm.session, confirm.n)

    def _is_newer(self, confirm: Confirm) -> bool:
        session, n = self._session.get(confirm.recorder, ("", 0))
        return session != confirm.session or confirm.n > n

    def _tell_foreign(self, confirm: Confirm) -> None:
        name = f"{confirm.recorder}/{confirm.position.journal}"
        if name not in self._foreign:
            log.warning("recorder %s confirms journal %s, not ours", confirm.recorder, confirm.position.journal)
        _remember(self._foreign, name)


def _remember(names: "OrderedDict[str, None]", name: str) -> None:
    names[name] = None
    names.move_to_end(name)
    while len(names) > REMEMBERED:
        names.popitem(last=False)
