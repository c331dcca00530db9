"""The truth is to a synthetic reconstruction as any of its draws is."""

from __future__ import annotations

import numpy as np
import pytest

from neuropose.sequence import ONE_CAMERA
from neuropose.testing import CameraView, reconstructed, simulate_walk, walker_sequence


def test_the_error_is_of_the_size_that_the_draws_say() -> None:
    truth = walker_sequence(simulate_walk(), CameraView(distance_mm=40_000.0))
    found = reconstructed(truth, ONE_CAMERA, correlation_s=0.1)
    off_mm = found.positions_mm - truth.select(*found.joints).positions_mm
    for axis, expected in enumerate([15.0, 15.0, 50.0]):
        assert off_mm[..., axis].std() == pytest.approx(expected, rel=0.25)
        assert found.position_draws_mm[..., axis].std() == pytest.approx(expected, rel=0.25)


def test_errors_of_adjacent_frames_are_alike() -> None:
    truth = walker_sequence(simulate_walk())
    smooth, white = (
        reconstructed(truth, 10.0, correlation_s=seconds).position_draws_mm
        for seconds in (0.3, 0.0)
    )
    for draws_mm, least, most in ((smooth, 0.95, 1.0), (white, -0.05, 0.05)):
        one, next_one = draws_mm[:, :-1].ravel(), draws_mm[:, 1:].ravel()
        assert least <= np.corrcoef(one, next_one)[0, 1] <= most


def test_the_same_seed_gives_the_same_and_no_error_the_truth() -> None:
    truth = walker_sequence(simulate_walk())
    assert reconstructed(truth, 5.0, seed=1) == reconstructed(truth, 5.0, seed=1)
    assert reconstructed(truth, 5.0, seed=1) != reconstructed(truth, 5.0, seed=2)
    exact = reconstructed(truth)
    np.testing.assert_array_equal(exact.positions_mm, truth.select(*exact.joints).positions_mm)
    assert not exact.position_draws_mm.any()
    assert exact.coordinate("left_knee_flexion").max() == pytest.approx(58.6, abs=0.1)
