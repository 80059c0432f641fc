"""Registers and texts to values: types, orders, scales in decimal, invalid codes, status bits, ranges."""

import math
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.profile import Profile, RegisterValue, StatusBit
from config.quality import Quality
from drivers.decode import canonical, raw_bits, register_reading
from tests.drivers.wires import shipped
from tests.fakes.bdmg04 import REGISTERS


def value(**changes: Any) -> RegisterValue:
    given_ = {"name": "it", "quantity": "informative", "address": 0, "type": "u16", "unit": "1"}
    return RegisterValue.model_validate(given_ | changes)


def decoded(words: list[int], **changes: Any) -> float | None:
    one = value(**changes)
    return canonical(one, raw_bits(one, words))


def with_values(*values: RegisterValue, **changes: Any) -> Profile:
    """The generic profile with other values."""
    return shipped("generic-modbus").model_copy(update={"values": values, **changes})


def words_of(data: bytes) -> dict[int, int]:
    return dict(enumerate(struct.unpack(f">{len(data) // 2}H", data)))


ORDERS = [
    ("big", "big", "ABCD"),
    ("little", "big", "CDAB"),
    ("big", "little", "BADC"),
    ("little", "little", "DCBA"),
]


@pytest.mark.parametrize(("word_order", "byte_order", "layout"), ORDERS)
@pytest.mark.parametrize(("kind", "code", "number"), [("u32", ">I", 0x12345678), ("s32", ">i", -2), ("f32", ">f", 0.1)])
def test_32_bits_in_each_of_the_four_orders(
    word_order: str, byte_order: str, layout: str, kind: str, code: str, number: float
) -> None:
    letters = dict(zip("ABCD", struct.pack(code, number), strict=True))
    wire = bytes(letters[letter] for letter in layout)
    words = list(struct.unpack(">HH", wire))
    assert decoded(words, type=kind, word_order=word_order, byte_order=byte_order) == number


@pytest.mark.parametrize(
    ("kind", "word", "number"),
    [
        ("u16", 0xFFFE, 65534),
        ("s16", 0xFFFE, -2),
        ("s16", 0x7FFF, 32767),
        ("u8lo", 0x1234, 0x34),
        ("u8hi", 0x1234, 0x12),
    ],
)
def test_one_register_types(kind: str, word: int, number: int) -> None:
    assert decoded([word], type=kind) == number


def test_swapped_bytes_swap_the_two_small_fields() -> None:
    assert decoded([0x1234], type="u8lo", byte_order="little") == 0x12


@given(st.integers(0, 999_999), st.integers(-12, 3))
def test_a_float_in_sv_h_comes_out_as_the_decimal_that_the_instrument_meant(digits: int, exponent: int) -> None:
    meant = float(f"{digits}e{exponent}")
    words = list(struct.unpack(">HH", struct.pack(">f", meant)))
    assert decoded(words, type="f32", scale=1e9) == float(f"{digits}e{exponent + 9}")


@given(st.binary(min_size=4, max_size=4))
def test_every_float_survives_as_the_same_float(data: bytes) -> None:
    (number,) = struct.unpack(">f", data)
    result = decoded(list(struct.unpack(">HH", data)), type="f32")
    if math.isfinite(number):
        assert result is not None
        assert np.float32(result) == np.float32(number)
    else:
        assert result is None


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_float_that_is_no_number_is_missing_and_flagged(number: float) -> None:
    words = words_of(struct.pack(">f", number))
    reading = register_reading(shipped("generic-modbus"), words, b"")
    assert reading.values["dose_rate"] is None
    assert reading.flags == Quality.SENSOR_INVALID


def test_tenths_are_tenths() -> None:
    assert decoded([10132], scale=0.1) == 1013.2
    assert decoded([0xFFFF], type="s16", scale=0.1) == -0.1
    assert decoded([250], scale=0.1, offset=-40.0) == -15.0


def test_a_scale_that_leaves_the_numbers_gives_no_number() -> None:
    assert decoded([2, 2], type="u32", scale=1e308) is None


def test_zero_has_no_sign() -> None:
    assert math.copysign(1.0, decoded([0x8000, 0], type="f32") or 0.0) == 1.0


@pytest.mark.parametrize(
    ("kind", "words", "code"),
    [("u16", [65535], 65535), ("s16", [0x7FFF], 32767), ("s16", [0xFFFF], -1), ("f32", [0x42F6, 0xE979], 0x42F6E979)],
)
def test_an_invalid_code_is_missing_and_flagged(kind: str, words: list[int], code: int) -> None:
    profile = with_values(value(type=kind, invalid=[code]))
    reading = register_reading(profile, dict(enumerate(words)), b"")
    assert reading.values == {"it": None}
    assert reading.flags == Quality.SENSOR_INVALID


