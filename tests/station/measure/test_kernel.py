"""The step kernel: live, from arrays and over a restart, the same bits."""

from itertools import pairwise

import numpy as np
import pytest

from config import schema
from config.quality import Quality
from station.measure.background import Minute
from station.measure.kernel import DetectorKernel, Step
from station.measure.series import Series, steps
from station.measure.types import Average, Calibration, Period, Sample, Worked

NS = 1_000_000_000
T0_NS = 1_763_928_000 * NS + 17 * NS + 123_456_789  # no round second
GM = Calibration(
    period="p",
    primary="counts",
    u_rel=0.05,
    sensitivity_cps_per_nsv_h=0.02,
    dead_time_s=1e-4,
    dead_time_model="non_paralysable",
    own_background_cps=0.3,
    high_nsv_h=1e6,
)
MEASURING = schema.Measuring(background=schema.Background(window_days=0.1, learning_min=20))


def kernel(calibration: Calibration = GM) -> DetectorKernel:
    return DetectorKernel(calibration, MEASURING, reference_nsv_h=95.0)


def day_of_life(size: int = 2500, seed: int = 23) -> list[Sample]:
    """10-second samples with gaps, faults, missing values and a rise."""
    rng = np.random.default_rng(seed)
    samples, now = [], T0_NS
    for at in range(size):
        now += (10 * NS) if rng.random() > 0.005 else int(rng.integers(60, 4000)) * NS
        counts = None if rng.random() < 0.01 else int(rng.poisson(23 if at < 1500 else 80))
        flags = Quality.INSTRUMENT_FAULT if rng.random() < 0.01 else Quality(0)
        samples.append(Sample(now - 10 * NS, now, counts, 9.97, None, None, flags))
    return samples


def run(k: DetectorKernel, samples: list[Sample], held_from: int | None = None) -> list[Step]:
    return [k.step(s, held=held_from is not None and i >= held_from) for i, s in enumerate(samples)]


def averages(done: list[Step], period: Period) -> list[Average]:
    return [a for step in done for a in step.averages if a.period == period]


def test_gross_background_and_net_stand_side_by_side() -> None:
    raw = run(kernel(), day_of_life())[1499].raw
    assert raw.gross_nsv_h is not None
    assert raw.background_nsv_h is not None
    assert raw.background_nsv_h == pytest.approx(100.0, rel=0.05)
    assert raw.net_nsv_h == raw.gross_nsv_h - raw.background_nsv_h
    assert raw.decision_threshold_nsv_h is not None
    assert raw.significance is not None
    assert raw.u_background_nsv_h is not None


def test_reference_is_the_background_until_it_is_learned_and_the_flag_says_so() -> None:
    done = run(kernel(), day_of_life(200))
    first, last = done[0].raw, done[-1].raw
    assert (first.background_nsv_h, first.u_background_nsv_h) == (95.0, None)
    assert first.decision_threshold_nsv_h is None
    assert first.flags & Quality.LEARNING
    assert not last.flags & Quality.LEARNING
    assert last.background_nsv_h != 95.0


def test_without_a_reference_there_is_no_background_to_begin_with() -> None:
    raw = DetectorKernel(GM, MEASURING).step(day_of_life(1)[0], held=False).raw
    assert (raw.background_nsv_h, raw.net_nsv_h) == (None, None)
    assert raw.flags & Quality.LEARNING


def test_a_minute_is_told_of_against_the_background_before_it() -> None:
    k = kernel()
    learned = k.background.now()
    for sample in day_of_life(600):
        for average in k.step(sample, held=False).averages:
            assert average.worked.background_nsv_h == learned.nsv_h
        learned = k.background.now()


def test_ten_minutes_and_hours_come_with_the_minutes() -> None:
    done = run(kernel(), day_of_life())
    for period, period_s in (("1m", 60), ("10m", 600), ("1h", 3600)):
        told = averages(done, period)  # type: ignore[arg-type]  # literals of the tuple
        assert told
        assert all(a.end_ns - a.start_ns == period_s * NS and a.start_ns % (period_s * NS) == 0 for a in told)
        assert all(a.end_ns <= b.start_ns for a, b in pairwise(told))


def test_a_rise_is_not_learned_while_its_alarm_is_active() -> None:
    held, free = kernel(), kernel()
    run(held, day_of_life(), held_from=1500)
    run(free, day_of_life())
    assert held.background.now().nsv_h == pytest.approx(100.0, rel=0.05)
    assert (free.background.now().nsv_h or 0.0) > 300.0


@pytest.mark.parametrize(("held_at", "learned"), [(20, 0), (None, 1)])
def test_a_minute_in_which_the_alarm_came_is_not_learned_either(held_at: int | None, learned: int) -> None:
    k = kernel()
    for second in range(0, 60, 10):
        k.step(Sample(second * NS, (second + 10) * NS, 23, 10.0), held=second == held_at)
    assert k.background.minutes == learned


def test_silence_is_flagged_against_the_background() -> None:
    k = kernel()
    samples = [Sample(i * 10 * NS, (i + 1) * 10 * NS, 0, 10.0) for i in range(3)]
    # 95 nSv/h * 0.02 + 0.3 = 2.2 cps: exp(-22) < 1e-9
    assert [bool(step.raw.flags & Quality.SILENT) for step in run(k, samples)] == [True, True, True]


