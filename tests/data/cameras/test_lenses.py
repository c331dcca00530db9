"""Lenses: OpenCV's numbers, and an inverse that holds up to the edge of the model."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from neuropose.data.cameras.lenses import distort, undistort

LENSES = {
    "barrel": ((-0.3, 0.09, 0.001, -0.0007), False),
    "pincushion": ((0.2, 0.05, 0.0, 0.0, 0.01), False),
    "rational": ((0.4, -0.2, 0.001, 0.002, 0.05, 0.6, -0.1, 0.02), False),
    "prism and tilt": (
        (-0.1, 0.02, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1e-3, 0, 2e-3, 0, 0.01, 0.02),
        False,
    ),
    "fisheye": ((0.05, -0.02, 0.004, -0.001), True),
    "fisheye without coefficients": ((0.0, 0.0, 0.0, 0.0), True),
}


@pytest.fixture(params=LENSES, name="lens")
def any_lens(request: pytest.FixtureRequest) -> tuple[tuple[float, ...], bool]:
    return LENSES[request.param]


def rays(widest: float) -> np.ndarray:
    side = np.linspace(-widest, widest, 9)
    return np.stack(np.meshgrid(side, side), axis=-1)


def test_the_model_is_that_of_opencv(lens: tuple[tuple[float, ...], bool]) -> None:
    coefficients, fisheye = lens
    ahead = np.concatenate([rays(0.5), np.ones((9, 9, 1))], axis=-1).reshape(-1, 1, 3)
    project = cv2.fisheye.projectPoints if fisheye else cv2.projectPoints
    expected, _ = project(ahead, np.zeros(3), np.zeros(3), np.eye(3), np.array(coefficients))
    bent = distort(rays(0.5), coefficients, fisheye=fisheye)
    np.testing.assert_allclose(bent.reshape(-1, 2), expected[:, 0], atol=1e-12)


def test_there_and_back(lens: tuple[tuple[float, ...], bool]) -> None:
    coefficients, fisheye = lens
    widest = 2.5 if fisheye else 0.6
    back = undistort(
        distort(rays(widest), coefficients, fisheye=fisheye), coefficients, fisheye=fisheye
    )
    np.testing.assert_allclose(back, rays(widest), atol=1e-8)


def test_a_model_that_folds_back_shows_nothing_beyond_the_fold() -> None:
    coefficients = (-0.3, 0.0, 0.0, 0.0)  # r - 0.3 r³ is largest at r = 1 / √0.9
    fold = 1.0 / np.sqrt(0.9)
    seen = distort(np.array([[0.99 * fold, 0.0], [1.01 * fold, 0.0], [3.0, 0.0]]), coefficients)
    assert np.isfinite(seen[:, 0]).tolist() == [True, False, False]
    farthest = fold - 0.3 * fold**3
    found = undistort(np.array([[0.0, 0.99 * farthest], [0.0, 1.01 * farthest]]), coefficients)
    assert np.isfinite(found[:, 0]).tolist() == [True, False]
    assert 0.9 * fold < found[0, 1] < fold


def test_missing_stays_missing() -> None:
    points = np.array([[np.nan, 0.1], [0.1, 0.2]])
    for apply in (distort, undistort):
        assert np.isnan(apply(points, (-0.1, 0.0, 0.0, 0.0))).any(axis=1).tolist() == [True, False]
    assert undistort(np.empty((0, 2)), (-0.1, 0.0, 0.0, 0.0)).shape == (0, 2)
