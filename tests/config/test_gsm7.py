"""Folding to GSM-7: everything can be sent, nothing is left out, one part is known when it is one."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.gsm7 import BASIC, fold, is_gsm7, septets


@given(st.text())
def test_every_text_folds_to_gsm7(text: str) -> None:
    assert is_gsm7(fold(text))


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet=[c for c in map(chr, range(32, 127)) if c in BASIC or c in "^{}\\[~]|"]))
def test_ascii_that_is_gsm7_stays_as_it_is(text: str) -> None:
    assert fold(text) == text


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Cảnh báo suất liều ở Lạng Sơn", "Canh bao suat lieu o Lang Son"),
        ("Đồng Đăng, đường truyền", "Dong Dang, duong truyen"),
        ("ƯỚC ươc Ỷ ỹ", "UOC uoc Y y"),
        ("1,25 µSv/h (U+00B5), 1,25 μSv/h (U+03BC)", "1,25 uSv/h (U+00B5), 1,25 uSv/h (U+03BC)"),
        ("5 ± 2 – “x” …", '5 +/- 2 - "x" ...'),
        ("雨", "?"),
    ],
)
def test_folding_writes(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_decomposed_letters_fold_like_composed_ones() -> None:
    text = "Lạng Sơn, cảnh báo"
    assert fold(unicodedata.normalize("NFD", text)) == fold(text)


def test_extension_characters_take_two_septets() -> None:
    assert septets("a€[b]") == 8


def test_septets_of_other_text_are_refused() -> None:
    with pytest.raises(ValueError, match="GSM-7"):
        septets("ạ")


def test_the_basic_alphabet_has_127_letters_beside_the_escape() -> None:
    assert len(BASIC) == 127
