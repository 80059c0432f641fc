"""Two deliberate mistakes, to show that the system test sees them: ``python -m tests.system.mutants WHICH COMMAND``.

confirm-early   the recorder confirms what came before the database has answered 204
puback          the station takes the broker's PUBACK for a confirmation
"""

import sys
import time
from collections.abc import Sequence
from typing import Any

from station.journal.position import Position
from station.publish.publisher import Publisher
from station.record.recorder import Recorder
from station.wire.link import Arrived


def confirm_early() -> None:
    async def process(self: Any, batch: Sequence[Arrived]) -> None:
        points = [point for arrived in batch if (point := self.intake.sort(arrived)) is not None]
        self._done(points)
        self._confirm()
        await self._pourer.pour(points)
        self._confirm()

    Recorder._process = process  # type: ignore[method-assign]  # the mistake


def outbox_moves_on_puback() -> None:
    honest = Publisher._acked

    def acked(self: Any, mid: int, refusal: str) -> None:
        span = self._unacked.get(mid)
        honest(self, mid, refusal)
        if span is not None:
            for name, box in self._outboxes.items():
                moved = Position(self._journal, max(box.position.seq, span.last))
                box.confirmed(moved, time.monotonic())
                self._on_position(name, moved)

    Publisher._acked = acked  # type: ignore[method-assign]  # the mistake


def main() -> None:
    from station.cli import app

    {"confirm-early": confirm_early, "puback": outbox_moves_on_puback}[sys.argv[1]]()
    app(sys.argv[2:])


if __name__ == "__main__":
    main()
