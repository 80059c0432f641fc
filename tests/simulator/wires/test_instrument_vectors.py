"""The bytes of each instrument's wire are those of the facts; where only a shape is known, the shape."""

import struct
from datetime import UTC, datetime

import pytest

from simulator.detectors.probe import ProbeState, TubeState
from simulator.detectors.weather_station import WeatherState
from simulator.scenario_wires import MappedValue
from simulator.wires import atomtex, bdbg09, dibus, fh40g, fht6020, gauges_map, gmc, ludlum375, user_map, wxt530_ascii
from simulator.wires.crc import crc16
from simulator.world.weather import Weather

WEATHER = Weather(temperature_degc=17.9, humidity_pct=73.7, pressure_hpa=1005.8, wind_m_s=5.8, wind_from_deg=274.0)


def tube_state(**parts: float) -> TubeState:
    told = {"last_second": 357, "last_minute": 0, "total": 0, "mean_cps": 324.38, "mean_counts": 459, "mean_s": 30}
    return TubeState(**(told | {"dose_rate_nsv_h": 92.74} | parts))  # type: ignore[arg-type] # all numbers


def probe_state(**parts: object) -> ProbeState:
    told: dict[str, object] = {
        "second": 60,
        "near": tube_state(),
        "far": None,
        "dose_rate_nsv_h": 92.74,
        "dose_nsv": 0.0,
        "temperature_degc": 25.81,
    }
    return ProbeState(**(told | parts))  # type: ignore[arg-type] # built from one table


@pytest.mark.parametrize(
    ("content", "frame"),
    [
        ("RM1", b"\x0701RM138\x03"),
        ("##", b"\x0701##AE\x03"),
        ("VR", b"\x0701VR10\x03"),
        ("DP", b"\x0701DPFC\x03"),
        ("NR", b"\x0701NR08\x03"),
    ],
)
def test_fht_6020_frames(content: str, frame: bytes) -> None:
    assert fht6020.frame(1, content) == frame


def test_fh40g_answers_as_in_the_published_example() -> None:
    assert fh40g.reply(0.1729, 0.1558, 0) == b"#0.1729E+0 0 0.1558E+0 0 00\r\n"


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0.0000E+0"), (12.34, "0.1234E+2"), (0.00999999, "0.1000E-1"), (1.0, "0.1000E+1")]
)
def test_fh40g_numbers_have_a_mantissa_below_one(value: float, text: str) -> None:
    assert fh40g.number(value) == text


@pytest.mark.parametrize("frame", ["55 AA 70 01 00 71", "55 AA 70 01 08 79"])
def test_bdbg_09_queries_have_the_checksum_of_the_facts(frame: str) -> None:
    assert bdbg09.sealed(bytes.fromhex(frame)[:-1]) == bytes.fromhex(frame)


def test_bdbg_09_replies() -> None:
    fields = bdbg09.dose_rate_fields(120.0, 10.0)
    assert bdbg09.sealed(b"\x55\xaa\x11" + fields) == bytes.fromhex("55 AA 11 0C 00 00 00 0A 00 27")
    assert bdbg09.sealed(b"\x55\xaa\x70\x01\x01" + fields) == bytes.fromhex("55 AA 70 01 01 0C 00 00 00 0A 00 88")


def test_bdbg_09_says_when_its_last_digit_is_worth_ten_times_more() -> None:
    assert bdbg09.dose_rate_fields(1e11, 1.0) == (1_000_000_000).to_bytes(4, "little") + bytes((1, 0x80))


