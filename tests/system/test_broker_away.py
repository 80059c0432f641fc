"""An hour of the station's time without a broker costs nothing: all arrives, the oldest first, live values beside it.

The station runs by a clock that is 120 times as fast, so an hour is 30 s; broker, recorder, database and every deadline
are real, so that what is measured of the delays holds for a station in service (which has a 120th of this load).
"""

import asyncio
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import station.wire.lasting
from config.clock import ScaledClock
from tests.servers.processes import Influx, Mosquitto
from tests.system.children import Simulator
from tests.system.compare import compare
from tests.system.inside import WatchedRecorder, WatchedStation, recorder_of, station_of, until
from tests.system.look import stopped_at_the_end
from tests.system.station_file import station_file

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("loop_threads_end"), pytest.mark.timeout(150)]

RATE = 120.0
HOUR_S = 3600.0 / RATE
LIVE_BOUND_S = 10.0
WINDOW_RECORDS = 400


async def test_a_broker_away_for_an_hour_costs_nothing(
    tmp_path: Path,
    mosquitto: Callable[..., Mosquitto],
    influx: Callable[..., Influx],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(station.wire.lasting, "LONGEST_WAIT_S", 2.0)  # not half a minute of a test's time
    broker, database = mosquitto(persistence=False), influx()
    simulator = Simulator(tmp_path, "quiet", "--fast", str(RATE))
    simulator.start()
    with stopped_at_the_end(simulator):
        ready = simulator.ready()
        file = station_file(tmp_path, ready, mqtt_port=broker.port, influx_url=database.url, poll_s=2.0)
        clock = ScaledClock(RATE, ready["origin_wall_ns"], ready["origin_mono_ns"], "a-boot")
        async with recorder_of(file) as recorder, station_of(file, clock) as one:
            await until(lambda: len(recorder.stored_at_s) > 50, "it flows")
            await asyncio.to_thread(broker.kill)
            gone_s, gone_seq = time.monotonic(), one.last_seq
            await asyncio.sleep(HOUR_S)
            await asyncio.to_thread(broker.start)
            back_s, back_seq = time.monotonic(), one.last_seq
            await until(lambda: back_seq + 50 in recorder.stored_at_s, "live values again")
            await until(lambda: recorder.has(gone_seq, back_seq), "all arrived")
            done_s, last = time.monotonic(), one.last_seq
            await until(lambda: recorder.has(1, last), "the rest")
        assert (back_s - gone_s) * RATE >= 3600.0
        oldest_first(recorder, gone_seq, back_seq)
        delays = live_delays(one, recorder, back_s, done_s)
        verdict = compare(tmp_path / "data" / "journal.sqlite", database.url, database.bucket, last)
    print(
        f"{back_seq - gone_seq} records held; back in {min(recorder.stored_at_s[s] for s in delays) - back_s:.1f} s, "
        f"drained {done_s - back_s:.1f} s after the broker came; {len(delays)} live records meanwhile: delay "
        f"median {statistics.median(delays.values()):.2f} s, longest {max(delays.values()):.2f} s"
    )
    assert verdict.differences == []
    assert max(delays.values()) < LIVE_BOUND_S
    overtook = [seq for seq in delays if recorder.stored_at_s[seq] < done_s]
    assert len(overtook) > len(delays) / 2, "live values do not stand behind the backlog"


def oldest_first(recorder: WatchedRecorder, gone_seq: int, back_seq: int) -> None:
    """The backlog came in the order in which it was measured.

    Of what the station sent before the recorder was back the end may have come first: at most one window, and once.
    """
    arrived = [seq for seq in recorder.stored_at_s if gone_seq < seq <= back_seq]
    begins_anew = [at for at in range(1, len(arrived)) if arrived[at] < arrived[at - 1]]
    assert len(begins_anew) <= 1
    assert sum(begins_anew) <= WINDOW_RECORDS


def live_delays(one: WatchedStation, recorder: WatchedRecorder, back_s: float, done_s: float) -> dict[int, float]:
    """From the commit to the database, of what was measured while the backlog drained."""
    first_s = min(at_s for at_s in recorder.stored_at_s.values() if at_s > back_s)
    found = {
        seq: recorder.stored_at_s[seq] - at_s for seq, at_s in one.committed_at_s.items() if first_s <= at_s <= done_s
    }
    assert found, "nothing was measured while the backlog drained"
    return found
