"""Where cameras are to each other: from two views, and from points to a further view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEAST_POINTS = 40
"""Fewer points that two views share give no relative position."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Where the second of two cameras is to the first.

    Parameters
    ----------
    rotation : ndarray, shape (3, 3)
        Turns the axes of the first camera into those of the second.
    translation : ndarray, shape (3,)
        Where the first camera is in the second's frame; length 1.
    shared : int
        Points that both saw.
    agreeing : int
        Points that agree with this position and are in front of both.
    behind : int
        Points that agree with it but are behind one of them.
    """

    rotation: Array
    translation: Array
    shared: int
    agreeing: int
    behind: int


def relative_pose(one: Array, other: Array, tolerance: float) -> Pair | None:
    """Find where one camera is to another from points that both saw.

    Parameters
    ----------
    one, other : ndarray, shape (N, 2)
        ``x / z, y / z`` in each camera's frame. NaN: missing.
    tolerance : float
        Distance of a point from its epipolar line, in the same unit, up to which it agrees.

    Returns
    -------
    Pair or None
        None if too few points agree.

    Notes
    -----
    Five-point algorithm (Nistér 2004, IEEE T Pattern Anal 26:756) in OpenCV's MAGSAC (Barath et al.
    2020).
    """
    import cv2

    both = np.isfinite(one).all(axis=1) & np.isfinite(other).all(axis=1)
    a, b = np.ascontiguousarray(one[both]), np.ascontiguousarray(other[both])
    if len(a) < LEAST_POINTS:
        return None
    essential, inside = cv2.findEssentialMat(
        a, b, np.eye(3), method=cv2.USAC_MAGSAC, prob=0.9999, threshold=tolerance, maxIters=5000
    )
    if essential is None or essential.shape != (3, 3):
        return None
    agree = inside.ravel() > 0
    if agree.sum() < LEAST_POINTS:
        return None
    ahead, rotation, translation, _ = cv2.recoverPose(
        essential, a[agree], b[agree], np.eye(3), mask=np.ones(int(agree.sum()), np.uint8)
    )
    return Pair(
        np.asarray(rotation, np.float64),
        np.asarray(translation[:, 0], np.float64),
        int(both.sum()),
        int(ahead),
        int(agree.sum() - ahead),
    )


def place(points_mm: Array, rays: Array, tolerance: float) -> tuple[Array, Array] | None:
    """Find where a camera is from known points that it saw.

    Parameters
    ----------
    points_mm : ndarray, shape (N, 3)
        World. NaN: not known.
    rays : ndarray, shape (N, 2)
        ``x / z, y / z`` in the camera's frame. NaN: missing.
    tolerance : float
        Distance of a point from its ray, in the same unit, up to which it agrees.

    Returns
    -------
    tuple of ndarray, or None
        Rotation, shape (3, 3), and translation, shape (3,): ``camera = rotation · world +
        translation``. None if too few points agree.
    """
    import cv2

    both = np.isfinite(points_mm).all(axis=1) & np.isfinite(rays).all(axis=1)
    if both.sum() < LEAST_POINTS:
        return None
    found, turn, translation, inside = cv2.solvePnPRansac(
        np.ascontiguousarray(points_mm[both]),
        np.ascontiguousarray(rays[both]),
        np.eye(3),
        None,
        iterationsCount=500,
        reprojectionError=tolerance,
        confidence=0.9999,
        flags=cv2.SOLVEPNP_SQPNP,
    )
    if not found or inside is None or len(inside) < LEAST_POINTS:
        return None
    return np.asarray(cv2.Rodrigues(turn)[0]), np.asarray(translation[:, 0])
