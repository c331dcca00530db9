"""Signals from the positions of joints, one number per frame, in which repetitions are found.

Arrays in, arrays out; T frames, positions in mm in any reference frame. NaN: a joint is missing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from neuropose.errors import SignalError
from neuropose.filters import differentiate
from neuropose.filters.columns import Floats
from neuropose.geometry import angle_deg, unit


def coordinate(points_mm: ArrayLike, axis: ArrayLike, origin_mm: ArrayLike = 0.0) -> Floats:
    """Return the coordinate of a joint along an axis.

    Parameters
    ----------
    points_mm : array_like, shape (T, 3)
        Positions of the joint, mm. NaN: missing.
    axis : array_like, shape (3,) or (T, 3)
        Direction of the axis, any length; one for all frames, or one per frame.
    origin_mm : array_like, shape (3,) or (T, 3), optional
        Origin of the axis, mm.

    Returns
    -------
    ndarray, shape (T,)
        mm.

    Raises
    ------
    SignalError
        If the shapes do not fit.

    Examples
    --------
    >>> coordinate([[0.0, -100.0, 0.0], [0.0, -250.0, 0.0]], axis=[0.0, -1.0, 0.0])
    array([100., 250.])
    """
    direction = np.asarray(axis, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        direction = direction / np.linalg.norm(direction, axis=-1, keepdims=True)
    return np.asarray(((_points(points_mm) - np.asarray(origin_mm)) * direction).sum(axis=-1))


def distance(one_mm: ArrayLike, other_mm: ArrayLike) -> Floats:
    """Return the distance between two joints.

    Parameters
    ----------
    one_mm, other_mm : array_like, shape (T, 3)
        Positions of the two joints, mm. NaN: missing.

    Returns
    -------
    ndarray, shape (T,)
        mm.

    Raises
    ------
    SignalError
        If the shapes do not fit.

    Examples
    --------
    >>> distance([[0.0, 0.0, 0.0]], [[3.0, 4.0, 0.0]])
    array([5.])
    """
    return np.asarray(np.linalg.norm(_points(one_mm) - _points(other_mm), axis=-1))


def speed(points_mm: ArrayLike, rate_hz: float) -> Floats:
    """Return the speed of a joint along its path.

    Parameters
    ----------
    points_mm : array_like, shape (T, 3)
        Evenly sampled, smoothed: see `neuropose.filters.prepare`.
    rate_hz : float
        Sampling rate, Hz.

    Returns
    -------
    ndarray, shape (T,)
        mm/s; NaN at both ends, and beside missing samples (`differentiate`).

    Raises
    ------
    SignalError
        If the shape or the rate does not fit.

    Examples
    --------
    >>> speed([[0.0, 0.0, 0.0], [3.0, 4.0, 0.0], [6.0, 8.0, 0.0]], rate_hz=10.0)
    array([nan, 50., nan])
    """
    return np.asarray(np.linalg.norm(differentiate(_points(points_mm), rate_hz=rate_hz), axis=-1))


def angle(one_mm: ArrayLike, vertex_mm: ArrayLike, other_mm: ArrayLike) -> Floats:
    """Return the angle at a joint between the directions to two others.

    Parameters
    ----------
    one_mm, vertex_mm, other_mm : array_like, shape (T, 3)
        For an elbow: shoulder, elbow, wrist.

    Returns
    -------
    ndarray, shape (T,)
        Degrees, 0 to 180 (straight). NaN where a joint is missing, or less than 1 mm from the
        vertex.

    Raises
    ------
    SignalError
        If the shapes do not fit.

    Examples
    --------
    >>> angle([[1.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]], [[0.0, 2.0, 0.0]])
    array([90.])
    """
    vertex = _points(vertex_mm)
    return angle_deg(unit(_points(one_mm) - vertex), unit(_points(other_mm) - vertex))


def _points(points_mm: ArrayLike) -> Floats:
    points = np.asarray(points_mm, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 3:
        raise SignalError(
            f"positions of shape {points.shape}",
            hint="give the positions of one joint, shape (T, 3)",
        )
    return points
