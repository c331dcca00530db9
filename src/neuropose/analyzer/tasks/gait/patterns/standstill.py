"""Strides within which somebody stands still: a pause is no part of how they walk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.tasks.gait.feet import Feet
from neuropose.analyzer.tasks.gait.strides import MISSED, Stride
from neuropose.filters.columns import runs

Array = NDArray[np.float64]

STANDS_STILL = "the person stands still for a second or more"

_STILL_S = 1.0
_STILL_SHARE = 0.15  # of how fast somebody walks
_WALKING_PERCENTILE = 90.0


def exclude_standstills(
    feet: Feet, strides: Sequence[Stride], ground_mm_s: Array
) -> tuple[Stride, ...]:
    """Leave out the strides with a pause, if there are others.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    strides : sequence of Stride
        Strides of both feet.
    ground_mm_s : ndarray, shape (2,)
        Velocity of the ground in the floor axes of `Feet`; 0 for a floor.

    Returns
    -------
    tuple of Stride
        Those are excluded in which the pelvis moves over the ground, within a second, by less than
        15 % of what it does when they walk (90th percentile of the recording). Where somebody
        halts in every stride, that is how they walk, and none is excluded. A stride that is
        excluded already keeps its reason, unless that is its length.
    """
    still_s = feet.time_s[np.flatnonzero(_is_still(feet, ground_mm_s))]
    pauses = [
        bool(((still_s >= each.start_s) & (still_s + _STILL_S <= each.end_s)).any())
        for each in strides
    ]
    if all(pause for pause, each in zip(pauses, strides, strict=True) if each.excluded is None):
        return tuple(strides)
    return tuple(
        replace(each, excluded=STANDS_STILL) if pause and each.excluded in (None, MISSED) else each
        for pause, each in zip(pauses, strides, strict=True)
    )


def find_halts(
    feet: Feet, strides: Sequence[Stride], ground_mm_s: Array
) -> tuple[tuple[float, float], ...]:
    """Return when somebody stands still in the strides that are left out for it.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    strides : sequence of Stride
        Of `exclude_standstills`.
    ground_mm_s : ndarray, shape (2,)
        Velocity of the ground in the floor axes of `Feet`; 0 for a floor.

    Returns
    -------
    tuple of (float, float)
        Start and end of each halt, seconds, ascending.
    """
    halting = [each for each in strides if each.excluded == STANDS_STILL]
    halts = [
        (float(feet.time_s[first]), float(feet.time_s[stop - 1]) + _STILL_S)
        for first, stop in runs(_is_still(feet, ground_mm_s))
    ]
    return tuple(
        (start_s, end_s)
        for start_s, end_s in halts
        if any(each.start_s < end_s and start_s < each.end_s for each in halting)
    )


def _is_still(feet: Feet, ground_mm_s: Array) -> NDArray[np.bool_]:
    """Tell at which samples the pelvis stands still for the second that follows."""
    moved_mm = _moved_mm(feet, ground_mm_s)
    if not np.isfinite(moved_mm).any():
        return np.zeros(len(moved_mm), np.bool_)
    usual_mm = float(np.nanpercentile(moved_mm, _WALKING_PERCENTILE))
    return np.asarray(moved_mm < _STILL_SHARE * usual_mm)


def _moved_mm(feet: Feet, ground_mm_s: Array) -> Array:
    """Return how far the pelvis moves over the ground in the second after each sample."""
    ahead = round(_STILL_S * feet.rate_hz)
    if len(feet.pelvis_floor_mm) <= ahead:
        return np.empty(0)
    moved = feet.pelvis_floor_mm[ahead:] - feet.pelvis_floor_mm[:-ahead] - _STILL_S * ground_mm_s
    return np.asarray(np.linalg.norm(moved, axis=1))
