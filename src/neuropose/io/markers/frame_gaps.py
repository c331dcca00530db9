"""Frames that are missing in the middle of a file, told by the times of those that are there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuropose.grammar import counted

Array = NDArray[np.float64]

_FURTHER = 1.5  # times the usual time to the next frame: one is missing between
_OFF = 0.25  # of a frame by which times may be off the clock, as they are rounded
_OFF_RATE = 0.005  # by which the clock may differ from the stated rate where rounding hides it
_MOST_DIGITS, _EXACT_S = 9, 1e-9


class FrameGaps(NamedTuple):
    """The frames of a recording, with those that its rows leave out.

    Parameters
    ----------
    time_s : ndarray, shape (N,)
        Times of all frames.
    numbers : ndarray of int, shape (T,)
        Which of them each row is.
    notes : tuple of str
        What is missing, in words.
    """

    time_s: Array
    numbers: NDArray[np.int64]
    notes: tuple[str, ...]

    def spread(self, values: Array) -> Array:
        """Return an array of the rows as one of all frames, NaN in those that are missing.

        Parameters
        ----------
        values : ndarray, shape (T, …)
            Of the rows.

        Returns
        -------
        ndarray, shape (N, …)
        """
        whole = np.full((len(self.time_s), *values.shape[1:]), np.nan)
        whole[self.numbers] = values
        return whole


def find_gaps(time_s: Array, stated_hz: float) -> FrameGaps:
    """Find frames that are missing between those that are there.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        Ascending, seconds.
    stated_hz : float
        Frames per second that the file states. NaN: it states none.

    Returns
    -------
    FrameGaps
        Without any where times are not those of a clock, or where fewer frames are there than are
        missing: such pauses stay in the times.

    Notes
    -----
    At 90 frames per second times that are rounded to 0.01 s are 0.01 s apart, and sometimes 0.02 s,
    although no frame is missing. Where times are rounded to more than a quarter of a frame, gaps
    are looked for only if their clock is that of the stated rate.

    Examples
    --------
    >>> gaps = find_gaps(np.array([0.0, 0.1, 0.2, 0.5, 0.6]), 10.0)
    >>> gaps.time_s.round(3).tolist(), gaps.numbers.tolist()
    ([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0, 1, 2, 5, 6])
    >>> gaps.notes
    ('2 frames are missing between 0.2 and 0.5 s',)
    """
    count = len(time_s)
    whole = FrameGaps(time_s, np.arange(count), ())
    apart_s = np.diff(time_s)
    if count < 3:
        return whole
    usual_s = float(np.mean(apart_s[apart_s < _FURTHER * np.median(apart_s)]))
    is_coarse = last_digit_s(time_s) > _OFF * usual_s
    if is_coarse and not abs(usual_s * stated_hz - 1.0) <= _OFF_RATE:
        return whole
    steps = np.round(apart_s / usual_s)
    missing = int(steps.sum()) - (count - 1)
    even = (np.abs(apart_s / usual_s - steps) <= _OFF) & (steps >= 1.0)
    if not even.all() or not 0 < missing <= count:
        return whole
    numbers = np.concatenate([[0], np.cumsum(steps)]).astype(np.int64)
    every_s = np.interp(np.arange(numbers[-1] + 1), numbers, time_s)
    longest = int(np.argmax(steps))
    frames = counted(missing, "frame is", "frames are")
    gaps = int((steps > 1.0).sum())
    where = f"between {time_s[longest]:g} and {time_s[longest + 1]:g} s"
    note = (
        f"{frames} missing {where}"
        if gaps == 1
        else (f"{frames} missing in {gaps} gaps, the longest {where}")
    )
    return FrameGaps(every_s, numbers, (note,))


def last_digit_s(time_s: Array) -> float:
    """Return what the last digit of times is worth.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        Seconds.

    Returns
    -------
    float
        Seconds; 0 if they have more than eight decimals.

    Examples
    --------
    >>> last_digit_s(np.array([0.0, 0.25, 0.5]))
    0.01
    """
    for digits in range(_MOST_DIGITS):
        if np.abs(time_s - np.round(time_s, digits)).max() < _EXACT_S:
            return float(10.0**-digits)
    return 0.0
