"""What people read goes through the catalogue: every key that the code uses is there, and no literal is shown.

A new module that talks to operators is put into OPERATOR_FACING.
"""

from pathlib import Path
from typing import Any

import pytest

from config.catalogue import declared_keys
from tests.config.source_scan import (
    PACKAGES,
    Said,
    every_source,
    keys_named,
    keys_said,
    literals_shown,
    sources,
)

OPERATOR_FACING = (
    "config/check.py",
    "config/mistakes.py",
    "station/alarm_view.py",
    "station/cli/**/*.py",
    "station/demo/**/*.py",
    "alerting/**/*.py",
)
# Modules whose literals are known and still have to go; the test fails as soon as one of them has none left.
TO_BE_TRANSLATED: tuple[str, ...] = ()
KEYS = declared_keys()
SECTIONS = frozenset(key.partition(".")[0] for key in KEYS)


def module(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def is_there(said: Said) -> bool:
    if said.is_prefix:
        return any(key.startswith(said.key) for key in KEYS)
    return said.key in KEYS


# --- The source itself


def test_every_key_that_the_code_says_is_in_the_catalogue() -> None:
    assert [said for path in every_source() for said in keys_said(path) if not is_there(said)] == []


def test_every_key_is_said_with_its_parameters() -> None:
    said = [said for path in every_source() for said in keys_said(path) if said.params is not None and is_there(said)]
    assert [s for s in said if s.params != frozenset(KEYS.get(s.key, {}))] == []


def test_every_constant_that_looks_like_a_key_is_one() -> None:
    users = [path for path in every_source() if "config.catalogue" in path.read_text(encoding="utf-8")]
    assert [said for path in users for said in keys_named(path, SECTIONS) if not is_there(said)] == []


def speaking(*patterns: str) -> list[Any]:
    return [pytest.param(path, id="/".join(path.parts[-2:])) for path in sources(*patterns)]


@pytest.mark.parametrize("path", speaking(*OPERATOR_FACING))
def test_no_literal_is_shown_to_operators(path: Path) -> None:
    if path in sources(*TO_BE_TRANSLATED):
        assert literals_shown(path), "take it off TO_BE_TRANSLATED"
    else:
        assert literals_shown(path) == []


def test_the_scan_sees_every_package() -> None:
    assert {path.parts[-2] for path in every_source()} >= set(PACKAGES)


# --- The scan: what it finds


@pytest.mark.parametrize(
    "code",
    [
        'console.print("Station started")',
        'typer.echo(f"{count} records")',
        'echo("at " + name)',
        'Panel(table, title="Alarms")',
        'table.add_column("Dose rate")',
        'table.add_row(name, "no data" if bad else value)',
        'Text("bad", style="red")',
        'echo("there are {}".format(count))',
        'echo(", and ".join(names))',
        'fail("not found", 2)',
        'raise typer.BadParameter("wrong")',
        'console.print("[bold]Cảnh báo[/bold]")',
        'add_column(header="Rate")',
    ],
)
def test_a_literal_is_found(tmp_path: Path, code: str) -> None:
    assert len(literals_shown(module(tmp_path / "x.py", code))) == 1


@pytest.mark.parametrize(
    "code",
    [
        'console.print(catalogue.text("demo.quiet"))',
        'echo(f"{path}: {catalogue.text(key)}")',
        'table.add_row(f"[dim]{name}[/dim]", "–", "12")',
        'Text(catalogue.text("live.net"), style="bold red", justify="right")',
        'echo(f"{value} nSv/h")',
        'log.info("the station starts")',
        'raise ValueError("for developers")',
        'echo(f"quantrac {version}")',
        'echo(when.strftime("%H:%M Uhr"))',
    ],
)
def test_what_is_no_literal_is_left_alone(tmp_path: Path, code: str) -> None:
    assert literals_shown(module(tmp_path / "x.py", code)) == []


def test_keys_are_found_whole_and_by_their_beginning(tmp_path: Path) -> None:
    code = 'c.text("a.b", x=1)\nc.sms(f"level.{name}")\nphrase("found.x", **more)\nitem.text("name")\nc.text(key)\n'
    assert list(keys_said(module(tmp_path / "x.py", code))) == [
        Said("x.py:1", "a.b", frozenset({"x"})),
        Said("x.py:2", "level.", None, is_prefix=True),
        Said("x.py:3", "found.x", None),
    ]


def test_keys_in_constants_are_found_by_their_section(tmp_path: Path) -> None:
    code = 'KEYS = ("live.net", "live.nett", "journal.sqlite")\n'
    found = [said.key for said in keys_named(module(tmp_path / "x.py", code), SECTIONS)]
    assert found == ["live.net", "live.nett"]
