"""Rain and snow: showers of constant intensity; what falls is the exact integral, however it is asked."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Shower:
    start_s: float
    end_s: float
    rate_mm_h: float  # of water
    strength: float = 1.0  # how much progeny it carries
    snow: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """From ``start_s`` until the next piece begins it rains at one constant rate."""

    start_s: float
    rate_mm_h: float
    fallen_before_mm: float
    strength: float = 1.0  # of all showers at work, by their rates
    snow_mm_h: float = 0.0  # the part of the rate that falls as snow
    snow_before_mm: float = 0.0


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

    def snow_fallen_mm(self, t_s: float) -> float:
        """The part of ``fallen_mm`` that fell as snow, as water."""
        piece = self.pieces[self.piece_index(t_s)]
        return piece.snow_before_mm + piece.snow_mm_h * max(0.0, t_s - piece.start_s) / SECONDS_PER_HOUR

    def snowing(self, t_s: float) -> bool:
        return self.pieces[self.piece_index(t_s)].snow_mm_h > 0


def _pieces(showers: tuple[Shower, ...]) -> tuple[Piece, ...]:
    edges = sorted({0.0, *(s.start_s for s in showers), *(s.end_s for s in showers)})
    pieces: list[Piece] = []
    fallen_mm = snow_mm = 0.0
    for i, edge in enumerate(edges):
        if pieces:
            lasted_s = edge - edges[i - 1]
            fallen_mm += pieces[-1].rate_mm_h * lasted_s / SECONDS_PER_HOUR
            snow_mm += pieces[-1].snow_mm_h * lasted_s / SECONDS_PER_HOUR
        now = [s for s in showers if s.start_s <= edge < s.end_s]
        rate = sum(s.rate_mm_h for s in now)
        strength = sum(s.rate_mm_h * s.strength for s in now) / rate if rate else 1.0
        pieces.append(Piece(edge, rate, fallen_mm, strength, sum(s.rate_mm_h for s in now if s.snow), snow_mm))
    return tuple(pieces)
