"""Where the subject turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.filters.columns import runs

if TYPE_CHECKING:
    from neuropose.analyzer.gait.settings import GaitSettings

Array = NDArray[np.float64]

_JOINED_S = 0.3  # a turn may pause for so long


@dataclass(frozen=True, slots=True)
class Turn:
    """A change of heading.

    Parameters
    ----------
    start_s, end_s : float
        Seconds, in the recording's own time.
    angle_deg : float
        To the left positive.
    peak_rate_deg_s : float
        Greatest rate, same sign.
    """

    start_s: float
    end_s: float
    angle_deg: float
    peak_rate_deg_s: float


def find_turns(time_s: Array, turned_deg: Array, settings: GaitSettings) -> tuple[Turn, ...]:
    """Find the turns in a recording.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        Evenly spaced.
    turned_deg : ndarray, shape (T,)
        How far the heading has turned, unwrapped and free of the pelvis's swing in each stride
        (`neuropose.analyzer.frames.Heading.turned_deg`); to the left positive. NaN: not known.
    settings : GaitSettings

    Returns
    -------
    tuple of Turn
        Ascending in time.

    Notes
    -----
    After El-Gohary et al. 2014, Sensors 14:356: the heading changes by 45° or more, somewhere
    faster than 15°/s, and all the time faster than 5°/s; stretches the same way less than 0.3 s
    apart are one turn.

    Examples
    --------
    >>> from neuropose.analyzer.gait.settings import GaitSettings
    >>> time_s = np.arange(0.0, 6.0, 0.02)
    >>> turned_deg = 180.0 * np.clip(time_s - 2.0, 0.0, 2.0) / 2.0
    >>> [turn] = find_turns(time_s, turned_deg, GaitSettings())
    >>> round(turn.start_s, 1), round(turn.end_s, 1), round(turn.angle_deg)
    (2.0, 4.0, 180)
    """
    if len(time_s) < 3:
        return ()
    rate = np.gradient(turned_deg, time_s)
    stretches = []
    for sign in (1.0, -1.0):
        moving = runs(sign * rate > settings.turn_edge_deg_s)
        for first, stop in _merged(moving, time_s):
            angle = float(turned_deg[stop - 1] - turned_deg[first])
            peak = float(np.nanmax(sign * rate[first:stop]))
            if sign * angle >= settings.turn_deg and peak >= settings.turn_rate_deg_s:
                start_s, end_s = float(time_s[first]), float(time_s[stop - 1])
                stretches.append(Turn(start_s, end_s, angle, sign * peak))
    return tuple(sorted(stretches, key=lambda turn: turn.start_s))


def turning(
    starts_s: Sequence[float], ends_s: Sequence[float], turns: Sequence[Turn]
) -> NDArray[np.bool_]:
    """Tell which strides lie, even in part, within a turn.

    Parameters
    ----------
    starts_s, ends_s : sequence of float
    turns : sequence of Turn

    Returns
    -------
    ndarray of bool
    """
    within = np.zeros(len(starts_s), dtype=bool)
    for turn in turns:
        within |= (np.asarray(starts_s) < turn.end_s) & (np.asarray(ends_s) > turn.start_s)
    return within


def _merged(bounds: NDArray[np.int64], time_s: Array) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for first, stop in bounds.tolist():
        if joined and time_s[first] - time_s[joined[-1][1] - 1] < _JOINED_S:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((first, stop))
    return joined
