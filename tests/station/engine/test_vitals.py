"""The station's own conditions: what is true of it now."""

from dataclasses import replace

from station.engine.vitals import DROP_SHOWN_NS, Vitals
from station.timekeeping import Stamp
from tests.builders import T0_NS
from tests.station.engine.engine_rig import FINE


def holds(vitals: Vitals, condition: str, at_ns: int = 0) -> bool:
    (found,) = [c for c in vitals.conditions(Stamp(T0_NS + at_ns, at_ns, 0)) if c.name == condition]
    return found.active


def test_a_station_without_troubles_has_no_condition() -> None:
    assert not any(c.active for c in FINE.conditions(Stamp(T0_NS, 0, 0)))


def test_a_loss_is_told_for_a_while_so_that_the_next_one_is_told_anew() -> None:
    lost = replace(FINE, dropped=7, last_drop=Stamp(T0_NS, 0, 0))
    assert holds(lost, "outbox_dropped", DROP_SHOWN_NS - 1)
    assert not holds(lost, "outbox_dropped", DROP_SHOWN_NS)


def test_a_loss_before_the_start_is_counted_and_no_alarm_of_today() -> None:
    assert not holds(replace(FINE, dropped=7), "outbox_dropped")


def test_a_disk_that_takes_nothing_is_an_alarm_however_much_room_it_has() -> None:
    assert holds(replace(FINE, trouble="no answer"), "disk_low")
