"""The world's clock, the same in the view, the station and the simulator: one origin, one factor."""

from config.clock import Clock, ScaledClock, read_boot_id, system_clock


def clock_of(fast: float, origin_wall_ns: int, origin_mono_ns: int) -> Clock:
    """The machine's own clock where nothing is compressed."""
    return system_clock() if fast == 1 else ScaledClock(fast, origin_wall_ns, origin_mono_ns, read_boot_id())
