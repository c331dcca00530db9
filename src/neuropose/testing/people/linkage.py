"""The joint between two links that connect two points."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def middle_joint(
    root_mm: Array, end_mm: Array, upper_mm: float, lower_mm: float, towards: ArrayLike
) -> Array:
    """Return the position of the joint between two links (a knee, an elbow).

    Parameters
    ----------
    root_mm, end_mm : ndarray, shape (T, 3)
        The outer ends of the upper and of the lower link.
    upper_mm, lower_mm : float
        Lengths of the links.
    towards : array_like, shape (3,) or (T, 3)
        Direction to which the joint bends out.

    Returns
    -------
    ndarray, shape (T, 3)
        Position in mm.

    Raises
    ------
    ValueError
        If the end is out of reach.

    Examples
    --------
    >>> middle_joint(np.zeros((1, 3)), np.array([[0.0, -8.0, 0.0]]), 5.0, 5.0, [1.0, 0.0, 0.0])
    array([[ 3., -4.,  0.]])
    """
    span = end_mm - root_mm
    span_mm = np.linalg.norm(span, axis=1)
    if (span_mm > upper_mm + lower_mm).any() or (span_mm < abs(upper_mm - lower_mm)).any():
        raise ValueError(
            f"links of {upper_mm:.0f} and {lower_mm:.0f} mm cannot join points that are "
            f"{span_mm.min():.0f} to {span_mm.max():.0f} mm apart"
        )
    along = span / span_mm[:, None]
    across = towards - (along * np.asarray(towards)).sum(axis=1, keepdims=True) * along
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    along_mm = (upper_mm**2 - lower_mm**2 + span_mm**2) / (2.0 * span_mm)
    bulge_mm = np.sqrt(upper_mm**2 - along_mm**2)
    joint: Array = root_mm + along_mm[:, None] * along + bulge_mm[:, None] * across
    return joint
