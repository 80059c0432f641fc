"""Keys that never collide: within one table, instrument and clock epoch the interval ends only rise."""


class KeyGuard:
    """Moves an end that is not after its predecessor by one nanosecond. InfluxDB overwrites what has the same key."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, ...], tuple[int, int]] = {}

    def end_ns(self, key: tuple[str, ...], epoch: int, end_ns: int) -> int:
        known_epoch, last = self._last.get(key, (epoch, end_ns - 1))
        if known_epoch == epoch and end_ns <= last:
            end_ns = last + 1
        self._last[key] = (epoch, end_ns)
        return end_ns

    def prime(self, key: tuple[str, ...], epoch: int, end_ns: int) -> None:
        """What the journal already has under this key."""
        self._last.setdefault(key, (epoch, end_ns))
