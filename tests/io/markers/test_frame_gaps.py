"""Missing frames, told by times as programs round them."""

from __future__ import annotations

import numpy as np
import pytest

from neuropose.io.markers.frame_gaps import find_gaps


@pytest.mark.parametrize("digits", [3, 6, 9])
@pytest.mark.parametrize("rate_hz", [59.94, 100.0, 150.0])
def test_frames_are_found_whatever_the_rounding(digits: int, rate_hz: float) -> None:
    every_s = 2.0 + np.arange(300) / rate_hz
    there = np.r_[0:90, 100:200, 201:300]
    gaps = find_gaps(np.round(every_s[there], digits), rate_hz)
    assert gaps.numbers.tolist() == there.tolist()
    np.testing.assert_allclose(gaps.time_s, every_s, atol=10.0**-digits)
    (note,) = gaps.notes
    assert note.startswith("11 frames are missing in 2 gaps, the longest between")


def test_one_frame() -> None:
    assert find_gaps(np.array([0.0, 0.1, 0.3, 0.4]), 10.0).notes == (
        "1 frame is missing between 0.1 and 0.3 s",
    )


def test_what_is_missing_is_nan() -> None:
    gaps = find_gaps(np.array([0.0, 0.1, 0.3, 0.4]), 10.0)
    spread = gaps.spread(np.arange(8.0).reshape(4, 2))
    np.testing.assert_array_equal(spread[[0, 1, 3, 4]], np.arange(8.0).reshape(4, 2))
    assert np.isnan(spread[2]).all()


@pytest.mark.parametrize(
    "time_s",
    [
        np.arange(50) / 100.0,
        np.cumsum(np.random.default_rng(0).uniform(0.005, 0.035, 50)),  # no clock
        np.array([0.0, 0.01, 0.02, 60.0, 60.01]),  # a pause
        np.array([0.0]),
        np.array([0.0, 1.0]),
    ],
)
def test_nothing_is_missing_where_it_cannot_be_told(time_s: np.ndarray) -> None:
    gaps = find_gaps(time_s, 100.0)
    assert gaps.notes == ()
    np.testing.assert_array_equal(gaps.time_s, time_s)
    np.testing.assert_array_equal(gaps.numbers, np.arange(len(time_s)))


@pytest.mark.parametrize("stated_hz", [70.0, 80.0, 90.0, 95.0, float("nan")])
def test_times_that_are_rounded_to_a_frame_are_no_gaps(stated_hz: float) -> None:
    time_s = np.round(np.arange(200) / np.nan_to_num(stated_hz, nan=90.0), 2)
    assert (np.diff(time_s) > 0.015).any()
    gaps = find_gaps(time_s, stated_hz)
    assert gaps.notes == ()
    np.testing.assert_array_equal(gaps.time_s, time_s)


def test_gaps_at_the_stated_rate_are_told_whatever_the_rounding() -> None:
    there = np.r_[0:50, 53:100]
    gaps = find_gaps(np.round(there / 100.0, 2), 100.0)
    assert gaps.numbers.tolist() == there.tolist()
