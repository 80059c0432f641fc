"""The tick: nothing that fails around it stops measuring, alarms and telling."""

import asyncio
from pathlib import Path

import pytest

from config.quality import Quality
from drivers.base import NoAnswerError
from station.engine import engine
from station.engine.vitals import Vitals
from tests.clocks import ManualClock
from tests.station.engine.engine_rig import life, station_toml


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return station_toml(tmp_path)


async def test_a_station_that_is_killed_again_and_again_still_raises_an_alarm_with_a_long_delay(file: Path) -> None:
    clock = ManualClock()
    told: list[str] = []
    for _ in range(6):
        async with life(file, clock) as bench:
            await bench.seconds(40, 500.0)
            told += bench.town.told
    assert "meter-dose raised warning" in told


async def test_a_dead_instrument_is_silent_although_the_station_is_killed_again_and_again(file: Path) -> None:
    clock = ManualClock()
    told: list[str] = []
    for life_number in range(6):
        async with life(file, clock) as bench:
            if life_number == 0:
                await bench.seconds(1, 100.0)
            for _ in range(20):
                clock.tick(1.0)
                await bench.tick(bench.poll(None, error=NoAnswerError("x")))
            told += bench.town.told
    assert "meter-silent raised warning" in told


async def test_a_detector_that_answers_without_a_dose_rate_is_silent(file: Path) -> None:
    async with life(file, ManualClock()) as bench:
        await bench.seconds(70, None, Quality.SENSOR_INVALID)
        assert "meter-silent raised warning" in bench.town.told


async def test_an_instrument_that_nobody_even_asks_is_silent(file: Path) -> None:
    async with life(file, ManualClock()) as bench:
        for _ in range(70):
            bench.clock.tick(1.0)
            await bench.tick()
        assert "weather-silent raised warning" in bench.town.told


async def test_an_instrument_that_stays_in_test_mode_is_silent(file: Path) -> None:
    async with life(file, ManualClock()) as bench:
        await bench.seconds(70, 100.0, Quality.TEST_MODE)
        assert "meter-silent raised warning" in bench.town.told


async def test_an_instrument_whose_own_fault_bit_stays_is_silent(file: Path) -> None:
    async with life(file, ManualClock()) as bench:
        await bench.seconds(70, 100.0, Quality.HIGH_VOLTAGE)
        assert "meter-silent raised warning" in bench.town.told


async def test_vitals_that_fail_do_not_stop_the_alarms(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks() -> Vitals:
        raise OSError(5, "Input/output error")

    async with life(file, ManualClock()) as bench:
        monkeypatch.setattr(bench.town, "vitals", breaks)
        await bench.seconds(1, 5000.0)
        assert "meter-dose raised alarm" in bench.town.told


async def test_all_that_was_read_is_worked_up_before_the_end(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "OUTCOMES_A_TICK", 10)
    monkeypatch.setattr(engine, "QUEUE_LIMIT", 30)
    async with life(file, ManualClock()) as bench:
        for _ in range(25):
            bench.clock.tick(1.0)
            await bench.engine.take(bench.poll(100.0))
        stop = asyncio.Event()
        stop.set()
        await bench.engine.run(stop)
        assert len(bench.records("dose_rate")) == 25


async def test_a_clock_that_was_set_back_while_the_station_was_down_is_told_of(file: Path) -> None:
    clock = ManualClock()
    async with life(file, clock) as bench:
        await bench.seconds(2, 100.0)
    clock.step_wall(-3600)
    async with life(file, clock) as bench:
        await bench.seconds(1, 100.0)
        assert bench.engine.last_step is not None
