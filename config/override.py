"""Replaces endpoints and the data path of a configuration, for the demo and tests on ports that the system chose."""

from collections.abc import Mapping
from pathlib import Path

from config.schema import Bus, Destination, StationConfig

FIXED = ("id", "kind")  # what makes a bus that bus


def with_overrides(
    config: StationConfig,
    *,
    buses: Mapping[str, Mapping[str, object]] | None = None,
    mqtt: Mapping[str, object] | None = None,
    influx_url: str | None = None,
    data: Path | None = None,
) -> StationConfig:
    """A new configuration. Raises ValueError for a bus that is not there or a value that the schema refuses.

    ``buses``: bus id -> keys to replace, such as ``{"lan": {"host": "127.0.0.1", "port": 15020}}`` or
    ``{"line": {"device": "/dev/pts/3"}}``; ``mqtt``: keys of [mqtt]; ``influx_url``: of every destination.
    """
    wanted = dict(buses or {})
    changes: dict[str, object] = {"buses": tuple(_bus(bus, wanted.pop(bus.id, {})) for bus in config.buses)}
    if wanted:
        raise ValueError(f"no bus {sorted(wanted)}")
    if mqtt is not None:
        if config.mqtt is None:
            raise ValueError("there is no [mqtt] to override")
        changes["mqtt"] = type(config.mqtt).model_validate({**dict(config.mqtt), **mqtt})
    if influx_url is not None:
        changes["destinations"] = tuple(_destination(d, influx_url) for d in config.destinations)
    if data is not None:
        changes["paths"] = config.paths.model_copy(update={"data": data.absolute()})
    return config.model_copy(update=changes)


def _bus(bus: Bus, changes: Mapping[str, object]) -> Bus:
    if any(key in changes for key in FIXED):
        raise ValueError(f"{FIXED} of a bus cannot be overridden")
    return type(bus).model_validate({**dict(bus), **changes})


def _destination(destination: Destination, url: str) -> Destination:
    influx = type(destination.influx).model_validate({**dict(destination.influx), "url": url})
    return destination.model_copy(update={"influx": influx})
