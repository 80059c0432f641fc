"""After a restart a detector goes on as if nothing had been: its background, its open averages, its last interval."""

from collections.abc import Iterator

from config.clock import NS
from config.loader import Loaded
from station.engine.detector import TABLE_OF, Restored
from station.journal.reader import JournalReader
from station.measure.background import Minute
from station.measure.kernel import DetectorKernel
from station.measure.types import Period, Worked
from station.records import Alarm, DoseRate, Header
from station.timekeeping import Stamp

HOUR_NS = 3600 * NS
DAY_NS = 24 * HOUR_NS
_WORKED = tuple(Worked.__slots__)


def restore(
    kernel: DetectorKernel, loaded: Loaded, instrument: str, reader: JournalReader, now_ns: int
) -> Restored | None:
    """The background from the 1-minute averages, the open averages from the raw values of their hour.

    Returns where the journal left off, or None for an instrument that it does not know. If the clock stepped since,
    the room ends the open averages there, under the old epoch.
    """
    begin_ns = now_ns - int(loaded.config.measuring.background.window_days * DAY_NS)
    minutes = (
        Minute(r.end_ns, r.gross_nsv_h, r.flags, r.completeness)
        for r in _dose_rates(reader.every("dose_rate_1m", instrument, begin_ns, now_ns))
    )
    kernel.restore_background(minutes, held=_held(reader, instrument, begin_ns, now_ns))
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
        (r.start_ns, r.end_ns, Worked(**{name: getattr(r, name) for name in _WORKED}))
        for r in _dose_rates(reader.every("dose_rate", instrument, hour_start_ns, last.end_ns))
        if r.clock_epoch == last.clock_epoch
    )
    late = kernel.restore_open(raw, told_until_ns=told)
    return Restored(Stamp(last.end_ns, last.mono_ns, last.clock_epoch), late)


def _dose_rates(records: Iterator[Header]) -> Iterator[DoseRate]:
    return (record for record in records if isinstance(record, DoseRate))


def _held(reader: JournalReader, instrument: str, begin_ns: int, now_ns: int) -> list[tuple[int, int]]:
    """When this detector's dose-rate alarm was active: nothing was learned then, and nothing is now."""
    found: list[tuple[int, int]] = []
    since: int | None = None
    for event in reader.every("alarm", instrument, begin_ns, now_ns):
        if not isinstance(event, Alarm) or event.alarm != f"{instrument}-dose":
            continue
        if event.event == "raised":
            since = event.end_ns
        elif event.event == "returned" and since is not None:
            found.append((since, event.end_ns))
            since = None
    if since is not None:
        found.append((since, now_ns))
    return found
