"""How a run was asked for."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """``folder`` is empty, ours, and on the disk that is to be measured."""

    folder: Path
    quick: bool

    @property
    def divisor(self) -> int:
        """How many times fewer repetitions a quick run does."""
        return 10 if self.quick else 1

    def seconds(self, full: float, quick: float) -> float:
        return quick if self.quick else full
