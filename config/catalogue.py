"""The message catalogue: one key a sentence, in Vietnamese and English, plain and as GSM-7 for SMS.

``messages/keys.toml`` declares each key with the names and kinds of its parameters; ``vi.toml`` and ``en.toml`` give
the sentences. A language that lacks a key or a parameter does not load, so a text that loads can be said.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Literal, Self, get_args
from zoneinfo import ZoneInfo

from config.gsm7 import fold, is_gsm7
from config.schema import Language, Text
from config.wording import Wording

MESSAGES = Path(__file__).with_name("messages")
LANGUAGES: tuple[Language, ...] = ("vi", "en")
DEFAULT_ZONE = "Asia/Ho_Chi_Minh"

# text: str · count: int · number, rate (nSv/h), duration (s): float or None · time: int ns UTC ·
# level, state, link, condition: a name with a key of its own in the section of that name
Kind = Literal["text", "count", "number", "rate", "duration", "time", "level", "state", "link", "condition"]
_KINDS: tuple[Kind, ...] = get_args(Kind)
_NAMED: tuple[Kind, ...] = ("level", "state", "link", "condition")


class MessageError(Exception):
    """A key that is not declared, wrong parameters, or a language file that does not match the declarations."""


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    sms: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All sentences of one language. Get one with ``Catalogue.load``."""

    language: Language
    wording: Wording
    declared: Mapping[str, Mapping[str, Kind]]
    sentences: Mapping[str, Sentence]

    @classmethod
    def load(cls, language: Language, zone: str = DEFAULT_ZONE) -> Self:
        sentences = _sentences(language)
        wording = Wording(
            decimal_mark=sentences["format.decimal_mark"].text,
            missing=sentences["format.missing"].text,
            time_pattern=sentences["format.time"].text,
            short_time_pattern=sentences["format.short_time"].text,
            zone=ZoneInfo(zone),
        )
        return cls(language, wording, declared_keys(), sentences)

    def text(self, key: str, /, **params: object) -> str:
        """The sentence as a person reads it on a screen or in a mail."""
        return self._sentence(key).text.format_map(self._written(key, params, self.wording.time))

    def sms(self, key: str, /, **params: object) -> str:
        """The sentence in GSM-7 characters only, without diacritics."""
        return fold(self._sentence(key).sms.format_map(self._written(key, params, self.wording.short_time)))

    def pick(self, text: Text) -> str:
        """A text that the configuration gives in both languages."""
        return text.vi if self.language == "vi" else text.en

    def _sentence(self, key: str) -> Sentence:
        try:
            return self.sentences[key]
        except KeyError:
            raise MessageError(f"no message {key!r}") from None

    def _written(self, key: str, params: Mapping[str, object], when: Callable[[int], str]) -> dict[str, str]:
        kinds = self.declared[key]
        if set(params) != set(kinds):
            raise MessageError(f"message {key!r} takes {sorted(kinds)}, not {sorted(params)}")
        return {name: self._write(key, name, kinds[name], value, when) for name, value in params.items()}

    def _write(self, key: str, name: str, kind: Kind, value: object, when: Callable[[int], str]) -> str:
        match value:
            case str() if kind == "text":
                return value
            case str() if kind in _NAMED:
                return self._sentence(f"{kind}.{value}").text
            case bool():
                pass
            case int() if kind == "time":
                return when(value)
            case int() if kind == "count":
                return str(value)
            case int() | float() | None if kind in ("number", "rate", "duration"):
                return self._quantity(kind, value)
        raise MessageError(f"message {key!r}: {name} is not of kind {kind}: {type(value).__name__}")

    def _quantity(self, kind: Kind, value: float | None) -> str:
        if kind == "rate":
            return self.wording.rate(value)
        number = self.wording.number(value)
        return f"{number} s" if kind == "duration" else number


@lru_cache(maxsize=1)
def declared_keys() -> Mapping[str, Mapping[str, Kind]]:
    """Every key with its parameters, from keys.toml."""
    found: dict[str, Mapping[str, Kind]] = {}
    for key, params in _flat("keys.toml").items():
        if not isinstance(params, dict) or not all(kind in _KINDS for kind in params.values()):
            raise MessageError(f"keys.toml: {key}: parameters are name = kind, a kind is one of {_KINDS}")
        found[key] = params
    return found


@lru_cache(maxsize=len(LANGUAGES))
def _sentences(language: Language) -> Mapping[str, Sentence]:
    return sentences_of(f"{language}.toml", _flat(f"{language}.toml"), declared_keys())


def sentences_of(
    file: str, entries: Mapping[str, object], declared: Mapping[str, Mapping[str, Kind]]
) -> dict[str, Sentence]:
    """The sentences of one language file, held against the declarations."""
    if missing := sorted(set(declared) - set(entries)):
        raise MessageError(f"{file} lacks {missing}")
    if unknown := sorted(set(entries) - set(declared)):
        raise MessageError(f"{file} has keys that keys.toml does not declare: {unknown}")
    return {key: _sentence(file, key, entry, declared[key]) for key, entry in entries.items()}


def _sentence(file: str, key: str, entry: object, kinds: Mapping[str, Kind]) -> Sentence:
    match entry:
        case str():
            sentence = Sentence(text=entry, sms=entry)
            texts = [entry]
        case {"text": str(text), "sms": str(sms), **rest} if not rest:
            sentence = Sentence(text=text, sms=sms)
            texts = [text, sms]
            if not is_gsm7(sms):
                raise MessageError(f"{file}: {key}: the sms form has characters that are not GSM-7")
        case _:
            raise MessageError(f"{file}: {key}: a text, or a table with text and sms")
    # The short form may leave something out; the full one says everything.
    if fields_of(texts[0]) != set(kinds) or any(not fields_of(text) <= set(kinds) for text in texts):
        raise MessageError(f"{file}: {key}: its parameters are {sorted(kinds)}")
    return sentence


def fields_of(template: str) -> set[str]:
    """The parameter names in a template; anything but a plain name is refused."""
    found: set[str] = set()
    for _, name, spec, conversion in Formatter().parse(template):
        if name is None:
            continue
        if not name.isidentifier() or spec or conversion:
            raise MessageError(f"a parameter is a plain name in braces: {template!r}")
        found.add(name)
    return found


def _flat(file: str) -> dict[str, object]:
    """``[section] key = ...`` as ``section.key``."""
    with (MESSAGES / file).open("rb") as stream:
        sections = tomllib.load(stream)
    return {f"{section}.{key}": entry for section, entries in sections.items() for key, entry in entries.items()}
