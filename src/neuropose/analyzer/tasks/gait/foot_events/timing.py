"""Exact times of contact and foot off.

Where the heel or the toe turns back is not where a force plate is loaded or unloaded: a heel turns
back some 40 ms before it meets the floor, since it is drawn back and slows down first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.tasks.gait.feet import Feet, FootPoint
from neuropose.filters.splines import evaluate
from neuropose.skeletons.sides import Side

if TYPE_CHECKING:
    from neuropose.analyzer.tasks.gait.settings import GaitSettings

Array = NDArray[np.float64]

_STANCE_FROM, _STANCE_TO = 0.2, 0.5  # of stance: the foot lies flat
_LONGEST_STANCE_S = 3.0
_BEFORE_S, _AFTER_S = 0.05, 0.15  # where to look, from the extremum; the other way for foot off
_AFTER_CLEAN_S = 0.25  # a foot that comes down steeply turns back long before; noise would be found
_BEFORE_TOE_S = 0.1
_LEAST_FALL = 0.05  # of the walking speed
_GRID_S = 0.002


def walking_speeds(feet: Feet, side: Side, contacts: Array, foot_offs: Array) -> Array:
    """Measure how fast the pelvis passes over the foot, stance by stance.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    side : {"left", "right"}
    contacts, foot_offs : ndarray
        Sample numbers of one detector, ascending.

    Returns
    -------
    ndarray, shape (stances, 3)
        Sample numbers of contact and foot off, and the speed in mm/s: that of the resting heel
        backwards from the pelvis, median from 20 to 50 % of stance. It is the walking speed on a
        floor and on a treadmill alike.
    """
    speed = -np.gradient(feet.heel[side].ahead_mm) * feet.rate_hz
    stances = []
    next_off = np.append(foot_offs, np.inf)[np.searchsorted(foot_offs, contacts, side="right")]
    for contact, foot_off in zip(contacts, next_off, strict=True):
        length = foot_off - contact
        if length > _LONGEST_STANCE_S * feet.rate_hz:
            continue
        first = int(np.ceil(contact + _STANCE_FROM * length))
        last = int(np.floor(contact + _STANCE_TO * length))
        within = speed[first : last + 1]
        if len(within) and np.isfinite(within).all():
            stances.append((contact, foot_off, float(np.median(within))))
    return np.array(stances).reshape(-1, 3)


@dataclass(frozen=True, eq=False)
class Timed:
    """Exact places of E events, in samples with fractions.

    Parameters
    ----------
    places : ndarray, shape (E,)
        NaN: nothing sharper than the turning point is known.
    jitter : ndarray, shape (E,)
        Standard deviation that the noise of the positions gives them. NaN: not timed.
    """

    places: Array
    jitter: Array


def turning_jitter(feet: Feet, point: FootPoint, at: Array) -> Array:
    """Tell how far noise moves the places at which a point turns back.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    point : FootPoint
        The heel or toe of one foot.
    at : ndarray, shape (E,)
        Sample numbers at which it turns back.

    Returns
    -------
    ndarray, shape (E,)
        Standard deviation, samples: noise of the speed over how fast the speed changes there.
    """
    change = np.abs(evaluate(point.ahead_mm, at, derivative=2)) * feet.rate_hz
    return np.asarray(feet.noise_of_derivative(1) / np.maximum(change, np.finfo(float).tiny))


def contact_times(
    feet: Feet, side: Side, at: Array, stances: Array, settings: GaitSettings
) -> Timed:
    """Time initial contacts by the fall of the toe, or else by the heel's speed over the floor.

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
        NaN: neither tells, or the walking speed is not known.

    Notes
    -----
    While the foot is in the air, the toe falls faster and faster. From the moment at which the
    heel is stopped by the floor the foot can only turn about it, against the dorsiflexors, and the
    toe falls no faster. So contact is where its downward acceleration has died away to a share of
    its peak (`GaitSettings.toe_fall_share`). A toe that does not fall at a twentieth of the walking
    speed or more is no witness. Then it is where the heel's speed falls below a share of the
    walking speed (`GaitSettings.heel_speed_share`; after Ghoussayni et al. 2004, Gait Posture
    20:266).
    """
    walking = _nearest_speeds(stances, at, 0)
    until_s = _AFTER_CLEAN_S if feet.noise_mm <= settings.clean_mm else _AFTER_S
    grid = at.reshape(-1, 1) + np.arange(-_BEFORE_TOE_S, until_s, _GRID_S) * feet.rate_hz
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
    jitter = feet.noise_of_derivative(2) / slopes
    by_heel = np.isnan(places)
    crossed = _crossing(feet, feet.heel[side], at, walking, 1.0, settings.heel_speed_share, until_s)
    places[by_heel], jitter[by_heel] = crossed.places[by_heel], crossed.jitter[by_heel]
    return Timed(places, jitter)


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


def foot_off_times(
    feet: Feet, side: Side, at: Array, stances: Array, settings: GaitSettings
) -> Timed:
    """Time foot offs by the speed of the toe over the floor.

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
    Bruening & Ridge 2014, Gait Posture 39:472, after Ghoussayni et al. 2004, Gait Posture 20:266:
    the toe's speed in the sagittal plane, both components, rises above a share of the walking
    speed (`GaitSettings.foot_off_share`).
    """
    walking = _nearest_speeds(stances, at, 1)
    until_s = _AFTER_CLEAN_S if feet.noise_mm <= settings.clean_mm else _AFTER_S
    return _crossing(feet, feet.toe[side], at, walking, -1.0, settings.foot_off_share, until_s)


def _crossing(
    feet: Feet,
    point: FootPoint,
    at: Array,
    walking: Array,
    direction: float,
    share: float,
    until_s: float,
) -> Timed:
    """Return where a speed falls below a share of the walking speed, looking in one direction."""
    speed = walking.reshape(-1, 1)
    offset = direction * np.arange(-_BEFORE_S, until_s, _GRID_S) * feet.rate_hz
    grid = at.reshape(-1, 1) + offset
    forwards, up = (
        evaluate(part, grid, derivative=1) * feet.rate_hz
        for part in (point.ahead_mm, point.height_mm)
    )
    excess = np.hypot(forwards + speed, up) - share * speed
    passed = (excess[:, :-1] > 0.0) & (excess[:, 1:] <= 0.0) & (speed > 0.0)
    crossed = passed.any(axis=1)
    first = passed.argmax(axis=1)[crossed]
    before, after = excess[crossed, first], excess[crossed, first + 1]
    step = offset[1] - offset[0]
    places, jitter = np.full((2, len(at)), np.nan)
    places[crossed] = grid[crossed, first] + step * before / (before - after)
    jitter[crossed] = feet.noise_of_derivative(1) * abs(step) / (before - after)
    return Timed(places, jitter)


def _nearest_speeds(stances: Array, at: Array, column: int) -> Array:
    """Return the speed of the stance that begins or ends at each place, else of the nearest."""
    if not len(stances):
        return np.full(len(at), np.nan)
    nearest = np.abs(stances[:, column] - at.reshape(-1, 1)).argmin(axis=1)
    return np.asarray(stances[nearest, 2])
