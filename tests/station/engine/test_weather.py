"""Rain is the difference of the gauge's absolute counter, whatever happens to the counter."""

import pytest

from config.profiles import load_profile
from config.quality import Quality
from config.schema import Instrument, Text
from drivers.base import NoAnswerError, Reading
from station.engine.naming import Naming
from station.engine.weather import WeatherRoom
from station.poll.bus import Outcome
from station.records import Meteo
from station.timekeeping import Stamp

SECOND = 1_000_000_000
T0 = 1_800_000_000 * SECOND
GAUGE = Instrument(
    id="weather", bus="b", profile="lufft-ws-umb", name=Text(vi="Khí tượng", en="Weather"), poll_s=10
)  # fmt: skip
PROFILE = load_profile("lufft-ws-umb")
WRAP_MM = 655.36  # a 16-bit counter of 0.01 mm


def naming() -> Naming:
    return Naming("S", "hash", "boot", {})


def outcome(at_s: float, total_mm: float | None, epoch: int = 0) -> Outcome:
    stamp = Stamp(T0 + int(at_s * SECOND), int(at_s * SECOND), epoch)
    reading = Reading({"rain": total_mm}, {"rain": "rain_total"}, Quality(0), b"")
    return Outcome("weather", stamp, stamp, reading, None, 0)


def rain_of(room: WeatherRoom, *outcomes: Outcome) -> list[Meteo]:
    names = naming()
    return [record for o in outcomes for _, record in room.take(o, names)]


def test_the_first_reading_ever_has_no_rain_yet_and_does_not_say_zero() -> None:
    (record,) = rain_of(WeatherRoom(GAUGE, PROFILE), outcome(0, 100.0))
    assert record.rain_mm is None


def test_rain_is_what_the_counter_gained() -> None:
    records = rain_of(WeatherRoom(GAUGE, PROFILE), outcome(0, 100.0), outcome(10, 100.25))
    assert records[1].rain_mm == pytest.approx(0.25)


def test_a_counter_that_wraps_loses_no_rain() -> None:
    records = rain_of(WeatherRoom(GAUGE, PROFILE), outcome(0, WRAP_MM - 0.1), outcome(10, 0.3))
    assert records[1].rain_mm == pytest.approx(0.4)


def test_a_counter_that_was_reset_is_flagged_and_counts_from_zero() -> None:
    records = rain_of(WeatherRoom(GAUGE, PROFILE), outcome(0, 300.0), outcome(10, 0.3))
    assert records[1].rain_mm == pytest.approx(0.3)
    assert records[1].flags & Quality.COUNTER_RESET


def test_rain_that_fell_while_the_station_was_down_is_in_the_first_interval_after_it() -> None:
    room = WeatherRoom(GAUGE, PROFILE, last_total_mm=50.0, last_end_ns=T0 - 3600 * SECOND)
    (record,) = rain_of(room, outcome(0, 62.5))
    assert record.rain_mm == pytest.approx(12.5)
    assert record.start_ns == T0 - 3600 * SECOND


def test_a_gauge_without_a_value_is_missing_and_the_next_one_bridges_the_gap() -> None:
    records = rain_of(WeatherRoom(GAUGE, PROFILE), outcome(0, 10.0), outcome(10, None), outcome(20, 10.5))
    assert [r.rain_mm for r in records] == [None, None, pytest.approx(0.5)]


def test_intervals_follow_each_other_without_gap_and_begin_anew_after_a_clock_step() -> None:
    records = rain_of(WeatherRoom(GAUGE, PROFILE), outcome(0, 1.0), outcome(10, 1.0), outcome(-3600, 1.0, epoch=1))
    assert records[1].start_ns == records[0].end_ns
    assert records[2].start_ns == records[2].end_ns - 10 * SECOND
    assert records[2].clock_epoch == 1


def test_no_answer_makes_no_record() -> None:
    stamp = Stamp(T0, 0, 0)
    failed = Outcome("weather", stamp, stamp, None, NoAnswerError("silence"), 0)
    assert WeatherRoom(GAUGE, PROFILE).take(failed, naming()) == []
