"""The parts of a configuration that can be read even where others are wrong, so that cross checks miss nothing.

One item is a table of a list (a bus, an instrument): its key, its id, and its value when it is right by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from config.explain import item_key, validated
from config.schema import (
    Background,
    Destination,
    Instrument,
    LevelRule,
    ModbusRtuBus,
    ModbusTcpBus,
    Mqtt,
    SerialLineBus,
)

AnyBus = ModbusTcpBus | ModbusRtuBus | SerialLineBus
M = TypeVar("M", bound=BaseModel)
BUSES: dict[str, type[AnyBus]] = {
    "modbus-tcp": ModbusTcpBus,
    "modbus-rtu": ModbusRtuBus,
    "serial-line": SerialLineBus,
}


@dataclass(frozen=True, slots=True)
class Item(Generic[M]):
    """``value`` is None when the item has a mistake of its own; ``text`` still tells what it names."""

    key: str
    raw: Mapping[str, Any]
    value: M | None

    @property
    def id(self) -> str | None:
        return self.text("id")

    def text(self, name: str) -> str | None:
        found = self.raw.get(name)
        return found if isinstance(found, str) else None


@dataclass(frozen=True, slots=True)
class Pieces:
    """``base`` is the directory that relative paths begin at."""

    file: str
    base: Path
    buses: list[Item[AnyBus]]
    instruments: list[Item[Instrument]]
    levels: list[Item[LevelRule]]
    destinations: list[Item[Destination]]
    background: Background | None
    mqtt: Mqtt | None
    has_mqtt: bool
    data: Path | None

    def bus_kind(self, bus_id: str | None) -> str | None:
        """The kind of a bus, when it is known."""
        return next((kind for bus in self.buses if bus.id == bus_id and (kind := bus.text("kind")) in BUSES), None)


def pieces(data: Mapping[str, Any], file: str, base: Path) -> Pieces:
    measuring, alarms, paths = (_table(data, name) for name in ("measuring", "alarms", "paths"))
    where = paths.get("data")
    return Pieces(
        file=file,
        base=base,
        buses=[_bus(key, raw) for key, raw in _tables(data, "buses")],
        instruments=[_item(Instrument, key, raw) for key, raw in _tables(data, "instruments")],
        levels=[_item(LevelRule, key, raw) for key, raw in _tables(alarms, "levels", "alarms.levels")],
        destinations=[_item(Destination, key, raw) for key, raw in _tables(data, "destinations")],
        background=_value(Background, measuring.get("background", {})),
        mqtt=_value(Mqtt, data.get("mqtt")),
        has_mqtt="mqtt" in data,
        data=base / where if isinstance(where, str) else None,
    )


def _bus(key: str, raw: Mapping[str, Any]) -> Item[AnyBus]:
    kind = raw.get("kind")
    model = BUSES.get(kind) if isinstance(kind, str) else None
    return Item(key, raw, _value(model, raw) if model else None)


def _item(model: type[M], key: str, raw: Mapping[str, Any]) -> Item[M]:
    return Item(key, raw, _value(model, raw))


def _value(model: type[M], raw: object) -> M | None:
    try:
        return validated(model, raw)
    except ValidationError:
        return None


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def _tables(data: Mapping[str, Any], name: str, key: str = "") -> list[tuple[str, Mapping[str, Any]]]:
    found = data.get(name)
    if not isinstance(found, list):
        return []
    return [(item_key(key or name, found, i), raw) for i, raw in enumerate(found) if isinstance(raw, dict)]
