"""The whole chain: its order, and that its record is true."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from neuropose.errors import SignalError
from neuropose.filters import (
    Preparation,
    PreparationRecord,
    differentiate,
    fill_gaps,
    hampel,
    low_pass,
    prepare,
    resample,
)
from neuropose.testing import WalkerParameters, simulate_walk

NAN = np.nan


def spoilt_walk(**parameters: float) -> tuple[np.ndarray, np.ndarray]:
    """Noise, two outliers in one coordinate each, a short and a long gap of one joint each."""
    trial = simulate_walk(WalkerParameters(**parameters)).with_noise(2.0)
    x = trial.positions_mm.copy()
    x[40, 3, 0] += 900.0
    x[90, 20, 1] -= 700.0
    x[120:124, 5] = NAN
    x[200:230, 7] = NAN
    return trial.time_s, x


@pytest.mark.parametrize("jitter", [0.0, 0.4])
def test_the_steps_are_those_of_the_filters_in_order(jitter: float) -> None:
    time_s, x = spoilt_walk(frame_jitter=jitter)
    prepared = prepare(time_s, x)
    even = resample(time_s, x)
    clean = hampel(even.values, floor=1.0, points=True)
    whole = fill_gaps(clean.values, limit_s=0.1, time_s=even.time_s)
    smooth = low_pass(whole.values, rate_hz=even.rate_hz, cutoff_hz=6.0)
    np.testing.assert_array_equal(prepared.values, smooth.values)
    np.testing.assert_array_equal(prepared.time_s, even.time_s)
    np.testing.assert_array_equal(prepared.replaced, clean.replaced)
    np.testing.assert_array_equal(prepared.filled, whole.filled)


def test_the_record_counts_what_was_put_in() -> None:
    time_s, x = spoilt_walk()
    prepared = prepare(time_s, x)
    record = prepared.record
    assert (record.frames_in, record.frames_out, record.frames_left_out) == (360, 360, 0)
    assert (record.rate_hz, record.resampled) == (60.0, False)
    assert record.missing_before == 3 * (4 + 30)
    assert (record.gaps_filled, record.samples_filled) == (3, 12)
    assert record.missing_after == 90
    assert record.samples_too_few_to_filter == 0
    assert record.single_pass_cutoff_hz == pytest.approx(7.350, abs=1e-3)
    assert prepared.replaced[40, 3, 0]
    assert prepared.replaced[90, 20, 1]
    assert record.outliers_replaced == prepared.replaced.sum()
    truth = simulate_walk().positions_mm
    off = np.abs(prepared.values - truth)
    assert np.nanmax(off) < 45.0
    assert np.nanmedian(off) < 1.0


def test_the_record_goes_through_json() -> None:
    record = prepare(*spoilt_walk(), Preparation(cutoff_hz=None)).record
    assert record.single_pass_cutoff_hz is None
    assert PreparationRecord.model_validate_json(record.model_dump_json()) == record
    assert json.loads(record.model_dump_json())["settings"]["outlier_window"] == 7
    with pytest.raises(ValidationError):
        record.rate_hz = 1.0


def test_steps_can_be_left_out() -> None:
    time_s, x = spoilt_walk()
    nothing = Preparation(outlier_window=None, gap_limit_s=0.0, cutoff_hz=None)
    prepared = prepare(time_s, x, nothing)
    np.testing.assert_array_equal(prepared.values, x)
    assert not prepared.replaced.any()
    assert not prepared.filled.any()
    assert prepared.record.missing_after == prepared.record.missing_before == 102


def test_runs_too_short_to_filter_are_counted() -> None:
    x = np.zeros((60, 2))
    x[10:20] = x[25:35] = NAN  # leaves 5 samples between
    record = prepare(np.arange(60) / 60.0, x).record
    assert record.samples_too_few_to_filter == 10
    assert record.missing_after == 2 * 25


def test_another_rate() -> None:
    time_s, x = spoilt_walk(fps=60.0)
    prepared = prepare(time_s, x, Preparation(rate_hz=100.0))
    assert prepared.record.resampled
    assert prepared.record.rate_hz == 100.0
    np.testing.assert_allclose(np.diff(prepared.time_s), 0.01)


def test_a_slower_clock_would_fold_noise_into_the_movement() -> None:
    with pytest.raises(SignalError, match=r"slower than the recording's 60 Hz"):
        prepare(*spoilt_walk(), Preparation(rate_hz=30.0))
    assert prepare(*spoilt_walk(), Preparation(rate_hz=59.94)).record.rate_hz == 59.94


def test_speed_of_the_pelvis_comes_out() -> None:
    trial = simulate_walk(WalkerParameters(speed_m_s=1.1, frame_jitter=0.3)).with_noise(5.0)
    prepared = prepare(trial.time_s, trial.joint("left_hip"))
    speed = differentiate(prepared.values[:, 0], rate_hz=prepared.record.rate_hz)
    assert np.nanmean(speed) == pytest.approx(1100.0, rel=0.01)


@settings(deadline=None)
@given(st.integers(2, 80), st.floats(15.0, 240.0), st.sets(st.integers(0, 79)))
def test_never_a_value_outside_of_what_was_seen(
    count: int, rate_hz: float, missing: set[int]
) -> None:
    x = np.random.default_rng(count).normal(size=(count, 2))
    x[[frame for frame in missing if frame < count]] = NAN
    prepared = prepare(np.arange(count) / rate_hz, x)
    seen = np.flatnonzero(~np.isnan(x[:, 0]))
    have = np.flatnonzero(~np.isnan(prepared.values[:, 0]))
    if len(have):
        assert seen[0] <= have[0]
        assert have[-1] <= seen[-1]
    record = prepared.record
    after = record.missing_before - record.samples_filled + record.samples_too_few_to_filter
    assert record.missing_after == after


@pytest.mark.parametrize("x", [np.full((40, 2, 3), NAN), np.zeros((40, 0, 3))])
def test_nothing_there(x: np.ndarray) -> None:
    prepared = prepare(np.arange(40) / 30.0, x)
    np.testing.assert_array_equal(prepared.values, x)
    assert prepared.record.gaps_filled == 0


def test_refuses_a_rate_that_the_cutoff_does_not_fit() -> None:
    with pytest.raises(SignalError, match="half the sampling rate of 10 Hz"):
        prepare(np.arange(40) / 10.0, np.zeros(40))


@pytest.mark.parametrize(
    "wrong",
    [
        {"outlier_window": 6},
        {"outlier_window": 1},
        {"filter_order": 3},
        {"cutoff_hz": 0.0},
        {"gap_limit_s": -0.1},
        {"gap_limit_s": NAN},
        {"interpolation": "cubic"},
        {"cut_off": 6.0},
    ],
)
def test_settings_that_make_no_sense(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Preparation(**wrong)
