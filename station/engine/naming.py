"""What every record of this run carries: whose it is, by which configuration and software, by which clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from config.quality import FLAGS_VERSION, Quality
from station import __version__
from station.engine.keys import KeyGuard
from station.timekeeping import Stamp


@dataclass(frozen=True, slots=True)
class Naming:
    """Makes headers. One lives as long as one configuration; the key guard outlives it."""

    station: str
    config_hash: str
    boot: str
    calibrations: Mapping[str, str]  # instrument -> calibration period
    guard: KeyGuard = field(default_factory=KeyGuard)

    def header(
        self,
        table: str,
        instrument: str,
        stamp: Stamp,
        *,
        start_ns: int,
        end_ns: int,
        key: tuple[str, ...] = (),
        **more: Any,
    ) -> dict[str, Any]:
        """The keyword arguments of a record's header. ``key``: what else tells records of one table apart."""
        flags = more.pop("flags", Quality(0))
        if not stamp.trusted:
            flags |= Quality.CLOCK_NOT_TRUSTED
        return {
            "station": self.station,
            "instrument": instrument,
            "start_ns": start_ns,
            "end_ns": self.guard.end_ns((table, instrument, *key), stamp.epoch, end_ns),
            "flags": int(flags),
            "flags_version": FLAGS_VERSION,
            "config": self.config_hash,
            "calibration": self.calibrations.get(instrument, ""),
            "software": __version__,
            "boot": self.boot,
            "mono_ns": stamp.mono_ns,
            "clock_epoch": stamp.epoch,
            **more,
        }
