"""Instruments in a scenario, asked by bytes: they answer what is theirs and nothing else, and survive garbage."""

import re
import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.build import Ensemble, build_ensemble
from simulator.scenario import FaultEvent, Scenario
from simulator.wires import bdbg09, dibus, fht6020, wxt530_ascii
from simulator.wires.crc import crc16
from simulator.wires.modbus import reply_to
from simulator.wires.rtu import RtuSlaves

STREAM = (
    "thermo-fht-6020",
    "thermo-fh40g",
    "ecotest-bdbg-09",
    "doza-bdmg-300",
    "gq-gmc-rfc1201",
    "gq-gmc-rfc1801",
    "rad-pro",
    "gamma-scout",
    "ludlum-375",
    "vaisala-wxt530-ascii",
)
MODBUS = (
    "atomtex-bdkg-05",
    "atomtex-btdu-3",
    "vaisala-wxt530-modbus",
    "sonbus-xm9505",
    "deltaohm-hd2016",
    "user-map",
    "positron-bdmg-04",
    "lufft-ws-umb",
)
TRUE_NSV_H = 95.0  # of the scenario's quiet world
BEGAN_NS = 1_795_465_502_000_000_000


def scenario(profile: str, kind: str, **parts: object) -> Scenario:
    return Scenario.model_validate(
        {
            "id": "talk",
            "summary": "for a test",
            "seed": 7,
            "duration_min": 60.0,
            "buses": [{"id": "bus", "kind": kind}],
            "faults": parts.pop("faults", ()),
            "instruments": [{"id": "one", "profile": profile, "bus": "bus", **parts}],
        }
    )


def talk(profile: str, **parts: object) -> Callable[..., bytes]:
    """Ask bytes at a second of the world."""
    talker = build_ensemble(scenario(profile, "serial-line", **parts), BEGAN_NS).talkers["bus"][0]

    def ask(request: bytes, t_s: float = 600.0) -> bytes:
        return b"".join(said.data for said in talker.received(request, t_s))

    return ask


def slave(profile: str, **parts: object) -> tuple[Ensemble, Callable[..., bytes]]:
    ensemble = build_ensemble(scenario(profile, "modbus-rtu", **parts))
    line = RtuSlaves(ensemble.registers["bus"])

    def ask(body_hex: str, t_s: float, *, swapped: bool = True) -> bytes:
        body = bytes.fromhex(body_hex)
        crc = crc16(body)
        return b"".join(said.data for said in line.received(body + (crc[::-1] if swapped else crc), t_s))

    return ensemble, ask


def test_fht_6020_tells_its_dose_rate_and_its_statuses() -> None:
    answer = talk("thermo-fht-6020")(b"\x0701RM138\x03")
    found = re.fullmatch(rb"\x0701RM ([0-9.E+-]+) 0000 0000([0-9A-F]{2})\x03", answer)
    assert found
    assert float(found[1]) == pytest.approx(0.095, rel=0.6)
    assert fht6020.checksum(answer[:-3]) == found[2]


def test_fht_6020_refuses_a_bad_checksum_and_ignores_other_addresses_and_commands() -> None:
    ask = talk("thermo-fht-6020")
    assert ask(b"\x0701RM139\x03") == b"\x15"
    assert ask(fht6020.frame(2, "RM1")) == b""
    assert ask(fht6020.frame(1, "ZZ")) == b""


def test_fh40g_answers_only_when_woken() -> None:
    ask = talk("thermo-fh40g")
    assert ask(b"Rx\r\n") == b""
    assert ask(b"@Rx\r\n").startswith(b"#0.")


@pytest.mark.parametrize(("protocol", "query", "length"), [("1.2", "55 AA 01", 10), ("1.3", "55 AA 70 01 00 71", 12)])
def test_bdbg_09_tells_its_dose_rate(protocol: str, query: str, length: int) -> None:
    answer = talk("ecotest-bdbg-09", protocol=protocol)(bytes.fromhex(query))
    assert len(answer) == length
    assert bdbg09.sealed(answer[:-1]) == answer
    assert int.from_bytes(answer[-7:-3], "little") * 10 == pytest.approx(TRUE_NSV_H, rel=0.6)


