"""Holds data against a model and turns pydantic's complaints into mistakes, each with its key, what was found, what
is allowed.

Types are strict, as TOML has them: "502" is no number and true is no 1.
"""

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.catalogue import declared_keys
from config.describe import Shape, allowed, shape, shape_of
from config.mistakes import Mistake, Phrase, kind_of, phrase, shown
from config.secrets import SecretSource

M = TypeVar("M", bound=BaseModel)
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,47}")


def parse(model: type[M], data: Mapping[str, Any], file: str) -> tuple[M | None, list[Mistake]]:
    """The model, or the mistakes that keep the data from being one."""
    try:
        return validated(model, data), []
    except ValidationError as error:
        return None, list(_mistakes(error, model, data, file))


def validated(model: type[M], data: object) -> M:
    """Strict, but for what TOML has no type for (a path) and where TOML's type is another (a list, a date)."""
    return model.model_validate_json(json.dumps(data, default=str), strict=True)


def item_key(name: str, items: Sequence[object], index: int) -> str:
    """``instruments[det-north]`` where that names one item, else ``instruments[#2]`` (counted from 1)."""
    labels = [_label(item) for item in items]
    label = labels[index]
    return f"{name}[{label}]" if label and labels.count(label) == 1 else f"{name}[#{index + 1}]"


def unknown_key(key: str, known: Sequence[str]) -> Phrase:
    """What is allowed in place of an unknown key."""
    near = difflib.get_close_matches(key, known, n=1)
    keys = ", ".join(known)
    return phrase("allowed.near_key", near=near[0], keys=keys) if near else phrase("allowed.keys", keys=keys)


def _label(item: object) -> str | None:
    if not isinstance(item, dict):
        return None
    for name in ("id", "name", "level"):
        if isinstance(item.get(name), str) and _LABEL.fullmatch(item[name]):
            return str(item[name])
    return None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a complaint points: its key in the file, what the schema has there, what the file has there."""

    key: str
    shape: Shape | None
    parent: Shape
    value: object
    secret: bool


def _mistakes(error: ValidationError, model: type[BaseModel], data: object, file: str) -> Iterator[Mistake]:
    for detail in error.errors(include_url=False):
        place = _walk(model, data, detail["loc"])
        if detail["type"] == "too_short" and place.value:
            continue  # pydantic's count of what is left when every item has a mistake of its own
        yield _mistake(detail, place, file)


def _mistake(detail: ErrorDetails, place: Place, file: str) -> Mistake:
    kind, context = detail["type"], dict(detail.get("ctx", {}))
    if kind == "extra_forbidden":
        known = [name for model in place.parent.models.values() for name in model.model_fields]
        own_name = place.key.rpartition(".")[2]
        return Mistake(file, place.key, phrase("found.unknown_key"), unknown_key(own_name, known))
    if kind.startswith("union_tag"):
        tags = ", ".join(place.shape.models) if place.shape else ""
        tag = place.value.get("kind") if isinstance(place.value, dict) else None
        return Mistake(file, f"{place.key}.kind", shown(tag), phrase("allowed.one_of", values=tags))
    if f"allowed.{kind}" in declared_keys():
        return _mistake_of_ours(kind, context, place, file)
    return Mistake(file, place.key, _found(place), allowed(place.shape) if place.shape else phrase("allowed.any"))


def _mistake_of_ours(kind: str, context: dict[str, Any], place: Place, file: str) -> Mistake:
    """The schemas' own complaints are named after the phrase that says what is allowed."""
    at = context.pop("at", None)
    if kind == "exactly_one_of":
        there = [key for key in context.values() if isinstance(place.value, dict) and key in place.value]
        found = phrase("found.value", value=", ".join(there)) if there else phrase("found.nothing")
    elif "found" in context:
        found = shown(context.pop("found"))
    else:
        found = phrase("found.nothing") if at else _found(place)
    key = ".".join(part for part in (place.key, at) if part)
    return Mistake(file, key, found, phrase(f"allowed.{kind}", **context))


def _found(place: Place) -> Phrase:
    if place.value is None:
        return phrase("found.nothing")
    if place.secret or (isinstance(place.value, str) and "@" in place.value):
        return phrase("found.hidden")
    if place.shape is None or place.shape.models or place.shape.items is not None:
        return kind_of(place.value)
    return shown(place.value)


def _walk(model: type[BaseModel], value: object, loc: tuple[int | str, ...]) -> Place:
    key, secret = "", False
    here: Shape | None = shape(model)
    parent = shape(model)
    for step in loc:
        if here is None:
            break
        if isinstance(step, int):
            items = value if isinstance(value, list) else []
            key, value, here = item_key(key, items, step), items[step], here.items
        elif step in here.models:
            here = shape(here.models[step])  # the tag of a union is in pydantic's path, not in the file
        else:
            parent = here
            field = here.models[""].model_fields.get(step)
            here = shape_of(field) if field else None
            value = value.get(step) if isinstance(value, dict) else None
            key = f"{key}.{step}" if key else step
        secret = secret or (here is not None and here.type is SecretSource)
    return Place(key, here, parent, value, secret)
