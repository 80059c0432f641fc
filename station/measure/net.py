"""Net: gross minus background, with its sign, against its decision threshold (ISO 11929, alpha 5 %).

The threshold is of the net quantity: both the interval's counting and the background's own uncertainty are in u(0).
It is reported with each value; it raises no alarm.
"""

import math
from typing import NamedTuple

from station.measure.counting import K95, observed_rate_cps
from station.measure.types import Calibration


class Net(NamedTuple):
    """Net and what it is worth. ``u_null`` is u(0), the uncertainty that net would have if there were nothing."""

    net: float | None = None
    u_net: float | None = None
    u_null: float | None = None
    threshold: float | None = None
    significance: float | None = None


NO_NET = Net()


def net_of(
    gross: float | None,
    u_counting: float | None,
    u_counting_null: float | None,
    background: float | None,
    u_background: float | None,
) -> Net:
    """All that can be said: without the background's uncertainty there is a net, but no threshold."""
    if gross is None or background is None:
        return NO_NET
    net = gross - background
    u_net = None if u_counting is None or u_background is None else math.hypot(u_counting, u_background)
    if u_counting_null is None or u_background is None:
        return Net(net, u_net)
    u_null = math.hypot(u_counting_null, u_background)
    if u_null <= 0.0:
        return Net(net, u_net)
    return Net(net, u_net, u_null, K95 * u_null, net / u_null)


def expected_cps(calibration: Calibration, dose_rate_nsv_h: float) -> float | None:
    """The rate that the detector is expected to count at a dose rate, dead time included."""
    sensitivity = calibration.sensitivity_cps_per_nsv_h
    if sensitivity is None:
        return None
    true_cps = max(0.0, dose_rate_nsv_h * sensitivity / calibration.factor + calibration.own_background_cps)
    return observed_rate_cps(true_cps, calibration.dead_time_s, calibration.dead_time_model)


def u_counting_null(
    calibration: Calibration,
    background: float | None,
    live_s: float | None,
    gross: float | None,
    u_counting: float | None,
) -> float | None:
    """Counting part of u(0): of the counts that the background alone would give in this live time.

    An instrument that gives a dose rate only: its variance scaled with the rate, as counts would.
    """
    if background is None:
        return None
    if calibration.primary == "counts":
        rate_cps = expected_cps(calibration, background)
        if rate_cps is None or live_s is None or calibration.sensitivity_cps_per_nsv_h is None:
            return None
        return calibration.factor / calibration.sensitivity_cps_per_nsv_h * math.sqrt(rate_cps / live_s)
    if gross is None or u_counting is None or gross <= 0.0 or background < 0.0:
        return None
    return u_counting * math.sqrt(background / gross)
