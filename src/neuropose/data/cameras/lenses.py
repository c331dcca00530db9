"""How lenses bend rays: OpenCV's two models, and their inverses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_STEPS = 50
_CLOSE_ENOUGH = 1e-11  # of the focal length
_DIFFERENCE = 1e-6
_STEEPEST_TANGENT = 20.0  # 87° off the axis, beyond what a pinhole model is used for


def distort(rays: Array, coefficients: Sequence[float], *, fisheye: bool = False) -> Array:
    """Bend rays as a lens does.

    Parameters
    ----------
    rays : ndarray, shape (…, 2)
        ``x / z, y / z`` in the camera frame. NaN: missing.
    coefficients : sequence of float
        OpenCV's distortion coefficients.
    fisheye : bool
        Whether they are those of ``cv2.fisheye``.

    Returns
    -------
    ndarray, shape (…, 2)
        In units of the focal length. NaN where a ray is missing, or so far off the axis that the
        model folds back, so that two rays would have one point of the picture.

    Examples
    --------
    >>> distort(np.array([[0.5, 0.0], [9.0, 0.0]]), (-0.2, 0.0, 0.0, 0.0))
    array([[0.475, 0.   ],
           [  nan,   nan]])
    """
    within = np.linalg.norm(rays, axis=-1) <= _farthest_tangent(tuple(coefficients), fisheye)
    return np.asarray(np.where(within[..., None], _bend(rays, coefficients, fisheye), np.nan))


def undistort(points: Array, coefficients: Sequence[float], *, fisheye: bool = False) -> Array:
    """Return the rays that a lens bends to given points.

    Parameters
    ----------
    points : ndarray, shape (…, 2)
        Points of the picture relative to its centre, in units of the focal length. NaN: missing.
    coefficients : sequence of float
        OpenCV's distortion coefficients.
    fisheye : bool
        Whether they are those of ``cv2.fisheye``.

    Returns
    -------
    ndarray, shape (…, 2)
        ``x / z, y / z`` in the camera frame. NaN where a point is missing, or where no ray leads
        to it.

    Notes
    -----
    Newton's method from the undistorted point; OpenCV's own inverse is a fixed-point iteration
    that does not converge for strong distortion.

    Examples
    --------
    >>> undistort(np.array([[0.475, 0.0]]), (-0.2, 0.0, 0.0, 0.0)).round(9)
    array([[0.5, 0. ]])
    """
    seen = np.asarray(points, np.float64).reshape(-1, 2)
    rays = np.full(seen.shape, np.nan)
    left = np.flatnonzero(np.isfinite(seen).all(axis=1))
    tried = _first_guess(seen[left], fisheye)
    limit = _farthest_tangent(tuple(coefficients), fisheye)
    for _ in range(_STEPS):
        if not len(left):
            break
        error = _bend(tried, coefficients, fisheye) - seen[left]
        done = np.abs(error).max(axis=1) < _CLOSE_ENOUGH
        rays[left[done]] = tried[done]
        left, tried, error = left[~done], tried[~done], error[~done]
        tried = _within(tried - _newton_step(tried, error, coefficients, fisheye), limit)
    return rays.reshape(np.shape(points))


def _bend(rays: Array, coefficients: Sequence[float], fisheye: bool) -> Array:
    """Apply the model as it is, also where it folds back."""
    import cv2

    flat = np.asarray(rays, np.float64).reshape(-1, 2)
    bent = np.full(flat.shape, np.nan)
    known = np.isfinite(flat).all(axis=1)
    if known.any():
        nothing = np.zeros(3)
        ahead = np.column_stack([flat[known], np.ones(known.sum())])[:, None]
        numbers = np.asarray(coefficients, np.float64)
        if fisheye:
            found, _ = cv2.fisheye.projectPoints(ahead, nothing, nothing, np.eye(3), numbers)
        else:
            found, _ = cv2.projectPoints(ahead, nothing, nothing, np.eye(3), numbers)
        bent[known] = found[:, 0]
    return bent.reshape(np.shape(rays))


def _first_guess(points: Array, fisheye: bool) -> Array:
    """Return the rays of a lens without coefficients: of a fisheye, distance is angle."""
    if not fisheye:
        return points.copy()
    angle = np.linalg.norm(points, axis=1, keepdims=True)
    near = np.minimum(angle, np.arctan(_STEEPEST_TANGENT))
    return np.asarray(points * np.where(angle > 0.0, np.tan(near) / np.maximum(angle, 1e-300), 1.0))


def _newton_step(rays: Array, error: Array, coefficients: Sequence[float], fisheye: bool) -> Array:
    sides = np.eye(2) * _DIFFERENCE
    slope = np.stack(
        [
            (_bend(rays + side, coefficients, fisheye) - _bend(rays - side, coefficients, fisheye))
            / (2.0 * _DIFFERENCE)
            for side in sides
        ],
        axis=-1,
    )
    (a, b), (c, d) = slope[:, 0].T, slope[:, 1].T
    determinant = a * d - b * c
    step = np.stack([d * error[:, 0] - b * error[:, 1], a * error[:, 1] - c * error[:, 0]], -1)
    return np.asarray(step / np.where(determinant == 0.0, np.nan, determinant)[:, None])


def _within(rays: Array, limit: float) -> Array:
    length = np.linalg.norm(rays, axis=1, keepdims=True)
    return np.asarray(rays * np.minimum(1.0, limit / np.maximum(length, 1e-300)))


@lru_cache(maxsize=64)
def _farthest_tangent(coefficients: tuple[float, ...], fisheye: bool) -> float:
    """Return how far off the axis a lens still bends farther rays farther out."""
    angles = np.linspace(0.0, np.arctan(_STEEPEST_TANGENT), 4001)
    radii = np.tan(angles)
    bent = _bend(np.column_stack([radii, np.zeros(len(radii))]), coefficients, fisheye)
    if not fisheye:  # tangential and prism terms are no reason: they are small wherever it counts
        radial = np.zeros(8)
        radial[: min(8, len(coefficients))] = coefficients[:8]
        radial[2:4] = 0.0
        bent = _bend(np.column_stack([radii, np.zeros(len(radii))]), tuple(radial), fisheye)
    back = np.flatnonzero(~(np.diff(bent[:, 0]) > 0.0))
    return float(radii[back[0]]) if len(back) else float(radii[-1])
