"""The bytes are those of the facts: synthetic vectors of the BDMG-04, the Lufft's scales, the MightyOhm's sentence."""

from collections.abc import Callable

import pytest

from simulator.build import build_ensemble
from simulator.detectors.bdmg04 import MeterState
from simulator.detectors.instrument import Faults
from simulator.detectors.mightyohm import KitState
from simulator.detectors.weather_station import WeatherState
from simulator.scenario import Bdmg04Settings, RainEvent, Scenario
from simulator.wires.bdmg04_map import config_registers, state_registers
from simulator.wires.crc import crc16
from simulator.wires.lufft_map import state_registers as lufft_registers
from simulator.wires.mightyohm_line import sentence
from simulator.wires.modbus import Device, Registers, Reply, block, reply_to
from simulator.world.weather import Weather

REQUEST = bytes.fromhex("01 04 00 00 00 12 70 07")
REPLY = bytes.fromhex(
    "01 04 24 D9 59 34 00 00 00 00 00 43 C8 00 00 43 C8 99 9A 3F 19 02 58 03 E8"
    " D7 0A 3C 23 00 0A 03 E8 00 01 00 00 00 00 2C AC"
)
STATE = MeterState(
    dose_rate_sv_h=0.12e-6,
    status=0,
    hv_sensitive_v=400.0,
    hv_coarse_v=400.0,
    rate_sensitive_cps=0.6,
    pulses_sensitive=600,
    time_sensitive_s=1000,
    rate_coarse_cps=0.01,
    pulses_coarse=10,
    time_coarse_s=1000,
    last_second_sensitive=1,
    last_second_coarse=0,
)
WEATHER = Weather(temperature_degc=-3.2, humidity_pct=81.4, pressure_hpa=1008.3, wind_m_s=2.7, wind_from_deg=274.0)


class OneState:
    """A BDMG-04 that shows the state of the vector."""

    faults = Faults()

    def read(self, function: int, start: int, count: int, t_s: float) -> Registers:
        return block({0: state_registers(STATE)}, start, count)


def asked(device: Device, request: str, t_s: float = 0.0) -> bytes:
    reply = reply_to(device, bytes.fromhex(request), t_s)
    assert isinstance(reply, Reply)
    return reply.pdu


def test_the_bdmg04_s_reply_is_the_vector_byte_for_byte() -> None:
    answer = REPLY[:1] + asked(OneState(), REQUEST[1:-2].hex())
    assert answer + crc16(answer) == REPLY


@pytest.mark.parametrize(
    "frame",
    ["01 04 00 00 00 12 70 07", "01 03 00 00 00 01 84 0A", "01 03 02 02 18 B9 2E"],
    ids=["BDMG-04 request", "XM9505 request", "XM9505 reply"],
)
def test_the_crc_is_that_of_published_frames(frame: str) -> None:
    whole = bytes.fromhex(frame)
    assert crc16(whole[:-2]) == whole[-2:]


def test_the_bdmg04_tells_its_own_calibration() -> None:
    registers = config_registers(Bdmg04Settings())
    assert len(registers) == 40
    assert registers[0:4] == (0xBC20, 0x4BBE, 0xB717, 0x3851)  # 25e6 per Sv/h and 50e-6 s, low words first
    assert registers[16:18] == (600, 600)
    assert registers[34:36] == (0xCCCD, 0x3DCC)  # own background 0.1 /s


@pytest.mark.parametrize(
    ("request_hex", "answer_hex"),
    [
        ("04 00 00 00 13", "84 02"),  # one register more than the state has
        ("04 00 12 00 01", "84 02"),
        ("04 00 00 00 00", "84 03"),
        ("04 00 00 00 7E", "84 03"),
        ("04 00 00", "84 03"),
        ("06 00 00 00 01", "86 01"),
        ("10 00 00 00 01 02 00 00", "90 01"),
        ("03 A0 00 00 03", "03 06 00 04 00 01 02 00"),
    ],
)
def test_what_the_bdmg04_answers_to_other_requests(
    scenario_with: Callable[..., Scenario], request_hex: str, answer_hex: str
) -> None:
    device = build_ensemble(scenario_with()).registers["tcp"][1]
    assert asked(device, request_hex) == bytes.fromhex(answer_hex)


def test_older_firmware_has_15_state_registers(scenario_with: Callable[..., Scenario]) -> None:
    old = {"id": "det", "profile": "positron-bdmg-04", "bus": "tcp", "device": {"protocol": "1.24"}}
    device = build_ensemble(scenario_with(instruments=(old,))).registers["tcp"][1]
    assert asked(device, "04 00 00 00 12") == bytes.fromhex("84 02")
    assert len(asked(device, "04 00 00 00 0F")) == 2 + 30


def test_the_lufft_s_registers_have_the_manual_s_scales() -> None:
    registers = lufft_registers(WeatherState(WEATHER, rain_total_mm=12.34, rain_rate_mm_h=7.5))
    assert registers[10] == 814
    assert registers[14] == 10083
    assert registers[18] == 2740
    assert registers[25] == 60
    assert registers[31] == 65536 - 32
    assert registers[42] == 27
    assert registers[48] == 1234
    assert registers[50] == 750


def test_the_lufft_s_rain_counter_wraps_at_65536_hundredths() -> None:
    assert lufft_registers(WeatherState(WEATHER, rain_total_mm=655.37, rain_rate_mm_h=0.0))[48] == 1


def test_what_the_lufft_has_not_got_says_so() -> None:
    registers = lufft_registers(WeatherState(WEATHER, rain_total_mm=0.0, rain_rate_mm_h=0.0))
    assert registers[27] == 65535
    assert registers[39] == 32767


def test_the_lufft_s_difference_is_what_fell_since_it_was_last_read(scenario_with: Callable[..., Scenario]) -> None:
    rain = RainEvent(start_min=0, duration_min=60, rate_mm_h=36.0)  # one hundredth of a millimetre a second
    device = build_ensemble(scenario_with(rain=(rain,))).registers["rtu"][1]
    seen = [device.read(4, 49, 1, t_s)[0] for t_s in (10.0, 30.0, 31.0)]
    assert seen == [0, 20, 1]
    device.read(4, 48, 1, 40.0)  # does not touch the difference
    assert device.read(4, 0, 60, 41.0)[49] == 10


def test_the_mightyohm_s_sentence_is_the_published_one() -> None:
    assert sentence(KitState(1, 20, "SLOW")) == b"CPS, 1, CPM, 20, uSv/hr, 0.11, SLOW\r\n"


@pytest.mark.parametrize(
    ("cpm", "text"), [(0, b"0.00"), (1, b"0.00"), (2, b"0.01"), (175, b"1.00"), (18_375, b"105.00")]
)
def test_the_mightyohm_s_dose_rate_is_the_counts_by_175(cpm: int, text: bytes) -> None:
    assert sentence(KitState(0, cpm, "FAST")).split(b", ")[5] == text
