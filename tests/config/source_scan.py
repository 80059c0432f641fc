"""What the tests of the catalogue ask of the source: which keys it uses, and which literals it shows to people."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("alerting", "config", "drivers", "simulator", "station")
SAYING = ("text", "sms", "phrase", "Phrase")  # calls whose first argument is a key
# Calls whose arguments an operator reads.
SHOWING = frozenset({
    "print", "echo", "secho", "Text", "Panel", "add_column", "add_row", "Table", "rule", "log_line", "from_markup",
    "fail", "BadParameter", "UsageError", "ClickException", "prompt", "confirm", "update", "append_text",
})  # fmt: skip
SHOWN_KEYWORDS = frozenset({"title", "subtitle", "header", "footer", "caption", "message", "text", "label", "prompt"})
# Words that are the same in every language.
SAME_EVERYWHERE = re.compile(r"quantrac|nSv/h|µSv/h|mm/h|\[/?[a-z#][a-z0-9_ #]*\]|\[/\]")
WORD = re.compile(r"[^\W\d_]{2,}")
KEY = re.compile(r"[a-z]+\.[a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Said:
    """A key in the source; ``params`` is None where they are not to be seen (``**params``, or a key by itself)."""

    where: str
    key: str
    params: frozenset[str] | None
    is_prefix: bool = False


def sources(*patterns: str) -> list[Path]:
    return sorted({path for pattern in patterns for path in ROOT.glob(pattern)})


def every_source() -> list[Path]:
    return sources(*(f"{package}/**/*.py" for package in PACKAGES))


def keys_said(path: Path) -> Iterator[Said]:
    """Keys in calls of ``.text("…")``, ``.sms("…")`` and ``phrase("…")``, whole or as the beginning of an f-string."""
    for call in _calls(path):
        if _name(call) not in SAYING or not call.args:
            continue
        where, first = f"{path.name}:{call.lineno}", call.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str) and KEY.fullmatch(first.value):
            yield Said(where, first.value, _params(call))
        elif isinstance(first, ast.JoinedStr) and isinstance(first.values[0], ast.Constant):
            beginning = str(first.values[0].value)
            if "." in beginning:
                yield Said(where, beginning, None, is_prefix=True)


def keys_named(path: Path, sections: frozenset[str]) -> Iterator[Said]:
    """Constants anywhere in a module of the catalogue's users that look like a key of one of its sections."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if KEY.fullmatch(node.value) and node.value.partition(".")[0] in sections:
            yield Said(f"{path.name}:{node.lineno}", node.value, None)


def literals_shown(path: Path) -> list[str]:
    """Words in literals that the module shows to people, with their line."""
    found = []
    for call in _calls(path):
        if _name(call) in SHOWING:
            shown = [*call.args, *(k.value for k in call.keywords if k.arg in SHOWN_KEYWORDS)]
            found += [f"{path.name}:{call.lineno}: {text!r}" for part in shown for text in _literals(part)]
    return found


def _literals(node: ast.expr) -> Iterator[str]:
    """Literal pieces of what is shown. Arguments of calls inside are not shown: they are keys, names, formats."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and WORD.search(SAME_EVERYWHERE.sub("", node.value)):
            yield node.value
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute):  # "…".join(…), "…".format(…)
            yield from _literals(node.func.value)
    elif isinstance(node, ast.FormattedValue):
        yield from _literals(node.value)
    else:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from _literals(child)


def _calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node


def _name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _params(call: ast.Call) -> frozenset[str] | None:
    names = [keyword.arg for keyword in call.keywords]
    return None if None in names else frozenset(name for name in names if name)
