"""Cutting out: exact to the level, of RGB and of what is stored, whatever OpenCV is installed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from neuropose.estimator.models.blazepose.cropping import crop_rgb

HEIGHT, WIDTH, SIDE = 90, 120, 48
PICTURE = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)

steps = st.floats(-4.0, 4.0)
matrices = st.tuples(steps, steps, st.floats(-200.0, 300.0), steps, steps, st.floats(-200.0, 300.0))


def bilinear(picture: NDArray[np.uint8], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what lies between the four pixels in float64."""
    column, row = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    x, y = np.einsum("ij,jrc->irc", matrix, np.stack([column, row, np.ones_like(row)]))
    left, top = np.floor(x), np.floor(y)
    right, down = (x - left)[..., None], (y - top)[..., None]

    def pixels(further_down: int, further_right: int) -> NDArray[np.float64]:
        rows = (top.astype(int) + further_down).clip(0, HEIGHT - 1)
        columns = (left.astype(int) + further_right).clip(0, WIDTH - 1)
        return picture[rows, columns].astype(float)

    upper = (1.0 - right) * pixels(0, 0) + right * pixels(0, 1)
    lower = (1.0 - right) * pixels(1, 0) + right * pixels(1, 1)
    return (1.0 - down) * upper + down * lower


@given(matrix=matrices)
@settings(deadline=None)
def test_it_is_bilinear(matrix: tuple[float, ...]) -> None:
    expected = bilinear(PICTURE, np.reshape(matrix, (2, 3)))
    cut_out = crop_rgb(PICTURE, np.reshape(matrix, (2, 3)), SIDE)
    # Coordinates of float32 may be a 30,000th of a pixel off, which noise makes a 60th of a level.
    assert np.abs(cut_out - expected).max() <= 0.55


@pytest.mark.skipif(int(cv2.__version__.split(".")[0]) < 5, reason="rounds coordinates to 1/32 px")
@given(matrix=matrices)
@settings(deadline=None)
def test_it_is_what_opencv_cuts_out(matrix: tuple[float, ...]) -> None:
    whole = np.reshape(matrix, (2, 3))
    expected = cv2.warpAffine(
        PICTURE,
        whole,
        (SIDE, SIDE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    differs = crop_rgb(PICTURE, whole, SIDE) != expected
    # Where there are no fused operations, OpenCV rounds coordinates once more.
    assert differs.mean() < 5e-3


def test_whole_pixels_stay_what_they_are() -> None:
    cut_out = crop_rgb(PICTURE, np.array([[1.0, 0.0, 30.0], [0.0, 1.0, 20.0]]), SIDE)
    assert np.array_equal(cut_out, PICTURE[20 : 20 + SIDE, 30 : 30 + SIDE])


def test_halves_are_rounded_to_even() -> None:
    picture = np.array([[[0, 1, 2], [1, 2, 3]]], np.uint8).repeat(2, axis=0)
    cut_out = crop_rgb(picture, np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]]), 1)
    assert cut_out[0, 0].tolist() == [0, 2, 2]


def test_of_a_part_of_a_larger_array() -> None:
    matrix = np.array([[0.9, 0.1, 3.0], [-0.1, 0.9, 5.0]])
    part = PICTURE[10:60, 20:90]
    assert np.array_equal(crop_rgb(part, matrix, SIDE), crop_rgb(part.copy(), matrix, SIDE))


@pytest.mark.parametrize("far", [1e7, -1e7, 1e18])
def test_far_from_the_picture(far: float) -> None:
    cut_out = crop_rgb(PICTURE, np.array([[1.0, 0.0, far], [0.0, 1.0, far]]), SIDE)
    assert (cut_out == PICTURE[-1 if far > 0 else 0, -1 if far > 0 else 0]).all()