def test_bdbg_09_says_when_its_value_is_unreliable() -> None:
    assert bdbg09.dose_rate_fields(120.0, 100.0)[-1] == 1 << 2


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        (dibus.packet(b"\1\2\3", b"\1\1\1", 6, 1, b"\x22"), "01 02 03 01 01 01 06 01 01 00 20 45 A4 11 22 22 00 00 00"),
        (dibus.packet(dibus.BROADCAST, b"\1\1\1", 4, 0), "FF FF FF 01 01 01 04 00 00 00 0F 04 74 80"),
        (
            dibus.packet(dibus.BROADCAST, b"\1\1\1", 6, 0x0B, b"\x23"),
            "FF FF FF 01 01 01 06 0B 01 00 6F 44 74 80 23 23 00 00 00",
        ),
        (
            dibus.packet(b"\1\1\1", b"\1\2\3", 7, 1, struct.pack("<Bf", 0x22, 0.12e-6)),
            "01 01 01 01 02 03 07 01 05 00 20 69 98 10 22 59 D9 00 34 14 B3 0B 00",
        ),
    ],
    ids=["request", "ping", "AsrkStand's request", "reply"],
)
def test_dibus_packets(packet: bytes, expected: str) -> None:
    assert packet == bytes.fromhex(expected)


@pytest.mark.parametrize(
    "frame",
    [
        "01 04 00 01 00 01 0A 60",
        "01 07 E2 41",
        "01 04 00 08 00 01 08 B0",
        "01 04 00 08 00 02 09 F0",
        "01 04 00 02 00 0C CF 51",
        "01 06 00 00 00 05 C9 49",
        "01 05 00 06 FF 00 3B 6C",
        "01 41 10 C0",
        "01 12 02 01 25 33 7D",
    ],
)
def test_atomtex_sends_the_high_byte_of_its_crc_first(frame: str) -> None:
    whole = bytes.fromhex(frame)
    assert crc16(whole[:-2])[::-1] == whole[-2:]


def floats(registers: tuple[int, ...], at: int) -> float:
    value: float = struct.unpack(">f", struct.pack(">HH", *registers[at : at + 2]))[0]
    return value


def test_the_block_of_79_registers_carries_the_captured_sample() -> None:
    registers = atomtex.block_registers(probe_state())
    assert len(registers) == 79
    assert registers[1] / 256 == pytest.approx(25.81, abs=0.005)
    assert registers[2:4] == (0, 357)
    assert floats(registers, 4) == pytest.approx(324.38)
    assert floats(registers, 6) == pytest.approx(4.67, abs=0.005)
    assert floats(registers, 8) == pytest.approx(9.274e-8)
    assert registers[73:75] == (0, 357)


def test_the_high_range_stands_32_registers_on() -> None:
    registers = atomtex.block_registers(probe_state(far=tube_state(last_second=70000, dose_rate_nsv_h=1e9)))
    assert registers[32:34] == (1, 4464)
    assert floats(registers, 38) == pytest.approx(1.0)


def test_bdkg_05_registers_begin_at_one() -> None:
    registers = atomtex.bdkg05_registers(probe_state(temperature_degc=-1.5), measuring=True)
    assert registers[0] == 65536 - 384
    assert registers[1:3] == (0, 357)
    assert floats(registers, 3) == pytest.approx(324.38)
    assert floats(registers, 7) == pytest.approx(9.274e-8)
    assert len(registers) == 13


@pytest.mark.parametrize(
    ("command", "crc"),
    [(b"0r1", b"Goe"), (b"0r2", b"Gje"), (b"0r3", b"Kid"), (b"0r5", b"Kcd"), (b"0r", b"BVT"), (b"0r0", b"Kld")],
)
def test_wxt530_crc_is_that_of_the_manual(command: bytes, crc: bytes) -> None:
    assert wxt530_ascii.crc3(command) == crc


def test_wxt530_fields_have_the_shape_of_the_manual_s_example() -> None:
    shown = wxt530_ascii.fields(WeatherState(WEATHER, 13.02, 0.0), 12480, "B")
    assert shown["wind"] == "Dn=274D,Dm=274D,Dx=274D,Sn=5.8M,Sm=5.8M,Sx=5.8M"
    assert shown["ptu"] == "Ta=17.9C,Ua=73.7P,Pa=1.0058B"
    assert shown["rain"] == "Rc=13.02M,Rd=12480s,Ri=0.0M,Hc=0.0M,Hd=0s,Hi=0.0M"
    assert wxt530_ascii.fields(WeatherState(WEATHER, 0.0, 0.0), 0, "H")["ptu"].endswith("Pa=1005.8H")


