"""Signals over the gait cycle, 0 to 100 %, stride by stride."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuropose.errors import SignalError
from neuropose.filters.splines import evaluate, sample_numbers

Array = NDArray[np.float64]

POINTS = 101
"""0, 1, … 100 % of the stride."""


@dataclass(frozen=True, eq=False)
class Cycles:
    """A signal over N strides of one side, `POINTS` points each.

    Parameters
    ----------
    values : ndarray, shape (N, POINTS)
        In the unit of the signal. A stride in which the signal has a gap is NaN as a whole.
    """

    values: Array

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Strides without a gap, shape (N,)."""
        return np.asarray(np.isfinite(self.values).all(axis=1))

    @property
    def count(self) -> int:
        """Number of strides without a gap."""
        return int(self.complete.sum())

    @property
    def left_out(self) -> int:
        """Number of strides with a gap, which are excluded from mean and SD."""
        return len(self.values) - self.count

    @property
    def mean(self) -> Array:
        """Mean of the complete strides, shape (POINTS,); NaN if there is none."""
        if not self.count:
            return np.full(POINTS, np.nan)
        return np.asarray(self.values[self.complete].mean(axis=0))

    @property
    def sd(self) -> Array:
        """Standard deviation over the complete strides; NaN if there are fewer than two."""
        if self.count < 2:
            return np.full(POINTS, np.nan)
        return np.asarray(self.values[self.complete].std(axis=0, ddof=1))

    @property
    def range(self) -> Array:
        """Range (maximum − minimum) of each stride, shape (N,); NaN if it has a gap."""
        return np.asarray(self.values.max(axis=1) - self.values.min(axis=1))

    @property
    def peak(self) -> Array:
        """Maximum of each stride, shape (N,); NaN if it has a gap."""
        return np.asarray(self.values.max(axis=1))


def root_mean_square_of_known(changes: Array) -> Array:
    """Return how much curves change, point by point.

    Parameters
    ----------
    changes : ndarray, shape (K, POINTS)
        A curve less another one. A row that has a NaN is left out.

    Returns
    -------
    ndarray, shape (POINTS,)
        NaN if no row is left.

    Examples
    --------
    >>> root_mean_square_of_known(np.array([[3.0, 0.0], [-3.0, 0.0], [np.nan, 0.0]]))
    array([3., 0.])
    """
    known = changes[np.isfinite(changes).all(axis=-1)]
    if not len(known):
        return np.full(changes.shape[-1], np.nan)
    return np.asarray(np.sqrt(np.mean(known**2, axis=0)))


def normalise_cycles(
    time_s: ArrayLike, signal: ArrayLike, starts_s: Sequence[float], ends_s: Sequence[float]
) -> Cycles:
    """Cut a signal into strides, each resampled to the same length.

    Parameters
    ----------
    time_s : array-like, shape (T,)
        Evenly spaced.
    signal : array-like, shape (T,)
        Smooth (low-passed). NaN: missing.
    starts_s, ends_s : sequence of float, length N
        Initial contacts at the beginning and the end of each stride, seconds; between samples.

    Returns
    -------
    Cycles

    Raises
    ------
    SignalError
        If there are not as many ends as beginnings, or one does not end after it begins.

    Notes
    -----
    0 % is the contact, 100 % the next one of the same foot (Winter 1991, The Biomechanics and
    Motor Control of Human Gait, 2nd ed.); between samples by cubic spline. A stride with even
    one missing sample is left out as a whole, and counted; gaps are not bridged.

    Examples
    --------
    >>> time_s = np.arange(0.0, 4.0, 0.02)
    >>> cycles = normalise_cycles(time_s, np.sin(2 * np.pi * time_s), [0.25, 1.25], [1.25, 2.25])
    >>> cycles.count, cycles.mean[[0, 25, 50]].round(3) + 0.0
    (2, array([ 1.,  0., -1.]))
    """
    times, values = np.asarray(time_s, dtype=np.float64), np.asarray(signal, dtype=np.float64)
    starts, ends = (
        np.asarray(each, dtype=np.float64).reshape(-1, 1) for each in (starts_s, ends_s)
    )
    if len(starts) != len(ends) or not (starts < ends).all():
        raise SignalError(
            f"{len(starts)} beginnings and {len(ends)} ends of strides that do not belong together",
            hint="give each stride one beginning and, after it, one end",
        )
    if len(times) < 2 or not len(starts):
        return Cycles(np.full((len(starts), POINTS), np.nan))
    place = sample_numbers(times, starts + (ends - starts) * np.linspace(0.0, 1.0, POINTS))
    cut = evaluate(values, place)
    missing = np.concatenate([[0], np.cumsum(np.isnan(values))])
    first, last = (
        np.clip(each, 0, len(values) - 1).astype(np.int64)
        for each in (np.ceil(place[:, 0]), np.floor(place[:, -1]))
    )
    cut[(missing[last + 1] > missing[first]) | np.isnan(cut).any(axis=1)] = np.nan
    return Cycles(cut)
