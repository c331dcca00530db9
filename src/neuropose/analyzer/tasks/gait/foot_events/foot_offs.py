"""Exact times of foot offs, from how fast the toe moves and how it is accelerated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.tasks.gait.foot_events.timing import (
    Timed,
    Turns,
    crossing,
    later,
    sharpest_turn,
    together,
)

Array = NDArray[np.float64]

SPEED_S, PUSH_S = 0.010, 0.010
"""Standard deviation of what speed and acceleration say, without noise, within and between
laboratories."""


def foot_off_times(turns: Turns) -> Timed:
    """Time foot offs by the speed and the acceleration of the toe.

    Parameters
    ----------
    turns : Turns
        Where the toe turns back.

    Returns
    -------
    Timed
        NaN: the speed does not pass the threshold, or the walking speed is not known.

    Notes
    -----
    The mean of `toe_speeds` and `toe_pushes`, each less its usual delay
    (`GaitSettings.toe_speed_lag_s`, `GaitSettings.toe_push_lag_s`), weighed by the inverse squares
    of their errors.
    """
    speed = toe_speeds(turns)
    return together(
        (
            later(speed, -turns.samples(turns.settings.toe_speed_lag_s)),
            later(toe_pushes(turns, speed.places), -turns.samples(turns.settings.toe_push_lag_s)),
        ),
        [turns.samples(spread_s) for spread_s in (SPEED_S, PUSH_S)],
    )


def toe_speeds(turns: Turns) -> Timed:
    """Find where the toe moves over the floor as fast as the body.

    Parameters
    ----------
    turns : Turns
        Where the toe turns back.

    Returns
    -------
    Timed
        NaN: the speed does not pass the threshold within 0.15 s before the place (0.25 s if there
        is little noise), or the walking speed is not known.

    Notes
    -----
    After Bruening & Ridge 2014, Gait Posture 39:472, and Ghoussayni et al. 2004, Gait Posture
    20:266: the toe's speed in the sagittal plane, both components, rises above a share of the
    walking speed (`GaitSettings.foot_off_share`).
    """
    return crossing(turns, turns.toe, -1.0, turns.settings.foot_off_share)


def toe_pushes(turns: Turns, near: Array) -> Timed:
    """Find where the toe, free of the floor, is accelerated most in the direction of walking.

    Parameters
    ----------
    turns : Turns
        Where the toe turns back.
    near : ndarray, shape (E,)
        Sample numbers near which it must be.

    Returns
    -------
    Timed
        NaN: there is no such peak.
    """
    return sharpest_turn(turns.feet, turns.toe.ahead_mm, near)
