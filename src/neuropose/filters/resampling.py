"""A variable frame rate resampled to an even clock; no gap is filled on the way."""

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
    not_negative,
    patterns,
    positive,
)
from neuropose.filters.interpolation import Method, between, check_method

_ROUNDED_S = 0.0006  # containers that count in milliseconds round by half of one
_UNEVEN = 0.1  # of an interval: at higher rates that is less
_MISSING = 1.5  # usual intervals: frames further apart have others missing between them
_SAME_RATE = 1e-6
_ON_A_FRAME = 1e-6  # of an interval
_MOST_SAMPLES = 20_000_000  # times that would ask for more are wrong


class Resampled(NamedTuple):
    """Result of `resample`.

    Parameters
    ----------
    time_s : ndarray of float64, shape (T',)
        The even clock, seconds.
    values : ndarray of float64, shape (T', …)
        The signal on that clock.
    rate_hz : float
        Rate of the clock, Hz.
    changed : bool
        Whether anything changed; False if the clock was even already.
    left_out : int
        Frames without a time of their own: unknown, or the same as the one before.
    """

    time_s: Floats
    values: Floats
    rate_hz: float
    changed: bool
    left_out: int


def even_rate_hz(time_s: ArrayLike) -> float | None:
    """Return the rate of evenly spaced times.

    Parameters
    ----------
    time_s : array_like, shape (T,)
        Seconds.

    Returns
    -------
    float or None
        Hz, of the straight line that fits best. None: a time is missing, there are fewer than two,
        or one is further from that line than 0.6 ms (or a tenth of an interval, if that is less).
        Containers that count in milliseconds round even times by up to half of one.

    Examples
    --------
    >>> even_rate_hz([0.0, 0.033, 0.067, 0.1]), even_rate_hz([0.0, 0.033, 0.1])
    (29.94011976, None)
    """
    times = np.asarray(time_s, dtype=np.float64)
    if len(times) < 2 or not np.isfinite(times).all():
        return None
    number = np.arange(len(times)) - 0.5 * (len(times) - 1)
    middle = times.mean()
    interval = float(number @ (times - middle) / (number @ number))
    if interval <= 0.0:
        return None
    off = np.abs(times - middle - interval * number).max()
    if off > min(_ROUNDED_S, _UNEVEN * interval):
        return None
    return round(1.0 / interval, 9)


def usual_rate_hz(time_s: ArrayLike) -> float:
    """Return the frame rate that a recording has most of the time.

    Parameters
    ----------
    time_s : array_like, shape (T,)
        Seconds, never falling. NaN: not known.

    Returns
    -------
    float
        Hz: 1 / mean of the intervals that are within half of the median interval.

    Raises
    ------
    SignalError
        If times fall, or fewer than two are known and different.

    Examples
    --------
    >>> usual_rate_hz([0.0, 0.1, 0.2, 0.3, 0.7])
    10.0
    """
    times = np.asarray(time_s, dtype=np.float64)
    intervals = np.diff(times[_timed(times)])
    median = np.median(intervals)
    return round(float(1.0 / intervals[np.abs(intervals - median) <= 0.5 * median].mean()), 9)


