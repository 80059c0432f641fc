"""The demo's station as a file: config/demo.toml fitted to where the simulated world really is.

It is written into the data directory, and the station loads it as every station loads its own.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config.override import with_overrides
from config.schema import Instrument, Language, StationConfig

CONFIG_FILE = Path(__file__).parents[2] / "config" / "demo.toml"
HEADING = "# Written by `quantrac demo` from config/demo.toml: the same station, at the ports of this run.\n"


class ScenarioMismatchError(ValueError):
    """The scenario has something that the demo's station cannot watch. The text names it."""


def fit(
    config: StationConfig, ready: Mapping[str, Any], *, mqtt_port: int, data: Path, language: Language
) -> StationConfig:
    """The station for a world that is ready (the simulator's first line). Raises ScenarioMismatchError."""
    world: Mapping[str, Mapping[str, Any]] = ready["instruments"]
    known = {instrument.id: instrument for instrument in config.instruments}
    if strangers := sorted(set(world) - set(known)):
        raise ScenarioMismatchError(", ".join(strangers))
    instruments = tuple(_placed(known[name], told) for name, told in world.items())
    buses = _endpoints(instruments, ready)
    fitted = config.model_copy(
        update={
            "instruments": instruments,
            "buses": tuple(bus for bus in config.buses if bus.id in buses),
            "station": config.station.model_copy(update={"language": language}),
        }
    )
    return with_overrides(
        fitted, buses=buses, mqtt={"host": "127.0.0.1", "port": mqtt_port, "protocol": "3.1.1"}, data=data
    )


def _placed(instrument: Instrument, told: Mapping[str, Any]) -> Instrument:
    if told["profile"] != instrument.profile:
        raise ScenarioMismatchError(f"{instrument.id}: {told['profile']}")
    return instrument.model_copy(update={"address": told["address"]})


def _endpoints(instruments: tuple[Instrument, ...], ready: Mapping[str, Any]) -> dict[str, dict[str, object]]:
    """Our bus id → where the simulator has it; the two may call a bus by different names."""
    found: dict[str, dict[str, object]] = {}
    for instrument in instruments:
        bus = ready["buses"][ready["instruments"][instrument.id]["bus"]]
        where = {key: value for key, value in bus.items() if key != "kind"}
        if found.setdefault(instrument.bus, where) != where:
            raise ScenarioMismatchError(f"{instrument.id}: {instrument.bus}")
    return found


def write_station_file(config: StationConfig, path: Path) -> None:
    path.write_text(
        HEADING + toml_of(config.model_dump(mode="json", exclude_defaults=True, exclude_none=True)), encoding="utf-8"
    )


def toml_of(content: Mapping[str, Any]) -> str:
    """Top-level keys one a paragraph; tables inside as inline tables. JSON's strings and numbers are TOML's."""
    return "".join(f"\n{key} = {_value(value)}\n" for key, value in content.items())


def _value(value: Any) -> str:
    match value:
        case Mapping():
            return "{ " + ", ".join(f"{key} = {_value(inner)}" for key, inner in value.items()) + " }"
        case list() if value:
            return "[\n" + "".join(f"    {_value(inner)},\n" for inner in value) + "]"
    return json.dumps(value, ensure_ascii=False)
