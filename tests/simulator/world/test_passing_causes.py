"""Vehicles pass by the inverse square, plumes leave what decays, machines work in bursts; each cause has its name."""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from simulator.build import build_world
from simulator.scenario import Bdmg04Instrument, Scenario
from simulator.world.cause import Bursts, FloatArray
from simulator.world.plume import DAY_S, HALF_LIFE_S, Deposit, Passage
from simulator.world.rain import Rain, Shower
from simulator.world.vehicle import Vehicle, by_road
from simulator.world.world import World

Make = Callable[..., Scenario]
PASSAGE = Passage(1800.0, 7200.0, 3600.0)


def vehicle(closest_m: float, speed_m_s: float = 10.0, at_s: float = 100.0) -> Vehicle:
    return Vehicle("caesium", 9000.0, speed_m_s, np.array([closest_m]), np.array([at_s]))


def one(values: FloatArray) -> float:
    return float(values[0])


def deposit(nuclide: str, rain: Rain | None = None, enhancement: float = 0.0) -> Deposit:
    return Deposit(nuclide, PASSAGE, np.array([1000.0]), np.array([100.0]), rain or Rain([]), enhancement)


@pytest.mark.parametrize(("after_s", "distance_m"), [(0.0, 3.0), (0.4, 5.0), (-0.4, 5.0), (10.0, math.hypot(3, 100))])
def test_a_vehicle_follows_the_inverse_square_of_its_distance(after_s: float, distance_m: float) -> None:
    assert one(vehicle(3.0).at_nsv_h(100.0 + after_s)) == pytest.approx(9000.0 / distance_m**2)


@given(st.floats(0.5, 30), st.floats(0.5, 30), st.floats(95, 105))
def test_the_mean_of_a_second_is_the_integral_however_fast_it_passes(
    closest: float, speed: float, from_s: float
) -> None:
    passing = vehicle(closest, speed)
    exact, _ = quad(
        lambda t: one(passing.at_nsv_h(t)), from_s, from_s + 1, points=[min(max(100.0, from_s), from_s + 1)]
    )
    assert one(passing.mean_nsv_h(from_s, from_s + 1)) == pytest.approx(exact, rel=1e-6)


def test_the_whole_passage_is_pi_times_strength_by_distance_and_speed() -> None:
    dose = sum(one(vehicle(4.0, 20.0, 1e4).mean_nsv_h(s, s + 1)) for s in range(20_000))
    assert dose == pytest.approx(math.pi * 9000.0 / (4.0 * 20.0), rel=1e-3)


def test_a_road_gives_each_place_its_own_distance_and_its_own_time() -> None:
    x, y = np.array([0.0, 100.0, math.nan]), np.array([5.0, -2.0, math.nan])
    closest, at_s = by_road(x, y, (0.0, 0.0), 90.0, 10.0, 60.0)
    assert closest.tolist() == pytest.approx([5.0, 2.0, math.inf])
    assert at_s[:2].tolist() == pytest.approx([60.0, 70.0])


def test_who_has_no_place_meets_no_vehicle(scenario_with: Make) -> None:
    instruments = [
        Bdmg04Instrument(id="near", profile="positron-bdmg-04", bus="tcp", address=1, place={"x_m": 3.0, "y_m": 0.0}),
        Bdmg04Instrument(id="det", profile="positron-bdmg-04", bus="tcp", address=2),
    ]
    vehicles = [{"at_min": 1, "strength_nsv_h_at_1m": 9000.0, "through_m": [0, 0]}]
    world = build_world(scenario_with(instruments=instruments, vehicles=vehicles))
    assert world.causes("near", 60.0)["vehicle"] == pytest.approx(1000.0)
    assert world.causes("det", 60.0)["vehicle"] == 0.0


def test_a_source_at_a_place_is_seen_by_the_inverse_square_from_each_instrument(scenario_with: Make) -> None:
    instruments = [
        Bdmg04Instrument(
            id=f"d{n}", profile="positron-bdmg-04", bus="tcp", address=n, place={"x_m": 3.0 * n, "y_m": 4.0 * n}
        )
        for n in (1, 2)
    ]
    sources = [{"start_min": 0, "duration_min": 9, "strength_nsv_h_at_1m": 5000.0, "at_m": [0, 0]}]
    world = build_world(scenario_with(instruments=instruments, sources=sources))
    assert [world.causes(site, 60.0).source_nsv_h for site in ("d1", "d2")] == pytest.approx([200.0, 50.0])


@pytest.mark.parametrize(
    ("since_s", "height"), [(-1, 0), (0, 0), (900, 0.5), (1800, 1), (9000, 1), (10800, 0.5), (12600, 0), (1e6, 0)]
)
def test_a_cloud_rises_stays_and_falls(since_s: float, height: float) -> None:
    assert one(PASSAGE.at(np.array([float(since_s)]))) == pytest.approx(height)


