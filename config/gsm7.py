"""GSM-7: the alphabet of a plain SMS. One part holds 160 of its septets, so alarm texts fold to it.

Folding drops diacritics (đ -> d, µ -> u) and writes what the alphabet lacks with what it has.
"""

import unicodedata

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")  # two septets each
ONE_PART = 160

_WRITTEN_AS = {
    "đ": "d", "Đ": "D", "µ": "u", "μ": "u", "°": "o", "×": "x", "±": "+/-", "≥": ">=", "≤": "<=", "²": "2", "³": "3",
    "–": "-", "—": "-", "−": "-", "‑": "-", "…": "...", "“": '"', "”": '"', "‘": "'", "’": "'", "`": "'", "→": "->",
    "\t": " ", "\u00a0": " ", "\u202f": " ", "\u2009": " ",
}  # fmt: skip


def fold(text: str) -> str:
    """The text in GSM-7 without diacritics. What has no form there becomes a question mark, never nothing."""
    return "".join(_fold_one(character) for character in text if not unicodedata.combining(character))


def septets(text: str) -> int:
    """How many septets a GSM-7 text takes. Raises ValueError for a text that is not GSM-7."""
    if not is_gsm7(text):
        raise ValueError("not a GSM-7 text")
    return sum(2 if character in EXTENSION else 1 for character in text)


def is_gsm7(text: str) -> bool:
    return all(character in BASIC or character in EXTENSION for character in text)


def _fold_one(character: str) -> str:
    written = _WRITTEN_AS.get(character)
    if written is not None:
        return written
    bare = "".join(c for c in unicodedata.normalize("NFD", character) if not unicodedata.combining(c))
    return bare if bare and is_gsm7(bare) else "?"
