"""The wall clock jumps by an hour and a year, both ways, in mid-run and over a restart: nothing is lost or overwritten.

The run begins four seconds before a full hour, and one step goes back over it, so that averages of one minute, ten
minutes and one hour close at the same wall time twice.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from config.clock import NS
from tests.servers.processes import Influx, Mosquitto
from tests.system.children import Simulator
from tests.system.compare import Verdict, compare
from tests.system.inside import MovedClock, WatchedStation, counted_readings, recorder_of, station_of, until
from tests.system.look import count, events, rows, stopped_at_the_end
from tests.system.station_file import station_file

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("loop_threads_end")]

HOUR_S, YEAR_S = 3600.0, 365 * 86400.0
BACK_OVER_THE_HOUR_S = -7.0
PERIODS = ("1m", "10m", "1h")


def shortly_before_an_hour() -> MovedClock:
    hour_ns = 3600 * NS
    now_ns = time.time_ns()
    return MovedClock((now_ns // hour_ns + 1) * hour_ns - 4 * NS - now_ns)


@pytest.fixture
def file(tmp_path: Path, mosquitto: Callable[..., Mosquitto], influx: Callable[..., Influx]) -> Iterator[Path]:
    """A station's file between a real broker, a real database and a simulated world on all three kinds of wire."""
    database, simulator = influx(), Simulator(tmp_path, "demo")
    simulator.start()
    with stopped_at_the_end(simulator):
        path = station_file(
            tmp_path, simulator.ready(), mqtt_port=mosquitto().port, influx_url=database.url, poll_s=0.25
        )
        yield path


def journal_of(file: Path) -> Path:
    return file.parent / "data" / "journal.sqlite"


def verdict_of(file: Path, up_to_seq: int) -> Verdict:
    url = file.read_text(encoding="utf-8").split('url = "')[1].split('"')[0]
    return compare(journal_of(file), url, "quantrac", up_to_seq)


def confirmed(file: Path) -> int:
    found = rows(journal_of(file), "SELECT seq FROM outbox WHERE destination = 'main'")
    return int(found[0][0]) if found else 0


def goes_on(file: Path, least: int) -> bool:
    return count(journal_of(file), "dose_rate") >= least


async def everything_recorded(station: WatchedStation, file: Path) -> int:
    last = station.last_seq
    await until(lambda: confirmed(file) >= last, f"seq {last} recorded")
    return last


def nothing_is_missing(file: Path, readings: Counter[str]) -> None:
    """Each reading that an instrument gave is one record."""
    for instrument, number in readings.items():
        table = "meteo" if instrument == "weather" else "dose_rate"
        found = rows(journal_of(file), f"SELECT COUNT(*) FROM {table} WHERE instrument = ?", instrument)
        assert found == [(number,)], instrument


def averages_end_at_steps(file: Path) -> None:
    """No interval spans a step: each lies within the raw values of its own clock epoch."""
    for period in PERIODS:
        wide = rows(
            journal_of(file),
            f"""SELECT a.seq FROM dose_rate_{period} a WHERE
            a.end_ns < (SELECT MIN(r.start_ns) FROM dose_rate r
                        WHERE r.instrument = a.instrument AND r.clock_epoch = a.clock_epoch) OR
            a.samples != (SELECT COUNT(*) FROM dose_rate r WHERE r.instrument = a.instrument
                          AND r.clock_epoch = a.clock_epoch AND r.end_ns > a.start_ns AND r.end_ns <= a.end_ns)""",
        )
        assert wide == [], period


async def test_steps_of_an_hour_and_a_year_in_mid_run_lose_and_overwrite_nothing(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = counted_readings(monkeypatch)
    clock = shortly_before_an_hour()
    steps = (BACK_OVER_THE_HOUR_S, HOUR_S, -HOUR_S, YEAR_S, -YEAR_S)
    async with recorder_of(file), station_of(file, clock) as station:
        await until(lambda: len(readings) == 4, "each instrument answers")
        await until(lambda: count(journal_of(file), "dose_rate_1h") >= 3, "the hour is over for each detector")
        for at, step_s in enumerate(steps):
            clock.step(step_s)
            await asyncio.sleep(8.0 if at == 0 else 1.5)
        last = await everything_recorded(station, file)
        verdict = verdict_of(file, last)
    assert verdict.differences == []
    nothing_is_missing(file, readings)
    epochs = rows(journal_of(file), "SELECT clock_epoch, COUNT(*) FROM dose_rate GROUP BY 1 ORDER BY MIN(seq)")
    assert [epoch for epoch, _ in epochs] == list(range(len(steps) + 1))
    averages_end_at_steps(file)
    told = rows(journal_of(file), "SELECT instrument, end_ns FROM dose_rate_1h")
    assert len(set(told)) < len(told), "the same hour ended twice"
    assert events(journal_of(file), "station-clock_step") == ["raised"]
    print(f"{verdict.compared} records compared, epochs {epochs}")


async def test_a_restart_with_the_clock_set_back_loses_and_overwrites_nothing(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = counted_readings(monkeypatch)
    clock = shortly_before_an_hour()
    async with recorder_of(file):
        async with station_of(file, clock):
            await until(lambda: count(journal_of(file), "dose_rate_1h") >= 3, "the hour is over for each detector")
        for step_s in (BACK_OVER_THE_HOUR_S, -HOUR_S, -YEAR_S):
            clock.step(step_s)
            least = count(journal_of(file), "dose_rate") + 20
            async with station_of(file, clock) as station:
                await until(partial(goes_on, file, least), "it goes on")
                await everything_recorded(station, file)
        async with station_of(file, clock) as station:  # the end of the last life is recorded too
            await until(lambda: station.last_seq, "it goes on")
            last = await everything_recorded(station, file)
        verdict = verdict_of(file, last)
    assert verdict.differences == []
    nothing_is_missing(file, readings)
    epochs = [row[0] for row in rows(journal_of(file), "SELECT DISTINCT clock_epoch FROM dose_rate ORDER BY seq")]
    assert epochs == [0, 1, 2, 3]
    averages_end_at_steps(file)
