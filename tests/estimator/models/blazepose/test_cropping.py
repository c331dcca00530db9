"""Cutting out: exact to the level, of RGB and of what is stored, whatever OpenCV is installed."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from neuropose.estimator.models.blazepose.cropping import crop_rgb

HEIGHT, WIDTH, SIDE = 90, 120, 48
PICTURE = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)

_FMA3 = 12  # OpenCV's number for it

steps = st.floats(-4.0, 4.0)
matrices = st.tuples(steps, steps, st.floats(-200.0, 300.0), steps, steps, st.floats(-200.0, 300.0))


def pixels(
    picture: NDArray[np.uint8], rows: NDArray[Any], columns: NDArray[Any]
) -> NDArray[np.float64]:
    inside = rows.astype(int).clip(0, HEIGHT - 1), columns.astype(int).clip(0, WIDTH - 1)
    return picture[inside].astype(float)


def bilinear(picture: NDArray[np.uint8], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what lies between the four pixels in float64."""
    column, row = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    x, y = np.einsum("ij,jrc->irc", matrix, np.stack([column, row, np.ones_like(row)]))
    left, top = np.floor(x), np.floor(y)
    right, down = (x - left)[..., None], (y - top)[..., None]

    upper, lower = (
        (1.0 - right) * pixels(picture, rows, left) + right * pixels(picture, rows, left + 1)
        for rows in (top, top + 1)
    )
    return (1.0 - down) * upper + down * lower


def fused(picture: NDArray[np.uint8], matrix: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the same in float32; a product of two of these is exact in float64."""

    def fma(x: Any, y: Any, z: Any) -> NDArray[np.float32]:
        product = np.asarray(x, np.float64) * np.asarray(y, np.float64)
        return (product + np.asarray(z, np.float64)).astype(np.float32)

    steps = np.arange(SIDE, dtype=np.float32)
    x, y = (fma(steps, row[0], (row[1] * steps + row[2])[:, None]) for row in matrix)
    left, top = np.floor(x), np.floor(y)
    right, down = (x - left)[..., None], (y - top)[..., None]
    first, second, third, fourth = (
        pixels(picture, top + below, left + beside).astype(np.float32)
        for below in (0, 1)
        for beside in (0, 1)
    )
    upper, lower = fma(right, second - first, first), fma(right, fourth - third, third)
    return np.rint(fma(down, lower - upper, upper)).astype(np.uint8)


@given(matrix=matrices)
@settings(deadline=None)
def test_it_is_bilinear(matrix: tuple[float, ...]) -> None:
    expected = bilinear(PICTURE, np.reshape(matrix, (2, 3)))
    cut_out = crop_rgb(PICTURE, np.reshape(matrix, (2, 3)), SIDE)
    # Coordinates of float32 may be a 30,000th of a pixel off, which noise makes a 60th of a level.
    assert np.abs(cut_out - expected).max() <= 0.55


@pytest.mark.skipif(
    int(cv2.__version__.split(".")[0]) < 5 or not cv2.checkHardwareSupport(_FMA3),
    reason="OpenCV before 5 rounds coordinates to 1/32 px, and without fused operations once more",
)
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
    assert np.array_equal(crop_rgb(PICTURE, whole, SIDE), expected)


@pytest.mark.parametrize(
    ("corners", "right", "down", "level"),
    [
        ([[255, 255], [239, 241]], 13093 / 2**14, 81910 / 2**18, 251),  # 250.5000153
        ([[189, 175], [174, 172]], 10168 / 2**14, 6099 / 2**14, 177),  # 177.4999847
    ],
)
def test_what_is_nearly_half_is_rounded_once(
    corners: list[list[int]], right: float, down: float, level: int
) -> None:
    """Rounded after the product, too, both would be exactly half, and go to the even level."""
    picture = np.repeat(np.array(corners, np.uint8)[..., None], 3, axis=2)
    cut_out = crop_rgb(picture, np.array([[1.0, 0.0, right], [0.0, 1.0, down]]), 1)
    assert cut_out[0, 0].tolist() == [level] * 3


def test_it_is_fused() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        matrix = rng.uniform(-2.0, 2.0, (2, 3))
        matrix[:, 2] += 60.0, 45.0
        expected = fused(PICTURE, matrix.astype(np.float32))
        assert np.array_equal(crop_rgb(PICTURE, matrix, SIDE), expected)


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
