"""Uneven times onto an even clock: nothing changes that was even, nothing is bridged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from neuropose.errors import SignalError
from neuropose.filters import even_rate_hz, resample
from neuropose.testing import WalkerParameters, simulate_walk

NAN = np.nan
UNEVEN_S = np.random.default_rng(3).uniform(0.7, 1.3, 400).cumsum() / 30.0


@settings(deadline=None)
@given(
    st.integers(2, 300),
    st.sampled_from([24.0, 25.0, 29.97, 30.0, 59.94, 60.0, 100.0, 120.0, 240.0, 1000.0]),
    st.floats(-1e4, 1e4),
    st.booleans(),
)
def test_even_times_are_left_alone(count: int, rate_hz: float, start_s: float, known: bool) -> None:
    time_s = start_s + np.arange(count) / rate_hz
    x = np.random.default_rng(count).normal(size=(count, 2))
    x[count // 2] = NAN
    done = resample(time_s, x, rate_hz=rate_hz if known else None)
    assert not done.changed
    assert done.rate_hz == pytest.approx(rate_hz, rel=1e-6)
    np.testing.assert_array_equal(done.time_s, time_s)
    np.testing.assert_array_equal(done.values, x)
    again = resample(done.time_s, done.values)
    assert not again.changed


@pytest.mark.parametrize("fps", [24.0, 25.0, 29.97, 30.0, 59.94, 60.0])
def test_times_in_whole_milliseconds_are_even(fps: float) -> None:
    time_s = np.round(np.arange(2000) / fps, 3)
    assert even_rate_hz(time_s) == pytest.approx(fps, rel=1e-5)
    assert not resample(time_s, np.zeros(2000)).changed


def test_one_dropped_frame_is_uneven() -> None:
    time_s = np.delete(np.arange(100) / 30.0, 40)
    assert even_rate_hz(time_s) is None
    x = np.sin(time_s)
    done = resample(time_s, x)
    assert done.rate_hz == pytest.approx(30.0)
    np.testing.assert_array_equal(np.delete(done.values, 40), x)  # the frames that are there
    assert done.values[40] == pytest.approx(np.sin(40 / 30.0), abs=1e-3)


def test_pchip_is_that_of_scipy() -> None:
    x = np.random.default_rng(4).normal(size=(400, 3)).cumsum(axis=0)
    done = resample(UNEVEN_S, x, rate_hz=50.0, limit_s=10.0)
    expected = PchipInterpolator(UNEVEN_S, x)(done.time_s)
    np.testing.assert_allclose(done.values, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.diff(done.time_s), 0.02, atol=1e-12)
    assert done.time_s[0] == UNEVEN_S[0]
    assert 0.0 <= UNEVEN_S[-1] - done.time_s[-1] < 0.02


def test_linear_is_that_of_numpy() -> None:
    x = np.random.default_rng(4).normal(size=400)
    done = resample(UNEVEN_S, x, method="linear")
    np.testing.assert_allclose(done.values, np.interp(done.time_s, UNEVEN_S, x), atol=1e-12)


def test_nothing_is_bridged() -> None:
    x = np.stack([np.sin(UNEVEN_S), np.sin(UNEVEN_S)], axis=1)
    x[50:53, 0] = NAN
    time_s = UNEVEN_S + np.where(np.arange(400) < 200, 0.0, 1.0)  # a second without frames
    done = resample(time_s, x)
    inside = (done.time_s > time_s[49]) & (done.time_s < time_s[53])
    paused = (done.time_s > time_s[199]) & (done.time_s < time_s[200])
    np.testing.assert_array_equal(np.isnan(done.values[:, 0]), inside | paused)
    np.testing.assert_array_equal(np.isnan(done.values[:, 1]), paused)
    assert resample(time_s, x, limit_s=1.0).values[paused, 1].min() > -1.0


def test_beyond_a_gap_nothing_counts() -> None:
    x = np.sin(UNEVEN_S)
    x[200:205] = NAN
    other = np.where(np.arange(400) > 204, 99.0, x)
    early = resample(UNEVEN_S, x).time_s < UNEVEN_S[200]
    one, two = resample(UNEVEN_S, x).values[early], resample(UNEVEN_S, other).values[early]
    np.testing.assert_array_equal(one, two)


def test_half_of_the_recording_at_half_the_rate() -> None:
    """Phones do that when it gets dark; neither half has gaps."""
    time_s = np.concatenate([np.arange(300) / 30.0, 10.0 + np.arange(100) / 15.0])
    done = resample(time_s, np.sin(time_s))
    assert done.rate_hz == pytest.approx(30.0)
    np.testing.assert_allclose(done.values, np.sin(done.time_s), atol=2e-3)


def test_a_walk_at_a_variable_rate() -> None:
    parameters = WalkerParameters(fps=60.0, frame_jitter=0.5, seed=1)
    uneven = simulate_walk(parameters)
    done = resample(uneven.time_s, uneven.positions_mm)
    assert done.changed
    truth = simulate_walk(parameters, times_s=done.time_s)
    off = np.linalg.norm(done.values - truth.positions_mm, axis=2)
    shift = np.median(off[:, 0])  # the paths are centred each by itself
    assert np.median(np.abs(off - shift)) < 1.0
    assert done.rate_hz == pytest.approx(60.0, rel=0.03)


def test_frames_without_a_time_of_their_own_are_left_out() -> None:
    time_s = np.array([NAN, 0.0, 0.1, 0.1, NAN, 0.2, 0.3])
    done = resample(time_s, np.arange(7.0))
    assert done.left_out == 3
    assert not done.changed
    assert done.values.tolist() == [1.0, 2.0, 5.0, 6.0]


@settings(deadline=None)
@given(st.floats(5.0, 200.0), st.floats(-1e3, 1e3))
def test_a_constant_is_kept(rate_hz: float, value: float) -> None:
    done = resample(UNEVEN_S, np.full(400, value), rate_hz=rate_hz)
    np.testing.assert_array_equal(done.values, value)


def test_lists_of_columns_of_any_shape() -> None:
    assert resample(UNEVEN_S, np.zeros((400, 33, 3))).values.shape[1:] == (33, 3)
    assert resample([0.0, 1.0], np.zeros((2, 0))).values.shape == (2, 0)


def refused(
    time_s: list[float], values: NDArray[np.float64] | None = None, **settings: object
) -> str:
    values = np.zeros(len(time_s)) if values is None else values
    with pytest.raises(SignalError) as caught:
        resample(time_s, values, **settings)
    return str(caught.value)


def test_refuses_what_makes_no_sense() -> None:
    assert "decreases at sample 2" in refused([0.0, 1.0, 0.5])
    assert refused([]) == "a rate needs two samples with a time; there are none"
    assert refused([1.0, NAN, 1.0]) == "a rate needs two samples with a time; there is one"
    assert refused([0.0, 1.0], np.zeros(3)).startswith("3 samples, but times")
    assert refused([0.0, 1.0], rate_hz=0.0) == "rate_hz is 0"
    assert refused([0.0, 1.0], limit_s=-1.0) == "limit_s is -1"
    assert "unknown interpolation" in refused([0.0, 1.0], method="sinc")
    assert "there would be" in refused([0.0, 1e-3, 2e-3, 1e9])


@pytest.mark.parametrize("time_s", [[], [0.0], [0.0, NAN], [0.0, 0.0], [1.0, 0.0]])
def test_no_rate(time_s: list[float]) -> None:
    assert even_rate_hz(time_s) is None
