"""Faults of the detector: what it counts and shows is wrong, and what comes after it is as if nothing had been."""

from collections.abc import Callable

import pytest

from simulator.build import build_ensemble
from simulator.detectors.bdmg04 import (
    FAULT,
    HV_FAIL_COARSE,
    HV_FAIL_SENSITIVE,
    NO_COUNTS_SENSITIVE,
    MeterState,
)
from simulator.detectors.instrument import Instrument
from simulator.detectors.mightyohm import KitState
from simulator.detectors.weather_station import WeatherState
from simulator.scenario import FaultEvent, Scenario
from simulator.wires.modbus import reply_to

Make = Callable[..., Scenario]


def fault(kind: str, instrument: str | None = "det", start_min: float = 2, duration_min: float = 3, **numbers: object):  # type: ignore[no-untyped-def]  # its type is the model's
    return FaultEvent.model_validate(
        {"kind": kind, "start_min": start_min, "duration_min": duration_min, **numbers}
        | ({} if instrument is None else {"instrument": instrument})
    )


def meter(scenario: Scenario) -> Instrument[object]:
    return build_ensemble(scenario).instruments["det"]


def state(instrument: Instrument[object], t_s: float) -> MeterState:
    shown = instrument.shown(t_s)
    assert isinstance(shown, MeterState)
    return shown


def kit_state(instrument: Instrument[object], t_s: float) -> KitState:
    shown = instrument.shown(t_s)
    assert isinstance(shown, KitState)
    return shown


def test_without_high_voltage_counts_vanish_and_the_status_says_so(scenario_with: Make) -> None:
    broken = meter(scenario_with(faults=[fault("hv_off")]))
    assert state(broken, 119.0).hv_sensitive_v == 400.0
    first = state(broken, 121.0)
    assert first.last_second_sensitive == 0
    assert first.hv_sensitive_v == first.hv_coarse_v == 0.0
    assert first.status & ~NO_COUNTS_SENSITIVE == FAULT | HV_FAIL_SENSITIVE | HV_FAIL_COARSE
    assert {state(broken, float(t)).last_second_sensitive for t in range(122, 300)} == {0}
    assert state(broken, 181.0).status & NO_COUNTS_SENSITIVE


def test_after_the_high_voltage_is_back_it_counts_as_if_nothing_had_been(scenario_with: Make) -> None:
    broken, well = meter(scenario_with(faults=[fault("hv_off")])), meter(scenario_with())
    state(broken, 300.0)
    state(well, 300.0)
    after = [(state(broken, float(t)), state(well, float(t))) for t in range(301, 400)]
    assert all(one.last_second_sensitive == other.last_second_sensitive for one, other in after)


def test_noise_adds_pulses_that_are_not_radiation(scenario_with: Make) -> None:
    noisy = meter(scenario_with(faults=[fault("noise_counts", extra_cps=400)]))
    counts = [state(noisy, float(t)).last_second_sensitive for t in range(122, 300)]
    assert sum(counts) / len(counts) == pytest.approx(402, abs=6)


def test_noise_is_counted_even_without_high_voltage(scenario_with: Make) -> None:
    noisy = meter(scenario_with(faults=[fault("noise_counts", extra_cps=400), fault("hv_off")]))
    assert state(noisy, 122.0).last_second_sensitive > 300


def test_a_light_leak_grows_by_day_and_is_nothing_at_night(scenario_with: Make) -> None:
    leak = fault("light_leak", start_min=0, duration_min=1440, extra_cps=100)
    faults = meter(scenario_with(faults=[leak], world={"begins_at_hour": 6.0})).faults
    morning, noon, afternoon, night = (faults.extra_cps(hour * 3600.0) for hour in (1, 6, 9, 14))
    assert 0 < morning < noon
    assert noon == pytest.approx(25.0)  # a quarter of the seal has gone, and the sun is highest
    assert afternoon > 0
    assert night == 0


def test_a_rain_counter_that_is_reset_begins_at_0_and_goes_on(scenario_with: Make) -> None:
    scenario = scenario_with(
        rain=[{"start_min": 0, "duration_min": 60, "rate_mm_h": 36.0}],
        faults=[fault("counter_reset", "met", start_min=10, duration_min=0.1)],
    )
    gauge = build_ensemble(scenario).instruments["met"]
    before, at, after = (gauge.shown(t_s) for t_s in (600.0, 601.0, 700.0))
    assert isinstance(before, WeatherState)
    assert isinstance(at, WeatherState)
    assert isinstance(after, WeatherState)
    assert before.rain_total_mm == pytest.approx(6.0)
    assert at.rain_total_mm == pytest.approx(0.01)
    assert after.rain_total_mm == pytest.approx(1.0)


def test_a_meter_s_pulse_counter_that_is_reset_begins_again(scenario_with: Make) -> None:
    reset = meter(scenario_with(faults=[fault("counter_reset", start_min=2, duration_min=0.01)]))
    assert state(reset, 120.0).time_sensitive_s > 100
    assert state(reset, 121.0).time_sensitive_s == 1


@pytest.mark.parametrize("kind", ["reboot", "power_cut"])
def test_a_reboot_is_silence_and_then_start_values(scenario_with: Make, kind: str) -> None:
    event = fault(kind, "det" if kind == "reboot" else None, start_min=2, duration_min=0.75)
    ensemble = build_ensemble(scenario_with(faults=[event]))
    device, detector = ensemble.registers["tcp"][1], ensemble.instruments["det"]
    request = bytes.fromhex("04 00 02 00 01")
    assert reply_to(device, request, 119.5) is not None
    assert reply_to(device, request, 120.0) is None
    assert reply_to(device, request, 164.9) is None
    assert reply_to(device, request, 165.0) is not None
    assert (state(detector, 165.0).pulses_sensitive, state(detector, 165.0).time_sensitive_s) == (0, 0)
    assert state(detector, 175.0).time_sensitive_s == 10


def test_a_kit_that_reboots_fills_its_minute_anew(scenario_with: Make) -> None:
    kit = build_ensemble(scenario_with(faults=[fault("reboot", "kit", duration_min=0.1)])).instruments["kit"]
    assert kit_state(kit, 119.0).cpm > 0
    assert kit_state(kit, 126.0).cpm == 0
    assert kit_state(kit, 186.0).cpm > 0


def test_faults_of_the_detector_do_not_depend_on_who_asks_how_often(scenario_with: Make) -> None:
    events = [
        fault("noise_counts", extra_cps=5.0),
        fault("hv_off", start_min=3, duration_min=1),
        fault("reboot", start_min=6, duration_min=0.3),
        fault("counter_reset", start_min=8, duration_min=0.1),
    ]
    often, once = meter(scenario_with(faults=events)), meter(scenario_with(faults=events))
    for quarter in range(4 * 600):
        often.shown(quarter / 4)
    assert often.shown(600.0) == once.shown(600.0)


def test_what_is_wrong_is_known_by_name(scenario_with: Make) -> None:
    faults = meter(scenario_with(faults=[fault("stuck"), fault("hv_off")])).faults
    assert faults.active(119.0) == ()
    assert faults.active(130.0) == ("hv_off", "stuck")
