"""Smooth signals between their samples; never across a gap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.filters.columns import runs

Array = NDArray[np.float64]

_LEAST_SAMPLES = 4


def evaluate(signal: Array, at: Array, *, derivative: int = 0) -> Array:
    """Give a smooth, evenly sampled signal at any place.

    Parameters
    ----------
    signal : ndarray, shape (T,)
        NaN: missing.
    at : ndarray
        Sample numbers, with fractions.
    derivative : int
        0 for the signal itself, 1 for its change a sample.

    Returns
    -------
    ndarray, shape of `at`
        By a cubic spline through each run of samples: after a low-pass it is exact enough where
        straight lines or central differences, at 30 frames a second, would smooth once more.
        NaN outside the runs, and in runs of fewer than four samples.

    Examples
    --------
    >>> evaluate(np.arange(5.0) ** 2, np.array([0.5, 3.5, 4.5]))
    array([ 0.25, 12.25,   nan])
    """
    from scipy.interpolate import CubicSpline

    values = np.full(np.shape(at), np.nan)
    for start, stop in runs(np.isfinite(signal)):
        inside = (at >= start) & (at <= stop - 1)
        if stop - start >= _LEAST_SAMPLES and inside.any():
            spline = CubicSpline(np.arange(start, stop), signal[start:stop])
            values[inside] = spline(at[inside], derivative)
    return values