@pytest.mark.parametrize("nuclide", sorted(HALF_LIFE_S))
def test_when_the_cloud_has_gone_the_deposit_halves_in_its_half_life(nuclide: str) -> None:
    ground, gone_s = deposit(nuclide), 1000.0 + 12600.0
    later = one(ground.at_nsv_h(gone_s + HALF_LIFE_S[nuclide]))
    assert later / one(ground.at_nsv_h(gone_s)) == pytest.approx(0.5)


def test_the_half_lives_are_the_books() -> None:
    days = {nuclide: half_life / DAY_S for nuclide, half_life in HALF_LIFE_S.items()}
    assert days == pytest.approx({"i131": 8.02, "cs137": 30.1 * 365.25, "ru106": 371.8})


def test_a_deposit_that_hardly_decays_becomes_what_was_told_and_never_falls_meanwhile() -> None:
    ground = deposit("cs137")
    grown = [one(ground.at_nsv_h(t)) for t in np.arange(0.0, 14000.0, 100.0)]
    assert grown[0] == 0.0
    assert all(later >= earlier for earlier, later in pairwise(grown[:126]))
    assert grown[-1] == pytest.approx(100.0, rel=1e-4)


@pytest.mark.parametrize("t_s", [1500.0, 5000.0, 11000.0, 50_000.0, 5e6])
def test_the_deposit_is_the_solution_of_its_equation(t_s: float) -> None:
    rain = Rain([Shower(4000.0, 7000.0, 8.0)])
    decay = math.log(2) / HALF_LIFE_S["i131"]

    def fallen(at_s: float) -> float:
        wet = 1.0 + 0.7 * math.pow(rain.rate_mm_h(at_s), 0.8)
        cloud = one(PASSAGE.at(np.array([at_s - 1000.0])))
        return 100.0 * cloud * wet / PASSAGE.area_s * math.exp(-decay * (t_s - at_s))

    edges = [edge for edge in (1000.0, 2800.0, 4000.0, 7000.0, 10_000.0, 13_600.0) if edge < t_s]
    pieces = zip(edges, [*edges[1:], min(t_s, 13_600.0)], strict=True)
    expected = sum(quad(fallen, begin, end)[0] for begin, end in pieces)
    assert one(deposit("i131", rain, 0.7).at_nsv_h(t_s)) == pytest.approx(expected, rel=1e-7)


def test_a_plume_gives_cloud_and_each_nuclide_of_its_mixture_by_name(scenario_with: Make) -> None:
    plume = {"start_min": 0, "cloud_nsv_h": 900.0, "deposit_nsv_h": 400.0, "mixture": {"i131": 0.7, "ru106": 0.0}}
    world = build_world(scenario_with(plumes=[plume]))
    assert world.causes("det", 3600.0)["plume_cloud"] == 900.0
    after = world.causes("det", 300 * 60.0)
    assert after["plume_cloud"] == 0.0
    assert after["deposit_i131"] == pytest.approx(280.0, rel=0.02)
    assert after["deposit_cs137"] == pytest.approx(120.0, rel=0.001)
    assert "deposit_ru106" not in after.by_name


def test_weeks_later_the_mixture_has_decayed_as_its_nuclides_do(scenario_with: Make) -> None:
    world = build_world(scenario_with(plumes=[{"start_min": 0, "cloud_nsv_h": 0.0, "deposit_nsv_h": 1000.0}]))

    def lies(t_s: float) -> float:
        causes = world.causes("det", t_s)
        return sum(causes[f"deposit_{nuclide}"] for nuclide in HALF_LIFE_S)

    begin_s = 300 * 60.0
    shares = {"i131": 0.6, "cs137": 0.3, "ru106": 0.1}
    for days in (8.02, 30.0, 365.0):
        expected = sum(share * 0.5 ** (days * DAY_S / HALF_LIFE_S[name]) for name, share in shares.items())
        assert lies(begin_s + days * DAY_S) / lies(begin_s) == pytest.approx(expected, rel=0.01)


def test_a_plume_reaches_who_lies_down_the_wind_later(scenario_with: Make) -> None:
    instruments = [
        Bdmg04Instrument(id=f"d{n}", profile="positron-bdmg-04", bus="tcp", address=n, place={"x_m": x, "y_m": 0.0})
        for n, x in ((1, 0.0), (2, 18_000.0))
    ]
    plume = {"start_min": 10, "cloud_nsv_h": 900.0, "deposit_nsv_h": 0.0, "wind_m_s": 5.0, "wind_from_deg": 270.0}
    world = build_world(scenario_with(instruments=instruments, plumes=[plume]))
    for t in (700.0, 2000.0, 9000.0, 20_000.0):
        assert world.causes("d2", t + 3600.0)["plume_cloud"] == pytest.approx(world.causes("d1", t)["plume_cloud"])


