"""Absolute position in front of the camera, from a pose of known size but unknown place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MIN_DEPTH_MM = 100.0
_MAX_STEPS = 10
_CONVERGED_MM = 0.01
_LEAST_VARIANCE = 1e-12  # of the rays: a person 1000 km away


def turn_to_ray(ray: NDArray[np.float64]) -> NDArray[np.float64]:
    """Find the smallest rotation that turns the optical axis on to a ray.

    A model that sees a person in a crop returns the pose in the axes of a camera that looks
    straight at that person; this rotation brings it into the axes of the real camera.

    Parameters
    ----------
    ray : ndarray, shape (2,)
        ``x / z, y / z`` in the camera frame, from `neuropose.data.Camera.rays`.

    Returns
    -------
    ndarray, shape (3, 3)
        `R` such that ``pose @ R.T`` is in the camera's axes.

    Notes
    -----
    Rodrigues' formula about the axis ``z × ray``.

    Examples
    --------
    >>> (turn_to_ray(np.array([1.0, 0.0])) @ [0.0, 0.0, 1.0]).round(3)
    array([0.707, 0.   , 0.707])
    """
    x, y, z = np.array([*ray, 1.0]) / np.sqrt(1.0 + ray @ ray)
    cross = np.array([[0.0, 0.0, x], [0.0, 0.0, y], [-x, -y, 0.0]])
    turn: NDArray[np.float64] = np.eye(3) + cross + cross @ cross / (1.0 + z)
    return turn


def fit_translation(
    pose_mm: NDArray[np.float64], rays: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Find the translation that puts a pose of known size and rotation on its rays.

    Parameters
    ----------
    pose_mm : ndarray, shape (J, 3)
        Pose in the camera's axes, its origin anywhere.
    rays : ndarray, shape (J, 2)
        Where each joint is seen, from `neuropose.data.Camera.rays`.
    weights : ndarray, shape (J,)
        How much each joint counts, at least three above 0.

    Returns
    -------
    ndarray, shape (3,)
        Translation in mm that minimises the weighted squared reprojection error, to 0.01 mm; NaN
        if the fit puts the person behind or inside the camera, or the rays do not determine it.

    Notes
    -----
    Perspective-n-point with known rotation. The direct linear solution starts a few Gauss-Newton
    steps on the reprojection error itself (Hartley and Zisserman 2004, sections 7.1 and A6.1).

    Examples
    --------
    >>> pose_mm = np.array([[0.0, 0, 0], [100, 0, 0], [0, 100, 0], [0, 0, 100]])
    >>> seen = pose_mm + [50.0, -20.0, 3000.0]
    >>> fit_translation(pose_mm, seen[:, :2] / seen[:, 2:], np.ones(4)).round(6)
    array([  50.,  -20., 3000.])
    """
    # x = (X + tx) / (Z + tz)  →  tx − x tz = x Z − X, and the same for y.
    translation = _solve(rays, pose_mm[:, :2] - rays * pose_mm[:, 2:], np.ones(len(rays)), weights)
    for _ in range(_MAX_STEPS):
        depth = pose_mm[:, 2] + translation[2]
        if not (depth > _MIN_DEPTH_MM).all():
            return np.full(3, np.nan)
        projected = (pose_mm[:, :2] + translation[:2]) / depth[:, None]
        step = _solve(projected, projected - rays, 1.0 / depth, weights)
        translation = translation + step
        if np.abs(step).max() < _CONVERGED_MM:
            break
    return translation


def put_on_rays(pose_mm: NDArray[np.float64], rays: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move each joint to the nearest point of the ray along which it is seen.

    A model's points in the picture are several times more accurate than its metric pose, whose
    error lies mostly in depth: so the pose decides how far away each joint is, and the picture
    decides everything else.

    Parameters
    ----------
    pose_mm : ndarray, shape (J, 3)
        Pose in the camera frame.
    rays : ndarray, shape (J, 2)
        Where each joint is seen, from `neuropose.data.Camera.rays`.

    Returns
    -------
    ndarray, shape (J, 3)
        Pose in the camera frame, mm, that reprojects exactly onto the rays. NaN where `pose_mm` is
        NaN.

    Examples
    --------
    >>> put_on_rays(np.array([[30.0, 0.0, 2000.0]]), np.array([[0.0, 0.0]]))
    array([[   0.,    0., 2000.]])
    """
    directions = np.column_stack([rays, np.ones(len(rays))])
    along = (pose_mm * directions).sum(axis=1) / (directions * directions).sum(axis=1)
    return np.asarray(directions * along[:, None])


def _solve(
    rays: NDArray[np.float64],
    residual: NDArray[np.float64],
    scale: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Least squares of ``residual + scale · (t_xy − rays · t_z) = 0`` over t."""
    squared = weights * scale * scale
    total = squared.sum()
    mean = squared @ rays / total
    centred = rays - mean
    spread = squared @ (centred * centred).sum(axis=1)
    if not spread > _LEAST_VARIANCE * total:  # all joints on one ray: any distance fits
        return np.full(3, np.nan)
    weighted = (weights * scale)[:, None] * residual
    z = (weighted * centred).sum() / spread
    x, y = mean * z - weighted.sum(axis=0) / total
    return np.array([x, y, z])
