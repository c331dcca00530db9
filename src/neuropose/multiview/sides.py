"""Which views took left for right: settled by the others."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from neuropose.multiview.rays import meet
from neuropose.skeletons.sides import Limbs, limbs_of

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

LOWER, UPPER = 0, 1
"""Halves of the body, each of which may be exchanged alone."""
_MOST_EXCHANGED = 2  # views at once, if there are more than four
_EXCHANGED_COST = 3.0  # of each exchanged view: one frame in twenty
_CHANGE_COST = 4.0  # of each view whose state changes between two frames
_SPEED_MM_S = 2500.0  # of a landmark, standard deviation
_STILL_MM = 30.0
_FINE_COST = 0.4  # of each ray: where they meet so well, no view is exchanged
_NEVER = 1e6
_MOST_COST = 12.0  # of a step of one joint
_LONGEST_STEP_S = 0.5  # over more nothing follows from where joints were


def mirrored(joints: Sequence[str]) -> NDArray[np.int64]:
    """Return the index of each joint's mirror image; its own where there is none.

    Parameters
    ----------
    joints : sequence of str
        Names with ``left`` or ``right`` as a word, in either order.

    Returns
    -------
    ndarray of int, shape (J,)

    Examples
    --------
    >>> mirrored(["nose", "left_hip", "right_hip", "mouth_left"]).tolist()
    [0, 2, 1, 3]
    """
    swapped = {"left": "right", "right": "left"}
    index = {joint: row for row, joint in enumerate(joints)}
    found = []
    for row, joint in enumerate(joints):
        other = "_".join(swapped.get(word, word) for word in joint.split("_"))
        found.append(index.get(other, row))
    return np.array(found, np.int64)


def halves(joints: Sequence[str]) -> Bools:
    """Return which joints belong to each half of the body and have two sides.

    Parameters
    ----------
    joints : sequence of str
        Names.

    Returns
    -------
    ndarray of bool, shape (2, J)
        Rows `LOWER` and `UPPER`.
    """
    sided = mirrored(joints) != np.arange(len(joints))
    lower = np.array([limbs_of(joint) is Limbs.LEGS for joint in joints])
    return np.stack([sided & lower, sided & ~lower])


def settle_sides(
    time_s: Array,
    rays: Array,
    error_mm: Array,
    rotation: Array,
    translation_mm: Array,
    joints: Sequence[str],
) -> Bools:
    """Tell in which moments which views took left for right.

    Parameters
    ----------
    time_s : ndarray, shape (S,)
        Shared times, ascending, s.
    rays : ndarray, shape (V, S, J, 2)
        ``x / z, y / z`` in each camera's frame. NaN: missing.
    error_mm : ndarray, shape (V, S, J)
        Standard deviation of each ray at the joint.
    rotation : ndarray, shape (V, 3, 3)
        Turns the axes of the world into those of each camera.
    translation_mm : ndarray, shape (V, 3)
        Where the origin of the world is in each camera's frame.
    joints : sequence of str
        Names.

    Returns
    -------
    ndarray of bool, shape (V, S, 2)
        Whether the lower and the upper half of the body are exchanged.

    Notes
    -----
    The most probable course (Viterbi 1967, IEEE T Inform Theory 13:260) over the sets of views
    that may be exchanged. A set costs what the rays then miss each other by; a step between two
    moments, what joints would have to jump. The rays tell views apart, the steps tell which of two
    are exchanged when it is as many as are not.
    """
    other, parts = mirrored(joints), halves(joints)
    views, moments = rays.shape[:2]
    exchanged = np.zeros((views, moments, 2), bool)
    sets = _sets(views)
    for half, chosen in enumerate(parts):
        columns = np.flatnonzero(chosen)
        if not len(columns) or moments == 0:
            continue
        cost, places = (
            np.full((moments, len(sets)), _NEVER),
            np.full((len(sets), moments, len(columns), 3), np.nan),
        )
        doubtful = np.arange(moments)
        for number, members in enumerate(sets):
            seen, error = rays[:, doubtful], error_mm[:, doubtful]
            for view in members:
                seen[view], error[view] = seen[view][:, other], error[view][:, other]
            met = meet(seen[:, :, columns], error[:, :, columns], rotation, translation_mm)
            missed = np.nansum(met.cost, axis=1)
            cost[doubtful, number] = missed + _EXCHANGED_COST * len(members)
            places[number, doubtful] = met.points_mm
            if not members and views > 2:  # two rays meet well in many wrong places
                count = np.isfinite(met.distance_mm).sum(axis=(0, 2))
                doubtful = np.flatnonzero(missed > _FINE_COST * count)
        course = _course(time_s, cost, places, sets, views)
        for number, members in enumerate(sets):
            for view in members:
                exchanged[view, course == number, half] = True
    return exchanged


def put_right(values: Array, exchanged: Bools, joints: Sequence[str]) -> Array:
    """Return values of joints with those of exchanged sides put right.

    Parameters
    ----------
    values : ndarray, shape (V, S, J, …)
        Anything that joints have.
    exchanged : ndarray of bool, shape (V, S, 2)
        As from `settle_sides`.
    joints : sequence of str
        Names.

    Returns
    -------
    ndarray, shape (V, S, J, …)
    """
    other = mirrored(joints)
    swap = np.einsum("vsh,hj->vsj", exchanged.astype(np.int64), halves(joints).astype(np.int64)) > 0
    extra = (1,) * (values.ndim - 3)
    return np.where(swap.reshape(*swap.shape, *extra), values[:, :, other], values)


def _sets(views: int) -> list[tuple[int, ...]]:
    most = views if views <= 4 else _MOST_EXCHANGED
    return [each for count in range(most + 1) for each in combinations(range(views), count)]


def _course(
    time_s: Array, cost: Array, places: Array, sets: list[tuple[int, ...]], views: int
) -> NDArray[np.int64]:
    moments, count = cost.shape
    member = np.array([[view in each for view in range(views)] for each in sets])
    changed = _CHANGE_COST * (member[:, None] != member[None]).sum(axis=2)
    best = cost[0].copy()
    before = np.zeros((moments, count), np.int64)
    for t in range(1, moments):
        span = time_s[t] - time_s[t - 1]
        step = changed.astype(np.float64)
        if span <= _LONGEST_STEP_S:
            scale = np.hypot(_STILL_MM, _SPEED_MM_S * span)
            jump = places[None, :, t] - places[:, None, t - 1]
            squared = (jump**2).sum(axis=3) / scale**2
            step = step + np.nansum(np.minimum(0.5 * squared, _MOST_COST), axis=2)
        total = best[:, None] + step
        before[t] = total.argmin(axis=0)
        best = total.min(axis=0) + cost[t]
    course = np.empty(moments, np.int64)
    course[-1] = int(best.argmin())
    for t in range(moments - 1, 0, -1):
        course[t - 1] = before[t, course[t]]
    return course
