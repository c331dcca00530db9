"""Minimum-jerk movements (Flash & Hogan 1985), as people make them from rest to rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def smooth_step(time_s: Array, start_s: float, duration_s: float) -> Array:
    """Go from 0 to 1 with minimum jerk.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        Times in seconds.
    start_s, duration_s : float
        Start and duration of the movement.

    Returns
    -------
    ndarray, shape (T,)
        The highest speed, half-way, is 1.875 / `duration_s`.

    Examples
    --------
    >>> smooth_step(np.array([-1.0, 0.0, 1.0, 2.0, 9.0]), 0.0, 2.0)
    array([0. , 0. , 0.5, 1. , 1. ])
    """
    share = np.clip((time_s - start_s) / duration_s, 0.0, 1.0)
    return np.asarray(share**3 * (10.0 - 15.0 * share + 6.0 * share**2))


def min_jerk_edge(share: float) -> float:
    """Return when a minimum-jerk movement reaches a share of its peak speed.

    Parameters
    ----------
    share : float
        Share of the peak speed, 16 x² (1 − x)² at x.

    Returns
    -------
    float
        The time x, as a share of the duration.

    Examples
    --------
    >>> min_jerk_edge(1.0)
    0.5
    """
    return float(0.5 - np.sqrt(0.25 - 0.25 * np.sqrt(share)))