def test_bdbg_09_of_version_12_hears_a_broadcast_and_no_other_address() -> None:
    ask = talk("ecotest-bdbg-09", protocol="1.2")
    assert ask(bytes.fromhex("55 AA 0F"))[2] == 0x11
    assert ask(bytes.fromhex("55 AA 02")) == b""
    assert ask(bytes.fromhex("55 AA 41")) == b""  # command 4 means two things


def test_bdbg_09_of_version_13_ignores_a_bad_checksum() -> None:
    assert talk("ecotest-bdbg-09")(bytes.fromhex("55 AA 70 01 00 72")) == b""


@pytest.mark.parametrize(("command", "length"), [(5, 11), (8, 8)])
def test_bdbg_09_replies_have_the_length_of_the_facts(command: int, length: int) -> None:
    assert len(talk("ecotest-bdbg-09")(bdbg09.sealed(bytes((0x55, 0xAA, 0x70, 1, command))))) == length


def test_dibus_tells_sieverts_at_bytes_15_to_18() -> None:
    answer = talk("doza-bdmg-300")(bytes.fromhex("01 02 03 01 01 01 06 01 01 00 20 45 A4 11 22 22 00 00 00"))
    assert answer[14] == 0x22
    assert struct.unpack("<f", answer[15:19])[0] * 1e9 == pytest.approx(TRUE_NSV_H, rel=0.3)


def test_dibus_synchronises_behind_noise_and_ignores_others() -> None:
    ask = talk("doza-bdmg-300")
    ping = bytes.fromhex("FF FF FF 01 01 01 04 00 00 00 0F 04 74 80")
    assert ask(b"\x00\xff\xff" + ping) == dibus.packet(b"\1\1\1", b"\1\2\3", dibus.PING, 0)
    assert ask(dibus.packet(b"\1\2\4", b"\1\1\1", dibus.READ, 1, b"\x22")) == b""
    assert ask(dibus.packet(b"\1\2\3", b"\1\1\1", dibus.READ, 1, b"\x99")) == b""


@pytest.mark.parametrize(
    ("profile", "command", "length"),
    [
        ("gq-gmc-rfc1201", b"<GETVER>>", 14),
        ("gq-gmc-rfc1201", b"<GETCPM>>", 2),
        ("gq-gmc-rfc1201", b"<GETCPS>>", 2),
        ("gq-gmc-rfc1201", b"<GETVOLT>>", 1),
        ("gq-gmc-rfc1201", b"<GETCFG>>", 256),
        ("gq-gmc-rfc1201", b"<GETSERIAL>>", 7),
        ("gq-gmc-rfc1201", b"<GETDATETIME>>", 7),
        ("gq-gmc-rfc1201", b"<GETTEMP>>", 4),
        ("gq-gmc-rfc1201", b"<GETCPML>>", 0),
        ("gq-gmc-rfc1801", b"<GETVER>>", 15),
        ("gq-gmc-rfc1801", b"<GETCPM>>", 4),
        ("gq-gmc-rfc1801", b"<GETCPS>>", 4),
        ("gq-gmc-rfc1801", b"<GETCPML>>", 4),
        ("gq-gmc-rfc1801", b"<GETCPMH>>", 4),
        ("gq-gmc-rfc1801", b"<GETVOLT>>", 5),
        ("gq-gmc-rfc1801", b"<GETCFG>>", 512),
    ],
)
def test_gmc_replies_have_the_length_of_their_rfc(profile: str, command: bytes, length: int) -> None:
    assert len(talk(profile)(command)) == length