def test_wxt530_registers_of_the_manual() -> None:
    registers = gauges_map.wxt530_registers(WeatherState(WEATHER, 0.0, 0.0))
    assert registers[0x0A:0x0E] == (737,) * 4
    assert registers[0x0E:0x12] == (10058,) * 4
    assert registers[0x12] == 2740
    assert registers[0x1F:0x23] == (179,) * 4
    assert registers[0x1B] == 65535


def test_xm9505_counts_tenths_as_in_its_example() -> None:
    count = gauges_map.xm9505_count(WeatherState(WEATHER, 53.6, 0.0))
    reply = b"\x01\x03\x02" + count.to_bytes(2, "big")
    assert reply + crc16(reply) == bytes.fromhex("01 03 02 02 18 B9 2E")


def test_xm9505_wraps_at_16_bits() -> None:
    assert gauges_map.xm9505_count(WeatherState(WEATHER, 6553.7, 0.0)) == 1


def test_hd2016_counts_micrometres() -> None:
    registers = gauges_map.hd2016_registers(WeatherState(WEATHER, 70.0, 6.0))
    assert registers == (0, 0, 1, 4464, 1, 4464, 0, 0, 0, 100)


def test_ludlum_375_sends_the_recorded_line() -> None:
    assert ludlum375.xml(ludlum375.Monitor(0.5), 272137) == (
        b'<?xml version="1.0" encoding="us-ascii"?><area_monitor rev="1.0" serial="272137"><status>'
        b"<rate>0000.5</rate><units_code>03</units_code><audio>0</audio><alarm1>0</alarm1><alarm2>0</alarm2>"
        b"<over_range>0</over_range><monitor>1</monitor><error_code>0</error_code></status></area_monitor>\r\n"
    )


def test_ludlum_375_dumps_14_bytes() -> None:
    assert ludlum375.dump(ludlum375.Monitor(0.5)) == b"0000.5000010\r\n"
    assert ludlum375.dump(ludlum375.Monitor(12345.0, high_alarm=True, over_range=True)) == b"9999.9110110\r\n"


def test_gmc_dates_and_temperatures_end_with_aa() -> None:
    assert gmc.date_bytes(datetime(2026, 11, 23, 21, 5, 9, tzinfo=UTC)) == bytes((26, 11, 23, 21, 5, 9, 0xAA))
    assert gmc.temperature_bytes(-3.2) == bytes((3, 2, 1, 0xAA))
    assert gmc.temperature_bytes(21.5) == bytes((21, 5, 0, 0xAA))


@pytest.mark.parametrize(
    ("order", "registers"),
    [("abcd", (0x3F80, 0x0102)), ("cdab", (0x0102, 0x3F80)), ("badc", (0x803F, 0x0201)), ("dcba", (0x0201, 0x803F))],
)
def test_a_user_map_has_four_word_orders(order: str, registers: tuple[int, int]) -> None:
    value = MappedValue(address=0, type="u32", source="constant", constant=0x3F800102, word_order=order)
    assert user_map.encoded(value, 0x3F800102) == registers


@pytest.mark.parametrize(
    ("kind", "number", "registers"),
    [("u16", 70000.0, (65535,)), ("s16", -2.0, (65534,)), ("s32", -2.0, (65535, 65534)), ("f32", 1.0, (0x3F80, 0))],
)
def test_a_user_map_s_numbers_are_held_at_their_limits(kind: str, number: float, registers: tuple[int, ...]) -> None:
    assert user_map.encoded(MappedValue(address=0, type=kind), number) == registers


def test_a_user_map_s_total_wraps() -> None:
    assert user_map.encoded(MappedValue(address=0, type="u16", source="total"), 65537.0) == (1,)


def test_a_user_map_s_text_has_two_letters_a_register() -> None:
    assert user_map.text_registers("ABC") == (0x4142, 0x4300)
