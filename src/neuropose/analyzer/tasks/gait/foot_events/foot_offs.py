"""Exact times of foot offs, from how fast the toe moves and how it is accelerated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.tasks.gait.feet import Feet
from neuropose.analyzer.tasks.gait.foot_events.timing import (
    Timed,
    crossing,
    later,
    longest_search_s,
    nearest_speeds,
    sharpest_turn,
    together,
)
from neuropose.skeletons.sides import Side

if TYPE_CHECKING:
    from neuropose.analyzer.tasks.gait.settings import GaitSettings

Array = NDArray[np.float64]

SPEED_S, PUSH_S = 0.010, 0.010
"""Standard deviation of what speed and acceleration say, without noise, within and between
laboratories."""


def foot_off_times(
    feet: Feet, side: Side, at: Array, stances: Array, settings: GaitSettings
) -> Timed:
    """Time foot offs by the speed and the acceleration of the toe.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    side : {"left", "right"}
    at : ndarray, shape (E,)
        Sample numbers at which the toe turns back.
    stances : ndarray, shape (stances, 3)
        See `walking_speeds`.
    settings : GaitSettings
        How gait is detected.

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
    speed = toe_speeds(feet, side, at, stances, settings)
    return together(
        later(speed, -settings.toe_speed_lag_s * feet.rate_hz),
        later(toe_pushes(feet, side, speed.places), -settings.toe_push_lag_s * feet.rate_hz),
        (SPEED_S * feet.rate_hz, PUSH_S * feet.rate_hz),
    )


def toe_speeds(feet: Feet, side: Side, at: Array, stances: Array, settings: GaitSettings) -> Timed:
    """Find where the toe moves over the floor as fast as the body.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    side : {"left", "right"}
    at : ndarray, shape (E,)
        Sample numbers at which the toe turns back.
    stances : ndarray, shape (stances, 3)
        See `walking_speeds`.
    settings : GaitSettings
        How gait is detected.

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
    walking = nearest_speeds(stances, at, 1)
    until_s = longest_search_s(feet, settings)
    return crossing(feet, feet.toe[side], at, walking, -1.0, settings.foot_off_share, until_s)


def toe_pushes(feet: Feet, side: Side, near: Array) -> Timed:
    """Find where the toe, free of the floor, is accelerated most in the direction of walking.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    side : {"left", "right"}
    near : ndarray, shape (E,)
        Sample numbers near which it must be.

    Returns
    -------
    Timed
        NaN: there is no such peak.
    """
    return sharpest_turn(feet, feet.toe[side].ahead_mm, near)
