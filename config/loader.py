"""Loads a station's configuration: one TOML file and the profiles that it names. All mistakes are told at once."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config.crosscheck import cross_check, resolved
from config.explain import parse
from config.mistakes import ConfigError, Mistake, phrase, shown
from config.pieces import Item, Pieces, pieces
from config.profile import Profile
from config.profiles import ProfileFile, is_path, known_profile, profile_path, read_profile
from config.schema import Destination, Instrument, Mqtt, StationConfig
from config.source import read_toml

_PROTOCOL_OF_BUS = {"modbus-tcp": "modbus", "modbus-rtu": "modbus", "serial-line": "line"}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration without mistakes.

    ``text`` is the file's own, with the user's profiles appended as comments: together with the software's version
    it says everything. ``sha256`` is its hash. ``profiles`` is by instrument id. Paths in ``config`` are absolute.
    """

    config: StationConfig
    text: str
    sha256: str
    profiles: Mapping[str, Profile]
    path: Path


def load(path: Path, *, check_secrets: bool = False, check_paths: bool = True) -> Loaded:
    """Load a configuration. Raises ConfigError with every mistake.

    ``check_secrets``: also try to read the secrets, as on the machine that the station runs on.
    ``check_paths``: also see whether the data directory can be written.
    """
    source = read_toml(path)
    base = path.absolute().parent
    config, mistakes = parse(StationConfig, source.data, str(path))
    parts = pieces(source.data, str(path), base)
    mistakes += cross_check(parts, check_secrets=check_secrets, check_paths=check_paths)
    files = _profiles(parts, mistakes)
    for item in parts.instruments:
        mistakes += _fit(parts, item, files)
    if mistakes or config is None:
        raise ConfigError(tuple(sorted(dict.fromkeys(mistakes), key=lambda m: _place(m, str(path)))))
    text = source.text + _appended(files)
    return Loaded(
        config=_absolute(config, base),
        text=text,
        sha256=hashlib.sha256(text.encode("utf-8")).hexdigest(),
        profiles={instrument.id: files[instrument.profile].profile for instrument in config.instruments},
        path=path,
    )


def _profiles(parts: Pieces, mistakes: list[Mistake]) -> dict[str, ProfileFile]:
    """The profiles by the reference that the instruments make to them; mistakes are added to the list."""
    files: dict[str, ProfileFile] = {}
    for item in parts.instruments:
        reference = item.text("profile")
        if not reference or reference in files:
            continue
        path = profile_path(reference, parts.base)
        if path is None:
            mistakes.append(Mistake(parts.file, f"{item.key}.profile", shown(reference), known_profile()))
            continue
        try:
            files[reference] = read_profile(path)
        except ConfigError as error:
            mistakes += error.mistakes
    return files


def _fit(parts: Pieces, item: Item[Instrument], files: Mapping[str, ProfileFile]) -> list[Mistake]:
    """Whether profile, bus and calibration of one instrument go together."""
    file = files.get(item.text("profile") or "")
    if file is None:
        return []
    mistakes = []
    profile, bus = file.profile, item.text("bus")
    kind = parts.bus_kind(bus)
    if kind is not None and _PROTOCOL_OF_BUS[kind] != profile.protocol:
        found = phrase("found.profile_speaks", profile=profile.id, protocol=profile.protocol)
        allowed = phrase("allowed.matching_profile", bus=bus, protocol=_PROTOCOL_OF_BUS[kind])
        mistakes.append(Mistake(parts.file, f"{item.key}.profile", found, allowed))
    if item.value is not None and _lacks_sensitivity(profile, item.value):
        key = f"{item.key}.calibration.sensitivity_cps_per_usv_h"
        allowed = phrase("allowed.sensitivity", profile=profile.id)
        mistakes.append(Mistake(parts.file, key, phrase("found.nothing"), allowed))
    return mistakes


def _lacks_sensitivity(profile: Profile, instrument: Instrument) -> bool:
    detector, calibration = profile.detector, instrument.calibration
    if detector is None or detector.primary != "counts" or detector.sensitivity_cps_per_usv_h is not None:
        return False
    return calibration is None or calibration.sensitivity_cps_per_usv_h is None


def _place(mistake: Mistake, file: str) -> tuple[bool, int]:
    """The station's file first, its parts in the schema's order."""
    section = mistake.key.partition(".")[0].partition("[")[0]
    order = list(StationConfig.model_fields)
    return mistake.file != file, order.index(section) if section in order else -1


def _appended(files: Mapping[str, ProfileFile]) -> str:
    """The user's own profiles as comments: what a measurement rests on is kept with it."""
    lines = []
    for reference, file in sorted(files.items()):
        if is_path(reference):
            lines += [f"# profile {reference!r}", *(f"# | {line}" for line in file.text.splitlines())]
    return "".join(f"\n{line}" for line in lines)


def _absolute(config: StationConfig, base: Path) -> StationConfig:
    """The same configuration with all paths made absolute; relative ones begin at ``base``."""
    return config.model_copy(
        update={
            "paths": config.paths.model_copy(update={"data": base / config.paths.data}),
            "mqtt": _absolute_mqtt(config.mqtt, base) if config.mqtt else None,
            "destinations": tuple(_absolute_destination(d, base) for d in config.destinations),
        }
    )


def _absolute_mqtt(mqtt: Mqtt, base: Path) -> Mqtt:
    return mqtt.model_copy(
        update={
            "password": resolved(mqtt.password, base) if mqtt.password else None,
            "tls_ca": base / mqtt.tls_ca if mqtt.tls_ca else None,
        }
    )


def _absolute_destination(destination: Destination, base: Path) -> Destination:
    token = destination.influx.token
    influx = destination.influx.model_copy(update={"token": resolved(token, base) if token else None})
    return destination.model_copy(update={"influx": influx})
