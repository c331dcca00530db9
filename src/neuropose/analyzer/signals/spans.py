"""Beginning and end of a movement: the times at which a signal crosses a level around a peak."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuropose.filters.columns import runs

Array = NDArray[np.float64]


class Span(NamedTuple):
    """A stretch of time in which a signal is above a level.

    Parameters
    ----------
    first, last : int
        First and last row above the level.
    peak : int
        The row where it is highest.
    start_s, end_s : float
        Times at which it crosses the level, between two rows, seconds. NaN: it does not; the
        recording begins or ends there, or a gap does.
    """

    first: int
    last: int
    peak: int
    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """Time from start to end, seconds; NaN if one of them is not known."""
        return self.end_s - self.start_s

    @property
    def rows(self) -> slice:
        """Rows above the level."""
        return slice(self.first, self.last + 1)


def span_round(time_s: Array, signal: Array, peak: int, level: float) -> Span:
    """Find the stretch around a peak in which a signal is above a level.

    Parameters
    ----------
    time_s, signal : ndarray, shape (T,)
        NaN in `signal`: missing.
    peak : int
        A row where the signal is above the level.
    level : float
        Level, in the unit of the signal.

    Returns
    -------
    Span
        Its `peak` is the highest row in it.

    Examples
    --------
    >>> t = np.arange(6.0)
    >>> span_round(t, np.array([0.0, 2.0, 4.0, 3.0, 1.0, 0.0]), 2, 1.0)
    Span(first=1, last=3, peak=2, start_s=0.5, end_s=4.0)
    """
    above = np.nan_to_num(signal, nan=-np.inf) > level
    outside = np.flatnonzero(~above)
    first = int(outside[outside < peak][-1]) + 1 if (outside < peak).any() else 0
    last = int(outside[outside > peak][0]) - 1 if (outside > peak).any() else len(signal) - 1
    return Span(
        first=first,
        last=last,
        peak=first + int(np.argmax(signal[first : last + 1])),
        start_s=_passed_s(time_s, signal, first, first - 1, level),
        end_s=_passed_s(time_s, signal, last, last + 1, level),
    )


def spans_above(time_s: Array, signal: Array, level: float) -> list[Span]:
    """Find every stretch in which a signal is above a level.

    Parameters
    ----------
    time_s, signal : ndarray, shape (T,)
        NaN in `signal`: missing.
    level : float
        Level, in the unit of the signal.

    Returns
    -------
    list of Span
        In the order of time.
    """
    above = np.nan_to_num(signal, nan=-np.inf) > level
    return [span_round(time_s, signal, int(first), level) for first, _ in runs(above)]


def _passed_s(time_s: Array, signal: Array, inside: int, outside: int, level: float) -> float:
    if not 0 <= outside < len(signal) or np.isnan(signal[outside]):
        return float("nan")
    share = (signal[inside] - level) / (signal[inside] - signal[outside])
    return float(time_s[inside] + share * (time_s[outside] - time_s[inside]))