@given(st.floats(-5, 120), st.floats(0.001, 50))
def test_the_mean_of_bursts_is_the_part_of_the_time_that_they_are_on(from_s: float, length_s: float) -> None:
    bursts = Bursts([(0.0, 10.0), (30.0, 31.5), (60.0, 90.0)])
    on_s = sum(max(0.0, min(end, from_s + length_s) - max(begin, from_s)) for begin, end in bursts.bursts)
    assert bursts.mean(from_s, from_s + length_s) == pytest.approx(on_s / length_s, abs=1e-6)


def test_radiography_comes_in_bursts_of_minutes_within_its_hours(scenario_with: Make) -> None:
    shots = [{"start_min": 10, "duration_min": 200, "at_nsv_h": {"det": 700.0}}]
    world = build_world(scenario_with(radiography=shots))
    seen = np.array([world.causes("det", float(t))["radiography"] for t in range(0, 230 * 60, 5)])
    assert set(seen.tolist()) == {0.0, 700.0}
    assert not seen[: 10 * 12].any()
    assert not seen[210 * 12 :].any()
    begins = int(np.count_nonzero(np.diff(seen) > 0))
    assert 12 <= begins <= 28
    assert 1.5 < np.count_nonzero(seen) * 5 / 60 / begins < 4.5


def test_a_scanner_scans_each_lorry_as_long_and_its_second_has_so_many_pulses(scenario_with: Make) -> None:
    scans = [{"start_min": 0, "duration_min": 60, "scan_s": 20, "pulse_hz": 100, "at_nsv_h": {"det": 500.0}}]
    world = build_world(scenario_with(scanners=scans))
    first = world.field("det", 5)
    assert (first.steady_nsv_h, first.pulsed_nsv_h, first.pulses) == pytest.approx((95.0, 500.0, 100.0))
    assert world.field("det", 20) == (95.0, 0.0, 0.0)
    assert world.field("kit", 5).pulses == 0.0
    total = sum(world.field("det", second).pulses for second in range(3600))
    assert total % 2000.0 == pytest.approx(0.0, abs=1e-6)


EVERYTHING = {
    "world": {"cosmic": {}, "radon": {}, "soil": {}, "snow": {"cover_mm": 10.0}, "washout": {"strength_sigma": 0.5}},
    "rain": [{"start_min": 5, "duration_min": 20, "rate_mm_h": 6.0}],
    "sources": [{"start_min": 10, "duration_min": 20, "at_nsv_h": {"det": 300.0}}],
    "vehicles": [{"at_min": 20, "strength_nsv_h_at_1m": 9000.0, "closest_m": {"det": 5.0, "kit": 9.0}}],
    "plumes": [{"start_min": 2, "cloud_nsv_h": 100.0, "deposit_nsv_h": 50.0, "rain_enhancement": 0.5}],
    "radiography": [{"start_min": 1, "duration_min": 50, "at_nsv_h": {"kit": 80.0}}],
    "scanners": [{"start_min": 1, "duration_min": 50, "at_nsv_h": {"det": 60.0}}],
}


@given(st.floats(0, 3600))
def test_causes_add_up_to_the_truth_alone_and_for_all_at_once(t_s: float) -> None:
    world = _EVERYTHING
    for site, instrument in enumerate(world.instruments):
        causes = world.causes(instrument, t_s)
        assert sum(causes.by_name.values()) == pytest.approx(causes.total_nsv_h)
        assert world.dose_rates_nsv_h(t_s)[site] == pytest.approx(causes.total_nsv_h)
        assert all(value >= 0 for value in causes.by_name.values())


def test_a_flat_tube_meets_all_that_is_there_steady_or_pulsed() -> None:
    for second in (700, 1200):
        field = _EVERYTHING.field("det", second)
        fine = np.mean([_EVERYTHING.dose_rate_nsv_h("det", second + (k + 0.5) / 40) for k in range(40)])
        assert field.steady_nsv_h + field.pulsed_nsv_h == pytest.approx(fine, rel=1e-3)


def test_a_response_weighs_each_spectrum_on_its_own() -> None:
    flat, blind = _EVERYTHING.field("det", 1200), _EVERYTHING.field("det", 1200, {"cosmic": 0.0})
    cosmic = _EVERYTHING.causes("det", 1200.5).cosmic_nsv_h
    assert flat.steady_nsv_h - blind.steady_nsv_h == pytest.approx(cosmic, rel=1e-6)


def test_another_world_of_the_same_seed_is_the_same_in_any_order() -> None:
    again = _world()
    times = [3000.0, 12.5, 1800.0, 600.25]
    assert [again.causes("det", t) for t in reversed(times)] == [_EVERYTHING.causes("det", t) for t in times][::-1]


def _world() -> World:
    scenario = {
        "id": "all",
        "summary": "everything at once",
        "seed": 11,
        "duration_min": 60,
        "buses": [{"id": "tcp", "kind": "modbus-tcp"}],
        "instruments": [
            {"id": name, "profile": "positron-bdmg-04", "bus": "tcp", "address": n + 1}
            for n, name in enumerate(("det", "kit"))
        ],
    }
    return build_world(Scenario.model_validate(scenario | EVERYTHING))


_EVERYTHING = _world()
