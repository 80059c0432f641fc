"""Net, its uncertainty and its decision threshold."""

import math

import numpy as np
import pytest

from station.measure.net import expected_cps, net_of, u_counting_null
from station.measure.types import Calibration

GM = Calibration(period="p", primary="counts", sensitivity_cps_per_nsv_h=0.025, own_background_cps=0.5, high_nsv_h=1e6)


def test_net_keeps_its_sign() -> None:
    assert net_of(90.0, 5.0, 5.0, 100.0, 1.0).net == -10.0


def test_threshold_is_k_times_u_of_nothing() -> None:
    got = net_of(130.0, 6.0, 3.0, 100.0, 4.0)
    assert got.u_null == 5.0
    assert got.threshold == pytest.approx(1.6448536 * 5.0)
    assert got.significance == pytest.approx(30 / 5)
    assert got.u_net == pytest.approx(math.hypot(6, 4))


@pytest.mark.parametrize("missing", [0, 3])
def test_without_gross_or_background_there_is_no_net(missing: int) -> None:
    numbers: list[float | None] = [130.0, 6.0, 3.0, 100.0, 4.0]
    numbers[missing] = None
    assert net_of(*numbers) == (None, None, None, None, None)


@pytest.mark.parametrize("missing", [2, 4])
def test_without_an_uncertainty_there_is_a_net_but_no_threshold(missing: int) -> None:
    numbers: list[float | None] = [130.0, 6.0, 3.0, 100.0, 4.0]
    numbers[missing] = None
    got = net_of(*numbers)
    assert (got.net, got.threshold, got.significance) == (30.0, None, None)


def test_null_uncertainty_is_that_of_the_expected_counts() -> None:
    # 100 nSv/h * 0.025 + 0.5 = 3 cps in 600 s: 1800 counts
    assert u_counting_null(GM, 100.0, 600.0, None, None) == pytest.approx(math.sqrt(1800) / 600 / 0.025)


def test_threshold_agrees_with_the_collected_iso_11929_table() -> None:
    """Facts 5.2: 25 cps per uSv/h, 100 nSv/h known from 24 h, 10 min: threshold 4.3 nSv/h; 10 cps: 6.7."""
    for cps_per_usv_h, expected in ((25.0, 4.3), (10.0, 6.7), (2.5, 13.5)):
        tube = Calibration(period="p", primary="counts", sensitivity_cps_per_nsv_h=cps_per_usv_h / 1e3, high_nsv_h=1e6)
        rate = 100.0 * cps_per_usv_h / 1e3
        u_background = math.sqrt(rate / 86400) / (cps_per_usv_h / 1e3)
        got = net_of(100.0, None, u_counting_null(tube, 100.0, 600.0, None, None), 100.0, u_background)
        assert got.threshold == pytest.approx(expected, rel=0.02)


def test_five_per_cent_of_nothing_exceed_the_threshold() -> None:
    rng = np.random.default_rng(3)
    counts = rng.poisson(1800, 40_000)
    gross = (counts / 600 - 0.5) / 0.025
    threshold = net_of(100.0, 1.0, u_counting_null(GM, 100.0, 600.0, None, None), 100.0, 0.0).threshold
    assert threshold is not None
    assert float(np.mean(gross - 100.0 > threshold)) == pytest.approx(0.05, abs=0.006)


def test_a_reported_dose_rate_scales_its_variance_with_the_rate() -> None:
    probe = Calibration(period="p", primary="dose_rate", high_nsv_h=1e6)
    assert u_counting_null(probe, 100.0, None, 400.0, 20.0) == pytest.approx(10.0)
    assert u_counting_null(probe, 100.0, None, 400.0, None) is None


def test_expected_rate_needs_a_sensitivity() -> None:
    assert expected_cps(Calibration(period="p", primary="dose_rate", high_nsv_h=1.0), 100.0) is None
    assert expected_cps(GM, 100.0) == pytest.approx(3.0)
