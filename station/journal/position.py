"""Where a destination stands in a journal: what it has confirmed, as a bounded set of numbers."""

import json
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Position:
    """Confirmed are all of 1..seq and the closed ``ranges`` above it (ascending, disjoint, not adjacent)."""

    journal: str
    seq: int
    ranges: tuple[tuple[int, int], ...] = ()

    def confirms(self, seq: int) -> bool:
        return seq <= self.seq or any(low <= seq <= high for low, high in self.ranges)

    def depth(self, last_seq: int) -> int:
        """How many of 1..last_seq are not confirmed."""
        above = sum(max(0, min(high, last_seq) - low + 1) for low, high in self.ranges)
        return max(0, last_seq - self.seq - above)

    def ranges_json(self) -> str:
        return json.dumps(self.ranges, separators=(",", ":"))

    @classmethod
    def from_row(cls, journal: str, seq: int, ranges_json: str) -> Self:
        return cls(journal, seq, tuple((int(low), int(high)) for low, high in json.loads(ranges_json)))
