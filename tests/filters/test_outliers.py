"""The Hampel filter against its definition, on injected outliers, and on what is no outlier."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from neuropose.errors import SignalError
from neuropose.filters import hampel
from neuropose.filters.robust import MAD_TO_SD
from neuropose.testing import simulate_walk

MAYBE = st.floats(-1e6, 1e6) | st.just(np.nan)
SIGNALS = hnp.arrays(
    np.float64, hnp.array_shapes(max_dims=3, min_side=0, max_side=20), elements=MAYBE
)


def by_definition(
    x: NDArray[np.float64], window: int, threshold: float, floor: float
) -> NDArray[np.float64]:
    """One sample after the other, with NumPy's medians."""
    half, out = window // 2, x.copy()
    for index in range(len(x)):
        around = x[max(index - half, 0) : index + half + 1]
        around = around[~np.isnan(around)]
        if len(around) <= half:
            continue
        median = np.median(around)
        bound = threshold * MAD_TO_SD * np.median(np.abs(around - median))
        if abs(x[index] - median) > max(bound, floor):
            out[index] = median
    return out


@pytest.mark.parametrize("window", [3, 5, 7, 9, 15])
@pytest.mark.parametrize("missing", [0.0, 0.1, 0.6])
def test_is_what_the_definition_says(window: int, missing: float) -> None:
    random = np.random.default_rng(window)
    x = random.normal(size=(400, 3)).cumsum(axis=0)
    x[random.uniform(size=x.shape) < 0.05] += 50.0
    x[random.uniform(size=x.shape) < missing] = np.nan
    filtered, replaced = hampel(x, window=window, threshold=2.5, floor=0.2)
    expected = np.stack([by_definition(column, window, 2.5, 0.2) for column in x.T], axis=1)
    np.testing.assert_array_equal(filtered, expected)
    np.testing.assert_array_equal(replaced, (filtered != x) & ~np.isnan(x))
    assert replaced.any()


def test_more_columns_than_fit_at_once() -> None:
    x = np.random.default_rng(0).normal(size=(40, 20_000))
    np.testing.assert_array_equal(hampel(x).values[:, 777], hampel(x[:, 777]).values)


def test_finds_every_outlier_that_was_put_in_and_nothing_else() -> None:
    trial = simulate_walk()
    knee = trial.joint("left_knee")
    at = np.arange(5, len(knee), 11)
    spoilt = knee.copy()
    spoilt[at] += [900.0, -400.0, 500.0]
    filtered, replaced = hampel(spoilt, floor=1.0)
    assert replaced[at].all()
    assert replaced.sum() == 3 * len(at)
    assert np.abs(filtered - knee).max() < 45.0  # half a frame's way of a fast knee


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_points_are_judged_alike_however_the_axes_lie(seed: int) -> None:
    knees = np.stack([simulate_walk().joint(f"{side}_knee") for side in ("left", "right")], axis=1)
    random = np.random.default_rng(seed)
    knees += random.normal(scale=2.0, size=knees.shape)
    knees[random.uniform(size=knees.shape[:2]) < 0.05] += [30.0, -40.0, 50.0]
    knees[100:110, 0] = np.nan
    turn = Rotation.random(rng=seed).as_matrix()
    filtered, replaced = hampel(knees, floor=1.0, points=True)
    turned = hampel(knees @ turn.T, floor=1.0, points=True)
    assert replaced.any()
    np.testing.assert_array_equal(turned.replaced, replaced)
    np.testing.assert_allclose(turned.values, filtered @ turn.T, atol=1e-9)
    assert (hampel(knees @ turn.T).replaced != hampel(knees).replaced).any()  # axis by axis


