"""Derivatives of signals whose derivatives are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from neuropose.errors import SignalError
from neuropose.filters import differentiate

NAN = np.nan
UNEVEN_S = np.random.default_rng(2).uniform(0.01, 0.05, 80).cumsum()


def test_is_numpys_gradient_inside() -> None:
    x = np.random.default_rng(0).normal(size=(80, 3))
    np.testing.assert_allclose(
        differentiate(x, rate_hz=50.0)[1:-1], np.gradient(x, 0.02, axis=0)[1:-1], atol=1e-12
    )
    np.testing.assert_allclose(
        differentiate(x, time_s=UNEVEN_S)[1:-1], np.gradient(x, UNEVEN_S, axis=0)[1:-1], atol=1e-9
    )


def test_parabolas_are_exact_at_any_times() -> None:
    x = 3.0 - 2.0 * UNEVEN_S + 5.0 * UNEVEN_S**2
    first = differentiate(x, time_s=UNEVEN_S)[1:-1]
    np.testing.assert_allclose(first, (-2.0 + 10.0 * UNEVEN_S)[1:-1], atol=1e-10)
    np.testing.assert_allclose(differentiate(x, time_s=UNEVEN_S, order=2)[1:-1], 10.0, atol=1e-9)


@pytest.mark.parametrize("order", [1, 2])
def test_a_clock_and_its_rate_agree(order: int) -> None:
    x = np.sin(np.arange(50))
    np.testing.assert_allclose(
        differentiate(x, rate_hz=4.0, order=order),
        differentiate(x, time_s=7.0 + np.arange(50) / 4.0, order=order),
        atol=1e-12,
    )


def test_units_are_per_second() -> None:
    time_s = np.arange(200) / 100.0
    falling_mm = -0.5 * 9810.0 * time_s**2
    np.testing.assert_allclose(
        differentiate(falling_mm, rate_hz=100.0)[1:-1], -9810.0 * time_s[1:-1], atol=1e-6
    )
    np.testing.assert_allclose(
        differentiate(falling_mm, rate_hz=100.0, order=2)[1:-1], -9810.0, atol=1e-6
    )


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("clock", [{"rate_hz": 30.0}, {"time_s": UNEVEN_S}])
@settings(deadline=None)
@given(x=hnp.arrays(np.float64, 80, elements=st.floats(-1e3, 1e3) | st.just(NAN)))
def test_missing_spreads_to_the_neighbours(
    x: NDArray[np.float64], clock: dict[str, object], order: int
) -> None:
    missing = np.isnan(x)
    expected = missing | np.roll(missing, 1) | np.roll(missing, -1)
    expected[[0, -1]] = True
    np.testing.assert_array_equal(np.isnan(differentiate(x, order=order, **clock)), expected)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_samples_have_no_derivative(count: int) -> None:
    assert np.isnan(differentiate(np.zeros((count, 3)), rate_hz=30.0)).all()
    assert differentiate(np.zeros((count, 3)), rate_hz=30.0).shape == (count, 3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "needs a frame rate or times"),
        ({"rate_hz": 1.0, "time_s": [0.0, 1.0, 2.0]}, "needs a frame rate or times"),
        ({"rate_hz": -1.0}, "rate_hz is -1"),
        ({"time_s": [0.0, 2.0, 1.0]}, "do not increase at sample 2"),
        ({"time_s": [0.0]}, "3 samples"),
        ({"rate_hz": 1.0, "order": 3}, "order 3"),
    ],
)
def test_refuses_what_makes_no_sense(settings: dict[str, object], message: str) -> None:
    with pytest.raises(SignalError, match=message):
        differentiate([0.0, 1.0, 2.0], **settings)
