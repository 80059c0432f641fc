"""All alarms of one station. The engine says what it sees; every call gives back the events that it made.

No I/O and no clock: monotonic time runs the delays, wall time stamps the events. Who keeps events and snapshots, and
who tells people (``alerting.notify``), is the caller's matter.
"""

from collections.abc import Iterable
from typing import Any

from alerting.conditions import DoseLevels, Flagged, Silent, Stuck, Told
from alerting.events import STATION_CONDITIONS, Event, Standing
from alerting.state import Machine
from config.schema import Alarms, Instrument

SNAPSHOT_SCHEMA = 1


class UnknownAlarmError(KeyError):
    """No alarm has this name. The text names it."""


class SnapshotError(ValueError):
    """A snapshot that cannot be gone on from. The board is as it was."""


class AlarmBoard:
    """The alarms of a configuration: three of each instrument, one of each station condition."""

    def __init__(self, alarms: Alarms, instruments: Iterable[Instrument]) -> None:
        self._dose: dict[str, DoseLevels] = {}
        self._silent: dict[str, Silent] = {}
        self._stuck: dict[str, Stuck] = {}
        for one in instruments:
            self._dose[one.id] = DoseLevels(one.id, alarms.levels, one.silent_after_s)
            self._silent[one.id] = Silent(one.id, alarms.silent, one.silent_after_s)
            self._stuck[one.id] = Stuck(one.id, alarms.stuck, one.silent_after_s)
        self._station = {condition: Flagged(condition, alarms.station) for condition in STATION_CONDITIONS}
        self._machines = {machine.alarm: machine for machine in self._all_machines()}

    def dose(
        self,
        instrument: str,
        mono_ns: int,
        wall_ns: int,
        gross_nsv_h: float | None,
        background_nsv_h: float | None,
        flags: int,
    ) -> list[Event]:
        """A dose rate of a detector, or None for a poll without one (unknown holds what stands)."""
        return self._dose[instrument].step(mono_ns, wall_ns, gross_nsv_h, background_nsv_h, flags)

    def link(
        self, instrument: str, mono_ns: int, wall_ns: int, last_good_mono_ns: int | None, flags: int
    ) -> list[Event]:
        """After each poll, good or not: when the last good answer came, and its flags."""
        silent = self._silent[instrument].step(mono_ns, wall_ns, last_good_mono_ns, flags)
        return silent + self._stuck[instrument].step(mono_ns, wall_ns, last_good_mono_ns, flags)

    def station(
        self,
        condition: str,
        mono_ns: int,
        wall_ns: int,
        active: bool,
        value: float | None = None,
        limit: float | None = None,
        unit: str = "",
        note: str = "",
    ) -> list[Event]:
        """A condition of the station itself; it stands as said until it is said anew."""
        return self._station[condition].step(mono_ns, wall_ns, Told(active, value, limit, unit, note))

    def tick(self, mono_ns: int, wall_ns: int) -> list[Event]:
        """Time passes: silences grow, delays of station conditions run out. Dose rates move only when one comes."""
        timed: list[Silent | Flagged] = [*self._silent.values(), *self._station.values()]
        return [event for condition in timed for event in condition.tick(mono_ns, wall_ns)]

    def acknowledge(self, alarm: str, wall_ns: int, *, note: str = "") -> list[Event]:
        """A person has seen it. Raises UnknownAlarmError; gives nothing where nothing is to be acknowledged."""
        if alarm not in self._machines:
            raise UnknownAlarmError(alarm)
        return self._machines[alarm].acknowledge(wall_ns, note=note)

    def active(self) -> list[Standing]:
        """Every alarm that is not normal, by name."""
        standing = (self._machines[alarm].standing() for alarm in sorted(self._machines))
        return [one for one in standing if one is not None]

    def held(self, instrument: str) -> bool:
        """Whether a dose-rate alarm of this detector holds, so that its background learns nothing."""
        return self._dose[instrument].machine.active

    def alarms(self) -> list[str]:
        """The names of all alarms of this configuration."""
        return sorted(self._machines)

    def is_waiting(self, mono_ns: int) -> bool:
        """Whether time runs for something that is not an alarm yet, or not over yet."""
        others: list[DoseLevels | Stuck | Flagged] = [
            *self._dose.values(), *self._stuck.values(), *self._station.values()
        ]  # fmt: skip
        return any(one.machine.is_waiting for one in others) or any(
            one.is_waiting(mono_ns) for one in self._silent.values()
        )

    def snapshot(self, mono_ns: int) -> dict[str, Any]:
        """All that must outlive the process, as JSON can keep it."""
        parts = {part.alarm: part.snapshot(mono_ns) for part in self._plain()}
        parts |= {one.machine.alarm: one.snapshot(mono_ns) for one in self._with_memory()}
        return {"schema": SNAPSHOT_SCHEMA, "alarms": parts}

    def restore(self, data: dict[str, Any], mono_ns: int, wall_ns: int) -> list[Event]:
        """Go on from a snapshot. Alarms that the configuration no longer has end here. Raises SnapshotError."""
        before = self.snapshot(mono_ns)
        try:
            if data["schema"] != SNAPSHOT_SCHEMA:
                raise SnapshotError(f"alarm snapshot of schema {data['schema']!r}, not {SNAPSHOT_SCHEMA}")
            self._restore(data["alarms"], mono_ns)
            return self._end_the_gone(data["alarms"], mono_ns, wall_ns)
        except SnapshotError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            self._restore(before["alarms"], mono_ns)
            raise SnapshotError(f"alarm snapshot: {type(error).__name__}: {error}") from error

    def _restore(self, alarms: dict[str, Any], mono_ns: int) -> None:
        for machine in self._plain():
            if machine.alarm in alarms:
                machine.restore(alarms[machine.alarm], mono_ns)
        for one in self._with_memory():
            if one.machine.alarm in alarms:
                one.restore(alarms[one.machine.alarm], mono_ns)

    def _end_the_gone(self, alarms: dict[str, Any], mono_ns: int, wall_ns: int) -> list[Event]:
        events = []
        for name in sorted(alarms.keys() - self._machines.keys()):
            gone = Machine(name, str(alarms[name]["instrument"]), str(alarms[name]["unit"]), ())
            gone.restore(alarms[name], mono_ns)
            events += gone.end(wall_ns)
        return events

    def _plain(self) -> list[Machine]:
        """Machines whose condition keeps nothing of its own."""
        conditions: list[DoseLevels | Stuck] = [*self._dose.values(), *self._stuck.values()]
        return [one.machine for one in conditions]

    def _with_memory(self) -> list[Silent | Flagged]:
        return [*self._silent.values(), *self._station.values()]

    def _all_machines(self) -> list[Machine]:
        return [*self._plain(), *(one.machine for one in self._with_memory())]