def resample(
    time_s: ArrayLike,
    values: ArrayLike,
    *,
    rate_hz: float | None = None,
    limit_s: float = 0.1,
    method: Method = "pchip",
) -> Resampled:
    """Resample unevenly timed samples to an even clock that starts with the first of them.

    Parameters
    ----------
    time_s : array_like, shape (T,)
        Times of the samples, seconds, never falling. NaN: not known.
    values : array_like, shape (T, …)
        NaN: missing.
    rate_hz : float, optional
        Rate of the new clock, Hz. Default: `usual_rate_hz`.
    limit_s : float
        Longest time that may be missing between two frames, beyond the usual interval and a half,
        seconds. Between frames further apart, the new samples are NaN.
    method : {"pchip", "linear"}
        See `fill_gaps`.

    Returns
    -------
    Resampled
        If the times are even already (`even_rate_hz`) and no other rate is requested, the values
        and times are those that were given, bit for bit.

    Raises
    ------
    SignalError
        If times fall, there are fewer than two, or a parameter is not positive.

    Notes
    -----
    A new sample has a value only if both frames around it have one: gaps stay gaps, for
    `fill_gaps` to fill and count. A new sample at a frame's very time has that frame's value.
    Nothing is filtered: with a `rate_hz` below the recording's own, filter first.

    Examples
    --------
    >>> uneven = resample([0.0, 0.1, 0.2, 0.25, 0.4], [0.0, 1.0, 2.0, 2.5, 4.0], rate_hz=10.0)
    >>> uneven.values, uneven.changed
    (array([0., 1., 2., 3., 4.]), True)
    """
    check_method(method)
    not_negative(limit_s, "limit_s")
    columns = as_columns(values)
    times = np.asarray(time_s, dtype=np.float64)
    if times.shape != (len(columns),):
        raise SignalError(
            f"{len(columns)} samples, but times of shape {times.shape}",
            hint="give one time per sample",
        )
    own = _timed(times)
    left_out = len(times) - len(own)
    if left_out:
        times, columns = times[own], columns[own]
    if rate_hz is not None:
        positive(rate_hz, "rate_hz")
    even = even_rate_hz(times)
    shape = np.shape(values)[1:]
    if even is not None and (rate_hz is None or abs(rate_hz / even - 1.0) < _SAME_RATE):
        return Resampled(
            times, columns.reshape(len(times), *shape), even, changed=False, left_out=left_out
        )
    usual = usual_rate_hz(times)
    rate = usual if rate_hz is None else rate_hz
    clock = _clock(times, rate)
    close = np.diff(times) <= _MISSING / usual + limit_s
    out = _on_clock(times, columns, clock, close, _ON_A_FRAME / rate, method)
    return Resampled(clock, out.reshape(len(clock), *shape), rate, changed=True, left_out=left_out)


def _timed(times: Floats) -> Ints:
    """Frames with a time of their own."""
    known = np.flatnonzero(np.isfinite(times))
    steps = np.diff(times[known])
    if (steps < 0).any():
        frame = int(known[1 + int((steps < 0).argmax())])
        raise SignalError(f"the time decreases at sample {frame}", hint="put the samples in order")
    own = known[np.diff(times[known], prepend=-np.inf) > 0]
    if len(own) < 2:
        raise SignalError(
            f"a rate needs two samples with a time; there {'is one' if len(own) else 'are none'}",
            hint="give two or more, at known times",
        )
    return own


def _clock(times: Floats, rate_hz: float) -> Floats:
    count = (times[-1] - times[0]) * rate_hz
    if count > _MOST_SAMPLES:
        raise SignalError(
            f"from {times[0]:g} to {times[-1]:g} s there would be {count:.0f} samples",
            hint="the times are wrong, or the rate is too high",
        )
    return np.asarray(times[0] + np.arange(int(count + _ON_A_FRAME) + 1) / rate_hz)


def _on_clock(
    times: Floats, columns: Floats, clock: Floats, close: Bools, nearly_s: float, method: Method
) -> Floats:
    out = np.full((len(clock), columns.shape[1]), np.nan)
    interval = np.clip(np.searchsorted(times, clock, side="right") - 1, 0, len(times) - 2)
    near = interval + (clock - times[interval] > times[interval + 1] - clock)
    hit = np.abs(times[near] - clock) <= nearly_s
    for valid, members in patterns(~np.isnan(columns)):
        usable = close & valid[:-1] & valid[1:]
        part = np.concatenate([[0], np.cumsum(~usable)])
        wanted = np.flatnonzero(usable[interval] & ~hit)
        mine = columns[:, members]
        out[np.ix_(wanted, members)] = between(
            times, mine, part, interval[wanted], clock[wanted], method
        )
        out[np.ix_(np.flatnonzero(hit), members)] = mine[near[hit]]
    return out
