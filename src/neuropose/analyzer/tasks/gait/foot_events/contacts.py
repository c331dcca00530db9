"""Exact times of initial contacts, from the heel and from the toe.

A heel turns back some 40 ms before it meets the floor, since it is drawn back and slows down first.
Three things happen as the floor takes the load: the heel's fall is stopped, the toe falls no
faster, and the heel comes to its lowest place as its soft parts give way.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.tasks.gait.feet import Feet
from neuropose.analyzer.tasks.gait.foot_events.timing import (
    GRID_S,
    Timed,
    Turns,
    crossing,
    later,
    lowest,
    noise_of_derivative,
    sharpest_turn,
    together,
)
from neuropose.filters.columns import runs
from neuropose.filters.splines import evaluate

Array = NDArray[np.float64]

STOP_S, LOWEST_S, FALL_S = 0.010, 0.011, 0.012
"""Standard deviation of what each motion says, without noise, within and between laboratories."""
CROSSED_S = 0.04
"""Standard deviation of where the heel has slowed down about what the other motions say, between
laboratories. In a recording where nothing else tells all contacts share it."""
_BEFORE_S = 0.1  # of the place where the heel turns back
_LEAST_FALL = 0.05  # of the walking speed


def contact_times(turns: Turns) -> Timed:
    """Time initial contacts by how the heel is stopped, where it is lowest, and how the toe falls.

    Parameters
    ----------
    turns : Turns
        Where the heel turns back.

    Returns
    -------
    Timed
        NaN: nothing tells, or the walking speed is not known.

    Notes
    -----
    The mean of where the toe falls no faster (`toe_falls`), and the heel is stopped hardest and is
    lowest (`of_heel`), each less its usual delay (`GaitSettings.toe_fall_lag_s`,
    `GaitSettings.heel_stop_lag_s`, `GaitSettings.heel_lowest_lag_s`), weighed by the inverse
    squares of their errors. Where the toe is no witness, it is where the heel's speed over the
    floor falls below a share of the walking speed (`GaitSettings.heel_speed_share`; after
    Ghoussayni et al. 2004, Gait Posture 20:266). That may be up to 0.1 s from what the others say
    of the same contact, so that beside them it counts little.
    """
    settings = turns.settings
    fall = toe_falls(turns)
    stop, low = (of_heel(motion, turns, fall.places) for motion in (sharpest_turn, lowest))
    told = together(
        (
            later(fall, -turns.samples(settings.toe_fall_lag_s)),
            later(stop, -turns.samples(settings.heel_stop_lag_s)),
            later(low, -turns.samples(settings.heel_lowest_lag_s)),
        ),
        [turns.samples(spread_s) for spread_s in (FALL_S, STOP_S, LOWEST_S)],
    )
    crossed = crossing(turns, turns.heel, 1.0, settings.heel_speed_share)
    untold = np.isnan(told.places)
    apart = 0.0 if turns.feet.points["toe"] == "ankle" else turns.samples(CROSSED_S)
    return Timed(
        np.where(untold, crossed.places, told.places),
        np.where(untold, np.hypot(crossed.jitter, apart), told.jitter),
        told.apart,
    )


def of_heel(motion: Callable[[Feet, Array, Array], Timed], turns: Turns, near: Array) -> Timed:
    """Find a moment in the motion of the heel, unless the ankle stands for it.

    Parameters
    ----------
    motion : callable
        `sharpest_turn`: where the fall of the heel is stopped hardest, its greatest upward
        acceleration; `lowest`: where it is lowest.
    turns : Turns
        Where the heel turns back.
    near : ndarray, shape (E,)
        Sample numbers near which it must be.

    Returns
    -------
    Timed
        NaN: there is no such moment, or the foot turns about the point that stands for its heel.
    """
    if turns.feet.points["heel"] == "ankle":
        return Timed(*np.full((2, len(near)), np.nan))
    return motion(turns.feet, turns.heel.height_mm, near)


def toe_falls(turns: Turns) -> Timed:
    """Find where the toe falls no faster.

    Parameters
    ----------
    turns : Turns
        Where the heel turns back.

    Returns
    -------
    Timed
        NaN: it does not fall at a twentieth of the walking speed or more, or not about the heel,
        or the recording ends before it falls no faster.

    Notes
    -----
    While the foot is in the air, the toe falls faster and faster. From the moment at which the
    heel is stopped by the floor the foot can only turn about it, against the dorsiflexors, and the
    toe falls no faster: its downward acceleration dies away to a share of its peak
    (`GaitSettings.toe_fall_share`).
    """
    feet, walking = turns.feet, turns.walking_mm_s
    offset = np.arange(-_BEFORE_S, turns.longest_search_s, GRID_S) * feet.rate_hz
    grid = turns.at.reshape(-1, 1) + offset
    height_mm = turns.toe.height_mm
    falling = -evaluate(height_mm, grid, derivative=1) * feet.rate_hz
    gaining = -evaluate(height_mm, grid, derivative=2, degree=5) * feet.rate_hz**2
    sinking = -evaluate(turns.heel.height_mm, grid, derivative=1) * feet.rate_hz
    falling[sinking > falling] = 0.0  # the whole foot comes down: it does not turn about the heel
    places, slopes = np.full((2, len(walking)), np.nan)
    toe_is_seen = feet.points["toe"] != "ankle"
    for number in np.flatnonzero(walking > 0.0) if toe_is_seen else ():
        within = _seen(np.isfinite(falling[number]) & np.isfinite(gaining[number]), offset, feet)
        places[number], slopes[number] = _end_of_gain(
            grid[number, within],
            falling[number, within],
            gaining[number, within],
            _LEAST_FALL * walking[number],
            turns.settings.toe_fall_share,
            begins=within.start == 0,
        )
    return Timed(places, noise_of_derivative(feet, 2) / slopes)


def _seen(finite: NDArray[np.bool_], offset: Array, feet: Feet) -> slice:
    """Return the part of a search, around the turning point, in which a motion is known.

    Where the recording begins or ends within it, accelerations are what the low-pass made of the
    edge for half of its width.
    """
    turn = int(np.searchsorted(offset, 0.0))
    for start, stop in runs(finite):
        if start <= turn < stop:
            edge = int(np.ceil(0.5 / feet.sharpness_hz / GRID_S))
            return slice(
                int(start + edge if start > 0 else start),
                int(stop - edge if stop < len(finite) else stop),
            )
    return slice(0, 0)


def _end_of_gain(
    grid: Array, falling: Array, gaining: Array, least: float, share: float, *, begins: bool
) -> tuple[float, float]:
    """Return where a fall stops getting faster, and how fast that changes there, per sample.

    NaN: it is too slow, or does not end here, or may have gained more before it was seen (`begins`:
    the search was seen from where it begins).
    """
    if len(grid) < 3:
        return float("nan"), float("nan")
    fastest = int(np.argmax(falling))
    if falling[fastest] < least or fastest in (0, len(grid) - 1) or not falling[fastest - 1]:
        return float("nan"), float("nan")
    steepest = int(np.argmax(gaining[: fastest + 1]))
    below = np.flatnonzero(gaining[steepest:] <= share * gaining[steepest])
    unseen = steepest == 0 and not begins
    if gaining[steepest] <= 0.0 or not len(below) or not below[0] or unseen:
        return float("nan"), float("nan")
    after = steepest + int(below[0])
    before = after - 1
    drop = gaining[before] - gaining[after]
    step = grid[after] - grid[before]
    part = (gaining[before] - share * gaining[steepest]) / drop
    return float(grid[before] + part * step), float(drop / step)
