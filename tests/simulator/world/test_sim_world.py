"""A dose rate has causes that add up; rain is counted exactly; a source comes and goes."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.build import build_world
from simulator.library import read_scenario
from simulator.scenario import Scenario, SourceEvent
from simulator.world.rain import Rain, Shower
from simulator.world.source import Visit

SOURCE = Visit(100.0, 200.0, 30.0)


@pytest.mark.parametrize(
    ("t_s", "expected"),
    [(99.9, 0.0), (100.0, 0.0), (115.0, 0.5), (130.0, 1.0), (170.0, 1.0), (185.0, 0.5), (200.0, 0.0)],
)
def test_a_source_ramps_up_stays_and_ramps_down(t_s: float, expected: float) -> None:
    assert SOURCE.at(t_s) == pytest.approx(expected)


def test_a_source_is_not_seen_where_it_is_not_near(scenario_with: Callable[..., Scenario]) -> None:
    event = SourceEvent(start_min=0, duration_min=10, at_nsv_h={"det": 1800.0})
    assert build_world(scenario_with(sources=(event,))).causes("kit", 60.0).source_nsv_h == 0.0


def test_a_source_given_by_its_distance_falls_with_the_square(scenario_with: Callable[..., Scenario]) -> None:
    event = SourceEvent(start_min=0, duration_min=10, strength_nsv_h_at_1m=900.0, distance_m={"det": 3.0, "kit": 30.0})
    world = build_world(scenario_with(sources=(event,)))
    assert world.causes("det", 60.0).source_nsv_h == pytest.approx(100.0)
    assert world.causes("kit", 60.0).source_nsv_h == pytest.approx(1.0)


def test_rain_that_overlaps_adds_up() -> None:
    rain = Rain([Shower(0.0, 3600.0, 2.0), Shower(1800.0, 5400.0, 4.0)])
    assert [rain.rate_mm_h(t) for t in (0.0, 1800.0, 3600.0, 5400.0)] == [2.0, 6.0, 4.0, 0.0]
    assert [rain.fallen_mm(t) for t in (1800.0, 3600.0, 5400.0, 9999.0)] == pytest.approx([1.0, 4.0, 6.0, 6.0])


@given(
    st.lists(
        st.tuples(st.floats(0, 1e4), st.floats(1, 1e4), st.floats(0.1, 100)).map(
            lambda shower: Shower(shower[0], shower[0] + shower[1], shower[2])
        ),
        max_size=5,
    )
)
def test_all_rain_falls_and_none_twice(showers: list[Shower]) -> None:
    expected = sum((shower.end_s - shower.start_s) * shower.rate_mm_h / 3600.0 for shower in showers)
    assert Rain(showers).fallen_mm(1e5) == pytest.approx(expected, abs=1e-9)


def test_the_causes_add_up_to_the_dose_rate() -> None:
    world = build_world(read_scenario("demo"))
    causes = world.causes("det-north", 2000.0)
    assert causes.washout_nsv_h > 10
    assert causes.source_nsv_h == 1800.0
    assert world.dose_rate_nsv_h("det-north", 2000.0) == 55.0 + 40.0 + causes.washout_nsv_h + 1800.0


def test_the_demo_begins_quiet_at_95_nsv_h() -> None:
    world = build_world(read_scenario("demo"))
    assert world.dose_rate_nsv_h("det-north", 479.0) == pytest.approx(95.0)


def test_the_demo_s_source_is_there_within_30_s_and_gone_after_10_min() -> None:
    world = build_world(read_scenario("demo"))
    assert [world.causes("det-north", 60 * 32.0 + t).source_nsv_h for t in (0, 30, 570, 600)] == [0, 1800, 1800, 0]


def test_the_demo_s_gauge_counts_2_4_mm() -> None:
    world = build_world(read_scenario("demo"))
    assert world.gauge_total_mm("weather", 3600.0) - world.gauge_total_mm("weather", 0.0) == pytest.approx(2.4)


@given(st.floats(0, 1e6))
def test_weather_stays_within_what_weather_is(t_s: float) -> None:
    weather = build_world(read_scenario("demo")).weather(t_s)
    assert 15 < weather.temperature_degc < 29
    assert weather.dew_point_degc <= weather.temperature_degc + 1e-9
    assert 5 <= weather.humidity_pct <= 100
    assert 0 <= weather.wind_from_deg < 360
    assert weather.wind_m_s >= 0