def test_gmc_heart_beats_with_the_counts_of_each_second_also_when_it_was_asked_in_between() -> None:
    talker = build_ensemble(scenario("gq-gmc-rfc1201", "serial-line")).talkers["bus"][0]
    assert talker.second(1) == []
    talker.received(b"<HEARTBEAT1>>", 1.0)
    on_time = [talker.second(second)[0].data for second in range(2, 30)]
    again = build_ensemble(scenario("gq-gmc-rfc1201", "serial-line")).talkers["bus"][0]
    again.received(b"<HEARTBEAT1>><GETCPM>>", 500.0)
    assert [again.second(second)[0].data for second in range(2, 30)] == on_time
    talker.received(b"<HEARTBEAT0>>", 30.0)
    assert talker.second(31) == []


def test_gmc_date_is_the_world_s() -> None:
    assert talk("gq-gmc-rfc1201")(b"<GETDATETIME>>", 60.0) == bytes((26, 11, 23, 20, 26, 2, 0xAA))


def test_rad_pro_answers_ok_or_error() -> None:
    ask = talk("rad-pro")
    assert re.fullmatch(rb"OK \d+\r\n", ask(b"GET tubePulseCount\r\n"))
    assert re.fullmatch(rb"OK \d+\.\d{3}\r\n", ask(b"GET tubeRate\r\n"))
    assert ask(b"GET deviceBatteryVoltage\r\n") == b"OK 1.421\r\n"
    assert ask(b"GET deviceTime\r\n", 60.0) == b"OK 1795465562\r\n"
    assert ask(b"SET deviceTime 0\r\n") == b"ERROR\r\n"


def test_gamma_scout_changes_its_modes() -> None:
    ask = talk("gamma-scout")
    assert ask(b"v") == b"\r\nStandard\r\n"
    assert ask(b"P") == b"\r\nPC-Mode gestartet\r\n"
    assert re.fullmatch(rb"\r\nVersion 6\.10 \d+ 0000 23\.11\.26 \d\d:\d\d:\d\d\r\n", ask(b"v"))
    assert ask(b"O") == b""
    assert ask(b"X") == b"\r\nPC-Mode beendet\r\n"
    assert ask(b"O").startswith(b"S")
    assert ask(b"X") == b"\r\nOnline-Mode beendet\r\n"


def test_gamma_scout_online_tells_all_counts_of_each_interval() -> None:
    ensemble = build_ensemble(scenario("gamma-scout", "serial-line", online_interval_s=10))
    talker = ensemble.talkers["bus"][0]
    talker.received(b"O", 0.0)
    lines = [said.data for second in range(1, 601) for said in talker.second(second)]
    assert len(lines) == 60
    assert all(re.fullmatch(rb"I000a[0-9a-f]{6}\r\n", line) for line in lines)
    assert sum(int(line[5:11], 16) for line in lines) == ensemble.instruments["one"].shown(600.0).near.total  # type: ignore[attr-defined] # a probe


def test_ludlum_375_speaks_each_two_seconds_and_alarms_by_itself() -> None:
    talker = build_ensemble(scenario("ludlum-375", "serial-line", low_alarm_usv_h=0.001)).talkers["bus"][0]
    said = [talker.second(second) for second in range(1, 5)]
    assert [len(one) for one in said] == [0, 1, 0, 1]
    assert re.fullmatch(rb"0000\.[0-9]101010\r\n", said[1][0].data)


def test_wxt530_answers_each_group_and_all() -> None:
    ask = talk("vaisala-wxt530-ascii")
    assert re.fullmatch(rb"0R2,Ta=-?[0-9.]+C,Ua=[0-9.]+P,Pa=[0-9.]+H\r\n", ask(b"0R2\r\n"))
    assert ask(b"0R0\r\n").count(b",") == 19
    assert [line[:3] for line in ask(b"0R\r\n").splitlines()] == [b"0R1", b"0R2", b"0R3", b"0R5"]
    assert ask(b"1R0\r\n") == b""
    assert ask(b"0R7\r\n") == b""


def test_wxt530_in_lower_case_proves_itself_by_a_crc() -> None:
    ask = talk("vaisala-wxt530-ascii")
    answer = ask(b"0r1Goe\r\n")
    assert answer.startswith(b"0r1,Dn=")
    assert wxt530_ascii.crc3(answer[:-5]) == answer[-5:-2]
    assert ask(b"0r1Gof\r\n") == b""