def test_registers_that_were_not_read_are_missing_without_a_flag() -> None:
    profile = with_values(value(name="half", type="u32", address=1), value(name="whole", address=0))
    reading = register_reading(profile, {0: 7, 1: 8}, b"")
    assert reading.values == {"half": None, "whole": 7.0}
    assert reading.flags == 0


@pytest.mark.parametrize("when", [0, 1])
@pytest.mark.parametrize("word", [0, 1 << 5])
def test_a_bit_may_complain_by_being_clear(word: int, when: int) -> None:
    bit = StatusBit.model_validate({"value": "it", "bit": 5, "flag": "high_voltage", "when": when, "meaning": ""})
    profile = with_values(value(quantity="status"), status_bits=(bit,))
    flags = register_reading(profile, {0: word}, b"").flags
    assert (flags == Quality.HIGH_VOLTAGE) == ((word != 0) == bool(when))


@pytest.mark.parametrize(
    ("nsv_h", "flags"), [(9.0, Quality.UNDER_RANGE), (10.0, Quality(0)), (1e7, Quality(0)), (2e7, Quality.OVER_RANGE)]
)
def test_a_dose_rate_out_of_range_stays_and_is_flagged(nsv_h: float, flags: Quality) -> None:
    reading = register_reading(shipped("generic-modbus"), words_of(struct.pack(">f", nsv_h)), b"")
    assert reading.values["dose_rate"] == nsv_h
    assert reading.flags == flags


def test_the_bdmg_04_vector() -> None:
    reading = register_reading(shipped("positron-bdmg-04"), words_of(REGISTERS), REGISTERS)
    assert reading.values == {
        "dose_rate": 120.0,
        "status": 0.0,
        "hv_sensitive": 400.0,
        "hv_coarse": 400.0,
        "rate_sensitive": 0.6,
        "pulses_used_sensitive": 600.0,
        "accumulation_sensitive": 1000.0,
        "rate_coarse": 0.01,
        "pulses_used_coarse": 10.0,
        "accumulation_coarse": 1000.0,
        "last_second_sensitive": 1.0,
        "last_second_coarse": 0.0,
        "circuit_sensitive": 0.0,
        "circuit_coarse": 0.0,
    }
    assert reading.flags == 0
    assert reading.of("dose_rate") == 120.0
    assert reading.of("counts") == 1.0
    assert reading.raw == REGISTERS


BDMG_BITS = {
    0: Quality.INSTRUMENT_FAULT,
    1: Quality.INSTRUMENT_ALARM,
    2: Quality.INSTRUMENT_ALARM,
    3: Quality(0),
    4: Quality.HIGH_VOLTAGE,
    5: Quality.HIGH_VOLTAGE,
    6: Quality.INSTRUMENT_FAULT,
    7: Quality.INSTRUMENT_FAULT,
    8: Quality.TEST_MODE,
    9: Quality.INSTRUMENT_ALARM,
    10: Quality.PARAMETERS_CORRUPT,
    11: Quality(0),
    12: Quality(0),
    13: Quality(0),
    14: Quality(0),
    15: Quality(0),
}


@pytest.mark.parametrize(("bit", "flag"), BDMG_BITS.items())
def test_each_status_bit_of_the_bdmg_04(bit: int, flag: Quality) -> None:
    words = words_of(REGISTERS) | {2: 1 << bit}
    reading = register_reading(shipped("positron-bdmg-04"), words, b"")
    assert reading.flags == flag
    assert reading.values["status"] == 1 << bit


LUFFT = {10: 883, 14: 9885, 18: 2300, 25: 60, 31: 0xFFF6, 35: 0xFFE2, 42: 15, 48: 31240, 50: 1200}


def test_a_lufft_weather_station() -> None:
    reading = register_reading(shipped("lufft-ws-umb"), LUFFT, b"")
    assert reading.values == {
        "humidity": 88.3,
        "relative_pressure": 988.5,
        "wind_direction": 230.0,
        "precipitation_type": 60.0,
        "air_temperature": -1.0,
        "dew_point": -3.0,
        "wind_speed": 1.5,
        "rain_total": 312.4,
        "rain_rate": 12.0,
    }
    assert reading.flags == 0


def test_a_lufft_sensor_without_a_value_is_missing_not_zero() -> None:
    invalid = dict.fromkeys(LUFFT, 65535) | {31: 32767, 35: 32767}
    reading = register_reading(shipped("lufft-ws-umb"), invalid, b"")
    assert set(reading.values.values()) == {None}
    assert reading.flags == Quality.SENSOR_INVALID
