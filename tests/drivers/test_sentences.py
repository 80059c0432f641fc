"""Splitting a stream: the pieces in which it comes make no difference, and nothing grows without bound."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.sentences import Sentences

LINES = st.lists(st.binary(min_size=1, max_size=30).filter(lambda b: b"\n" not in b), max_size=20)


def texts(sentences: Sentences) -> list[bytes]:
    return [sentence.text for sentence in sentences.take()]


@given(LINES, st.lists(st.integers(1, 40), max_size=40))
def test_the_pieces_make_no_difference(lines: list[bytes], cuts: list[int]) -> None:
    stream = b"partial\n" + b"".join(line + b"\n" for line in lines)
    sentences = Sentences(b"\n", 30)
    for cut in cuts:
        sentences.feed(stream[:cut], 0.0)
        stream = stream[cut:]
    sentences.feed(stream, 0.0)
    assert texts(sentences) == lines
    assert sentences.dropped == 1


def test_a_terminator_in_two_pieces_is_one() -> None:
    sentences = Sentences(b"\r\n", 10)
    for piece in (b"\r", b"\none\r", b"\n"):
        sentences.feed(piece, 0.0)
    assert texts(sentences) == [b"one"]


def test_overlong_lines_are_dropped() -> None:
    sentences = Sentences(b"\n", 4)
    sentences.feed(b"\nlong line\nok\nlong", 0.0)
    sentences.feed(b" again and again", 0.0)
    sentences.feed(b" to its end\nfine\n", 0.0)
    assert texts(sentences) == [b"ok", b"fine"]


def test_the_oldest_goes_when_nobody_fetches() -> None:
    sentences = Sentences(b"\n", 4, most=2)
    sentences.feed(b"\n1\n2\n3\n", 0.0)
    assert texts(sentences) == [b"2", b"3"]
    assert sentences.dropped == 1


def test_each_sentence_knows_when_it_was_whole() -> None:
    sentences = Sentences(b"\n", 4)
    sentences.feed(b"\n1", 1.0)
    sentences.feed(b"\n2\n", 2.0)
    assert [sentence.at_s for sentence in sentences.take()] == [2.0, 2.0]
    assert sentences.newest_s is None
