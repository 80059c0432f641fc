"""Samples from arrays, for replay: the same kernels step through history as through the present.

In arrays a missing number is NaN, a missing count is negative; here they become None, as a driver would say it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from config.quality import Quality
from station.measure.kernel import DetectorKernel, Step
from station.measure.types import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Columns of samples, in the order of their time. None: the instrument does not give this column."""

    start_ns: NDArray[np.int64]
    end_ns: NDArray[np.int64]
    counts: NDArray[np.int64] | None = None
    live_s: NDArray[np.float64] | None = None
    reported_nsv_h: NDArray[np.float64] | None = None
    reported_rel_u: NDArray[np.float64] | None = None
    flags: NDArray[np.int64] | None = None

    def samples(self) -> Iterator[Sample]:
        size = len(self.start_ns)
        counts = [None] * size if self.counts is None else [None if n < 0 else n for n in self.counts.tolist()]
        flags = [0] * size if self.flags is None else self.flags.tolist()
        rows = zip(
            self.start_ns.tolist(),
            self.end_ns.tolist(),
            counts,
            _missing(self.live_s, size),
            _missing(self.reported_nsv_h, size),
            _missing(self.reported_rel_u, size),
            flags,
            strict=True,
        )
        for start_ns, end_ns, n, live_s, reported, rel_u, flag in rows:
            yield Sample(start_ns, end_ns, n, live_s, reported, rel_u, Quality(flag))


def steps(kernel: DetectorKernel, series: Series) -> Iterator[Step]:
    """Step the kernel through the series; no alarm holds its learning."""
    for sample in series.samples():
        yield kernel.step(sample, held=False)


def _missing(column: NDArray[np.float64] | None, size: int) -> list[float | None]:
    if column is None:
        return [None] * size
    return [None if math.isnan(x) else x for x in column.tolist()]
