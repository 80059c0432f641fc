"""The demo's station as a file: config/demo.toml fitted to where the simulated world really is.

A world with instruments of its own gets a station generated for it (station.demo.generated).

It is written into the data directory, and the station loads it as every station loads its own.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config.override import with_overrides
from config.schema import Instrument, Language, StationConfig
from station.demo.generated import ScenarioMismatchError, station_of

CONFIG_FILE = Path(__file__).parents[2] / "config" / "demo.toml"
HEADING = "# Written by `quantrac demo` from config/demo.toml: the same station, at the ports of this run.\n"


def fit(
    config: StationConfig, ready: Mapping[str, Any], *, mqtt_port: int, data: Path, language: Language
) -> StationConfig:
    """The station for a world that is ready (the simulator's first line). Raises ScenarioMismatchError."""
    world: Mapping[str, Mapping[str, Any]] = ready["instruments"]
    models = {instrument.id: instrument.profile for instrument in config.instruments}
    if all(models.get(name) == told["profile"] for name, told in world.items()):
        fitted, buses = _same_station(config, ready)
    else:
        fitted, buses = station_of(config, ready), {}
    fitted = fitted.model_copy(update={"station": config.station.model_copy(update={"language": language})})
    return with_overrides(
        fitted, buses=buses, mqtt={"host": "127.0.0.1", "port": mqtt_port, "protocol": "3.1.1"}, data=data
    )


def _same_station(
    config: StationConfig, ready: Mapping[str, Any]
) -> tuple[StationConfig, dict[str, dict[str, object]]]:
    """The demo's own station, less what is not in this world, and where its buses are."""
    known = {instrument.id: instrument for instrument in config.instruments}
    instruments = tuple(
        known[name].model_copy(update={"address": told["address"]}) for name, told in ready["instruments"].items()
    )
    buses = _endpoints(instruments, ready)
    kept = tuple(bus for bus in config.buses if bus.id in buses)
    return config.model_copy(update={"instruments": instruments, "buses": kept}), buses


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
