"""After a restart a detector goes on as if nothing had been: its background, its open averages, its last interval."""

from collections.abc import Iterator
from itertools import groupby

from config.clock import NS
from config.loader import Loaded
from station.engine.detector import TABLE_OF, Restored
from station.journal.reader import JournalReader
from station.measure.background import Minute
from station.measure.kernel import DetectorKernel
from station.measure.types import Average, Period, Worked
from station.records import Alarm, DoseRate, Header
from station.timekeeping import Stamp

HOUR_NS = 3600 * NS
DAY_NS = 24 * HOUR_NS
_WORKED = tuple(Worked.__slots__)


def restore(
    kernel: DetectorKernel, loaded: Loaded, instrument: str, reader: JournalReader, calibration: str
) -> Restored | None:
    """The background from the 1-minute averages, the open averages from the raw values of their hour.

    Returns where the journal left off, or None for an instrument that it does not know. If the clock stepped since,
    the room ends the open averages there, under the old epoch; ``calibration`` is the one that is valid now.
    """
    _restore_background(kernel, loaded, instrument, reader)
    last = reader.latest("dose_rate", instrument)
    if last is None:
        return None
    told: dict[Period, int] = {}
    for period, table in TABLE_OF.items():
        average = reader.latest(table, instrument)
        if average is not None and average.clock_epoch == last.clock_epoch:
            told[period] = average.end_ns
    hour_start_ns = (last.end_ns - 1) // HOUR_NS * HOUR_NS
    raw = (
        r
        for r in _dose_rates(reader.every("dose_rate", instrument, hour_start_ns, last.end_ns))
        if r.clock_epoch == last.clock_epoch
    )
    late: list[tuple[Average, str]] = []
    for name, records in groupby(raw, key=lambda r: r.calibration):
        closed = kernel.restore_open((_raw(r) for r in records), told_until_ns=told)
        if name != calibration:  # no average is of two calibrations
            closed += [a for a in kernel.clock_step() if a.end_ns > told.get(a.period, 0)]
        late += [(average, name) for average in closed]
    return Restored(Stamp(last.end_ns, last.mono_ns, last.clock_epoch), late)


def _raw(record: DoseRate) -> tuple[int, int, Worked]:
    return record.start_ns, record.end_ns, Worked(**{name: getattr(record, name) for name in _WORKED})


def _restore_background(kernel: DetectorKernel, loaded: Loaded, instrument: str, reader: JournalReader) -> None:
    """The window ends with the newest minute, whatever the clock says now: it may not be set yet."""
    newest = reader.latest("dose_rate_1m", instrument)
    if newest is None:
        return
    begin_ns = newest.end_ns - int(loaded.config.measuring.background.window_days * DAY_NS)
    minutes = (
        Minute(r.end_ns, r.gross_nsv_h, r.flags, r.completeness)
        for r in _dose_rates(reader.every("dose_rate_1m", instrument, begin_ns, newest.end_ns))
    )
    kernel.restore_background(minutes, held=_held(reader, instrument, newest.end_ns))


def _dose_rates(records: Iterator[Header]) -> Iterator[DoseRate]:
    return (record for record in records if isinstance(record, DoseRate))


def _held(reader: JournalReader, instrument: str, until_ns: int) -> list[tuple[int, int]]:
    """When this detector's dose-rate alarm was active: nothing was learned then, and nothing is now."""
    found: list[tuple[int, int]] = []
    since: int | None = None
    for event in reader.every("alarm", instrument, 0, until_ns):  # it may have come long before the window
        if not isinstance(event, Alarm) or event.alarm != f"{instrument}-dose":
            continue
        if event.event == "raised":
            since = event.end_ns
        elif event.event == "returned" and since is not None:
            found.append((since, event.end_ns))
            since = None
    if since is not None:
        found.append((since, until_ns))
    return found
