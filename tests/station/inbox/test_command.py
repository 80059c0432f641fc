"""What a command file must say; everything else is refused, with a reason of one line for the audit trail."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.clock import NS
from station.inbox.command import LARGEST_BYTES, LONGEST_LIFE_S, Refusal, parse
from tests.builders import T0_NS

NOW = datetime.fromtimestamp(T0_NS // NS, UTC)


def body(**changes: Any) -> dict[str, Any]:
    given_body = {
        "schema": "quantrac/1/command",
        "id": "0123456789abcdef" * 2,
        "command": "acknowledge",
        "person": "Nguyễn Thị Lan",
        "issued": NOW.isoformat(),
        "expires": (NOW + timedelta(minutes=5)).isoformat(),
        "alarm": "det-north-dose",
    }
    return {name: value for name, value in (given_body | changes).items() if value is not ...}


def data(**changes: Any) -> bytes:
    return json.dumps(body(**changes)).encode()


def refusal(content: bytes) -> str:
    with pytest.raises(Refusal) as caught:
        parse(content, T0_NS)
    return str(caught.value)


def test_a_good_command_says_who_wants_what_until_when() -> None:
    command = parse(data(reason="khói ở phía bắc"), T0_NS)
    assert (command.command, command.alarm, command.person) == ("acknowledge", "det-north-dose", "Nguyễn Thị Lan")
    assert (command.reason, command.id) == ("khói ở phía bắc", "0123456789abcdef" * 2)
    assert command.expires_ns == T0_NS + 300 * NS


def test_a_reload_names_no_alarm() -> None:
    assert parse(data(command="reload", alarm=...), T0_NS).alarm is None


def test_a_time_of_another_zone_is_the_same_moment() -> None:
    command = parse(data(expires="2026-01-15T10:16:00+07:00"), T0_NS)
    assert command.expires_ns == T0_NS + 300 * NS


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"x" * (LARGEST_BYTES + 1), "oversized", id="oversized"),
        pytest.param(b"", "Invalid JSON", id="empty"),
        pytest.param(b"acknowledge det-north", "Invalid JSON", id="not JSON"),
        pytest.param(data()[:-10], "Invalid JSON", id="half a file"),
        pytest.param(b"\xff\xfe\x00\x01", "Invalid JSON", id="binary"),
        pytest.param(b"[" * 10_000, "Invalid JSON", id="nested without end"),
        pytest.param(b"[]", "file", id="a list"),
        pytest.param(b"null", "file", id="null"),
        pytest.param(data(command="format-disk"), "command", id="unknown command"),
        pytest.param(data(schema="quantrac/2/command"), "schema", id="another schema"),
        pytest.param(data(schema=...), "schema", id="no schema"),
        pytest.param(data(id="../../etc/passwd"), "id", id="an id that is none"),
        pytest.param(data(person=""), "person", id="nobody"),
        pytest.param(data(person=...), "person", id="no person"),
        pytest.param(data(person="a" * 81), "person", id="a person of 81 letters"),
        pytest.param(data(reason="a" * 201), "reason", id="a reason of 201 letters"),
        pytest.param(data(extra=1), "extra", id="an unknown key"),
        pytest.param(data(alarm=...), "alarm", id="an acknowledgement of nothing"),
        pytest.param(data(alarm=""), "alarm", id="an acknowledgement of an empty name"),
        pytest.param(data(expires=NOW.isoformat()), "late", id="expired this moment"),
        pytest.param(data(expires="2020-01-01T00:00:00Z"), "late", id="expired long ago"),
        pytest.param(data(expires="9999-12-31T23:59:59-14:00"), "future", id="valid for ever"),
        pytest.param(data(expires="2026-01-15T03:16:00"), "zone", id="a naive expiry"),
        pytest.param(data(issued="2026-01-15T03:11:00"), "zone", id="a naive time of issue"),
        pytest.param(data(expires="tomorrow"), "expires", id="an expiry that is no time"),
        pytest.param(data(expires=...), "expires", id="no expiry"),
        pytest.param(data()[:-1] + b', "alarm": "det-south-dose"}', "alarm: given twice", id="a key given twice"),
    ],
)
def test_what_is_refused(content: bytes, said: str) -> None:
    assert said in refusal(content)


def test_the_longest_life_is_allowed_and_a_second_more_is_not() -> None:
    longest = NOW + timedelta(seconds=LONGEST_LIFE_S)
    parse(data(expires=longest.isoformat()), T0_NS)
    assert "future" in refusal(data(expires=(longest + timedelta(seconds=1)).isoformat()))


def test_the_largest_file_is_allowed() -> None:
    assert parse(data().ljust(LARGEST_BYTES), T0_NS).command == "acknowledge"


@pytest.mark.parametrize("name", ["a\nINFO station: all is well", "a\r\x1b[2Jb", "x" * 5000, "\u2028"])
def test_a_refusal_is_one_short_line_whatever_is_in_the_file(name: str) -> None:
    said = refusal(data(**{name: 1}))
    assert said.isprintable()
    assert len(said) <= 200


@pytest.mark.parametrize("field", ["person", "reason", "alarm"])
@pytest.mark.parametrize("text", ["Lan\nroot accepted reload", "\x1b[2J", "a\x00b"])
def test_a_text_of_more_than_one_line_is_refused(field: str, text: str) -> None:
    """It stands in logs, in the audit trail and on operators' screens."""
    assert refusal(data(**{field: text})).startswith(f"{field}: ")


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_and_nothing_else_happens(content: bytes) -> None:
    assert refusal(content)


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5), lambda s: st.lists(s) | st.dictionaries(st.text(max_size=5), s)
)


@given(JSON)
def test_any_json_is_refused_and_nothing_else_happens(content: Any) -> None:
    assert refusal(json.dumps(content).encode())


@given(st.dictionaries(st.sampled_from(sorted(body())), st.none() | st.integers() | st.text(max_size=40), min_size=1))
def test_any_change_is_a_command_or_a_refusal(changes: dict[str, Any]) -> None:
    try:
        command = parse(data(**changes), T0_NS)
    except Refusal as refused:
        said = str(refused)
    else:
        said = command.person + command.reason
    assert said.replace("\xa0", " ").isprintable()