def test_a_point_is_replaced_as_a_whole_and_those_beside_it_stay_to_the_bit() -> None:
    knee = simulate_walk().joint("left_knee")[:, None]
    spoilt = knee.copy()
    at = np.arange(5, len(knee), 11)
    spoilt[at, 0] += [20.0, 300.0, -200.0]
    filtered, replaced = hampel(spoilt, floor=1.0, points=True)
    assert (replaced.any(axis=2) == replaced.all(axis=2)).all()
    assert np.flatnonzero(replaced[:, 0, 0]).tolist() == at.tolist()
    np.testing.assert_array_equal(filtered[~replaced], spoilt[~replaced])
    assert np.abs(filtered - knee).max() < 45.0


def test_a_point_without_one_component_is_not_judged() -> None:
    line = np.zeros((20, 1, 3))
    line[:, 0, 0] = np.arange(20.0)
    line[9, 0] = [500.0, np.nan, 0.0]
    filtered, replaced = hampel(line, points=True)
    assert not replaced.any()
    np.testing.assert_array_equal(filtered, line)


def test_points_of_one_axis_are_numbers() -> None:
    x = np.random.default_rng(5).normal(size=(50, 2, 1)).cumsum(axis=0)
    x[25] += 90.0
    np.testing.assert_allclose(hampel(x, points=True).values, hampel(x).values)
    np.testing.assert_array_equal(hampel(x, points=True).replaced, hampel(x).replaced)


def test_one_missing_in_the_window_of_an_outlier() -> None:
    x = np.array([0.0, 1.0, np.nan, 500.0, 4.0, 5.0, 6.0, 7.0])
    filtered, replaced = hampel(x)
    assert replaced.tolist() == [False, False, False, True, False, False, False, False]
    assert filtered[3] == 4.5  # of 0, 1, 4, 5, 6 and itself


def test_beside_a_long_gap_nothing_is_judged_by_a_few_samples() -> None:
    lonely = np.array([np.nan] * 9 + [1.0, 900.0, 2.0] + [np.nan] * 9)
    assert not hampel(lonely).replaced.any()


@pytest.mark.parametrize("at", [0, 9])
def test_the_ends_are_judged_by_the_half_of_a_window(at: int) -> None:
    x = np.arange(10.0)
    x[at] = 100.0
    assert np.flatnonzero(hampel(x).replaced).tolist() == [at]


def test_rounding_is_no_outlier_above_the_floor() -> None:
    still = np.zeros(20)
    still[8] = 1e-13
    assert hampel(still).replaced.sum() == 1
    assert not hampel(still, floor=1e-6).replaced.any()


@settings(deadline=None)
@given(SIGNALS)
def test_what_is_missing_stays_so_and_what_is_kept_is_kept_to_the_bit(
    x: NDArray[np.float64],
) -> None:
    before = x.copy()
    filtered, replaced = hampel(x)
    np.testing.assert_array_equal(x, before)
    assert filtered.shape == replaced.shape == x.shape
    np.testing.assert_array_equal(np.isnan(filtered), np.isnan(x))
    np.testing.assert_array_equal(filtered[~replaced], x[~replaced])


@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.integers(0, 30))
def test_a_constant_has_no_outliers(value: float, count: int) -> None:
    assert not hampel(np.full(count, value)).replaced.any()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"window": 6}, "6 samples has no middle"),
        ({"window": 1}, "1 samples has no middle"),
        ({"threshold": 0.0}, "threshold is 0"),
        ({"floor": -1.0}, "floor is -1"),
        ({"floor": np.nan}, "floor is nan"),
    ],
)
def test_refuses_what_makes_no_sense(settings: dict[str, float], message: str) -> None:
    with pytest.raises(SignalError, match=message):
        hampel(np.zeros(9), **settings)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (3.0, "a single number"),
        ([0.0, np.inf], "sample 1 is infinite"),
        (["a"], "a signal must be numeric"),
        ([[0.0], [0.0, 1.0]], "a signal must be numeric"),
    ],
)
def test_refuses_what_is_no_signal(values: object, message: str) -> None:
    with pytest.raises(SignalError, match=message):
        hampel(values)
