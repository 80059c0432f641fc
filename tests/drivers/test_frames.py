"""Only the very answer passes: pure judging of replies, with the laws that hold for any bytes."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.frames import NotTheAnswerError, Question, rtu_answer, tcp_answer
from tests.fakes.bdmg04 import REPLY, REQUEST, crc, rtu, tcp

ASKED = Question(unit=1, function=4, start=0, count=18)
TCP_REQUEST = bytes.fromhex("0007 0000 0006 01 04 0000 0012")
TCP_REPLY = tcp(TCP_REQUEST, REPLY[1:-2])


def test_the_fakes_own_checksum_is_that_of_the_vectors() -> None:
    assert crc(REQUEST[:-2]) == REQUEST[-2:]
    assert crc(REPLY[:-2]) == REPLY[-2:]


@pytest.mark.parametrize("length", range(len(REPLY)))
def test_rtu_every_beginning_of_the_answer_is_waited_on(length: int) -> None:
    assert rtu_answer(ASKED, REQUEST, REPLY[:length]) is None


@pytest.mark.parametrize("length", range(len(TCP_REPLY)))
def test_tcp_every_beginning_of_the_answer_is_waited_on(length: int) -> None:
    assert tcp_answer(ASKED, TCP_REQUEST, TCP_REPLY[:length]) is None


def test_the_whole_answer_passes_as_it_is() -> None:
    assert rtu_answer(ASKED, REQUEST, REPLY) == REPLY
    assert tcp_answer(ASKED, TCP_REQUEST, TCP_REPLY) == TCP_REPLY


def test_exceptions_pass() -> None:
    assert rtu_answer(ASKED, REQUEST, rtu(b"\x84\x02")) == rtu(b"\x84\x02")
    refused = tcp(TCP_REQUEST, b"\x84\x02")
    assert tcp_answer(ASKED, TCP_REQUEST, refused) == refused


@given(st.binary(max_size=4), st.binary(max_size=4))
def test_rtu_stray_bytes_pass_only_where_they_can_be_no_frame(before: bytes, after: bytes) -> None:
    harmless = not before.strip(b"\x00\xff") and not after.strip(b"\x00\xff")
    try:
        passed = rtu_answer(ASKED, REQUEST, before + REPLY + after)
    except NotTheAnswerError:
        passed = None
    assert passed == (REPLY if harmless else None)


@pytest.mark.parametrize("position", range(len(REPLY)))
@given(flip=st.integers(1, 255))
def test_rtu_no_changed_byte_passes(position: int, flip: int) -> None:
    changed = bytearray(REPLY)
    changed[position] ^= flip
    try:
        assert rtu_answer(ASKED, REQUEST, bytes(changed)) is None
    except NotTheAnswerError:
        return


@pytest.mark.parametrize("position", range(9))
@given(flip=st.integers(1, 255))
def test_tcp_no_changed_head_passes(position: int, flip: int) -> None:
    changed = bytearray(TCP_REPLY)
    changed[position] ^= flip
    try:
        passed = tcp_answer(ASKED, TCP_REQUEST, bytes(changed))
    except NotTheAnswerError:
        return
    assert passed is None


@given(st.binary(max_size=300))
def test_random_bytes_never_pass(data: bytes) -> None:
    for judge, sent in ((rtu_answer, REQUEST), (tcp_answer, TCP_REQUEST)):
        with suppress(NotTheAnswerError):
            assert judge(ASKED, sent, data) is None
