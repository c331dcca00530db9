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
    numbers = np.zeros(14)
    numbers[: len(coefficients)] = coefficients
    x, y = np.moveaxis(np.asarray(rays, np.float64), -1, 0)
    if fisheye:
        return _bend_fisheye(x, y, numbers[:4])
    k1, k2, p1, p2, k3, k4, k5, k6, s1, s2, s3, s4, tilt_x, tilt_y = numbers
    square = x * x + y * y
    radial = 1.0 + square * (k1 + square * (k2 + square * k3))
    if k4 or k5 or k6:
        radial = radial / (1.0 + square * (k4 + square * (k5 + square * k6)))
    bent_x = x * radial + 2.0 * p1 * x * y + p2 * (square + 2.0 * x * x)
    bent_y = y * radial + p1 * (square + 2.0 * y * y) + 2.0 * p2 * x * y
    bent_x = bent_x + square * (s1 + square * s2)
    bent_y = bent_y + square * (s3 + square * s4)
    bent = np.stack([bent_x, bent_y], axis=-1)
    return _tilt(bent, tilt_x, tilt_y) if tilt_x or tilt_y else bent


def _bend_fisheye(x: Array, y: Array, terms: Array) -> Array:
    radius = np.hypot(x, y)
    angle = np.arctan(radius)
    square = angle * angle
    polynomial = np.polynomial.polynomial.polyval(square, [1.0, *terms])
    scale = np.where(radius > 0.0, angle * polynomial / np.maximum(radius, 1e-300), 1.0)
    return np.stack([x * scale, y * scale], axis=-1)


def _tilt(bent: Array, tilt_x: float, tilt_y: float) -> Array:
    """Project onto a sensor that is tilted (Scheimpflug)."""
    (cx, sx), (cy, sy) = ((np.cos(tilt), np.sin(tilt)) for tilt in (tilt_x, tilt_y))
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, cx, sx], [0.0, -sx, cx]])
    about_y = np.array([[cy, 0.0, -sy], [0.0, 1.0, 0.0], [sy, 0.0, cy]])
    turned = about_y @ about_x
    (_, _, r13), (_, _, r23), (_, _, r33) = turned
    onto = np.array([[r33, 0.0, -r13], [0.0, r33, -r23], [0.0, 0.0, 1.0]]) @ turned
    seen = bent @ onto[:, :2].T + onto[:, 2]
    return np.asarray(seen[..., :2] / seen[..., 2:])


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
