"""A detector's polls become one record each, and averages that end where they must."""

import math

import pytest

from config.profiles import load_profile
from config.quality import Quality
from config.schema import Calibration, Instrument, Measuring, Text
from drivers.base import NoAnswerError, Reading
from station.engine.detector import DetectorRoom
from station.engine.naming import Naming
from station.measure.kernel import DetectorKernel
from station.measure.types import calibration_of
from station.poll.bus import Outcome
from station.records import DoseRate
from station.timekeeping import Stamp

SECOND = 1_000_000_000
T0 = 1_800_000_000 * SECOND  # a full minute
METER = load_profile("positron-bdmg-04")
GM = load_profile("mightyohm")


def instrument(profile: str, **more: object) -> Instrument:
    return Instrument.model_validate(
        {"id": "det", "bus": "b", "profile": profile, "name": Text(vi="Máy", en="Det"), "reference_nsv_h": 100.0} | more
    )


def room(profile: str = "positron-bdmg-04", **more: object) -> DetectorRoom:
    unit = instrument(profile, **more)
    kind = load_profile(profile)
    return DetectorRoom(unit, kind, DetectorKernel(calibration_of(unit, kind), Measuring(), reference_nsv_h=100.0))


def stamp(at_s: float, epoch: int = 0) -> Stamp:
    return Stamp(T0 + round(at_s * SECOND), round(at_s * SECOND), epoch)


def meter(at_s: float, nsv_h: float = 120.0, counts: float = 4.0, used: float = 400.0, epoch: int = 0) -> Outcome:
    quantities = {"dose_rate": "dose_rate", "pulses": "counts", "used": "averaged_counts"}
    reading = Reading({"dose_rate": nsv_h, "pulses": counts, "used": used}, quantities, Quality(0), b"")
    return Outcome("det", stamp(at_s, epoch), stamp(at_s, epoch), reading, None, 0)


def take(where: DetectorRoom, *outcomes: Outcome) -> list[tuple[str, DoseRate]]:
    naming = Naming("S", "hash", "boot", {"det": "det:cal"})
    return [pair for o in outcomes for pair in where.take(o, naming, held=False).records]


def test_a_meters_own_dose_rate_is_the_gross_value_with_the_error_of_the_counts_behind_it() -> None:
    ((table, record),) = take(room(), meter(1))
    assert table == "dose_rate"
    assert record.gross_nsv_h == record.reported_nsv_h == 120.0
    assert record.u_counting_nsv_h == pytest.approx(120.0 / math.sqrt(400), rel=0.05)


def test_a_minute_of_a_smoothed_meter_is_as_uncertain_as_the_counts_in_it_and_no_less() -> None:
    records = take(room(), *(meter(n) for n in range(1, 62)))
    (minute,) = [r for table, r in records if table == "dose_rate_1m"]
    assert minute.counts == 60 * 4
    assert minute.u_counting_nsv_h == pytest.approx(120.0 / math.sqrt(240), rel=0.05)


def test_intervals_follow_each_other_and_a_gap_stays_a_gap() -> None:
    records = [r for _, r in take(room(), meter(1), meter(2), meter(10))]
    assert records[1].start_ns == records[0].end_ns
    assert records[2].start_ns == records[2].end_ns - 3 * SECOND // 2


def test_no_answer_makes_no_record() -> None:
    failed = Outcome("det", stamp(1), stamp(1), None, NoAnswerError("silence"), 0)
    assert take(room(), failed) == []


def test_averages_end_at_a_clock_step_under_the_epoch_in_which_they_were_measured() -> None:
    where = room()
    records = take(where, *(meter(n) for n in range(1, 31)), meter(-3570, epoch=1))
    ended = [(table, r) for table, r in records if table != "dose_rate"]
    assert {table for table, _ in ended} == {"dose_rate_1m", "dose_rate_10m", "dose_rate_1h"}
    assert {r.clock_epoch for _, r in ended} == {0}
    assert all(r.flags & Quality.INCOMPLETE for _, r in ended)
    assert records[-1][1].clock_epoch == 1


def test_a_silent_detectors_average_is_told_of_when_its_time_is_over() -> None:
    where = room()
    naming = Naming("S", "hash", "boot", {})
    for n in range(1, 51):
        where.take(meter(n), naming, held=False)
    assert where.overdue(stamp(75), naming, stamp(59).wall_ns) == []
    assert [table for table, _ in where.overdue(stamp(75), naming, stamp(70).wall_ns)] == ["dose_rate_1m"]


def test_every_record_names_its_calibration_configuration_and_software() -> None:
    ((_, record),) = take(room(), meter(1))
    assert (record.calibration, record.config) == ("det:cal", "hash")
    assert record.software


def test_a_calibration_that_is_due_is_flagged() -> None:
    paper = Calibration.model_validate({"certificate": "C1", "valid_from": "2020-01-01", "due": "2021-01-01"})
    ((_, record),) = take(room(calibration=paper), meter(1))
    assert record.flags & Quality.CALIBRATION_OVERDUE


def test_sentences_that_were_read_together_lose_no_count_and_no_second() -> None:
    def line(at_s: float, counts: float, live_s: float) -> Outcome:
        quantities = {"cps": "counts", "live": "live_time"}
        reading = Reading({"cps": counts, "live": live_s}, quantities, Quality(0), b"")
        return Outcome("det", stamp(at_s), stamp(at_s), reading, None, 0)

    polls = [line(n, 1.0, 1.0) for n in range(1, 30)] + [line(30.6, 2.0, 2.0)]
    polls += [line(n + 0.6, 1.0, 1.0) for n in range(31, 61)]
    records = take(room("mightyohm"), *polls)
    (minute,) = [r for table, r in records if table == "dose_rate_1m"]
    assert minute.counts == minute.live_s == 29 + 2 + 29


def test_a_meter_that_is_polled_every_ten_seconds_gives_whole_minutes() -> None:
    records = take(room(poll_s=10), *(meter(n) for n in range(10, 130, 10)))
    (first, second) = [r for table, r in records if table == "dose_rate_1m"]
    assert (first.completeness, second.completeness) == (1.0, 1.0)
    assert not second.flags & Quality.INCOMPLETE
