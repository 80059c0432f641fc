"""Writes docs/configuration.md from the schema: ``python -m config.reference > docs/configuration.md``.

A test fails when the page is not what this writes.
"""

import re
import sys
from collections.abc import Iterable, Iterator

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from config.catalogue import Catalogue
from config.crosscheck import RESERVED
from config.describe import Model, Shape, allowed, shape, shape_of
from config.mistakes import plain, say
from config.profiles import shipped
from config.schema import StationConfig
from config.secrets import SecretSource

# A unit is the end of a key's name; the longer ends come first.
UNITS = (
    ("_cps_per_usv_h", "s⁻¹/(µSv/h)"),
    ("_nsv_h", "nSv/h"),
    ("_cps", "s⁻¹"),
    ("_deg", "°"),
    ("_days", "d"),
    ("_min", "min"),
    ("_mb", "MB"),
    ("_us", "µs"),
    ("_s", "s"),
    ("_m", "m"),
)

HEAD = """\
# The configuration file

Written by `python -m config.reference` from the schema; do not edit by hand.

One TOML file describes one station. `quantrac check FILE` lists every mistake, one a line. Keys that are not named here
are mistakes. The unit of a value is the end of its key's name. Relative paths begin at the file's directory. Types are
strict: `"502"` is not a number. Full examples: `config/langson.toml` (a station), `config/demo.toml` (the demo).

A secret never stands in the file. Its place is given as `{{ env = "NAME" }}`, or as `{{ file = "/path" }}` of a file
that its owner only can read (mode 600).

Beyond the tables below, `check` asks that

- the ids of buses, of instruments and of destinations are each used once, and no instrument is called {reserved};
- each instrument names a bus that is there and a profile that speaks the bus's protocol;
- Modbus instruments of one bus have different addresses (1 to 247 on a serial line), a `serial-line` bus carries one
  instrument, and no two buses share a serial device;
- a level has one of `above_nsv_h` and `above_background_nsv_h`; limits of one kind rise with the level, and each
  is more than its hysteresis;
- `silent_after_s` is more than `poll_s`, and `learning_min` fits into the window;
- a detector whose profile counts has a sensitivity, in the profile or in its calibration;
- there is an `[mqtt]` as soon as there is a destination;
- the data directory can be written.

Shipped profiles: {profiles}.
"""


def reference() -> str:
    """The whole page."""
    parts = [HEAD.format(profiles=_names(shipped()), reserved=_names(RESERVED))]
    parts += _sections("", shape(StationConfig), "")
    return "\n".join(parts)


def _sections(key: str, what: Shape, meaning: str) -> Iterator[str]:
    """One section for each table of the file, and for each kind of it."""
    for tag, model in what.models.items():
        if key:
            yield f"## `{_title(key)}`{f' of kind `{tag}`' if tag else ''}\n\n{meaning}\n"
            yield _table(model)
        for name, field in model.model_fields.items():
            inner = _content(shape_of(field))
            if inner.models and inner.type is not SecretSource:
                is_list = shape_of(field).items is not None
                yield from _sections(_join(key, name, is_list=is_list), inner, field.description or "")


def _table(model: Model) -> str:
    rows = ["| key | unit | default | allowed | meaning |", "|---|---|---|---|---|"]
    rows += [_row(model, name, field) for name, field in model.model_fields.items()]
    return "\n".join(rows) + "\n"


def _row(model: Model, name: str, field: FieldInfo) -> str:
    if not field.description:
        raise ValueError(f"{model.__name__}.{name} has no description")
    what = shape_of(field)
    if what.type is SecretSource:
        words = '`{ env = "NAME" }` or `{ file = "/path" }`'
    else:
        words = _cell(say(allowed(what), Catalogue.load("en")))
    return f"| `{name}` | {_unit(model, name)} | {_default(field)} | {words} | {_cell(field.description)} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    default = field.default
    if default is None or default is PydanticUndefined:
        return "none"
    if isinstance(default, BaseModel):
        return "see its table"
    if default == ():
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{plain(default) if isinstance(default, float) else default}`"


def _unit(model: Model, name: str) -> str:
    if model.__name__ == "Retention":
        return "d"
    return next((unit for end, unit in UNITS if name.endswith(end)), "")


def _content(what: Shape) -> Shape:
    return what.items or what


def _join(key: str, name: str, *, is_list: bool) -> str:
    return f"{key}.{name}{'[]' if is_list else ''}" if key else f"{name}{'[]' if is_list else ''}"


def _title(key: str) -> str:
    bare = key.replace("[]", "")
    return f"[[{bare}]]" if key.endswith("[]") else f"[{bare}]"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(reference())
