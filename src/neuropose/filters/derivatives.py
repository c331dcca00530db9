"""Velocity and acceleration from positions: central differences."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from neuropose.errors import SignalError
from neuropose.filters.columns import Floats, as_columns, as_times, positive


def differentiate(
    values: ArrayLike,
    *,
    rate_hz: float | None = None,
    time_s: ArrayLike | None = None,
    order: Literal[1, 2] = 1,
) -> Floats:
    """Differentiate with respect to time, from the samples on both sides of each.

    Parameters
    ----------
    values : array_like, shape (T, …)
        NaN: missing.
    rate_hz : float, optional
        Sampling rate of evenly spaced samples, Hz.
    time_s : array_like, shape (T,), optional
        Times of the samples, seconds, evenly spaced or not. Give this or `rate_hz`.
    order : {1, 2}
        First or second derivative.

    Returns
    -------
    ndarray of float64, shape (T, …)
        Unit of `values` per second, or per second squared: mm/s and mm/s² from mm. NaN where the
        sample or one of its neighbours is missing, and so at both ends of the recording: there is
        nothing to take a central difference from.

    Raises
    ------
    SignalError
        If not exactly one of rate and times is given, times do not increase, or a value is
        infinite.

    Notes
    -----
    Winter 2009, Biomechanics and Motor Control of Human Movement, 4th ed., chapter 3:
    (x₊ − x₋) / 2h and (x₊ − 2x + x₋) / h². Between uneven times the parabola through the three
    samples is differentiated: exact for parabolas, but the second derivative then has an error of
    first order. Differences amplify noise: filter first.

    Examples
    --------
    >>> differentiate([0.0, 1.0, 4.0, 9.0], rate_hz=1.0)
    array([nan,  2.,  4., nan])
    >>> differentiate([0.0, 1.0, 4.0, 25.0], time_s=[0.0, 1.0, 2.0, 5.0], order=2)
    array([nan,  2.,  2., nan])
    """
    columns = as_columns(values)
    if (rate_hz is None) is (time_s is None):
        raise SignalError(
            "a derivative needs a frame rate or times", hint="give either rate_hz or time_s"
        )
    if order not in (1, 2):
        raise SignalError(f"there is no derivative of order {order}", hint="use 1 or 2")
    out = np.full(columns.shape, np.nan)
    before, at, after = columns[:-2], columns[1:-1], columns[2:]
    if rate_hz is not None:
        positive(rate_hz, "rate_hz")
        if order == 1:
            # The sample itself does not count, but where it is missing there is no derivative.
            out[1:-1] = (after - before) * (0.5 * rate_hz) + 0.0 * at
        else:
            out[1:-1] = ((after - at) - (at - before)) * rate_hz**2
    else:
        spans = np.diff(as_times(time_s if time_s is not None else [], len(columns)))[:, None]
        slopes = np.diff(columns, axis=0) / spans
        span, next_span, slope, next_slope = spans[:-1], spans[1:], slopes[:-1], slopes[1:]
        if order == 1:
            out[1:-1] = (next_span * slope + span * next_slope) / (span + next_span)
        else:
            out[1:-1] = 2.0 * (next_slope - slope) / (span + next_span)
    return out.reshape(np.shape(values))
