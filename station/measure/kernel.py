"""The step kernel of one detector: a sample in, a measurement out, and the averages that it closed.

 sample ─► work_up ─► watch ─┬─► averages 1 min, 10 min, 1 h ─► background (fed by the 1-minute averages)
                             ├─► net of the background as it stands ─► raw
                             └─► trailing mean ─► what alarm levels see
Live and replay run this same code, in plain Python floats: the same samples give the same bits. It has no clock and no
I/O. What comes later (detection, anchor, washout) stands beside ``Background`` and reads the same ``Value``.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from config import schema
from config.quality import Quality
from station.measure.averages import Averager, Closed
from station.measure.background import Background, Minute, Natural
from station.measure.net import expected_cps, net_of, u_counting_null
from station.measure.trailing import Trailing
from station.measure.types import Average, Calibration, Period, Sample, Worked
from station.measure.watch import Watch
from station.measure.working import Value, seconds, work_up

PERIODS: tuple[tuple[Period, int], ...] = (("1m", 60), ("10m", 600), ("1h", 3600))
LEARNING = int(Quality.LEARNING)


class Step(NamedTuple):
    """What one sample gave. ``averages``: those that it closed, shortest period first.

    ``level_nsv_h`` is what is held against alarm levels (station.measure.trailing); the record keeps ``raw``.
    """

    raw: Worked
    level_nsv_h: float | None
    averages: list[Average]


class DetectorKernel:
    """One detector, sample by sample, in the order of their time."""

    def __init__(
        self, calibration: Calibration, measuring: schema.Measuring, *, reference_nsv_h: float | None = None
    ) -> None:
        self._calibration = calibration
        self._background = Background(measuring.background, reference_nsv_h=reference_nsv_h)
        self._watch = Watch(calibration, measuring.silent_probability, measuring.stuck_probability)
        self._trailing = Trailing(calibration)
        self._averagers = [(period, Averager(period_s, calibration)) for period, period_s in PERIODS]
        self._held = False  # an alarm of this detector was active in the open minute

    @property
    def background(self) -> Background:
        return self._background

    def step(self, sample: Sample, *, held: bool) -> Step:
        """One sample. ``held``: an alarm of this detector is active, so that nothing is learned from this minute."""
        start_ns, end_ns = sample.start_ns, sample.end_ns
        natural = self._background.now()
        value = work_up(self._calibration, sample)
        watched = self._watched(start_ns, end_ns, value, natural)
        worked = self._complete(value._replace(flags=value.flags | watched), natural, value.gross is not None)
        level_nsv_h = self._trailing.step(value, seconds(start_ns, end_ns))
        return Step(worked, level_nsv_h, self._add(start_ns, end_ns, worked, held, {}))

    def flush(self, now_ns: int) -> list[Average]:
        """Averages that are over by the wall clock although no sample came to close them."""
        return self._told([(period, closed) for period, a in self._averagers for closed in a.flush(now_ns)])

    def clock_step(self) -> list[Average]:
        """The wall clock was stepped: every open interval ends at its last sample, the next one starts anew."""
        self._watch.clock_step()
        return self._told([(period, closed) for period, a in self._averagers for closed in a.close()])

    def restore_background(self, minutes: Iterable[Minute], *, held: Sequence[tuple[int, int]] = ()) -> int:
        """Learn again from the journal's 1-minute averages, oldest first; call it before ``restore_open``."""
        return self._background.restore(minutes, held=held)

    def restore_open(
        self,
        raw: Iterable[tuple[int, int, Worked]],
        *,
        told_until_ns: Mapping[Period, int] | None = None,
        held: bool = False,
    ) -> list[Average]:
        """Go on with the open hour: its raw measurements (start, end, worked), oldest first, of this clock epoch.

        Gives back the averages that closed meanwhile and end after ``told_until_ns`` (the end of the last one that the
        journal has): those were over when the station stopped, and nobody has told of them yet.
        """
        told = told_until_ns or {}
        late: list[Average] = []
        for start_ns, end_ns, worked in raw:
            value = _value_of(worked)
            self._watched(start_ns, end_ns, value, self._background.now())
            self._trailing.step(value, seconds(start_ns, end_ns))
            late += self._add(start_ns, end_ns, worked, held, told)
        for period, averager in self._averagers:
            averager.flush(told.get(period, 0))  # the journal has these: they must not be told again
        return late

    def _watched(self, start_ns: int, end_ns: int, value: Value, natural: Natural) -> int:
        return self._watch.step(
            start_ns,
            end_ns,
            counts=value.counts,
            live_s=value.live_s,
            reported=value.reported,
            u_counting=value.u_counting,
            expected_cps=None if natural.nsv_h is None else expected_cps(self._calibration, natural.nsv_h),
        )

    def _add(
        self, start_ns: int, end_ns: int, worked: Worked, held: bool, told: Mapping[Period, int]
    ) -> list[Average]:  # fmt: skip
        self._held = self._held or held
        closed = [(p, c) for p, a in self._averagers for c in a.add(start_ns, end_ns, worked)]
        averages = self._told([(p, c) for p, c in closed if p not in told or c.end_ns > told[p]])
        if any(period == "1m" for period, _ in closed):
            self._held = held  # this sample may already belong to the next minute
        return averages

    def _told(self, closed: list[tuple[Period, Closed]]) -> list[Average]:
        """All of them against the background as it stands; only then does the minute become a part of it."""
        natural = self._background.now()
        averages = [Average(p, c.start_ns, c.end_ns, self._complete(c.value, natural, c.samples)) for p, c in closed]
        for period, _, end_ns, worked in averages:
            if period == "1m":
                minute = Minute(end_ns, worked.gross_nsv_h, worked.flags, worked.completeness)
                self._background.feed(minute, held=self._held)
                self._held = False
        return averages

    def _complete(self, value: Value, natural: Natural, samples: int) -> Worked:
        null = u_counting_null(self._calibration, natural.nsv_h, value.live_s, value.gross, value.u_counting)
        net = net_of(value.gross, value.u_counting, null, natural.nsv_h, natural.u_nsv_h)
        return Worked(
            gross_nsv_h=value.gross,
            u_nsv_h=value.u,
            u_counting_nsv_h=value.u_counting,
            u_calibration_nsv_h=value.u_calibration,
            low_nsv_h=value.low,
            high_nsv_h=value.high,
            background_nsv_h=natural.nsv_h,
            u_background_nsv_h=natural.u_nsv_h,
            net_nsv_h=net.net,
            decision_threshold_nsv_h=net.threshold,
            significance=net.significance,
            counts=value.counts,
            live_s=value.live_s,
            count_rate_cps=value.rate_cps,
            reported_nsv_h=value.reported,
            flags=value.flags | (LEARNING if natural.learning else 0),
            completeness=value.completeness,
            samples=int(samples),
        )


def _value_of(worked: Worked) -> Value:
    """The measured part of a record that was worked up before."""
    return Value(
        worked.gross_nsv_h,
        worked.u_counting_nsv_h,
        worked.u_calibration_nsv_h,
        worked.low_nsv_h,
        worked.high_nsv_h,
        worked.counts,
        worked.live_s,
        worked.count_rate_cps,
        worked.reported_nsv_h,
        worked.flags,
        worked.completeness,
    )
