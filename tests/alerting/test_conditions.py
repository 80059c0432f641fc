"""The first conditions: what raises, what clears, and what does neither."""

import pytest

from alerting.conditions import DoseLevels, Silent, Stuck
from alerting.events import Event
from config.quality import Quality
from config.schema import InstrumentRule, LevelRule

NS = 1_000_000_000
GOOD = Quality(0)
SOURCE = "made for this test"
FIXED = LevelRule(level="alarm", above_nsv_h=1000, hysteresis_nsv_h=100, off_delay_s=0, source=SOURCE)
RELATIVE = LevelRule(level="warning", above_background_nsv_h=100, hysteresis_nsv_h=20, off_delay_s=0, source=SOURCE)


class Dose:
    def __init__(self, *rules: LevelRule) -> None:
        self.levels = DoseLevels("gm-1", rules or (RELATIVE, FIXED))
        self.now = 0

    def see(self, gross: float | None, background: float | None = 90.0, flags: Quality = GOOD) -> list[Event]:
        self.now += NS
        return self.levels.step(self.now, self.now, gross, background, int(flags))

    def told(self, gross: float | None, background: float | None = 90.0, flags: Quality = GOOD) -> list[str]:
        return [f"{e.event} {e.level}".strip() for e in self.see(gross, background, flags)]


def test_fixed_level_is_exceeded_above_it_not_at_it() -> None:
    assert Dose(FIXED).told(1000.0) == []
    (event,) = Dose(FIXED).see(1000.1)
    assert (event.alarm, event.condition, event.limit, event.value) == ("gm-1-dose", "level_exceeded", 1000.0, 1000.1)


def test_relative_level_follows_the_background() -> None:
    assert Dose(RELATIVE).told(190.0, 90.0) == []
    (event,) = Dose(RELATIVE).see(190.1, 90.0)
    assert (event.condition, event.limit) == ("above_background", 190.0)
    assert Dose(RELATIVE).told(190.1, 95.0) == []


def test_without_a_background_only_fixed_levels_speak() -> None:
    assert Dose().told(900.0, None) == []
    assert Dose().told(1100.0, None) == ["raised alarm"]


def test_a_background_that_got_lost_does_not_clear_its_alarm() -> None:
    dose = Dose(RELATIVE)
    dose.see(300.0)
    assert dose.told(100.0, None) == ["unknown warning"]
    assert dose.levels.machine.active


def test_hysteresis_holds_until_well_below() -> None:
    dose = Dose(FIXED)
    dose.see(1100.0)
    assert dose.told(900.1) == []
    assert dose.told(900.0) == ["returned alarm"]


def test_hysteresis_does_not_lower_the_way_in() -> None:
    assert Dose(FIXED).told(950.0) == []


def test_fixed_and_relative_are_one_alarm_with_the_highest_level() -> None:
    dose = Dose()
    assert dose.told(300.0) == ["raised warning"]
    assert dose.told(2000.0) == ["level_changed alarm"]
    assert dose.told(500.0) == ["level_changed warning"]
    assert dose.told(100.0) == ["returned warning"]


@pytest.mark.parametrize("flag", [Quality.OVER_RANGE, Quality.SATURATED])
def test_a_lower_bound_raises_but_never_clears(flag: Quality) -> None:
    dose = Dose(FIXED)
    assert dose.told(5000.0, flags=flag) == ["raised alarm"]
    assert dose.told(10.0, flags=flag) == ["unknown alarm"]
    assert dose.levels.machine.active


@pytest.mark.parametrize("flag", [Quality.SILENT, Quality.STUCK, Quality.INSTRUMENT_FAULT, Quality.HIGH_VOLTAGE])
def test_an_instrument_that_may_not_see_gives_no_all_clear(flag: Quality) -> None:
    dose = Dose(FIXED)
    dose.see(5000.0)
    assert dose.told(0.0, flags=flag) == ["unknown alarm"]
    assert dose.told(0.0) == ["returned alarm"]


@pytest.mark.parametrize("flag", [Quality.TEST_MODE, Quality.MAINTENANCE])
def test_test_and_maintenance_values_neither_raise_nor_clear(flag: Quality) -> None:
    dose = Dose(FIXED)
    assert dose.told(5000.0, flags=flag) == []
    dose.see(5000.0)
    assert "returned alarm" not in dose.told(10.0, flags=flag)
    assert dose.levels.machine.active


@pytest.mark.parametrize("value", [None, float("nan")])
def test_no_value_holds_what_stands(value: float | None) -> None:
    dose = Dose(FIXED)
    dose.see(5000.0)
    assert dose.told(value) == ["unknown alarm"]
    assert dose.levels.machine.active


class Link:
    def __init__(self, on_delay_s: float = 0) -> None:
        rule = InstrumentRule(on_delay_s=on_delay_s, off_delay_s=0)
        self.silent, self.stuck = Silent("gm-1", rule, 60.0), Stuck("gm-1", rule, 60.0)

    def see(self, now_s: float, good_s: float | None, flags: Quality = GOOD) -> list[str]:
        now, good = round(now_s * NS), None if good_s is None else round(good_s * NS)
        events = self.silent.step(now, now, good, int(flags)) + self.stuck.step(now, now, good, int(flags))
        return [f"{e.event} {e.condition}" for e in events]


def test_silence_is_no_good_answer_for_longer_than_allowed() -> None:
    link = Link()
    assert link.see(10, 10) == []
    assert link.see(70, 10) == []
    assert link.see(70.1, 10) == ["raised silent"]
    assert link.see(71, 71) == ["returned silent"]


def test_silence_says_how_long_and_what_is_allowed() -> None:
    link = Link()
    link.see(0, 0)
    (event,) = link.silent.step(75 * NS, 75 * NS, 0, 0)
    assert (event.alarm, event.value, event.limit, event.unit) == ("gm-1-silent", 75.0, 60.0, "s")


def test_silence_grows_without_a_poll() -> None:
    link = Link()
    link.see(0, 0)
    assert [e.event for e in link.silent.tick(61 * NS, 0)] == ["raised"]


def test_an_instrument_that_never_answered_is_silent_from_the_first_look_on() -> None:
    link = Link()
    assert link.see(1000, None) == []
    assert link.see(1060, None) == []
    assert link.see(1061, None) == ["raised silent"]


def test_too_many_zeros_are_silence_although_it_answers() -> None:
    link = Link()
    assert link.see(1, 1, Quality.SILENT) == ["raised silent"]
    assert link.see(2, 2) == ["returned silent"]


def test_maintenance_neither_raises_nor_clears_silence() -> None:
    link = Link()
    link.see(0, 0, Quality.MAINTENANCE)
    assert link.see(1000, 0, Quality.MAINTENANCE) == []


def test_a_test_mode_that_was_once_said_does_not_hide_silence() -> None:
    link = Link()
    link.see(0, 0, Quality.TEST_MODE)
    assert link.see(61, 0, Quality.TEST_MODE) == ["raised silent"]


def test_stuck_comes_and_goes_with_its_flag() -> None:
    link = Link()
    assert link.see(1, 1, Quality.STUCK) == ["raised stuck"]
    assert link.see(2, 2) == ["returned stuck"]


def test_a_stuck_instrument_that_falls_silent_is_still_stuck_as_far_as_anybody_knows() -> None:
    link = Link()
    link.see(1, 1, Quality.STUCK)
    assert link.see(100, 1) == ["raised silent", "unknown stuck"]
    assert link.stuck.machine.active
