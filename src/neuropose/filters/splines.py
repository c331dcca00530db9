"""Smooth signals between their samples, never across a gap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.filters.columns import as_columns, patterns, runs

Array = NDArray[np.float64]

_ON_A_SAMPLE = 1e-9


def sample_numbers(time_s: Array, at_s: Array) -> Array:
    """Convert times to fractional sample numbers.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        Times of two or more samples, seconds, evenly spaced.
    at_s : ndarray
        Times, seconds.

    Returns
    -------
    ndarray, shape of `at_s`
        Rounded to whole numbers within the rounding error, so that the last sample is not lost.

    Examples
    --------
    >>> sample_numbers(np.array([0.1, 0.2, 0.3]), np.array([0.1, 0.25, 0.1 + 0.2]))
    array([0. , 1.5, 2. ])
    """
    rate = (len(time_s) - 1) / (time_s[-1] - time_s[0])
    numbers = (at_s - time_s[0]) * rate
    whole = np.round(numbers)
    return np.asarray(np.where(np.abs(numbers - whole) < _ON_A_SAMPLE, whole, numbers))


def evaluate(signal: Array, at: Array, *, derivative: int = 0, degree: int = 3) -> Array:
    """Evaluate smooth, evenly sampled signals at any place.

    Parameters
    ----------
    signal : ndarray, shape (T, …)
        NaN: missing.
    at : ndarray
        Sample numbers, with fractions.
    derivative : int
        0 for the signal itself, 1 for its change per sample.
    degree : {3, 5}
        Of the spline. The second derivative of a cubic one has corners at the samples, and its
        extrema are always there: take 5 to find where between samples an acceleration peaks.

    Returns
    -------
    ndarray, shape of `at`, then of a sample
        By a spline through each run of samples: after a low-pass it is exact enough where
        straight lines or central differences, at 30 frames a second, would smooth once more.
        NaN outside the runs, and in runs of no more samples than the degree.

    Examples
    --------
    >>> evaluate(np.arange(5.0) ** 2, np.array([0.5, 3.5, 4.5]))
    array([ 0.25, 12.25,   nan])
    """
    from scipy.interpolate import make_interp_spline

    columns = as_columns(signal)
    values = np.full((*np.shape(at), columns.shape[1]), np.nan)
    for valid, members in patterns(np.isfinite(columns)):
        for start, stop in runs(valid):
            inside = (at >= start) & (at <= stop - 1)
            if stop - start > degree and inside.any():
                samples = np.arange(float(start), stop)
                spline = make_interp_spline(samples, columns[start:stop, members], k=degree)
                interpolated = values[inside]
                interpolated[:, members] = spline(at[inside], derivative)
                values[inside] = interpolated
    return values.reshape(*np.shape(at), *np.shape(signal)[1:])
