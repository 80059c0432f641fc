"""What the control may do to a running world, in the words of its requests."""

from collections.abc import Callable, Mapping
from typing import Any

from simulator.control.server import RefusedError, Said
from simulator.live import GROUPS, InjectionError, Live

KEYS = {"inject": {"do", "what", "event"}, "clear": {"do", "id"}}


class Desk:
    """``changed`` is called after each change, so that whoever waits for the next event looks again."""

    def __init__(self, live: Live, now_s: Callable[[], float], changed: Callable[[], None]) -> None:
        self._live = live
        self._now_s = now_s
        self._changed = changed

    def act(self, wanted: Mapping[str, Any] | None) -> Said:
        if wanted is None:
            return self._going_on()
        do = wanted.get("do")
        if not isinstance(do, str) or do not in KEYS:
            raise RefusedError(f"do: one of {', '.join(KEYS)}")
        if strange := sorted(set(wanted) - KEYS[do]):
            raise RefusedError(f"unknown: {', '.join(strange)[:100]}")
        try:
            said = self._inject(wanted) if do == "inject" else self._clear(wanted)
        except InjectionError as error:
            raise RefusedError(str(error)) from error
        self._changed()
        return said

    def _going_on(self) -> Said:
        live, now_s = self._live, self._now_s()
        return {
            "scenario": live.scenario.id,
            "t_s": round(now_s, 3),
            "instruments": [spec.id for spec in live.scenario.instruments],
            "what": list(GROUPS),
            "events": live.going_on(now_s),
        }

    def _inject(self, wanted: Mapping[str, Any]) -> Said:
        what, event = wanted.get("what"), wanted.get("event")
        if not isinstance(what, str) or not isinstance(event, dict):
            raise RefusedError("what is a name, event an object")
        return {"id": self._live.inject(what, event, self._now_s())}

    def _clear(self, wanted: Mapping[str, Any]) -> Said:
        identity = wanted.get("id")
        if not isinstance(identity, str):
            raise RefusedError("id is a name")
        self._live.clear(identity, self._now_s())
        return {"id": identity}
