"""Washout follows the decay of Pb-214 and Bi-214 and the square root of the rain; the air runs empty."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from simulator.scenario import WashoutSettings
from simulator.world.rain import Rain, Shower
from simulator.world.washout import BI214_PER_S, PB214_PER_S, Washout, WashoutModel

MINUTE = 60.0
HOUR = 3600.0
SHOWER = Shower(480.0, 1200.0, 12.0)


def washout(*showers: Shower, **changed: float) -> Washout:
    return Washout(Rain(showers), WashoutModel(**(WashoutSettings().model_dump(exclude={"strength_sigma"}) | changed)))


def half_life_min(model: Washout, from_s: float, to_s: float) -> float:
    fall = model.dose_rate_nsv_h(from_s) / model.dose_rate_nsv_h(to_s)
    return (to_s - from_s) / MINUTE * math.log(2) / math.log(fall)


def peak_nsv_h(model: Washout, from_s: float, to_s: float) -> float:
    return max(model.dose_rate_nsv_h(t) for t in np.arange(from_s, to_s, 10.0))


def test_without_rain_there_is_none() -> None:
    assert [washout().dose_rate_nsv_h(t) for t in (0.0, 1.0, 1e6)] == [0.0, 0.0, 0.0]


def test_before_the_rain_there_is_none() -> None:
    assert washout(SHOWER).dose_rate_nsv_h(480.0) == 0.0


def test_the_demo_s_shower_peaks_45_nsv_h_higher() -> None:
    assert peak_nsv_h(washout(SHOWER), 480.0, 3 * HOUR) == pytest.approx(45.0, abs=0.5)


@pytest.mark.parametrize("window_min", [20, 30, 60])
def test_after_the_rain_it_falls_with_an_apparent_half_life_of_30_to_35_minutes(window_min: int) -> None:
    assert 30.0 < half_life_min(washout(SHOWER), 1200.0, 1200.0 + window_min * MINUTE) < 35.0


def test_in_its_very_first_minutes_the_fall_is_a_little_slower() -> None:
    assert 35.0 < half_life_min(washout(SHOWER), 1200.0, 1200.0 + 5 * MINUTE) < 36.0


def test_in_the_end_it_falls_with_the_half_life_of_lead_214() -> None:
    assert half_life_min(washout(SHOWER), 6 * HOUR, 9 * HOUR) == pytest.approx(26.8, rel=0.01)


def test_four_hours_after_the_rain_it_is_gone() -> None:
    model = washout(SHOWER)
    assert model.dose_rate_nsv_h(1200.0 + 4 * HOUR) < 0.01 * model.dose_rate_nsv_h(1200.0)


@pytest.mark.parametrize("wetter", [4.0, 9.0])
def test_where_the_air_is_not_stripped_it_grows_as_the_square_root_of_the_rain_rate(wetter: float) -> None:
    light = washout(SHOWER, stripping_per_min=0.0)
    heavy = washout(Shower(SHOWER.start_s, SHOWER.end_s, wetter * SHOWER.rate_mm_h), stripping_per_min=0.0)
    for t in (600.0, 1200.0, 3000.0):
        assert heavy.dose_rate_nsv_h(t) / light.dose_rate_nsv_h(t) == pytest.approx(math.sqrt(wetter), rel=1e-9)


def test_the_first_minute_of_rain_grows_as_the_square_root_although_the_air_is_stripped() -> None:
    light, heavy = washout(SHOWER), washout(Shower(480.0, 1200.0, 48.0))
    assert heavy.dose_rate_nsv_h(510.0) / light.dose_rate_nsv_h(510.0) == pytest.approx(2.0, rel=0.05)


def test_the_same_amount_falling_slower_carries_more() -> None:
    slow, quick = washout(Shower(0.0, 3600.0, 2.0)), washout(Shower(0.0, 600.0, 12.0))
    areas = [sum(model.dose_rate_nsv_h(t) for t in np.arange(0.0, 8 * HOUR, 60.0)) for model in (slow, quick)]
    assert areas[0] > 1.1 * areas[1]


def test_a_second_shower_six_hours_later_gives_much_less_although_three_times_wetter() -> None:
    second = Shower(1200.0 + 6 * HOUR, 1920.0 + 6 * HOUR, 36.0)
    model = washout(SHOWER, second)
    first_peak = peak_nsv_h(model, 0.0, second.start_s)
    assert peak_nsv_h(model, second.start_s, second.end_s + HOUR) < 0.5 * first_peak


def test_after_two_weeks_of_dry_weather_a_shower_gives_what_the_first_one_gave() -> None:
    days = 14 * 24 * HOUR
    model = washout(SHOWER, Shower(480.0 + days, 1200.0 + days, 12.0))
    assert peak_nsv_h(model, days, days + HOUR) == pytest.approx(peak_nsv_h(model, 0.0, HOUR), rel=0.01)


def test_it_is_the_solution_of_the_differential_equations() -> None:
    model = WashoutModel(**WashoutSettings().model_dump(exclude={"strength_sigma"}))
    drive = math.sqrt(12.0)
    strip, refill = model.stripping_per_min / 60 * drive, 1 / (model.recovery_days * 86400)

    def change(_t: float, y: np.ndarray) -> list[float]:
        lead, bismuth, air = y
        return [
            PB214_PER_S * (drive * air - lead),
            BI214_PER_S * (model.bismuth_atoms * drive * air + lead - bismuth),
            -strip * air + refill * (1 - air),
        ]

    solved = solve_ivp(change, (0.0, 720.0), [0.0, 0.0, 1.0], rtol=1e-10, atol=1e-12, t_eval=[10.0, 333.3, 720.0])
    share = model.bismuth_dose_share
    for t, lead, bismuth in zip(solved.t, solved.y[0], solved.y[1], strict=True):
        expected = model.gain_nsv_h * ((1 - share) * lead + share * bismuth)
        assert washout(SHOWER).dose_rate_nsv_h(480.0 + t) == pytest.approx(expected, rel=1e-7)


def test_the_answer_does_not_depend_on_what_was_asked_before() -> None:
    asked_at_once, asked_often = washout(SHOWER), washout(SHOWER)
    for t in np.arange(0.0, 2000.0, 0.7):
        asked_often.dose_rate_nsv_h(float(t))
    assert asked_often.dose_rate_nsv_h(2000.25) == asked_at_once.dose_rate_nsv_h(2000.25)


def test_cutting_one_shower_in_two_changes_nothing() -> None:
    cut = washout(Shower(480.0, 777.7, 12.0), Shower(777.7, 1200.0, 12.0))
    for t in (700.0, 1000.0, 1200.0, 4000.0):
        assert cut.dose_rate_nsv_h(t) == pytest.approx(washout(SHOWER).dose_rate_nsv_h(t), rel=1e-9)


def test_rain_strips_the_air_and_dry_days_fill_it_again() -> None:
    model = washout(SHOWER)
    assert model.air_stock(0.0) == 1.0
    assert model.air_stock(1200.0) < 0.3
    assert 0.6 < model.air_stock(1200.0 + 3 * 24 * HOUR) < 0.8
