"""A mistake in a configuration: which file, which key, what was found, what is allowed.

``found`` and ``allowed`` are phrases, keys of the catalogue with their parameters, so that one mistake can be told
in each language. The value of a secret is never put into one.
"""

from dataclasses import dataclass

from config.catalogue import Catalogue

LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Phrase:
    """A key of the catalogue with its parameters; a parameter may be a phrase itself."""

    key: str
    params: "tuple[tuple[str, object], ...]" = ()


def phrase(key: str, /, **params: object) -> Phrase:
    return Phrase(key, tuple(params.items()))


@dataclass(frozen=True, slots=True)
class Mistake:
    """``key`` is empty when the file as a whole is meant."""

    file: str
    key: str
    found: Phrase
    allowed: Phrase


class ConfigError(Exception):
    """The configuration has mistakes: all of them, in the order of the file's parts."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__(mistakes)
        self.mistakes = mistakes

    def __str__(self) -> str:
        """For logs: the lines in English."""
        catalogue = Catalogue.load("en")
        return "; ".join(render(mistake, catalogue) for mistake in self.mistakes)


def render(mistake: Mistake, catalogue: Catalogue) -> str:
    """One readable line."""
    found, allowed = say(mistake.found, catalogue), say(mistake.allowed, catalogue)
    if mistake.key:
        line = catalogue.text("check.mistake", file=mistake.file, key=mistake.key, found=found, allowed=allowed)
    else:
        line = catalogue.text("check.file_mistake", file=mistake.file, found=found, allowed=allowed)
    return printable(line)


def say(what: Phrase, catalogue: Catalogue) -> str:
    """A phrase in the catalogue's language."""
    params = {name: say(value, catalogue) if isinstance(value, Phrase) else value for name, value in what.params}
    return catalogue.text(what.key, **params)


def printable(text: str) -> str:
    """The text on one line and without control characters."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def shown(value: object) -> Phrase:
    """What was found, short enough for a line; of tables and lists only that they are one."""
    match value:
        case None:
            return phrase("found.nothing")
        case dict():
            return phrase("found.a_table")
        case list():
            return phrase("found.a_list")
        case bool():
            text = "true" if value else "false"
        case str():
            text = f'"{value}"'
        case float():
            text = plain(value)
        case _:
            text = str(value)
    return phrase("found.value", value=text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…")


def kind_of(value: object) -> Phrase:
    """What kind of thing was found, where a table or a list is due: its content may be a secret."""
    match value:
        case bool():
            return phrase("found.a_truth")
        case int() | float():
            return phrase("found.a_number")
        case str():
            return phrase("found.a_text")
        case _:
            return shown(value)


def plain(number: float) -> str:
    """A number as it stands in TOML, without a needless fraction."""
    return str(int(number)) if float(number).is_integer() else str(number)
