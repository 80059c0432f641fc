"""Faults of the wire: each spoils a good reply in its own way, and in the same way every time."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.build import build_ensemble
from simulator.faults.faults import Faults
from simulator.faults.wire import Framing
from simulator.scenario import FaultEvent, Scenario
from simulator.wires.crc import crc16
from simulator.wires.modbus import reply_to
from simulator.wires.tcp import FRAMING as TCP

Make = Callable[..., Scenario]
RTU = Framing(address_at=0, checksum_at=-2, reseal=lambda frame: frame[:-2] + crc16(frame[:-2]))
GOOD = bytes.fromhex("01 04 02 00 00 B9 30")
GOOD_TCP = bytes.fromhex("00 01 00 00 00 05 01 04 02 00 00")
LINE = b"CPS, 1, CPM, 20, uSv/hr, 0.11, SLOW\r\n"
frames = st.binary(min_size=1, max_size=200)


def faults(kind: str, **numbers: object) -> Faults:
    event = FaultEvent.model_validate({"instrument": "det", "kind": kind, "start_min": 1, "duration_min": 1, **numbers})
    return Faults([event], seed=3, instrument_id="det")


ALL = [
    faults("half_open", lost_share=0.3, changed_share=0.3),
    faults("line_noise", noise_bytes=4),
    faults("collision"),
    faults("bad_checksum"),
]


@given(frame=frames, which=st.sampled_from(ALL), t_s=st.floats(60, 119.9))
def test_the_same_reply_in_the_same_second_is_spoilt_in_the_same_way(frame: bytes, which: Faults, t_s: float) -> None:
    assert which.spoil(frame, t_s) == which.spoil(frame, float(int(t_s)))


@given(frame=frames, which=st.sampled_from(ALL))
def test_before_and_after_its_time_a_fault_does_nothing(frame: bytes, which: Faults) -> None:
    assert which.spoil(frame, 59.9) == which.spoil(frame, 120.0) == frame


def test_other_seconds_and_other_instruments_are_spoilt_otherwise() -> None:
    event = FaultEvent(instrument="a", kind="half_open", start_min=0, duration_min=5, lost_share=0.5)
    seen = {Faults([event], 1, name).spoil(LINE, t_s) for name in ("a", "b") for t_s in (1.0, 2.0)}
    assert len(seen) == 4


def test_a_bad_checksum_is_wrong_by_one_bit_of_it() -> None:
    spoilt = faults("bad_checksum").spoil(GOOD, 60.0, RTU)
    assert spoilt[:-2] == GOOD[:-2]
    assert spoilt[-2] ^ GOOD[-2] == 1
    assert crc16(spoilt[:-2]) != spoilt[-2:]


def test_where_nothing_is_known_of_the_frame_the_byte_before_its_end_marks_is_taken_for_the_checksum() -> None:
    assert faults("bad_checksum").spoil(b"*123;2F\r\n", 60.0) == b"*123;2G\r\n"


def test_a_wrong_unit_answers_with_a_right_checksum() -> None:
    spoilt = faults("wrong_unit").spoil(GOOD, 60.0, RTU)
    assert spoilt[0] == 2
    assert spoilt[1:-2] == GOOD[1:-2]
    assert crc16(spoilt[:-2]) == spoilt[-2:]


def test_a_wrong_unit_on_tcp_keeps_its_transaction() -> None:
    assert faults("wrong_unit", unit=77).spoil(GOOD_TCP, 60.0, TCP) == GOOD_TCP[:6] + b"\x4d" + GOOD_TCP[7:]


def test_a_wire_without_addresses_has_no_wrong_one() -> None:
    assert faults("wrong_unit").spoil(LINE, 60.0, Framing()) == LINE


def test_a_half_open_cable_loses_about_its_share_of_the_bytes() -> None:
    arrived = faults("half_open", lost_share=0.25).spoil(b"\xaa" * 10_000, 60.0)
    assert set(arrived) == {0xAA}
    assert abs(len(arrived) - 7500) < 4 * (10_000 * 0.25 * 0.75) ** 0.5


def test_a_half_open_cable_changes_about_its_share_of_the_bytes() -> None:
    arrived = faults("half_open", changed_share=0.1).spoil(b"\xaa" * 10_000, 60.0)
    assert len(arrived) == 10_000
    assert abs(sum(byte != 0xAA for byte in arrived) - 1000) < 4 * (10_000 * 0.1 * 0.9) ** 0.5


@given(frame=frames)
def test_line_noise_surrounds_the_reply_and_leaves_it_whole(frame: bytes) -> None:
    assert frame in faults("line_noise", noise_bytes=20).spoil(frame, 60.0)


def test_a_collision_only_ever_pulls_bits_down() -> None:
    spoilt = faults("collision").spoil(GOOD, 60.0)
    assert spoilt[: len(GOOD)] != GOOD
    assert all(mixed & ~good & 0xFF == 0 for mixed, good in zip(spoilt, GOOD, strict=False))


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 6, 8, 10, 11])
@pytest.mark.parametrize(("bus", "instrument"), [("tcp", "det"), ("rtu", "met")])
def test_every_exception_code_can_be_had_from_a_modbus_slave(
    scenario_with: Make, code: int, bus: str, instrument: str
) -> None:
    event = FaultEvent(instrument=instrument, kind="exception", code=code, start_min=1, duration_min=1)
    device = build_ensemble(scenario_with(faults=(event,))).registers[bus][1]
    request = bytes.fromhex("04 00 02 00 01")
    reply = reply_to(device, request, 60.0)
    assert reply is not None
    assert reply.pdu == bytes((0x84, code))
    well = reply_to(device, request, 120.0)
    assert well is not None
    assert well.pdu[0] == 4
