"""Turns of the body about the vertical."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat

from neuropose.analyzer.signals.spans import Span, spans_above
from neuropose.data.metadata import Contract

Array = NDArray[np.float64]


class TurnSettings(Contract):
    """What counts as a turn.

    Parameters
    ----------
    least_deg : float
        Least angle turned, degrees.
    peak_deg_s, edge_deg_s : float
        The turning speed must exceed `peak_deg_s`; where it passes `edge_deg_s`, the turn begins
        and ends.
    joined_s : float
        Two turns to the same side with a shorter time between them, seconds, are one.
    """

    least_deg: PositiveFloat = 45.0
    peak_deg_s: PositiveFloat = 15.0
    edge_deg_s: PositiveFloat = 5.0
    joined_s: float = Field(default=0.3, ge=0.0)


class Turn(NamedTuple):
    """One turn.

    Parameters
    ----------
    start_s, end_s : float
        Seconds, in the recording's own time, between frames. NaN: not seen; the recording, or a gap
        in it, begins or ends within the turn.
    first_s, last_s : float
        Times of its first and last frame that are not missing, seconds.
    angle_deg : float
        Angle turned; positive to the left.
    peak_deg_s : float
        Highest turning speed, never negative.
    """

    start_s: float
    end_s: float
    first_s: float
    last_s: float
    angle_deg: float
    peak_deg_s: float


def find_turns(
    time_s: Array, turned_deg: Array, settings: TurnSettings, *, sharper_deg: Array | None = None
) -> tuple[Turn, ...]:
    """Find the turns in a recording.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        Evenly spaced.
    turned_deg : ndarray, shape (T,)
        How far the body has turned, unwrapped and free of the pelvis's swing in each stride; to the
        left positive. NaN: not known.
    settings : TurnSettings
        Least angle and angular speed of a turn.
    sharper_deg : ndarray, shape (T,), optional
        The same, smoothed less: for the angle and the peak speed. Default: `turned_deg`.

    Returns
    -------
    tuple of Turn
        Ascending in time.

    Notes
    -----
    After El-Gohary et al. 2014, Sensors 14:356: the body turns by 45° or more, somewhere faster
    than 15°/s, and all the time faster than 5°/s.

    Examples
    --------
    >>> time_s = np.arange(0.0, 6.0, 0.02)
    >>> turned_deg = 180.0 * np.clip(time_s - 2.0, 0.0, 2.0) / 2.0
    >>> [turn] = find_turns(time_s, turned_deg, TurnSettings())
    >>> round(turn.start_s, 1), round(turn.end_s, 1), round(turn.angle_deg)
    (2.0, 4.0, 180)
    """
    if len(time_s) < 3:
        return ()
    sharper_deg = turned_deg if sharper_deg is None else sharper_deg
    rate, sharper_rate = (np.gradient(angle, time_s) for angle in (turned_deg, sharper_deg))
    turns = []
    for sign in (1.0, -1.0):
        spans = [
            span
            for span in spans_above(time_s, sign * rate, settings.edge_deg_s)
            if sign * rate[span.peak] >= settings.peak_deg_s
        ]
        for first, last in _joined(spans, time_s, settings.joined_s):
            angle = float(sharper_deg[last.last] - sharper_deg[first.first])
            if sign * angle < settings.least_deg:
                continue
            turn = Turn(
                start_s=first.start_s,
                end_s=last.end_s,
                first_s=float(time_s[first.first]),
                last_s=float(time_s[last.last]),
                angle_deg=angle,
                peak_deg_s=float(np.nanmax(sign * sharper_rate[first.first : last.last + 1])),
            )
            turns.append(turn)
    return tuple(sorted(turns, key=lambda turn: turn.first_s))


def turning(starts_s: Sequence[float], ends_s: Sequence[float], turns: Sequence[Turn]) -> Array:
    """Return which share of each stride lies within a turn.

    Parameters
    ----------
    starts_s, ends_s : sequence of float
        Start and end of each stride, seconds.
    turns : sequence of Turn
        Turns in the recording, in order of time.

    Returns
    -------
    ndarray, shape (N,)
        0 to 1.
    """
    starts, ends = np.asarray(starts_s, dtype=np.float64), np.asarray(ends_s, dtype=np.float64)
    within = np.zeros(len(starts))
    for turn in turns:
        overlap = np.minimum(ends, turn.last_s) - np.maximum(starts, turn.first_s)
        within += np.maximum(overlap, 0.0)
    return np.asarray(np.minimum(within / np.maximum(ends - starts, 1e-9), 1.0))


def _joined(spans: Sequence[Span], time_s: Array, least_s: float) -> list[tuple[Span, Span]]:
    """Return the first and the last span of each turn."""
    joined: list[tuple[Span, Span]] = []
    for span in spans:
        if joined and time_s[span.first] - time_s[joined[-1][1].last] < least_s:
            joined[-1] = (joined[-1][0], span)
        else:
            joined.append((span, span))
    return joined
