"""The robust standard deviation: right for normal values, unmoved by outliers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import median_abs_deviation

from neuropose.filters.robust import robust_sd


def test_agrees_with_scipy_but_for_the_rounding_of_the_factor() -> None:
    values = np.random.default_rng(0).normal(40.0, 3.0, 999)
    assert robust_sd(values) == pytest.approx(
        median_abs_deviation(values, scale="normal"), rel=2e-6
    )


def test_outliers_do_not_move_it() -> None:
    values = np.random.default_rng(0).normal(0.0, 3.0, 999)
    wild = values.copy()
    wild[np.abs(values) > 4.0] *= 1e6  # those beyond the MAD
    assert robust_sd(wild, centre=0.0) == robust_sd(values, centre=0.0)
    assert robust_sd(values, centre=0.0) == pytest.approx(3.0, rel=0.1)


def test_about_a_given_centre() -> None:
    values = np.array([1.0, 2.0, 3.0])
    assert robust_sd(values, centre=0.0) == 2.0 * robust_sd(values)
