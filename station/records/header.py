"""What every record carries: its name (journal id, seq), whose it is, when, by which clock, from what."""

from dataclasses import dataclass

from station.records.columns import column


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The journal gives ``seq``; until then it is 0. (journal id, seq) names a record everywhere.

    ``revision`` rises with each change of the same (table, instrument, end, clock epoch); ``supersedes`` is the seq
    of the record that this one replaces. ``validation`` is what people said: unchecked, plausible, not_plausible.
    """

    seq: int = column("int", "name of the record within its journal", default=0)
    station: str = column("str", "station id", influx="tag")
    instrument: str = column("str", "instrument id, or 'station' for the station itself", influx="tag")
    channel: str = column("str", "channel of the instrument")
    quantity: str = column("str", "what is told of")
    start_ns: int = column("int", "start of the interval, UTC", unit="ns")
    end_ns: int = column("int", "end of the interval, UTC", unit="ns", influx="time")
    revision: int = column("int", "0, then one more with each change", default=0)
    supersedes: int | None = column("int", "seq of the record this one replaces", nullable=True, default=None)
    validation: str = column("str", "unchecked, plausible or not_plausible", default="unchecked")
    flags: int = column("int", "quality flags, bits of the table flags_version", default=0)
    flags_version: int = column("int", "version of the flag table")
    config: str = column("str", "content hash of the configuration")
    calibration: str = column("str", "calibration period", default="")
    software: str = column("str", "software version")
    boot: str = column("str", "boot id: monotonic times compare within one boot only")
    mono_ns: int = column("int", "monotonic time of the interval's end", unit="ns")
    clock_epoch: int = column("int", "rises at each step of the wall clock", influx="tag", default=0)
