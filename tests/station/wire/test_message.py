"""Records as JSON and back, exactly; and what is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.records import TABLES, Alarm, DoseRate, Header, Health, Meteo, columns_of
from station.wire.message import LARGEST_BYTES, MessageError, decode, encode, to_json
from station.wire.times import from_iso, to_iso
from tests.builders import alarm, dose_rate, health, meteo

BUILD: dict[type[Header], Any] = {DoseRate: dose_rate, Meteo: meteo, Alarm: alarm, Health: health}
NS_OF_ISO = st.integers(-(2**63), 2**63 - 1)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "str": _TEXT,
    "bool": st.booleans(),
}


@st.composite
def records(draw: st.DrawFn) -> tuple[str, Header]:
    table = draw(st.sampled_from(sorted(TABLES)))
    changes = {}
    for column in columns_of(TABLES[table]):
        values = _VALUES[column.kind]
        changes[column.name] = draw(st.none() | values if column.nullable else values)
    changes["seq"] = draw(st.integers(1, 2**62))
    return table, BUILD[TABLES[table]](**changes)


@given(records(), st.none() | st.integers(1, 2**62))
def test_every_record_comes_back_exactly(given_record: tuple[str, Header], superseded_by: int | None) -> None:
    table, record = given_record
    message = decode(to_json(encode(table, record, "journal-1", superseded_by)))
    assert (message.table, message.journal, message.superseded_by) == (table, "journal-1", superseded_by)
    assert message.record == record
    assert repr(message.record) == repr(record)  # -0.0 is not 0.0, 1 is not 1.0


@given(NS_OF_ISO)
def test_times_come_back_to_the_nanosecond(ns: int) -> None:
    assert from_iso(to_iso(ns)) == ns


def test_a_time_looks_as_agreed() -> None:
    assert to_iso(1_795_464_036_123_456_789) == "2026-11-23T20:00:36.123456789Z"


@pytest.mark.parametrize(
    "text", ["2026-11-23T20:00:36Z", "2026-11-23T20:00:36.123456789+00:00", "2026-13-01T00:00:00.000000000Z", ""]
)
def test_other_forms_of_time_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_iso(text)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_is_not_sent(value: float) -> None:
    with pytest.raises(MessageError, match="JSON"):
        to_json(encode("dose_rate", dose_rate(seq=1, gross_nsv_h=value), "journal-1", None))


def changed(**changes: Any) -> bytes:
    content = encode("dose_rate", dose_rate(seq=1), "journal-1", None) | changes
    return json.dumps({key: value for key, value in content.items() if value != "ABSENT"}).encode()


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"gross_nsv_h": "95"}, "gross_nsv_h"),
        ({"gross_nsv_h": True}, "gross_nsv_h"),
        ({"gross_nsv_h": float("nan")}, "NaN"),
        ({"gross_nsv_h": 10**400}, "gross_nsv_h"),
        ({"counts": 2.0}, "counts"),
        ({"counts": 2**63}, "counts"),
        ({"completeness": None}, "completeness"),
        ({"completeness": "ABSENT"}, "completeness"),
        ({"instrument": ""}, "instrument"),
        ({"instrument": "\ud800"}, "instrument"),
        ({"end": "yesterday"}, "end"),
        ({"start": 5}, "start"),
        ({"seq": 0}, "seq"),
        ({"journal": ""}, "journal"),
        ({"superseded_by": "x"}, "superseded_by"),
        ({"schema": "quantrac/2/measurement"}, "schema"),
        ({"schema": ["x"]}, "schema"),
        ({"schema": "quantrac/1/average", "period": "2m"}, "schema"),
    ],
)
def test_a_mistake_is_refused_by_its_key(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(MessageError, match=key):
        decode(changed(**changes))


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"[]", b"\xff", b"[" * 60_000, b" " * (LARGEST_BYTES + 1), b'{"a": 1e999}']
)
def test_what_is_no_message_is_refused(payload: bytes) -> None:
    with pytest.raises(MessageError):
        decode(payload)


def test_unknown_keys_are_ignored() -> None:
    assert decode(changed(shoe_size=43, more={"a": [1]})) == decode(changed())


def test_an_older_writer_may_leave_out_what_may_be_missing() -> None:
    message = decode(changed(counts="ABSENT", calibration="ABSENT", superseded_by="ABSENT"))
    assert isinstance(message.record, DoseRate)
    assert (message.record.counts, message.record.calibration, message.superseded_by) == (None, "", None)


def test_a_whole_number_serves_as_a_float() -> None:
    record = decode(changed(gross_nsv_h=95)).record
    assert isinstance(record, DoseRate)
    assert isinstance(record.gross_nsv_h, float)
