"""Exact times of initial contacts, from the heel and from the toe.

A heel turns back some 40 ms before it meets the floor, since it is drawn back and slows down first.
Two things happen as the floor takes the load, one at each end of the foot, and each is seen apart
from the other: the heel's fall is stopped, and the toe falls no faster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.tasks.gait.feet import Feet
from neuropose.analyzer.tasks.gait.foot_events.timing import (
    GRID_S,
    Timed,
    crossing,
    later,
    longest_search_s,
    nearest_speeds,
    noise_of_derivative,
    sharpest_turn,
    together,
)
from neuropose.filters.splines import evaluate
from neuropose.skeletons.sides import Side

if TYPE_CHECKING:
    from neuropose.analyzer.tasks.gait.settings import GaitSettings

Array = NDArray[np.float64]

HEEL_S, TOE_S = 0.010, 0.012
"""Standard deviation of what each end of the foot says, without noise, within and between
laboratories."""
_BEFORE_S = 0.1  # of the place where the heel turns back
_LEAST_FALL = 0.05  # of the walking speed


def contact_times(
    feet: Feet, side: Side, at: Array, stances: Array, settings: GaitSettings
) -> Timed:
    """Time initial contacts by how the heel is stopped and how the toe falls.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    side : {"left", "right"}
    at : ndarray, shape (E,)
        Sample numbers at which the heel turns back.
    stances : ndarray, shape (stances, 3)
        See `walking_speeds`.
    settings : GaitSettings
        How gait is detected.

    Returns
    -------
    Timed
        NaN: nothing tells, or the walking speed is not known.

    Notes
    -----
    The mean of `toe_falls` and `heel_stops`, each less its usual delay
    (`GaitSettings.toe_fall_lag_s`, `GaitSettings.heel_stop_lag_s`), weighed by the inverse squares
    of their errors. Where the toe is no witness, it is where the heel's speed over the floor falls
    below a share of the walking speed (`GaitSettings.heel_speed_share`; after Ghoussayni et al.
    2004, Gait Posture 20:266).
    """
    toe = toe_falls(feet, side, at, stances, settings)
    heel = heel_stops(feet, side, toe.places)
    both = together(
        later(toe, -settings.toe_fall_lag_s * feet.rate_hz),
        later(heel, -settings.heel_stop_lag_s * feet.rate_hz),
        (TOE_S * feet.rate_hz, HEEL_S * feet.rate_hz),
    )
    walking = nearest_speeds(stances, at, 0)
    until_s = longest_search_s(feet, settings)
    share = settings.heel_speed_share
    crossed = crossing(feet, feet.heel[side], at, walking, 1.0, share, until_s)
    untold = np.isnan(both.places)
    return Timed(
        np.where(untold, crossed.places, both.places), np.where(untold, crossed.jitter, both.jitter)
    )


def heel_stops(feet: Feet, side: Side, near: Array) -> Timed:
    """Find where the fall of the heel is stopped hardest: its greatest upward acceleration.

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
        NaN: there is no such peak, or the ankle stands for the heel, which the foot turns about.
    """
    if feet.points["heel"] == "ankle":
        return Timed(*np.full((2, len(near)), np.nan))
    return sharpest_turn(feet, feet.heel[side].height_mm, near)


def toe_falls(feet: Feet, side: Side, at: Array, stances: Array, settings: GaitSettings) -> Timed:
    """Find where the toe falls no faster.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    side : {"left", "right"}
    at : ndarray, shape (E,)
        Sample numbers at which the heel turns back.
    stances : ndarray, shape (stances, 3)
        See `walking_speeds`.
    settings : GaitSettings
        How gait is detected.

    Returns
    -------
    Timed
        NaN: it does not fall at a twentieth of the walking speed or more, or not about the heel.

    Notes
    -----
    While the foot is in the air, the toe falls faster and faster. From the moment at which the
    heel is stopped by the floor the foot can only turn about it, against the dorsiflexors, and the
    toe falls no faster: its downward acceleration dies away to a share of its peak
    (`GaitSettings.toe_fall_share`).
    """
    walking = nearest_speeds(stances, at, 0)
    until_s = longest_search_s(feet, settings)
    grid = at.reshape(-1, 1) + np.arange(-_BEFORE_S, until_s, GRID_S) * feet.rate_hz
    height_mm = feet.toe[side].height_mm
    falling = -evaluate(height_mm, grid, derivative=1) * feet.rate_hz
    gaining = -evaluate(height_mm, grid, derivative=2) * feet.rate_hz**2
    sinking = -evaluate(feet.heel[side].height_mm, grid, derivative=1) * feet.rate_hz
    falling[sinking > falling] = 0.0  # the whole foot comes down: it does not turn about the heel
    places, slopes = np.full((2, len(at)), np.nan)
    toe_is_seen = feet.points["toe"] != "ankle"
    for number in range(len(at) if toe_is_seen else 0):
        if walking[number] > 0.0 and np.isfinite(falling[number]).all():
            least = _LEAST_FALL * walking[number]
            places[number], slopes[number] = _end_of_gain(
                grid[number], falling[number], gaining[number], least, settings.toe_fall_share
            )
    return Timed(places, noise_of_derivative(feet, 2) / slopes)


def _end_of_gain(
    grid: Array, falling: Array, gaining: Array, least: float, share: float
) -> tuple[float, float]:
    """Return where a fall stops getting faster, and how fast that changes there, per sample.

    NaN: it is too slow, or does not end here.
    """
    fastest = int(np.argmax(falling))
    if falling[fastest] < least or fastest in (0, len(grid) - 1) or not falling[fastest - 1]:
        return float("nan"), float("nan")
    steepest = int(np.argmax(gaining[: fastest + 1]))
    below = np.flatnonzero(gaining[steepest:] <= share * gaining[steepest])
    if gaining[steepest] <= 0.0 or not len(below) or not below[0]:
        return float("nan"), float("nan")
    after = steepest + int(below[0])
    before = after - 1
    drop = gaining[before] - gaining[after]
    step = grid[after] - grid[before]
    part = (gaining[before] - share * gaining[steepest]) / drop
    return float(grid[before] + part * step), float(drop / step)
