"""What the schema allows at a place, as phrases: for the lines of ``check`` and for docs/configuration.md.

One description serves both, so a mistake's line and the documentation cannot disagree.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from config.mistakes import Phrase, phrase, plain

# Patterns of the schemas and the words for them.
PATTERNS: Mapping[str, str] = {
    r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$": "allowed.identifier",
    r"^https?://[^\s@]+$": "allowed.url",
    r"^[A-Za-z_][A-Za-z0-9_]{0,63}$": "allowed.env_name",
    r"^[a-z][a-z0-9_]{0,31}$": "allowed.value_name",
    r"^[a-z0-9][a-z0-9-]{0,47}$": "allowed.profile_id",
}
Model = type[BaseModel]


@dataclass(frozen=True, slots=True)
class Shape:
    """A type of the schema without its wrappings: None and Annotated taken off, constraints collected."""

    type: Any
    constraints: tuple[Any, ...]

    @property
    def items(self) -> "Shape | None":
        """What a list holds, or None."""
        return shape(get_args(self.type)[0]) if get_origin(self.type) is tuple else None

    @property
    def models(self) -> dict[str, Model]:
        """The models it may be: by tag when a tag decides, else one under the empty tag."""
        if isinstance(self.type, type) and issubclass(self.type, BaseModel):
            return {"": self.type}
        if get_origin(self.type) in (Union, UnionType):
            return {tag_of(member): member for member in get_args(self.type)}
        return {}


def shape(annotation: Any, metadata: tuple[Any, ...] = ()) -> Shape:
    """Take off Annotated and ``| None``."""
    constraints = list(metadata)
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *more = get_args(annotation)
            constraints += _flattened(more)
        elif get_origin(annotation) in (Union, UnionType) and type(None) in get_args(annotation):
            annotation = next(member for member in get_args(annotation) if member is not type(None))
        else:
            return Shape(annotation, tuple(constraints))


def shape_of(field: FieldInfo) -> Shape:
    return shape(field.annotation, tuple(field.metadata))


def tag_of(model: Model) -> str:
    """The one value of ``kind`` that names this model in a union."""
    return str(get_args(model.model_fields["kind"].annotation)[0])


def allowed(what: Shape) -> Phrase:
    """What may stand there."""
    if get_origin(what.type) is Literal:
        return phrase("allowed.one_of", values=", ".join(str(value) for value in get_args(what.type)))
    if what.items is not None:
        return phrase("allowed.list_of_one" if _bound(what, MinLen, "min_length") else "allowed.list")
    if what.models:
        return phrase("allowed.table")
    return _allowed_simple(what)


def _allowed_simple(what: Shape) -> Phrase:
    match what.type:
        case t if t is bool:
            return phrase("allowed.truth")
        case t if t is int:
            return _number("allowed.whole", what)
        case t if t is float:
            return _number("allowed.number", what)
        case t if t is date:
            return phrase("allowed.date")
        case t if t is Path:
            return phrase("allowed.path")
        case t if t is str:
            return _text(what)
    raise TypeError(f"no words for {what.type}")


def _text(what: Shape) -> Phrase:
    for constraint in what.constraints:
        pattern = getattr(constraint, "pattern", None)
        if pattern is not None:
            return phrase(PATTERNS[pattern])
    low, high = _bound(what, MinLen, "min_length"), _bound(what, MaxLen, "max_length")
    if high is not None:
        return phrase("allowed.text_length", low=int(low or 0), high=int(high))
    if low == 1:
        return phrase("allowed.text_not_empty")
    return phrase("allowed.text_min_length", low=int(low)) if low else phrase("allowed.text")


def _number(key: str, what: Shape) -> Phrase:
    low, high = _bound(what, Ge, "ge"), _bound(what, Le, "le")
    above, below = _bound(what, Gt, "gt"), _bound(what, Lt, "lt")
    if low is not None and high is not None:
        return phrase(f"{key}_range", range=phrase("allowed.range_from_to", low=plain(low), high=plain(high)))
    marks = (("≥", low), (">", above), ("≤", high), ("<", below))
    limits = [f"{mark} {plain(limit)}" for mark, limit in marks if limit is not None]
    return phrase(f"{key}_range", range=", ".join(limits)) if limits else phrase(key)


def _bound(what: Shape, kind: type, name: str) -> float | None:
    return next((float(getattr(c, name)) for c in what.constraints if isinstance(c, kind)), None)


def _flattened(metadata: list[Any]) -> Iterator[Any]:
    """Field(...) inside Annotated carries its constraints in ``metadata``."""
    for item in metadata:
        if isinstance(item, FieldInfo):
            yield from item.metadata
        else:
            yield item
