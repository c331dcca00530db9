"""Cycles cut out of what is known over a whole recording."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.compare.dtw.representation import Represented
from neuropose.features import Segment
from neuropose.filters.splines import evaluate, sample_numbers
from neuropose.sequence.pose_sequence import PoseSequence

Array = NDArray[np.float64]


def cycle_of(movement: PoseSequence, segment: Segment, points: int | None) -> PoseSequence:
    """Cut a cycle out of a movement.

    Parameters
    ----------
    movement : PoseSequence
        Evenly sampled.
    segment : Segment
        The cycle to cut out.
    points : int or None
        See `cut_values`.

    Returns
    -------
    PoseSequence
        With the times that it had, and without confidence.
    """
    time_s, positions_mm = cut_values(movement.time_s, movement.positions_mm, segment, points)
    return replace(
        movement,
        time_s=time_s,
        positions_mm=positions_mm,
        confidence=None,
        first_frame=None,
        gaps=(),
    )


def signals_of(whole: Represented, segment: Segment, points: int | None) -> Represented:
    """Cut a cycle out of signals.

    Parameters
    ----------
    whole : Represented
        Evenly sampled.
    segment : Segment
        The cycle to cut out.
    points : int or None
        See `cut_values`.

    Returns
    -------
    Represented
        Without the warnings, which are of the whole.
    """
    names = list(whole.signals)
    table = np.concatenate([whole.signals[name] for name in names], axis=1)
    time_s, values = cut_values(whole.time_s, table, segment, points)
    ends = np.cumsum([whole.signals[name].shape[1] for name in names])[:-1]
    parts = np.split(values, ends, axis=1)
    return Represented(dict(zip(names, parts, strict=True)), time_s, 0, whole.name)


def cut_values(
    time_s: Array, values: Array, segment: Segment, points: int | None
) -> tuple[Array, Array]:
    """Cut a cycle out of values over time.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        Evenly spaced.
    values : ndarray, shape (T, …)
        Smooth (low-passed). NaN: missing.
    segment : Segment
        The cycle to cut out.
    points : int or None
        How many, evenly from start to end, by cubic splines through what is known; never across a
        gap. None: the frames from start to end, as they are.

    Returns
    -------
    time_s : ndarray, shape (P,)
        Seconds of the recording.
    values : ndarray, shape (P, …)

    Examples
    --------
    >>> time_s = np.arange(0.0, 2.0, 0.1)
    >>> stride = Segment("stride", 0, 0.55, 1.05)
    >>> at_s, values = cut_values(time_s, time_s**2, stride, 11)
    >>> bool(np.allclose(values, np.linspace(0.55, 1.05, 11) ** 2))
    True
    >>> len(cut_values(time_s, time_s**2, stride, None)[0])
    5
    """
    if points is None:
        first, stop = np.searchsorted(
            time_s, [segment.start_s, np.nextafter(segment.end_s, np.inf)]
        )
        return time_s[first:stop], values[first:stop]
    at_s = np.linspace(segment.start_s, segment.end_s, points)
    return at_s, evaluate(values, sample_numbers(time_s, at_s))
