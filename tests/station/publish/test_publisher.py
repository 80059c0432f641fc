"""The publisher with a real broker: what is retained, what a late subscriber sees, order, going back."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from station.journal.position import Position
from station.publish.window import NEWEST_AGAIN
from station.record.pour import Point
from station.record.recorder import Recorder
from station.wire.link import Arrived, Link, LinkSettings
from station.wire.message import decode
from station.wire.notices import Confirm
from tests.servers.flow import STATION, Flow, MemoryReader, flowing
from tests.servers.processes import Influx, Mosquitto

pytestmark = pytest.mark.system

Brokers = Callable[..., Mosquitto]
NOWHERE = "http://127.0.0.1:9"


class Listener:
    """An independent subscriber that keeps what it gets."""

    def __init__(self, link_of: Callable[[Callable[[Arrived], None]], Link]) -> None:
        self.got: list[Arrived] = []
        self.link = link_of(self._take)

    def _take(self, arrived: Arrived) -> None:
        arrived.acknowledge()
        self.got.append(arrived)

    def of(self, leaf: str) -> list[Any]:
        found = [a.payload for a in self.got if a.topic == f"quantrac/1/{STATION}/{leaf}"]
        return [json.loads(payload) if payload else None for payload in found]

    def seqs(self) -> list[int]:
        return [decode(a.payload).record.seq for a in self.got if a.topic.endswith("/measurement")]


@asynccontextmanager
async def listening(broker: Mosquitto, client_id: str = "listener") -> AsyncIterator[Listener]:
    settings = LinkSettings(broker.config(), client_id, None, keep_session_s=0, receive_maximum=1_000)
    with ThreadPoolExecutor(1) as executor:
        listener = Listener(lambda take: Link(settings, executor, take))
        try:
            await listener.link.open()
            await listener.link.subscribe((f"quantrac/1/{STATION}/#",))
            yield listener
        finally:
            await listener.link.close()


async def test_late_subscriber_sees_birth_and_then_the_orderly_end(mosquitto: Brokers, tmp_path: Path) -> None:
    broker = mosquitto()
    flow = Flow(broker, NOWHERE, tmp_path)
    flow.start_publisher()
    await flow.until(lambda: flow.publisher.stats().connected, "connected")
    async with listening(broker) as late:
        await flow.until(lambda: bool(late.of("status")), "status")
        assert late.got[0].retained
        await flow.stop_all()
        await flow.until(lambda: len(late.of("status")) == 2, "the end")
    async with listening(broker) as later:
        await flow.until(lambda: bool(later.of("status")), "status")
        said = [(s["online"], s["reason"], s["journal"]) for s in late.of("status") + later.of("status")]
    assert said == [(True, "started", "journal-1"), (False, "stopped", "journal-1"), (False, "stopped", "journal-1")]


async def test_late_subscriber_sees_the_will_of_a_publisher_that_was_cut_off(
    mosquitto: Brokers, tmp_path: Path
) -> None:
    broker = mosquitto()
    flow = Flow(broker, NOWHERE, tmp_path)
    flow.start_publisher()
    await flow.until(lambda: flow.publisher.stats().connected, "connected")
    async with listening(broker, f"quantrac-{STATION}-publish"):  # takes the session over: the broker cuts the first
        async with listening(broker) as late:
            await flow.until(lambda: any(not s["online"] for s in late.of("status")), "the will")
            assert [s["reason"] for s in late.of("status") if not s["online"]] == ["lost"]
        await flow.stop_all()


async def test_alarm_state_is_retained_and_its_topic_emptied(mosquitto: Brokers, tmp_path: Path) -> None:
    broker = mosquitto()
    flow = Flow(broker, NOWHERE, tmp_path)
    flow.start_publisher()
    for alarm in ("one", "two"):
        flow.publisher.retain_alarm(alarm, {"state": "unacknowledged"})
    async with listening(broker) as listener:
        await flow.until(lambda: bool(listener.of("alarm/one") and listener.of("alarm/two")), "both states")
        flow.publisher.retain_alarm("one", None)
        await flow.until(lambda: None in listener.of("alarm/one"), "emptied")
    async with listening(broker) as late:
        await flow.until(lambda: bool(late.of("alarm/two")), "the other one")
        assert late.of("alarm/one") == []
        assert late.of("alarm/two") == [
            {"schema": "quantrac/1/alarm", "station": STATION, "alarm": "two", "state": "unacknowledged"}
        ]
    await flow.stop_all()


async def test_alarm_states_are_published_anew_to_a_broker_that_forgot_them(mosquitto: Brokers, tmp_path: Path) -> None:
    broker = mosquitto(persistence=False)
    flow = Flow(broker, NOWHERE, tmp_path)
    flow.start_publisher()
    flow.publisher.retain_alarm("one", {"state": "unacknowledged"})
    await flow.until(lambda: flow.publisher.stats().connected, "connected")
    broker.kill()
    broker.start()
    async with listening(broker) as listener:
        await flow.until(lambda: bool(listener.of("alarm/one")), "the state")
    await flow.stop_all()


async def test_alarm_left_behind_by_an_earlier_life_is_emptied(mosquitto: Brokers, tmp_path: Path) -> None:
    broker = mosquitto()
    flow = Flow(broker, NOWHERE, tmp_path)
    flow.start_publisher()
    flow.publisher.retain_alarm("old", {"state": "unacknowledged"})
    async with listening(broker) as listener:
        await flow.until(lambda: bool(listener.of("alarm/old")), "the state")
        await flow.stop_all()
        flow.start_publisher()  # knows nothing of it
        await flow.until(lambda: None in listener.of("alarm/old"), "emptied")
    await flow.stop_all()


async def test_without_a_recorder_no_more_than_the_window_and_the_live_lane_goes_out(
    mosquitto: Brokers, tmp_path: Path
) -> None:
    broker = mosquitto()
    flow = Flow(broker, NOWHERE, tmp_path, window_records=50, no_progress_s=600.0)
    flow.journal.measure(1_000)
    async with listening(broker) as listener:
        flow.start_publisher()
        await flow.until(lambda: len(listener.seqs()) >= 50, "the window")
        for _ in range(40):
            flow.measure(10)
            await asyncio.sleep(0.01)
        await flow.until(lambda: 1_200 in listener.seqs(), "the live lane")
        await asyncio.sleep(0.3)
        await flow.stop_all()
        assert listener.seqs() == list(range(1, 51)) + list(range(1_001, 1_201))


async def test_without_progress_the_same_is_sent_again(mosquitto: Brokers, tmp_path: Path) -> None:
    broker = mosquitto()
    flow = Flow(broker, NOWHERE, tmp_path, no_progress_s=1.0)
    flow.journal.measure(3)
    async with listening(broker) as listener:
        flow.start_publisher()
        await flow.until(lambda: len(listener.seqs()) >= 6, "sent again")
        stats = flow.publisher.stats()
        await flow.stop_all()
    assert listener.seqs()[:6] == [1, 2, 3, 1, 2, 3]
    assert stats.resent >= 3


async def test_confirmation_of_another_journal_or_beyond_the_end_moves_nothing(
    mosquitto: Brokers, tmp_path: Path
) -> None:
    broker = mosquitto()
    flow = Flow(broker, NOWHERE, tmp_path)
    flow.journal.measure(10)
    flow.start_publisher()
    async with listening(broker) as listener:
        await flow.until(lambda: len(listener.seqs()) >= 10, "sent")
        for n, position in enumerate([Position("other", 5), Position("journal-1", 11), Position("journal-1", 4)]):
            confirm = Confirm(STATION, "main", "session", n, position)
            listener.link.publish(f"quantrac/1/{STATION}/confirm/main", confirm.to_bytes())
        await flow.confirmed(4)
        assert flow.positions == {"main": Position("journal-1", 4)}
    await flow.stop_all()


async def test_backlog_goes_oldest_first_and_live_values_overtake_it(
    mosquitto: Brokers, influx: Callable[..., Influx], tmp_path: Path
) -> None:
    order: list[int] = []

    class Noting(Recorder):
        def _done(self, points: Sequence[Point]) -> None:
            order.extend(point.message.record.seq for point in points)
            super()._done(points)

    flow = Flow(mosquitto(), influx().url, tmp_path, recorder=Noting, window_records=100, no_progress_s=60.0)
    flow.journal.measure(1_500)
    flow.start_recorder()
    await flow.until(lambda: flow.recorder.listening, "the recorder listens")
    async with flowing(flow):
        await flow.until(lambda: bool(order), "the first ones")
        live = [flow.measure(1) for _ in range(5)]
        await flow.confirmed(1_505)
    first_seen = dict.fromkeys(order)  # a recorder's first word makes the station send its window again,
    oldest = 1_500 - NEWEST_AGAIN  # and the newest few beside it
    backlog = [seq for seq in first_seen if seq <= oldest]
    assert backlog == list(range(1, oldest + 1))
    assert all(order.index(seq) < order.index(oldest) for seq in live)


async def test_trouble_of_the_journal_comes_out_and_nothing_stays_open(mosquitto: Brokers, tmp_path: Path) -> None:
    flow = Flow(mosquitto(), NOWHERE, tmp_path)
    flow.start_publisher()
    await flow.until(lambda: flow.publisher.stats().connected, "connected")

    def broken(self: MemoryReader) -> int:
        raise sqlite3.OperationalError("disk I/O error")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MemoryReader, "last_seq", broken)
        flow.publisher.wake(1)
        await flow.until(lambda: flow.failed("publisher"), "it ends")
    with pytest.raises(sqlite3.OperationalError):
        await flow.result("publisher")
    assert flow.journal.open_readers == 0


async def test_publisher_runs_again_after_it_ended(mosquitto: Brokers, tmp_path: Path) -> None:
    flow = Flow(mosquitto(), NOWHERE, tmp_path)
    publisher = flow.start_publisher()
    for _ in range(2):
        await flow.until(lambda: publisher.stats().connected, "connected")
        await flow.stop("publisher")
        assert not publisher.stats().connected
        flow.start_again("publisher", publisher.run)
    await flow.stop_all()


async def test_wrong_password_is_told_once_and_tried_again(
    mosquitto: Brokers, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    passwords = tmp_path / "passwords"
    passwords.write_text("somebody:$7$101$AAAA$AAAA\n", encoding="utf-8")
    broker = mosquitto(settings=f"allow_anonymous false\npassword_file {passwords}")
    flow = Flow(broker, NOWHERE, tmp_path)
    flow.start_publisher()
    await flow.until(lambda: "no broker" in caplog.text, "told")
    assert "ot authorized" in caplog.text
    assert not flow.publisher.stats().connected
    await flow.stop_all()
