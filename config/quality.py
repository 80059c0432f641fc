"""Quality flags: what may be wrong with a value, one bit each, in a numbered table that the journal keeps.

A bit never changes its meaning; a new flag takes a new bit and raises FLAGS_VERSION.
"""

from enum import IntFlag

FLAGS_VERSION = 1


class Quality(IntFlag):
    """Bits of a record's ``flags``. 0 is a value without complaint."""

    SILENT = 1 << 0  # the zeros seen are too improbable for the expected rate
    STUCK = 1 << 1  # the repeats seen are too improbable
    SPIKE = 1 << 2
    OVER_RANGE = 1 << 3  # the value is a lower bound
    UNDER_RANGE = 1 << 4
    NOT_POISSON = 1 << 5
    INSTRUMENT_FAULT = 1 << 6  # the instrument's own fault bit
    HIGH_VOLTAGE = 1 << 7
    TEST_MODE = 1 << 8
    PARAMETERS_CORRUPT = 1 << 9
    POOR_STATISTICS = 1 << 10  # the instrument calls its own result unreliable
    INSTRUMENT_ALARM = 1 << 11  # the instrument's own warning or alarm level
    ARTIFICIAL = 1 << 12  # the instrument's own artificial-radiation flag
    LATE = 1 << 13
    CLOCK_NOT_TRUSTED = 1 << 14
    INCOMPLETE = 1 << 15  # an average over less than its interval
    MAINTENANCE = 1 << 16
    CALIBRATION_OVERDUE = 1 << 17
    LEARNING = 1 << 18  # the background is not learned yet
    COUNTER_RESET = 1 << 19
    SENSOR_INVALID = 1 << 20  # the instrument says that one of its values is missing
    SATURATED = 1 << 21  # dead-time guard reached: the true rate is higher


# A value with one of these does not enter the background.
NOT_FOR_BACKGROUND = (
    Quality.SILENT
    | Quality.STUCK
    | Quality.SPIKE
    | Quality.OVER_RANGE
    | Quality.INSTRUMENT_FAULT
    | Quality.HIGH_VOLTAGE
    | Quality.TEST_MODE
    | Quality.PARAMETERS_CORRUPT
    | Quality.MAINTENANCE
    | Quality.SATURATED
)
# A value with one of these does not raise or clear a dose-rate alarm (saturation and over-range do raise).
NOT_FOR_ALARMS = Quality.TEST_MODE | Quality.MAINTENANCE


def names(flags: int) -> list[str]:
    """The flags that are set, by name, in bit order."""
    return [q.name.lower() for q in Quality if flags & q and q.name]
