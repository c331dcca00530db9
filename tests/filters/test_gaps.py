"""Gap filling against SciPy's PCHIP, with gaps whose number and place are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from neuropose.errors import SignalError
from neuropose.filters import fill_gaps
from neuropose.testing import WalkerParameters, simulate_walk

NAN = np.nan
MAYBE = st.floats(-1e6, 1e6) | st.just(NAN)


@pytest.fixture
def uneven() -> NDArray[np.float64]:
    return np.random.default_rng(5).uniform(0.5, 1.5, 300).cumsum()


def test_pchip_is_that_of_scipy(uneven: NDArray[np.float64]) -> None:
    random = np.random.default_rng(6)
    truth = random.normal(size=(300, 4)).cumsum(axis=0)
    truth[:, 3] = np.round(truth[:, 3])  # flat stretches
    x = truth.copy()
    x[random.uniform(size=x.shape) < 0.3] = NAN
    x[:3], x[-3:] = truth[:3], truth[-3:]
    filled = fill_gaps(x, limit_frames=300, time_s=uneven)
    for column, wanted in zip(x.T, filled.values.T, strict=True):
        known = ~np.isnan(column)
        curve = PchipInterpolator(uneven[known], column[known])(uneven)
        np.testing.assert_allclose(wanted, curve, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(filled.filled, np.isnan(x))
    assert len(filled.remaining_runs) == 0


@pytest.mark.parametrize("x", [[1.0, NAN, 3.0], [1.0, NAN, 3.0, 2.0], [5.0, 1.0, NAN, 3.0]])
def test_pchip_at_the_ends_is_that_of_scipy(x: list[float]) -> None:
    signal = np.array(x)
    known = np.flatnonzero(~np.isnan(signal))
    curve = PchipInterpolator(known, signal[known])
    filled = fill_gaps(x, limit_frames=1).values
    np.testing.assert_allclose(filled, curve(np.arange(len(x))), rtol=0, atol=1e-14)


def test_a_long_gap_separates(uneven: NDArray[np.float64]) -> None:
    """What lies beyond a gap that stays open changes nothing on this side of it."""
    x = np.sin(uneven / 9.0)
    x[100:140] = NAN
    x[[90, 97, 142, 145]] = NAN
    whole = fill_gaps(x, limit_frames=5, time_s=uneven).values
    for part in (np.s_[:100], np.s_[140:]):
        alone = fill_gaps(x[part], limit_frames=5, time_s=uneven[part]).values
        np.testing.assert_array_equal(whole[part], alone)
    assert np.isnan(whole[100:140]).all()


def test_linear_is_that_of_numpy(uneven: NDArray[np.float64]) -> None:
    x = np.random.default_rng(1).normal(size=300)
    x[10:290:3] = NAN
    known = ~np.isnan(x)
    filled = fill_gaps(x, limit_frames=3, time_s=uneven, method="linear").values
    expected = np.interp(uneven, uneven[known], x[known])
    np.testing.assert_allclose(filled, expected, atol=1e-12)


def test_counts_the_gaps_that_were_put_in() -> None:
    x = np.zeros((60, 2, 3))
    x[10:13, 0] = NAN  # 3 frames, three coordinates
    x[20:24, 1, 2] = NAN  # 4 frames, one coordinate
    x[30:36, 0, 0] = NAN  # 6 frames, too long
    x[:2, 1] = NAN
    x[-1, 1] = NAN
    filled = fill_gaps(x, limit_frames=5)
    assert filled.filled_runs.tolist() == [[0, 10, 12], [1, 10, 12], [2, 10, 12], [5, 20, 23]]
    assert filled.remaining_runs.tolist() == [
        [0, 30, 35],
        *([column, first, last] for column in (3, 4, 5) for first, last in ((0, 1), (59, 59))),
    ]
    assert filled.filled.sum() == 9 + 4
    assert np.isnan(filled.values).sum() == 6 + 9


@pytest.mark.parametrize("rate_hz", [25.0, 30.0, 60.0, 120.0])
@pytest.mark.parametrize("frames", [1, 2, 3, 5])
def test_a_limit_in_seconds_is_missing_frames_over_the_rate(rate_hz: float, frames: int) -> None:
    x = np.zeros(30)
    x[7 : 7 + frames] = NAN
    time_s = 100.0 + np.arange(30) / rate_hz
    limit_s = frames / rate_hz
    assert fill_gaps(x, limit_s=limit_s, time_s=time_s).filled.sum() == frames
    assert not fill_gaps(x, limit_s=0.999 * limit_s, time_s=time_s).filled.any()


def test_error_on_a_walk_grows_with_the_gap() -> None:
    """The figures in the notes of `Preparation`."""
    trial = simulate_walk(WalkerParameters(duration_s=10.0))
    joints = np.concatenate([trial.joint("left_heel"), trial.joint("left_knee")], axis=1)

    def error_mm(frames: int) -> float:
        errors = []
        for start in range(60, 480, 3):
            x = joints.copy()
            x[start : start + frames] = NAN
            off = (fill_gaps(x, limit_frames=frames).values - joints).reshape(-1, 2, 3)
            errors.append(np.linalg.norm(off, axis=2).max(axis=0))
        return float(np.median(errors))

    assert error_mm(3) < 2.0
    assert error_mm(6) == pytest.approx(5.0, abs=1.0)
    assert error_mm(12) == pytest.approx(23.0, abs=2.0)


@settings(deadline=None)
@given(
    hnp.arrays(np.float64, hnp.array_shapes(max_dims=2, min_side=0, max_side=25), elements=MAYBE),
    st.integers(0, 6),
    st.sampled_from(["pchip", "linear"]),
)
def test_nothing_is_made_up(x: NDArray[np.float64], limit: int, method: str) -> None:
    filled = fill_gaps(x, limit_frames=limit, method=method)
    known = ~np.isnan(x)
    np.testing.assert_array_equal(filled.values[known], x[known])
    np.testing.assert_array_equal(np.isnan(filled.values), ~known & ~filled.filled)
    columns = x.reshape(len(x), int(np.prod(x.shape[1:])))
    new = filled.values.reshape(columns.shape)
    for column, first, last in filled.filled_runs:
        assert last - first < limit
        ends = columns[[first - 1, last + 1], column]
        inside = new[first : last + 1, column]
        slack = 1e-9 * np.abs(ends).max()
        assert ends.min() - slack <= inside.min()
        assert inside.max() <= ends.max() + slack
    missing = sum(last - first + 1 for _, first, last in filled.remaining_runs)
    assert missing == np.isnan(filled.values).sum()


@pytest.mark.parametrize("x", [[], [1.0], [NAN], [NAN, NAN], [NAN, 1.0, NAN]])
def test_nothing_to_fill(x: list[float]) -> None:
    filled = fill_gaps(x, limit_frames=9)
    np.testing.assert_array_equal(filled.values, x)
    assert filled.filled_runs.shape == (0, 3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "frames or of seconds"),
        ({"limit_frames": 1, "limit_s": 1.0}, "frames or of seconds"),
        ({"limit_frames": -1}, "limit_frames is -1"),
        ({"limit_s": 1.0}, "needs the times"),
        ({"limit_s": -1.0, "time_s": [0.0, 1.0]}, "limit_s is -1"),
        ({"limit_frames": 1, "time_s": [0.0]}, "2 samples, but times of shape"),
        ({"limit_frames": 1, "time_s": [1.0, 1.0]}, "do not increase at sample 1"),
        ({"limit_frames": 1, "time_s": [0.0, NAN]}, "do not increase at sample 1"),
        ({"limit_frames": 1, "method": "cubic"}, "unknown interpolation 'cubic'"),
    ],
)
def test_refuses_what_makes_no_sense(settings: dict[str, object], message: str) -> None:
    with pytest.raises(SignalError, match=message):
        fill_gaps([0.0, 1.0], **settings)
