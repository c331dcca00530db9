"""Signals over the gait cycle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose.analyzer.tasks.gait.cycles import POINTS, normalise_cycles
from neuropose.errors import SignalError
from neuropose.filters.splines import evaluate

TIME_S = np.arange(0.0, 10.0, 1.0 / 30.0)
SIGNAL = 20.0 * np.cos(2.0 * np.pi * TIME_S) + 5.0 * np.sin(8.0 * np.pi * TIME_S)
PERCENT = np.linspace(0.0, 1.0, POINTS)


def truth(time_s: np.ndarray) -> np.ndarray:
    return 20.0 * np.cos(2.0 * np.pi * time_s) + 5.0 * np.sin(8.0 * np.pi * time_s)


def test_cycles_between_frames_and_of_any_length() -> None:
    starts, ends = [1.0, 2.01, 3.33], [2.01, 3.33, 4.2]
    cycles = normalise_cycles(TIME_S, SIGNAL, starts, ends)
    expected = [
        truth(start + (end - start) * PERCENT) for start, end in zip(starts, ends, strict=True)
    ]
    np.testing.assert_allclose(cycles.values, expected, atol=0.06)
    assert (cycles.count, cycles.left_out) == (3, 0)


def test_mean_sd_range_and_peak() -> None:
    scale = np.where(TIME_S < 2.0, 1.0, 3.0)
    cycles = normalise_cycles(TIME_S, scale * SIGNAL, [0.5, 2.5], [1.5, 3.5])
    one = truth(0.5 + PERCENT)
    np.testing.assert_allclose(cycles.mean, 2.0 * one, atol=0.15)
    np.testing.assert_allclose(cycles.sd, np.sqrt(2.0) * np.abs(one), atol=0.15)
    np.testing.assert_allclose(cycles.range, np.ptp(one) * np.array([1.0, 3.0]), rtol=0.01)
    np.testing.assert_allclose(cycles.peak, one.max() * np.array([1.0, 3.0]), rtol=0.01)


@pytest.mark.parametrize("gap", [slice(40, 41), slice(38, 45)])
def test_a_gap_is_never_bridged(gap: slice) -> None:
    signal = SIGNAL.copy()
    signal[gap] = np.nan
    cycles = normalise_cycles(TIME_S, signal, [0.0, 1.0, 2.0], [1.0, 2.0, 3.0])
    assert cycles.complete.tolist() == [True, False, True]
    assert np.isnan(cycles.values[1]).all()
    assert np.isnan(cycles.range[1])
    assert (cycles.count, cycles.left_out) == (2, 1)
    np.testing.assert_allclose(cycles.mean, truth(PERCENT), atol=0.1)


def test_a_gap_between_two_points_of_a_slow_stride_is_seen() -> None:
    time_s = np.arange(0.0, 20.0, 0.01)
    signal = np.sin(time_s)
    signal[1005] = np.nan  # 20 ms long; the points are 200 ms apart
    assert normalise_cycles(time_s, signal, [0.0], [19.9]).count == 0


def test_a_stride_beyond_the_recording_is_no_cycle() -> None:
    assert normalise_cycles(TIME_S, SIGNAL, [-0.5, 9.5], [0.5, 10.5]).count == 0


def test_nothing_to_cut() -> None:
    for cycles in (
        normalise_cycles(TIME_S, SIGNAL, [], []),
        normalise_cycles([], [], [0.0], [1.0]),
        normalise_cycles(TIME_S, np.full_like(TIME_S, np.nan), [1.0], [2.0]),
    ):
        assert cycles.count == 0
        assert np.isnan(cycles.mean).all()
        assert np.isnan(cycles.sd).all()


def test_one_cycle_has_no_spread() -> None:
    cycles = normalise_cycles(TIME_S, SIGNAL, [1.0], [2.0])
    assert np.isfinite(cycles.mean).all()
    assert np.isnan(cycles.sd).all()


@given(st.floats(0.5, 5.0), st.floats(0.0, 2.0 * np.pi))
def test_a_spline_is_exact_enough_for_smooth_signals(frequency_hz: float, phase: float) -> None:
    """At 30 frames a second, values to half a percent and slopes to two, up to 5 Hz."""
    signal = np.sin(2.0 * np.pi * frequency_hz * TIME_S + phase)
    at_s = np.linspace(1.0, 8.0, 501)
    exact = np.sin(2.0 * np.pi * frequency_hz * at_s + phase)
    slope = 2.0 * np.pi * frequency_hz * np.cos(2.0 * np.pi * frequency_hz * at_s + phase)
    assert np.abs(evaluate(signal, at_s * 30.0) - exact).max() < 0.005
    found = evaluate(signal, at_s * 30.0, derivative=1) * 30.0
    assert np.abs(found - slope).max() < 0.02 * 2.0 * np.pi * frequency_hz


def test_short_runs_have_no_spline() -> None:
    signal = np.array([1.0, 2.0, 3.0, np.nan, 1.0, 2.0, 3.0, 4.0])
    found = evaluate(signal, np.array([1.0, 3.5, 5.5]))
    np.testing.assert_allclose(found, [np.nan, np.nan, 2.5])


def test_many_signals_at_once_are_each_as_alone() -> None:
    signals = np.random.default_rng(0).normal(size=(60, 4, 3))
    signals[20:25, 1] = np.nan
    at = np.linspace(-1.0, 60.0, 200).reshape(2, 100)
    together = evaluate(signals, at)
    assert together.shape == (2, 100, 4, 3)
    for joint in range(4):
        for axis in range(3):
            alone = evaluate(signals[:, joint, axis], at)
            np.testing.assert_allclose(together[..., joint, axis], alone, atol=1e-12)
    assert np.isnan(together[0, 70, 1]).all()
    assert np.isfinite(together[0, 70, 0]).all()


@pytest.mark.parametrize(
    ("starts", "ends"),
    [([2.0], [1.0]), ([1.0], [1.0]), ([1.0, 2.0], [2.0]), ([1.0], []), ([np.nan], [2.0])],
)
def test_strides_that_do_not_end_after_they_begin_are_refused(
    starts: list[float], ends: list[float]
) -> None:
    with pytest.raises(SignalError, match="do not belong together"):
        normalise_cycles(TIME_S, SIGNAL, starts, ends)
