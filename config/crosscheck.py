"""What one part of a configuration asks of another: ids, buses, addresses, levels, destinations, secrets, paths."""

import difflib
import os
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, get_args

from config.mistakes import Mistake, phrase, plain, shown
from config.pieces import Item, Pieces
from config.schema import Level, LevelRule, ModbusTcpBus
from config.secrets import SecretSource, SecretUnavailableError

# Names that stand at an instrument's place in MQTT topics and records.
RESERVED = ("station", "alarm", "status", "confirm", "recorder", "absent")  # parts of MQTT topics
_LEVELS: tuple[str, ...] = get_args(Level)
_LIMITS = ("above_nsv_h", "above_background_nsv_h")


def cross_check(parts: Pieces, *, check_secrets: bool, check_paths: bool) -> Iterator[Mistake]:
    """All mistakes between the parts."""
    yield from _ids(parts.file, parts.buses)
    yield from _ids(parts.file, parts.instruments)
    yield from _ids(parts.file, parts.destinations)
    yield from _devices(parts)
    yield from _instruments(parts)
    yield from _neighbours(parts)
    yield from _levels(parts)
    yield from _window(parts)
    if parts.destinations and not parts.has_mqtt:
        yield Mistake(parts.file, "mqtt", phrase("found.nothing"), phrase("allowed.mqtt_for_destinations"))
    if check_paths and parts.data is not None:
        yield from _data_path(parts.file, parts.data)
    if check_secrets:
        yield from _secrets(parts)


def _ids(file: str, items: Sequence[Item[Any]]) -> Iterator[Mistake]:
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            yield Mistake(file, f"{item.key}.id", shown(item.id), phrase("allowed.other_id", id=item.id))
        if item.id is not None:
            seen.add(item.id)


def _devices(parts: Pieces) -> Iterator[Mistake]:
    """A serial port has one owner."""
    owners: dict[str, str] = {}
    for bus in parts.buses:
        if bus.value is None or isinstance(bus.value, ModbusTcpBus):
            continue
        device = bus.value.device
        if device in owners:
            allowed = phrase("allowed.free_device", bus=owners[device])
            yield Mistake(parts.file, f"{bus.key}.device", shown(device), allowed)
        owners.setdefault(device, bus.value.id)


def _instruments(parts: Pieces) -> Iterator[Mistake]:
    """Each instrument by itself, and on its bus."""
    buses = sorted({bus.id for bus in parts.buses if bus.id is not None})
    for item in parts.instruments:
        if item.id in RESERVED:
            yield Mistake(
                parts.file, f"{item.key}.id", shown(item.id), phrase("allowed.not_reserved", ids=", ".join(RESERVED))
            )
        wanted = item.text("bus")
        if wanted is not None and wanted not in buses:
            near = difflib.get_close_matches(wanted, buses, n=1)
            ids = ", ".join(near + [bus for bus in buses if bus not in near])
            yield Mistake(parts.file, f"{item.key}.bus", shown(wanted), phrase("allowed.known_bus", ids=ids))
        instrument = item.value
        if instrument is None:
            continue
        if instrument.address == 0 and parts.bus_kind(instrument.bus) == "modbus-rtu":
            yield Mistake(parts.file, f"{item.key}.address", shown(0), phrase("allowed.rtu_address"))
        if instrument.silent_after_s <= instrument.poll_s:
            yield Mistake(
                parts.file,
                f"{item.key}.silent_after_s",
                shown(instrument.silent_after_s),
                phrase("allowed.above_poll", limit=plain(instrument.poll_s)),
            )


def _neighbours(parts: Pieces) -> Iterator[Mistake]:
    """Instruments on one bus. One that sends by itself has its line alone; one that is asked has its own address."""
    for first, second in combinations(parts.instruments, 2):
        one, other = first.value, second.value
        if one is None or other is None or one.bus != other.bus:
            continue
        kind = parts.bus_kind(one.bus)
        if kind == "serial-line":
            allowed = phrase("allowed.alone_on_line", bus=one.bus, other=one.id)
            yield Mistake(parts.file, f"{second.key}.bus", shown(other.bus), allowed)
        elif kind is not None and one.address == other.address:
            allowed = phrase("allowed.free_address", bus=one.bus, other=one.id)
            yield Mistake(parts.file, f"{second.key}.address", shown(other.address), allowed)


