"""Handing a command to the running station through its inbox, and waiting for what it says to it."""

import getpass
import sqlite3
import time
from collections.abc import Mapping
from typing import Any

import typer

from config.catalogue import Catalogue
from config.loader import Loaded
from station.cli.common import fail, inbox_path, journal_path
from station.inbox import submit
from station.journal.reader import JournalReader

ANSWER_WITHIN_S = 5.0
LOOK_EVERY_S = 0.1
ACTS_LOOKED_AT = 50


def hand_over(loaded: Loaded, catalogue: Catalogue, command: str, person: str = "", **arguments: str) -> None:
    """Submit one command and say what came of it. Exits 1 where the station refuses it or does not fetch it."""
    inbox = inbox_path(loaded)
    try:
        who = person or getpass.getuser()
        command_id = submit(inbox, time.time_ns(), command=command, person=who, **arguments)
    except OSError as error:
        fail(catalogue.text("command.cannot_write", path=str(inbox), reason=error.strerror or ""))
    act = _answer(loaded, command_id)
    if act is None:
        fail(catalogue.text("command.not_fetched", seconds=ANSWER_WITHIN_S))
    if act["verdict"] != "accepted":
        fail(catalogue.text("command.refused", reason=str(act["detail"])))
    typer.echo(catalogue.text("command.accepted"))


def _answer(loaded: Loaded, command_id: str) -> Mapping[str, Any] | None:
    """The station's entry in the audit trail; None if there is none in time."""
    until = time.monotonic() + ANSWER_WITHIN_S
    while time.monotonic() < until:
        try:
            with JournalReader(journal_path(loaded)) as reader:
                acts = reader.audit(ACTS_LOOKED_AT)
        except sqlite3.Error:  # busy, or being replaced: the next look sees it
            acts = []
        for act in acts:
            if act["command_id"] == command_id:
                return act
        time.sleep(LOOK_EVERY_S)
    return None