def test_instruments_with_addresses_share_a_line() -> None:
    shared = scenario("thermo-fht-6020", "serial-tcp").model_dump()
    shared["instruments"] = [
        {"id": "a", "profile": "thermo-fht-6020", "bus": "bus", "address": 1},
        {"id": "b", "profile": "thermo-fht-6020", "bus": "bus", "address": 2},
    ]
    talkers = build_ensemble(Scenario.model_validate(shared)).talkers["bus"]
    answers = [b"".join(said.data for said in talker.received(fht6020.frame(2, "RM1"), 1.0)) for talker in talkers]
    assert answers[0] == b""
    assert answers[1].startswith(b"\x0702RM ")


# --- ATOMTEX

INIT = ("01 06 00 00 FF FF", "01 05 00 23 FF 00", "01 05 00 22 FF 00")
DOSE_RATE = "01 04 00 08 00 02"


def dose_rate_nsv_h(answer: bytes) -> float:
    value: float = struct.unpack(">f", answer[3:7])[0]
    return value * 1e9


def test_a_cold_bdkg_05_hears_nothing_for_365_hundredths_of_a_second() -> None:
    _, ask = slave("atomtex-bdkg-05")
    assert ask("01 07", 3.6) == b""
    assert ask(INIT[0], 3.6) == b""
    assert ask("01 07", 3.7)[:3] == bytes.fromhex("01 07 00")


def test_a_bdkg_05_shows_no_dose_rate_before_its_start_up_and_then_does() -> None:
    _, ask = slave("atomtex-bdkg-05")
    assert dose_rate_nsv_h(ask(DOSE_RATE, 10.0)) == 0.0
    for request in INIT:
        assert ask(request, 10.0)[:-2] == bytes.fromhex(request)
    assert dose_rate_nsv_h(ask(DOSE_RATE, 60.0)) == pytest.approx(TRUE_NSV_H, rel=0.1)


def test_a_bdkg_05_that_was_started_again_forgets_its_mean() -> None:
    _, ask = slave("atomtex-bdkg-05", cold=False)
    assert dose_rate_nsv_h(ask(DOSE_RATE, 60.0)) > 0.0
    ask(INIT[1], 60.0)
    error_pct = struct.unpack(">f", ask("01 04 00 06 00 02", 61.0)[3:7])[0]
    assert error_pct > 100 / 459**0.5


def test_a_reboot_makes_a_bdkg_05_cold() -> None:
    reboot = FaultEvent(instrument="one", kind="reboot", start_min=1.0, duration_min=0.5)
    _, ask = slave("atomtex-bdkg-05", cold=False, faults=(reboot,))
    assert dose_rate_nsv_h(ask(DOSE_RATE, 59.0)) > 0.0
    assert dose_rate_nsv_h(ask(DOSE_RATE, 100.0)) == 0.0


def test_an_atomtex_is_silent_to_a_crc_in_the_usual_order() -> None:
    _, ask = slave("atomtex-btdu-3")
    assert ask("01 04 00 00 00 4F", 1.0, swapped=False) == b""
    answer = ask("01 04 00 00 00 4F", 1.0)
    assert len(answer) == 5 + 158
    assert crc16(answer[:-2])[::-1] == answer[-2:]


# --- others on Modbus


def test_xm9505_answers_its_example() -> None:
    _, ask = slave("sonbus-xm9505", place={"gauge_start_mm": 53.6})
    assert ask("01 03 00 00 00 01", 1.0, swapped=False) == bytes.fromhex("01 03 02 02 18 B9 2E")
    assert ask("01 03 00 66 00 01", 1.0, swapped=False)[3:5] == b"\x00\x01"


def test_the_wxt530_s_rain_is_reset_by_its_code_only() -> None:
    _, ask = slave("vaisala-wxt530-modbus", place={"gauge_start_mm": 5.0})
    assert ask("01 04 00 30 00 01", 1.0, swapped=False)[3:5] == (500).to_bytes(2, "big")
    assert ask("01 06 00 07 00 01", 1.0, swapped=False)[1] == 0x86
    assert ask("01 06 00 07 32 47", 1.0, swapped=False)[1] == 0x06
    assert ask("01 04 00 30 00 01", 1.0, swapped=False)[3:5] == b"\0\0"


