"""Exact times of contact and foot off: the foot's speed passes a share of the walking speed.

A low-pass rounds off the corner that an event makes in a foot's path, and moves the extremum away
from it: by 13 ms at 6 Hz, if the foot stops from walking speed at once. The speed passes through
the middle of its step at the same moment with and without the filter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.tasks.gait.feet import Feet
from neuropose.filters.splines import evaluate
from neuropose.skeletons.sides import Side

if TYPE_CHECKING:
    from neuropose.analyzer.tasks.gait.settings import GaitSettings

Array = NDArray[np.float64]

_STANCE_FROM, _STANCE_TO = 0.2, 0.5  # of stance: the foot lies flat
_LONGEST_STANCE_S = 3.0
_BEFORE_S, _AFTER_S = 0.05, 0.15  # where to look, from the extremum; the other way for foot off
_AFTER_CLEAN_S = 0.25  # a foot that comes down steeply turns back long before; noise would be found
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


def crossing_times(
    feet: Feet,
    side: Side,
    kind: Literal["initial_contact", "foot_off"],
    at: Array,
    stances: Array,
    settings: GaitSettings,
) -> Array:
    """Time events by the speed of heel or toe over the floor.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    side : {"left", "right"}
    kind : {"initial_contact", "foot_off"}
    at : ndarray, shape (E,)
        Sample numbers at which the foot turns back.
    stances : ndarray, shape (stances, 3)
        See `walking_speeds`.
    settings : GaitSettings
        How gait is detected.

    Returns
    -------
    ndarray, shape (E,)
        Sample numbers, with fractions. NaN: the speed does not pass the threshold near the place
        (up to 0.15 s after it for a contact, before it for a foot off; 0.25 s if there is little
        noise), or the walking speed is not known.

    Notes
    -----
    Bruening & Ridge 2014, Gait Posture 39:472, after Ghoussayni et al. 2004, Gait Posture 20:266:
    the speed in the sagittal plane, both components, falls below a share of the walking speed at
    initial contact, and rises above it at foot off. Where the foot turns back it is the walking
    speed or more, so that contact is later than that, and foot off earlier. The shares:
    `GaitSettings`.
    """
    contact = kind == "initial_contact"
    point = (feet.heel if contact else feet.toe)[side]
    share = settings.contact_share if contact else settings.foot_off_share
    sign = 1.0 if contact else -1.0
    speed = np.array([_nearest_speed(stances, place, 0 if contact else 1) for place in at])
    walking = speed.reshape(-1, 1)
    until_s = _AFTER_CLEAN_S if feet.noise_mm <= settings.clean_mm else _AFTER_S
    offset = sign * np.arange(-_BEFORE_S, until_s, _GRID_S) * feet.rate_hz
    grid = at.reshape(-1, 1) + offset
    forwards, up = (
        evaluate(part, grid, derivative=1) * feet.rate_hz
        for part in (point.ahead_mm, point.height_mm)
    )
    excess = np.hypot(forwards + walking, up) - share * walking
    passed = (excess[:, :-1] > 0.0) & (excess[:, 1:] <= 0.0) & (walking > 0.0)
    crossed = passed.any(axis=1)
    first = passed.argmax(axis=1)[crossed]
    before, after = excess[crossed, first], excess[crossed, first + 1]
    step = offset[1] - offset[0]
    times = np.full(len(at), np.nan)
    times[crossed] = grid[crossed, first] + step * before / (before - after)
    return times


def _nearest_speed(stances: Array, place: float, column: int) -> float:
    """Return the speed of the stance that begins or ends here, else of the nearest one."""
    if not len(stances):
        return float("nan")
    return float(stances[int(np.argmin(np.abs(stances[:, column] - place))), 2])