def test_arrays_give_the_same_bits_as_live_samples() -> None:
    samples = day_of_life()
    series = Series(
        start_ns=np.array([s.start_ns for s in samples]),
        end_ns=np.array([s.end_ns for s in samples]),
        counts=np.array([-1 if s.counts is None else s.counts for s in samples]),
        live_s=np.array([s.live_s for s in samples], dtype=np.float64),
        flags=np.array([int(s.flags) for s in samples]),
    )
    assert list(steps(kernel(), series)) == run(kernel(), samples)


def test_arrays_of_dose_rates_give_the_same_bits_as_live_samples() -> None:
    probe = Calibration(period="p", primary="dose_rate", high_nsv_h=1e6, smoothing_s=30.0)
    values = np.random.default_rng(4).normal(100, 4, 2000)
    values[700:720] = np.nan
    ends = np.arange(1, 2001) * 10 * NS
    live = [
        Sample(int(e) - 10 * NS, int(e), None, None, None if np.isnan(v) else float(v), 0.04)
        for e, v in zip(ends, values, strict=True)
    ]
    series = Series(start_ns=ends - 10 * NS, end_ns=ends, reported_nsv_h=values, reported_rel_u=np.full(2000, 0.04))
    assert list(steps(kernel(probe), series)) == run(kernel(probe), live)


@pytest.mark.parametrize("crash", [1, 5, 361, 800, 1499, 1777, 2400])
def test_a_restart_goes_on_with_the_same_averages_and_background(crash: int) -> None:
    samples = day_of_life()
    whole = run(kernel(), samples)
    before, last = whole[:crash], samples[crash - 1]
    # what the journal has
    hour_ns = (last.end_ns - 1) // (3600 * NS) * 3600 * NS
    raw = [(s.start_ns, s.end_ns, w.raw) for s, w in zip(samples[:crash], before, strict=True) if s.end_ns > hour_ns]
    minutes = averages(before, "1m")
    told: dict[Period, int] = {a.period: a.end_ns for step in before for a in step.averages}
    again = kernel()
    again.restore_background(
        Minute(a.end_ns, a.worked.gross_nsv_h, a.worked.flags, a.worked.completeness) for a in minutes
    )
    assert again.restore_open(raw, told_until_ns=told) == []
    resumed = run(again, samples[crash:])
    assert [s.averages for s in resumed] == [s.averages for s in whole[crash:]]
    assert [s.raw for s in resumed] == [s.raw for s in whole[crash:]]


def test_an_average_that_nobody_told_of_is_told_after_the_restart() -> None:
    samples = [Sample(i * 10 * NS, (i + 1) * 10 * NS, 23 + i % 5, 10.0) for i in range(12)]
    whole = run(kernel(), samples)
    raw = [(s.start_ns, s.end_ns, w.raw) for s, w in zip(samples, whole, strict=True)]
    again = kernel()
    late = again.restore_open(raw, told_until_ns={"1m": 60 * NS})
    assert [(a.period, a.end_ns) for a in late] == [("1m", 120 * NS)]
    assert again.background.minutes == 1


def test_clock_step_ends_all_open_intervals_at_the_last_sample() -> None:
    k = kernel()
    for i in range(3):
        k.step(Sample(i * 10 * NS, (i + 1) * 10 * NS, 23, 10.0), held=False)
    assert [(a.period, a.start_ns, a.end_ns) for a in k.clock_step()] == [
        ("1m", 0, 30 * NS), ("10m", 0, 30 * NS), ("1h", 0, 30 * NS),
    ]  # fmt: skip


@pytest.mark.parametrize("step_s", [3600, -3600, 31_536_000, -31_536_000])
def test_clock_steps_lose_no_count_and_no_background(step_s: int) -> None:
    k, told, counts = kernel(), [], 0
    for at, sample in enumerate(day_of_life(1200)):
        shift = step_s * NS if at >= 600 else 0
        if at == 600:
            told += k.clock_step()
        counts += sample.counts or 0
        moved = Sample(sample.start_ns + shift, sample.end_ns + shift, sample.counts, sample.live_s)
        told += k.step(moved, held=False).averages
    told += k.flush(10**19)
    assert sum(a.worked.counts or 0 for a in told if a.period == "1h") == counts
    assert sum(a.worked.counts or 0 for a in told if a.period == "1m") == counts
    assert k.background.now().nsv_h == pytest.approx(100.0, rel=0.05)


def test_a_record_of_every_kind_fits_the_journal() -> None:
    from station.records import DoseRate

    done = run(kernel(), day_of_life(100))
    header = {
        "station": "s", "instrument": "i", "channel": "", "quantity": "q", "start_ns": 0, "end_ns": 1,
        "flags_version": 1, "config": "c", "software": "v", "boot": "b", "mono_ns": 1,
    }  # fmt: skip
    for worked in [s.raw for s in done] + [a.worked for s in done for a in s.averages]:
        assert isinstance(worked, Worked)
        record = DoseRate(**header, **worked.columns())  # type: ignore[arg-type]  # mixed values by name
        assert record.flags == worked.flags


def test_an_average_that_was_flushed_before_a_restart_is_not_told_again() -> None:
    samples = [Sample(i * 10 * NS, (i + 1) * 10 * NS, 23, 10.0) for i in range(4)]
    first = kernel()
    whole = run(first, samples)
    (flushed,) = first.flush(70 * NS)
    raw = [(s.start_ns, s.end_ns, w.raw) for s, w in zip(samples, whole, strict=True)]
    again = kernel()
    assert again.restore_open(raw, told_until_ns={"1m": flushed.end_ns}) == []
    later = again.step(Sample(90 * NS, 100 * NS, 23, 10.0), held=False)
    assert [a.end_ns for a in later.averages] == []
