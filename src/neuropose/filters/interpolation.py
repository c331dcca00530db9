"""Values between samples: straight lines, or curves that never overshoot (PCHIP)."""

from __future__ import annotations

from typing import Literal

import numpy as np

from neuropose.errors import SignalError
from neuropose.filters.columns import Floats, Ints

Method = Literal["pchip", "linear"]


def check_method(method: str) -> None:
    """Check that an interpolation method exists.

    Parameters
    ----------
    method : str
        ``pchip`` or ``linear``.

    Raises
    ------
    SignalError
        If it is neither.
    """
    if method not in ("pchip", "linear"):
        raise SignalError(f"unknown interpolation {method!r}", hint="use pchip or linear")


def between(
    time_s: Floats, values: Floats, part: Ints, interval: Ints, at_s: Floats, method: Method
) -> Floats:
    """Interpolate inside given intervals between neighbouring samples.

    Parameters
    ----------
    time_s : ndarray, shape (N,)
        Times of the samples, ascending.
    values : ndarray, shape (N, C)
        The samples.
    part : ndarray of int64, shape (N,)
        A number for each sample: the same for neighbours that belong together. No curve depends
        on a sample of another part.
    interval : ndarray of int64, shape (Q,)
        For each wanted time the number of the sample before it; that and the next one belong
        to one part.
    at_s : ndarray, shape (Q,)
        The wanted times.
    method : {"pchip", "linear"}
        ``pchip``: monotone piecewise cubic, with the slopes of Fritsch & Butland 1984 (SIAM J Sci
        Stat Comput 5:300), as ``scipy.interpolate.PchipInterpolator`` over each part; done here
        because only a few intervals of long recordings are needed.

    Returns
    -------
    ndarray, shape (Q, C)
    """
    low, high = values[interval], values[interval + 1]
    span = (time_s[interval + 1] - time_s[interval])[:, None]
    share = (at_s - time_s[interval])[:, None] / span
    if method == "linear":
        return low + share * (high - low)
    ends, place = np.unique(np.concatenate([interval, interval + 1]), return_inverse=True)
    slopes = _slopes(time_s, values, part, ends)
    slope_low, slope_high = slopes[place[: len(interval)]], slopes[place[len(interval) :]]
    # Hermite's polynomial, written so that equal neighbours give exactly their value.
    rise = high - low
    bend_low, bend_high = span * slope_low - rise, rise - span * slope_high
    rest = 1.0 - share
    return low + share * (rise + rest * (rest * bend_low + share * bend_high))


def _slopes(time_s: Floats, values: Floats, part: Ints, at: Ints) -> Floats:
    """Return the derivatives of the curve at some samples, shape (len(at), C)."""
    before, after = _neighbour(part, at, -1), _neighbour(part, at, 1)
    slopes = np.zeros((len(at), values.shape[1]))
    inner = (before >= 0) & (after >= 0)
    if inner.any():
        span, rise = _steps(time_s, values, before[inner], at[inner])
        next_span, next_rise = _steps(time_s, values, at[inner], after[inner])
        weight, next_weight = 2.0 * next_span + span, next_span + 2.0 * span
        product = rise * next_rise
        same_sign = product > 0.0
        mean = (weight + next_weight) * product
        np.divide(mean, weight * next_rise + next_weight * rise, out=mean, where=same_sign)
        slopes[inner] = np.where(same_sign, mean, 0.0)
    for side, missing in ((1, before), (-1, after)):
        end = np.flatnonzero((missing < 0) & ((after if side == 1 else before) >= 0))
        if len(end):
            slopes[end] = _end_slopes(time_s, values, part, at[end], side)
    return slopes


def _end_slopes(time_s: Floats, values: Floats, part: Ints, at: Ints, side: int) -> Floats:
    """Three-point derivatives at the first (side 1) or last (-1) samples of parts."""
    near = at + side
    far = _neighbour(part, near, side)
    span, rise = _steps(time_s, values, at, near)
    next_span, next_rise = _steps(time_s, values, near, np.where(far < 0, at, far))
    slope = ((2.0 * span + next_span) * rise - span * next_rise) / (span + next_span)
    slope = np.where(np.sign(slope) == np.sign(rise), slope, 0.0)
    steep = (np.sign(rise) != np.sign(next_rise)) & (np.abs(slope) > 3.0 * np.abs(rise))
    slope = np.where(steep, 3.0 * rise, slope)
    return np.where((far < 0)[:, None], rise, slope)


def _neighbour(part: Ints, at: Ints, side: int) -> Ints:
    """Return the number of the next sample on a side if it belongs to the same part, else -1."""
    other = np.clip(at + side, 0, len(part) - 1)
    return np.where((other != at) & (part[other] == part[at]), other, -1)


def _steps(time_s: Floats, values: Floats, one: Ints, other: Ints) -> tuple[Floats, Floats]:
    span = (time_s[other] - time_s[one])[:, None]
    return np.abs(span), (values[other] - values[one]) / span
