"""A station that was killed goes on as if nothing had been: averages, background, calibrations."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from config.quality import Quality
from station.records import DoseRate
from tests.clocks import ManualClock
from tests.station.engine.engine_rig import FILE, life, station_toml

LASTS_S = 125
PAPER = """
[instruments.calibration]
certificate = "C-1"
valid_from = 2026-01-01
factor = FACTOR
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return station_toml(tmp_path)


async def lives(file: Path, kills: list[int]) -> list[DoseRate]:
    """Averages of a station that is killed after these seconds."""
    shutil.rmtree(file.parent / "data", ignore_errors=True)
    clock = ManualClock()
    for begin, end in zip([0, *kills], [*kills, LASTS_S], strict=True):
        clock.tick(0.5)
        async with life(file, clock) as bench:
            for second in range(begin, end):
                clock.tick(0.5 if second == begin else 1.0)
                await bench.tick(bench.poll(100.0 + second % 7, counts=float(second % 5)))
            found = bench.records("dose_rate_1m")
    return [record for record in found if isinstance(record, DoseRate)]


@settings(
    max_examples=5,
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(kills=st.lists(st.integers(1, LASTS_S - 1), min_size=1, max_size=4, unique=True).map(sorted))
async def test_averages_are_the_same_to_the_last_bit_whenever_the_station_is_killed(
    file: Path, kills: list[int]
) -> None:
    def said(records: list[DoseRate]) -> list[tuple[object, ...]]:
        return [
            (r.start_ns, r.end_ns, r.gross_nsv_h, r.u_nsv_h, r.counts, r.live_s, r.samples, r.completeness, r.flags)
            for r in records
        ]

    whole = await lives(file, [])
    assert len(whole) == 2
    assert said(await lives(file, kills)) == said(whole)


async def test_no_average_is_of_two_calibrations(tmp_path: Path) -> None:
    def with_factor(factor: str) -> Path:
        head, tail = FILE.split('\n[[instruments]]\nid = "weather"')
        text = head + PAPER.replace("FACTOR", factor) + '\n[[instruments]]\nid = "weather"' + tail
        return station_toml(tmp_path, text)

    clock = ManualClock()
    for factor in ("1.0", "2.0", "2.0"):  # the same certificate, a slip of the pen corrected; and one more restart
        async with life(with_factor(factor), clock) as bench:
            await bench.seconds(25, 100.0)
            clock.tick(0.01)
            minutes = [r for r in bench.records("dose_rate_1m") if isinstance(r, DoseRate)]
            raw = [r for r in bench.records("dose_rate") if isinstance(r, DoseRate)]
    assert [m.samples for m in minutes] == [25, 34]
    assert [m.gross_nsv_h for m in minutes] == pytest.approx([100.0, 200.0])
    assert all(m.flags & Quality.INCOMPLETE for m in minutes)
    assert [m.calibration for m in minutes] == [raw[0].calibration, raw[-1].calibration]
    assert raw[0].calibration != raw[-1].calibration
    tens = [r for r in bench.records("dose_rate_10m") if isinstance(r, DoseRate)]
    assert [(r.gross_nsv_h, r.samples) for r in tens] == [(100.0, 25)]


@pytest.mark.parametrize("step_s", [-10 * 365 * 86_400.0, 365 * 86_400.0])
async def test_the_background_outlives_a_start_before_the_clock_is_set(file: Path, step_s: float) -> None:
    clock = ManualClock()
    async with life(file, clock) as bench:
        await bench.seconds(130, 80.0)
    clock.step_wall(step_s)
    async with life(file, clock) as bench:
        await bench.seconds(1, 80.0)
        (*_, newest) = bench.records("dose_rate")
        assert isinstance(newest, DoseRate)
        assert newest.background_nsv_h == 80.0


async def test_a_source_is_not_learned_as_background_because_its_alarm_is_older_than_the_window(file: Path) -> None:
    clock = ManualClock()
    async with life(file, clock) as bench:
        await bench.seconds(130, 80.0)
        await bench.seconds(5, 5000.0)
        clock.tick(86_400.0)  # of silence: quicker than a day of polls, and as long
        await bench.seconds(130, 5000.0)
        (*_, before) = bench.records("dose_rate")
    async with life(file, clock) as bench:
        await bench.seconds(1, 5000.0)
        (*_, after) = bench.records("dose_rate")
    assert isinstance(before, DoseRate)
    assert isinstance(after, DoseRate)
    assert before.background_nsv_h == 80.0
    assert after.background_nsv_h in (80.0, 100.0)  # as learned, or the reference: never the source
