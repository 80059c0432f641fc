"""A station for any world: buses and instruments as the simulator's first line names them, else as the demo's.

Readings are as far apart as a fast world allows: the instruments together answer about a hundred times a real second.
So seldom that the background is not learned, where the speed is high: the reference of the site stands for it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from config.profiles import shipped
from config.schema import StationConfig

READS_PER_REAL_S = 100.0
SILENT_AFTER_S, SILENT_AFTER_REAL_S = 120.0, 8.0  # the larger one: a busy machine is no silent instrument
LONGEST_POLL_S = 60.0
WINDOW_DAYS = 7.0
LEARNING_SHARE = 1 / 48  # of the story: half an hour of a day
SERIAL: dict[str, dict[str, Any]] = {
    "modbus-rtu": {"baudrate": 19200, "parity": "N"},
    "serial-line": {"timeout_s": 3.0},
}


class ScenarioMismatchError(ValueError):
    """The scenario has something that the demo's station cannot watch. The text names it."""


def station_of(config: StationConfig, ready: Mapping[str, Any]) -> StationConfig:
    """Raises ScenarioMismatchError."""
    learning_min = max(1.0, round(float(ready["duration_s"]) / 60.0 * LEARNING_SHARE))
    content = config.model_dump(mode="json", exclude_defaults=True, exclude_none=True) | {
        "buses": [_bus(bus, told) for bus, told in ready["buses"].items()],
        "instruments": list(_instruments(ready)),
        "measuring": {"background": {"window_days": WINDOW_DAYS, "learning_min": learning_min}},
    }
    try:
        return StationConfig.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise ScenarioMismatchError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def poll_s(rate: float, instruments: int) -> float:
    """Seconds of the world between two readings of one instrument."""
    return min(LONGEST_POLL_S, max(1.0, float(round(rate * instruments / READS_PER_REAL_S))))


def _bus(bus: str, told: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": bus, **SERIAL.get(told["kind"], {}), **told}


def _instruments(ready: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    world: Mapping[str, Mapping[str, Any]] = ready["instruments"]
    rate = float(ready["rate"])
    for name, told in world.items():
        if told["profile"] not in shipped():
            raise ScenarioMismatchError(f"{name}: {told['profile']}")
        yield {
            "id": name,
            "bus": told["bus"],
            "address": told["address"],
            "profile": told["profile"],
            "name": _name(name, told, ready),
            "poll_s": poll_s(rate, len(world)),
            "silent_after_s": max(SILENT_AFTER_S, SILENT_AFTER_REAL_S * rate),
            **({"reference_nsv_h": told["reference_nsv_h"]} if "reference_nsv_h" in told else {}),
        }


def _name(instrument: str, told: Mapping[str, Any], ready: Mapping[str, Any]) -> Mapping[str, str]:
    """Its own, or its station's in a network, or its id."""
    if "name" in told:
        return dict(told["name"])
    if "station" in told:
        return dict(ready["stations"][told["station"]]["name"])
    return {"vi": instrument, "en": instrument}