def _levels(parts: Pieces) -> Iterator[Mistake]:
    """The limits of one kind rise with the level; each is more than its hysteresis."""
    for limit_name in _LIMITS:
        rules = [(item, getattr(item.value, limit_name)) for item in parts.levels if item.value]
        rules = [(item, limit) for item, limit in rules if limit is not None]
        for item, limit in rules:
            yield from _hysteresis(parts.file, item, limit)
        rules.sort(key=lambda rule: _rank(rule[0]))
        for (lower, low_limit), (item, limit) in pairwise(rules):
            level = _rule(lower).level
            if level == _rule(item).level:
                allowed = phrase("allowed.one_rule_a_level", level=level)
                yield Mistake(parts.file, f"{item.key}.level", shown(level), allowed)
            elif limit <= low_limit:
                allowed = phrase("allowed.above_level", limit=plain(low_limit), level=level)
                yield Mistake(parts.file, f"{item.key}.{limit_name}", shown(limit), allowed)


def _hysteresis(file: str, item: Item[LevelRule], limit: float) -> Iterator[Mistake]:
    hysteresis = _rule(item).hysteresis_nsv_h
    if hysteresis >= limit:
        allowed = phrase("allowed.below_limit", limit=plain(limit))
        yield Mistake(file, f"{item.key}.hysteresis_nsv_h", shown(hysteresis), allowed)


def _rule(item: Item[LevelRule]) -> LevelRule:
    if item.value is None:
        raise ValueError("only rules that are right by themselves are compared")
    return item.value


def _rank(item: Item[LevelRule]) -> int:
    return _LEVELS.index(_rule(item).level)


def _window(parts: Pieces) -> Iterator[Mistake]:
    background = parts.background
    if background is not None and background.learning_min > background.window_days * 1440:
        allowed = phrase("allowed.within_window", limit=plain(background.window_days * 1440))
        yield Mistake(parts.file, "measuring.background.learning_min", shown(background.learning_min), allowed)


def _data_path(file: str, data: Path) -> Iterator[Mistake]:
    """The directory, or the nearest one above it that is there, must take what the station writes."""
    there = data
    while not os.path.exists(there) and there != there.parent:  # noqa: PTH110 - Path.exists raises where one may not look
        there = there.parent
    allowed = phrase("allowed.writable_directory")
    if not there.is_dir():
        yield Mistake(file, "paths.data", phrase("found.path_not_directory", path=str(there)), allowed)
    elif not os.access(there, os.W_OK | os.X_OK):
        yield Mistake(file, "paths.data", phrase("found.path_not_writable", path=str(there)), allowed)


def _secrets(parts: Pieces) -> Iterator[Mistake]:
    sources = [("mqtt.password", parts.mqtt.password if parts.mqtt else None)]
    sources += [(f"{d.key}.influx.token", d.value.influx.token if d.value else None) for d in parts.destinations]
    for key, source in sources:
        if source is not None:
            yield from _secret(parts.file, key, resolved(source, parts.base))


def _secret(file: str, key: str, source: SecretSource) -> Iterator[Mistake]:
    try:
        source.read()
    except SecretUnavailableError as error:
        if error.trouble == "env_not_set":
            yield Mistake(file, key, phrase("found.env_not_set", name=error.place), phrase("allowed.secret"))
            return
        allowed = "allowed.private_file" if error.trouble == "secret_open_to_others" else "allowed.secret"
        params = {"file": error.place} if allowed == "allowed.private_file" else {}
        yield Mistake(file, key, phrase(f"found.{error.trouble}", file=error.place), phrase(allowed, **params))


def resolved(source: SecretSource, base: Path) -> SecretSource:
    """A secret's file with its path made absolute; a relative one begins at ``base``."""
    if source.file is None:
        return source
    return source.model_copy(update={"file": base / source.file})
