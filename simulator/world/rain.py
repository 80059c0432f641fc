"""Rain: showers of constant intensity; what falls is the exact integral, however it is asked."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Shower:
    start_s: float
    end_s: float
    rate_mm_h: float


@dataclass(frozen=True, slots=True)
class Piece:
    """From ``start_s`` until the next piece begins it rains at one constant rate."""

    start_s: float
    rate_mm_h: float
    fallen_before_mm: float


class Rain:
    """All showers added up into pieces of constant rate; the first piece begins at 0 s, the last one never ends."""

    def __init__(self, showers: Iterable[Shower]) -> None:
        self.pieces = _pieces(tuple(showers))
        self._starts = [piece.start_s for piece in self.pieces]

    def piece_index(self, t_s: float) -> int:
        return max(0, bisect_right(self._starts, t_s) - 1)

    def rate_mm_h(self, t_s: float) -> float:
        return self.pieces[self.piece_index(t_s)].rate_mm_h

    def fallen_mm(self, t_s: float) -> float:
        """What has fallen since the world began, as a perfect gauge counts it."""
        piece = self.pieces[self.piece_index(t_s)]
        return piece.fallen_before_mm + piece.rate_mm_h * max(0.0, t_s - piece.start_s) / SECONDS_PER_HOUR


def _pieces(showers: tuple[Shower, ...]) -> tuple[Piece, ...]:
    edges = sorted({0.0, *(s.start_s for s in showers), *(s.end_s for s in showers)})
    pieces: list[Piece] = []
    fallen_mm = 0.0
    for i, edge in enumerate(edges):
        if pieces:
            fallen_mm += pieces[-1].rate_mm_h * (edge - edges[i - 1]) / SECONDS_PER_HOUR
        rate = sum(s.rate_mm_h for s in showers if s.start_s <= edge < s.end_s)
        pieces.append(Piece(edge, rate, fallen_mm))
    return tuple(pieces)
