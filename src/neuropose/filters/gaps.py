"""Short gaps in a trajectory are filled; long ones stay, and nothing is extrapolated."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from neuropose.errors import SignalError
from neuropose.filters.columns import (
    Bools,
    Floats,
    Ints,
    as_columns,
    as_times,
    not_negative,
    patterns,
    runs,
)
from neuropose.filters.interpolation import Method, between, check_method

_ROUNDING = 1e-9  # of the limit: times are not exact in binary


class FilledGaps(NamedTuple):
    """Result of `fill_gaps`.

    Parameters
    ----------
    values : ndarray of float64
        The signal with short gaps filled.
    filled : ndarray of bool
        Samples that were filled; same shape.
    filled_runs, remaining_runs : ndarray of int64, shape (R, 3)
        Column, first and last sample (both inclusive) of every gap that was filled, and of every
        run that is still missing; columns are counted over the last axes.
    """

    values: Floats
    filled: Bools
    filled_runs: Ints
    remaining_runs: Ints


def fill_gaps(
    values: ArrayLike,
    *,
    limit_frames: int | None = None,
    limit_s: float | None = None,
    time_s: ArrayLike | None = None,
    method: Method = "pchip",
) -> FilledGaps:
    """Fill gaps up to a maximum length from the samples on both sides.

    Parameters
    ----------
    values : array_like, shape (T, …)
        NaN: missing. Each column has gaps of its own.
    limit_frames : int, optional
        Largest number of samples in a gap that is filled.
    limit_s : float, optional
        Longest time missing in a gap that is filled, seconds: at an even rate the number of
        missing samples divided by the rate. Give this or `limit_frames`.
    time_s : array_like, shape (T,), optional
        Times of the samples, seconds; needed for `limit_s`. Default: evenly spaced.
    method : {"pchip", "linear"}
        ``pchip``: monotone piecewise cubic (Fritsch & Butland 1984). It never leaves the range of
        the two neighbours, so it invents no extremum.

    Returns
    -------
    FilledGaps
        What is missing before the first and after the last sample stays NaN, and so does every
        longer gap. No curve depends on samples beyond a longer gap.

    Raises
    ------
    SignalError
        If not exactly one limit is given or it is negative, times do not fit, a value is infinite
        or the method does not exist.

    Examples
    --------
    >>> filled = fill_gaps([np.nan, 1.0, np.nan, 3.0, np.nan, np.nan, 6.0], limit_frames=1)
    >>> filled.values
    array([nan,  1.,  2.,  3., nan, nan,  6.])
    >>> filled.filled_runs.tolist(), filled.remaining_runs.tolist()
    ([[0, 2, 2]], [[0, 0, 0], [0, 4, 5]])
    """
    check_method(method)
    columns = as_columns(values)
    times = np.arange(float(len(columns))) if time_s is None else as_times(time_s, len(columns))
    limit = _limit(limit_frames, limit_s, timed=time_s is not None)
    out, filled = columns.copy(), np.zeros(columns.shape, dtype=bool)
    filled_runs: list[Ints] = []
    left: list[Ints] = []
    for valid, members in patterns(~np.isnan(columns)):
        missing = runs(~valid)
        short = _inner(missing, len(valid))
        if limit_s is None:
            short &= missing[:, 1] - missing[:, 0] <= limit
        else:
            short[short] &= _missing_s(missing[short], times) <= limit
        if short.any():
            at = _indices(missing[short])
            out[np.ix_(at, members)] = _curves(
                times, columns[:, members], valid, missing[~short], at, method
            )
            filled[np.ix_(at, members)] = True
        filled_runs.append(_listed(missing[short], members))
        left.append(_listed(missing[~short], members))
    shape = np.shape(values)
    return FilledGaps(
        out.reshape(shape), filled.reshape(shape), _sorted(filled_runs), _sorted(left)
    )


def _limit(limit_frames: int | None, limit_s: float | None, *, timed: bool) -> float:
    if (limit_frames is None) is (limit_s is None):
        raise SignalError(
            "the limit of a gap is a number of frames or of seconds",
            hint="give either limit_frames or limit_s",
        )
    if limit_s is None:
        return not_negative(limit_frames or 0, "limit_frames")
    if not timed:
        raise SignalError("limit_s needs the times of the samples", hint="give time_s as well")
    return not_negative(limit_s, "limit_s") * (1.0 + _ROUNDING)


def _inner(missing: Ints, count: int) -> Bools:
    return (missing[:, 0] > 0) & (missing[:, 1] < count)


def _missing_s(missing: Ints, times: Floats) -> Floats:
    """Time missing in gaps with a sample on both sides: their share of the time between these."""
    frames = missing[:, 1] - missing[:, 0]
    apart = times[missing[:, 1]] - times[missing[:, 0] - 1]
    return np.asarray(apart * frames / (frames + 1.0))


def _indices(gaps: Ints) -> Ints:
    return np.concatenate([np.arange(start, stop) for start, stop in gaps])


def _curves(
    times: Floats, columns: Floats, valid: Bools, long_gaps: Ints, at: Ints, method: Method
) -> Floats:
    knots = np.flatnonzero(valid)
    part = np.searchsorted(long_gaps[:, 0], knots)
    interval = np.searchsorted(knots, at) - 1
    return between(times[knots], columns[knots], part, interval, times[at], method)


def _listed(gaps: Ints, members: Ints) -> Ints:
    column = np.repeat(members, len(gaps))
    first, last = np.tile(gaps[:, 0], len(members)), np.tile(gaps[:, 1] - 1, len(members))
    return np.stack([column, first, last], axis=1)


def _sorted(parts: list[Ints]) -> Ints:
    listed = np.concatenate(parts) if parts else np.empty((0, 3), np.int64)
    return listed[np.lexsort((listed[:, 1], listed[:, 0]))]
