"""The two mistakes that DESIGN forbids lose data in these scenarios; what is built does not.

Each scenario lets retention delete what is confirmed: a confirmation that says too much is then a loss.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from station.journal.position import Position
from station.publish.publisher import Publisher
from station.record.pour import Point
from station.record.recorder import Recorder
from station.wire.link import Arrived
from tests.servers.flow import Flow, flowing, seqs_in
from tests.servers.processes import Influx, Mosquitto

pytestmark = pytest.mark.system


class ConfirmsBefore204(Recorder):
    """Counts a batch as had as soon as it came."""

    async def _process(self, batch: Sequence[Arrived]) -> None:
        points = [point for arrived in batch if (point := self.intake.sort(arrived)) is not None]
        self._done(points)
        self._confirm()
        await self._pourer.pour(points)

    def _done(self, points: Sequence[Point]) -> None:
        super()._done(points)


class MovesOnPuback(Publisher):
    """Takes the broker's acknowledgement for the database's."""

    def _acked(self, mid: int, refusal: str) -> None:
        span = self._unacked.get(mid)
        super()._acked(mid, refusal)
        if span is not None:
            box = self._outboxes["main"]
            position = Position(self._journal, max(box.position.seq, span.last))
            box.confirmed(position, 0.0)
            self._on_position("main", position)


async def _database_dies(flow: Flow, database: Influx, *, says_too_much: bool) -> None:
    flow.measure(10)
    await flow.confirmed(10)
    await flow.until(lambda: bool(database.rows('SELECT "seq" FROM "position" WHERE "seq" = 10')), "stored")
    database.kill()
    flow.measure(200)
    await flow.until(lambda: flow.publisher.stats().sent >= 210, "all is sent")
    if says_too_much:
        await flow.confirmed(11)  # it stands in its first batch, which it has confirmed
    await flow.stop("recorder")
    flow.journal.prune(flow.positions["main"].seq)
    database.start()
    flow._recorder_type = Recorder
    flow.start_recorder()
    await flow.until(lambda: flow.publisher.stats().depth["main"] == 0, "the outbox is empty")


@pytest.mark.parametrize(("recorder", "loses"), [(Recorder, False), (ConfirmsBefore204, True)])
async def test_confirming_before_the_204_loses_data(
    mosquitto: Callable[..., Mosquitto],
    influx: Callable[..., Influx],
    tmp_path: Path,
    recorder: type[Recorder],
    loses: bool,
) -> None:
    database = influx()
    flow = Flow(mosquitto(), database.url, tmp_path, recorder=recorder)
    async with flowing(flow):
        await _database_dies(flow, database, says_too_much=loses)
        await flow.until(lambda: loses or len(seqs_in(database)) == 210, "all arrived")
    assert (seqs_in(database) != list(range(1, 211))) is loses


@pytest.mark.parametrize(("publisher", "loses"), [(Publisher, False), (MovesOnPuback, True)])
async def test_moving_the_outbox_on_puback_loses_data(
    mosquitto: Callable[..., Mosquitto],
    influx: Callable[..., Influx],
    tmp_path: Path,
    publisher: type[Publisher],
    loses: bool,
) -> None:
    database, broker = influx(), mosquitto(persistence=False)
    flow = Flow(broker, database.url, tmp_path, publisher=publisher)
    flow.start_publisher()
    flow.measure(200)
    try:
        await flow.until(lambda: flow.publisher.stats().sent >= 200, "all is sent")
        if loses:
            await flow.confirmed(200)
        broker.kill()
        flow.journal.prune(flow.positions["main"].seq if "main" in flow.positions else 0)
        broker.start()
        flow.start_recorder()
        last = flow.measure(1)
        await flow.until(lambda: last in seqs_in(database), "the next one arrived")
        await flow.until(lambda: loses or len(seqs_in(database)) == 201, "all arrived")
    finally:
        await flow.stop_all()
    assert (seqs_in(database) != list(range(1, 202))) is loses
