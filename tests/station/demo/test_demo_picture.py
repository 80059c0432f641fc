"""The picture of the journal: what it counts, what it keeps, and that it grows without bound in nothing."""

from pathlib import Path

from config.clock import NS
from station.demo.picture import BINS_KEPT, Follower, Picture, Seen
from station.journal.journal import Journal
from station.journal.position import Position
from station.journal.rows import Entry
from station.records import Header
from tests.builders import T0_NS, alarm, dose_rate, health, meteo

MINUTE_NS = 60 * NS


def picture(*instruments: str) -> Picture:
    return Picture({name: Seen() for name in instruments or ("det-north", "weather")})


def entry(table: str, record: Header) -> Entry:
    return Entry(table, record, None)


def measured(seq: int, minute: int, gross_nsv_h: float | None, **changes: object) -> Entry:
    end_ns = T0_NS + minute * MINUTE_NS
    return entry("dose_rate", dose_rate(seq=seq, end_ns=end_ns, gross_nsv_h=gross_nsv_h, **changes))


def test_the_newest_measurement_and_the_newest_mean_are_kept_apart() -> None:
    seen = picture()
    seen.update([measured(1, 0, 90.0), measured(2, 0, 95.0), entry("dose_rate_1m", dose_rate(seq=3, gross_nsv_h=92.0))])
    north = seen.seen["det-north"]
    assert (north.raw and north.raw.gross_nsv_h, north.minute and north.minute.gross_nsv_h) == (95.0, 92.0)
    assert seen.measurements == 2


def test_a_bin_is_the_mean_of_one_minute_and_missing_values_do_not_count_as_zero() -> None:
    seen = picture()
    seen.update([measured(1, 0, 90.0), measured(2, 0, None), measured(3, 0, 100.0), measured(4, 1, 50.0)])
    assert [one.mean_nsv_h for one in seen.seen["det-north"].bins] == [95.0, 50.0]


def test_bins_are_bounded() -> None:
    seen = picture()
    seen.update([measured(n, n, 90.0) for n in range(1, 3 * BINS_KEPT)])
    assert len(seen.seen["det-north"].bins) == BINS_KEPT


def test_a_bin_knows_the_level_that_held_in_it() -> None:
    seen = picture()
    raised = alarm(seq=2, level="warning")
    gone = alarm(seq=4, event="returned", state="returned_unacknowledged", level="warning")
    seen.update([measured(1, 0, 90.0), entry("alarm", raised), measured(3, 1, 300.0), entry("alarm", gone)])
    seen.update([measured(5, 2, 90.0)])
    assert [one.level for one in seen.seen["det-north"].bins] == ["", "warning", ""]


def test_the_link_is_the_instruments_own() -> None:
    seen = picture()
    seen.update([entry("health", health(seq=1, link="down")), entry("health", health(seq=2, instrument="station"))])
    assert seen.seen["det-north"].link == "down"
    assert "station" not in seen.seen


def test_rain_of_the_last_hour_only() -> None:
    seen = picture()
    for seq, minute in ((1, 0), (2, 30), (3, 70)):
        seen.update([entry("meteo", meteo(seq=seq, end_ns=T0_NS + minute * MINUTE_NS, rain_mm=0.5))])
    assert seen.rain_hour_mm() == 1.0


def test_alarms_that_hold_come_first_the_worst_at_the_top() -> None:
    seen = picture()
    over = alarm(seq=1, alarm="a", level="emergency", event="returned", state="returned_unacknowledged")
    mild, bad = alarm(seq=2, alarm="b", level="warning"), alarm(seq=3, alarm="c", level="alarm")
    normal = alarm(seq=4, alarm="d", level="", event="acknowledged", state="normal")
    seen.update(entry("alarm", record) for record in (over, mild, bad, normal))
    assert [one.alarm for one in seen.active] == ["c", "b", "a"]
    assert seen.holding == 2


def test_an_occurrence_keeps_its_worst_level_with_the_value_of_that_moment() -> None:
    seen = picture()
    steps = [
        alarm(seq=1, level="warning", condition="above_background", value=250.0),
        alarm(seq=2, level="alarm", event="level_changed", value=1800.0),
        alarm(seq=3, level="warning", event="level_changed", condition="above_background", value=210.0),
        alarm(seq=4, level="warning", event="returned", state="returned_unacknowledged"),
        alarm(seq=5, level="warning", condition="above_background", value=260.0),
    ]
    seen.update(entry("alarm", step) for step in steps)
    assert [(one.level, one.condition, one.value) for one in seen.occurrences] == [
        ("alarm", "level_exceeded", 1800.0),
        ("warning", "above_background", 260.0),
    ]


def test_what_waits_is_what_is_not_confirmed() -> None:
    seen = picture()
    seen.update([measured(n, 0, 90.0) for n in range(1, 11)])
    assert seen.waiting("recorder") == 10
    seen.positions = {"recorder": Position("j", 4, ((6, 8),))}
    assert (seen.waiting("recorder"), seen.confirmed) == (3, 7)


def test_the_follower_waits_for_a_journal_then_follows_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    follower = Follower(path, picture())
    assert follower.look() == []
    journal = Journal.open(path, lambda: T0_NS)
    try:
        journal.append([("dose_rate", dose_rate()), ("alarm", alarm())])
        assert [event.event for event in follower.look()] == ["raised"]
        journal.append([("dose_rate", dose_rate(end_ns=T0_NS + NS))])
        assert follower.look() == []
        assert (follower.picture.measurements, follower.picture.last_seq) == (2, 3)
    finally:
        follower.close()
        journal.close()
    assert follower.finish() == []
    follower.close()