def test_a_user_map_refuses_what_it_has_not_got() -> None:
    values = [{"address": 10, "word_order": "cdab", "scale": 1e-3}, {"address": 12, "type": "u16", "source": "total"}]
    _, ask = slave("user-map", values=values)
    answer = ask("01 04 00 0A 00 03", 60.0, swapped=False)
    low, high = struct.unpack(">HH", answer[3:7])
    assert struct.unpack(">f", struct.pack(">HH", high, low))[0] == pytest.approx(0.095, rel=0.4)
    assert ask("01 04 00 0A 00 04", 60.0, swapped=False)[1:3] == b"\x84\x02"
    assert ask("01 03 00 0A 00 01", 60.0, swapped=False)[1:3] == b"\x83\x02"


# --- garbage


@pytest.mark.parametrize("profile", sorted(STREAM))
def test_garbage_gets_no_numbers_and_the_next_question_its_answer(profile: str) -> None:
    ensemble = build_ensemble(scenario(profile, "serial-line"))
    talker = ensemble.talkers["bus"][0]

    @settings(max_examples=150, deadline=None)
    @given(st.lists(st.binary(max_size=400), max_size=4))
    def survives(pieces: list[bytes]) -> None:
        for piece in pieces:
            said = b"".join(one.data for one in talker.received(piece, 10.0))
            assert len(said) <= 64 * max(1, len(piece)) + 4096
        talker.gap()
        talker.received(b">>\x03\r\n", 10.0)  # whatever had begun is ended

    survives()
    if profile in QUESTIONS:
        answer = b"".join(one.data for one in talker.received(QUESTIONS[profile], 10.0))
        assert answer


QUESTIONS = {
    "thermo-fht-6020": b"\x0701RM138\x03",
    "thermo-fh40g": b"@Rx\r\n",
    "ecotest-bdbg-09": bytes.fromhex("55 AA 70 01 00 71"),
    "doza-bdmg-300": bytes.fromhex("01 02 03 01 01 01 06 01 01 00 20 45 A4 11 22 22 00 00 00"),
    "gq-gmc-rfc1201": b"<GETCPM>>",
    "gq-gmc-rfc1801": b"<GETCPM>>",
    "rad-pro": b"GET tubeRate\r\n",
    "gamma-scout": b"v",
    "vaisala-wxt530-ascii": b"0R1\r\n",
}


@pytest.mark.parametrize("profile", MODBUS)
def test_garbage_on_a_modbus_line_is_met_with_silence(profile: str) -> None:
    line = RtuSlaves(build_ensemble(scenario(profile, "modbus-rtu")).registers["bus"])

    @settings(max_examples=150, deadline=None)
    @given(st.lists(st.binary(max_size=300), max_size=4))
    def survives(pieces: list[bytes]) -> None:
        for piece in pieces:
            for said in line.received(piece, 10.0):
                assert crc16(said.data[:-2]) in (said.data[-2:], said.data[:-3:-1])
        line.gap()

    survives()


@pytest.mark.parametrize("profile", MODBUS)
@settings(max_examples=60, deadline=None)
@given(pdu=st.binary(min_size=1, max_size=20))
def test_any_request_with_a_good_crc_is_answered_in_its_own_function_or_not_at_all(profile: str, pdu: bytes) -> None:
    device = build_ensemble(scenario(profile, "modbus-rtu")).registers["bus"][1]
    reply = modbus_reply(device, pdu)
    assert reply is None or reply[0] & 0x7F == pdu[0] & 0x7F


def modbus_reply(device: object, pdu: bytes) -> bytes | None:
    reply = reply_to(device, pdu, 10.0)  # type: ignore[arg-type] # a device of the ensemble
    return None if reply is None else reply.pdu
