"""``python -m simulator.control URL list | inject WHAT KEY=VALUE… | clear ID``: a hand in a running world.

URL is ``control`` of the ready line of ``python -m simulator --control``. Values are JSON, or else words; dots reach
into tables: ``inject sources at_nsv_h.det-north=1800 ramp_s=5 for_s=120``, ``inject faults instrument=gate kind=stuck
for_s=60``.
"""

import argparse
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

GOOD, FAILED, WRONG_USAGE = 0, 1, 2
DEADLINE_S = 10.0
MOST_BYTES = 10_000_000


class ControlError(Exception):
    """The world refuses, or cannot be reached; the text says why."""


def main(argv: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(argv)
    try:
        said = ask(options.url, _wanted(options))
    except ValueError as error:
        sys.stderr.write(f"control: {error}\n")
        return WRONG_USAGE
    except ControlError as error:
        sys.stderr.write(f"control: {error}\n")
        return FAILED
    sys.stdout.writelines(f"{line}\n" for line in _told(said))
    return GOOD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulator.control", description=__doc__)
    parser.add_argument("url", help="the control's address, from the ready line")
    commands = parser.add_subparsers(dest="do", required=True)
    commands.add_parser("list", help="what is going on, and what can be injected")
    inject = commands.add_parser("inject", help="an event or a fault, from now on")
    inject.add_argument("what", help="a list of the scenario: rain, sources, faults, …")
    inject.add_argument("pairs", nargs="*", metavar="KEY=VALUE", help="as in a scenario; times are in_s and for_s")
    clear = commands.add_parser("clear", help="end an event now")
    clear.add_argument("id")
    return parser


def _wanted(options: argparse.Namespace) -> dict[str, Any] | None:
    if options.do == "inject":
        return {"do": "inject", "what": options.what, "event": event_of(options.pairs)}
    return {"do": "clear", "id": options.id} if options.do == "clear" else None


def event_of(pairs: Sequence[str]) -> dict[str, Any]:
    """``a.b=1`` is ``{"a": {"b": 1}}``. Raises ValueError."""
    event: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        *outer, last = key.split(".")
        if not equals or not all((*outer, last)):
            raise ValueError(f"{pair}: KEY=VALUE is wanted")
        table = event
        for name in outer:
            table = table.setdefault(name, {})
            if not isinstance(table, dict):
                raise ValueError(f"{pair}: {name} is not a table")
        table[last] = _value(text)
    return event


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def ask(url: str, wanted: Mapping[str, Any] | None) -> dict[str, Any]:
    """One request; None asks what is going on. Raises ValueError for a strange address, ControlError."""
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost"):
        raise ValueError("the address begins with http://127.0.0.1:")
    data = None if wanted is None else json.dumps(wanted).encode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback is never behind a proxy
    try:
        with opener.open(urllib.request.Request(url, data=data), timeout=DEADLINE_S) as reply:  # noqa: S310 - http, checked above
            said = json.loads(reply.read(MOST_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            raise ControlError(_reason(error)) from None
    except (OSError, ValueError) as error:
        raise ControlError(f"no answer: {error}") from error
    return said if isinstance(said, dict) else {}


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read(MOST_BYTES))["error"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"HTTP {error.code}"


def _told(said: Mapping[str, Any]) -> list[str]:
    if "events" not in said:
        return [str(said["id"])]
    return [
        f"{said['scenario']} at {said['t_s']} s",
        f"instruments: {', '.join(said['instruments'])}",
        f"to inject: {', '.join(said['what'])}",
        *(_line(event) for event in said["events"]),
    ]


def _line(event: Mapping[str, Any]) -> str:
    rest = {key: value for key, value in event.items() if key not in ("id", "what", "now")}
    pairs = " ".join(f"{key}={json.dumps(value)}" for key, value in rest.items())
    return f"{event.get('id', '-'):<14} {event['what']:<12} {'now' if event['now'] else 'ahead':<6} {pairs}"


if __name__ == "__main__":
    sys.exit(main())
