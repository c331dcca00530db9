"""Frames in which a marker cannot be where its name says: exchanged with another for a moment."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
from numpy.typing import NDArray

from neuropose.geometry import known_median
from neuropose.sequence.misplaced import (
    MOST_APART,
    MOST_VARIED,
    crosses,
    is_reversed,
    usual_length_mm,
)
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]
Frames = NDArray[np.bool_]

_JOINTS = ("hip", "knee", "ankle", "ankle_lateral", "heel", "toe")


def strays(positions_mm: Mapping[str, Array]) -> dict[str, Frames]:
    """Find the frames in which joints and landmarks of the legs lie where they cannot be.

    Parameters
    ----------
    positions_mm : mapping of str to ndarray, shape (T, 3)
        Canonical joints and landmarks whose places are right in most of the frames
        (`neuropose.sequence.misplaced`).

    Returns
    -------
    dict of str to ndarray of bool, shape (T,)
        By name, for those that stray at all.

    Notes
    -----
    The length of a thigh, shank or foot differs by `MOST_VARIED` from the usual one, a heel is not
    nearest to the ankle and furthest from the toe, knees are on each other's side of the hips while
    ankles are not (somebody may cross the legs), or a landmark is further than `MOST_APART` from
    its joint. Which end of a segment is elsewhere does
    not matter for so short a time: neither is used.

    Examples
    --------
    >>> places = {"left_heel": 0.0, "left_ankle": 60.0, "left_toe": 180.0}
    >>> there = {name: np.tile([place, 0.0, 0.0], (5, 1)) for name, place in places.items()}
    >>> there["left_heel"][3] = [900.0, 0.0, 0.0]
    >>> {name: np.flatnonzero(frames).tolist() for name, frames in strays(there).items()}
    {'left_ankle': [3], 'left_heel': [3], 'left_toe': [3]}
    """
    if not positions_mm:
        return {}
    nowhere = np.full_like(next(iter(positions_mm.values())), np.nan)
    places = {
        f"{side}_{joint}": positions_mm.get(f"{side}_{joint}", nowhere)
        for side, joint in product(SIDES, _JOINTS)
    }
    crossed = crosses(places, "knee") & ~crosses(places, "ankle")
    usual_mm = usual_length_mm(positions_mm)
    found: dict[str, Frames] = {}
    for side in SIDES:
        hip, knee, ankle, beside, heel, toe = (places[f"{side}_{joint}"] for joint in _JOINTS)
        thigh, shank, foot = (_off(*ends) for ends in ((hip, knee), (knee, ankle), (heel, toe)))
        turned = (is_reversed(heel, ankle, toe) | is_reversed(heel, beside, toe)) & ~shank
        at = {
            "knee": thigh | shank | crossed,
            "ankle": shank | turned,
            "heel": foot | turned,
            "toe": foot | turned,
        }
        for joint, frames in at.items():
            names = (name for name in positions_mm if name.startswith(f"{side}_{joint}"))
            found |= dict.fromkeys(names, frames)
    for side, ((landmark, joint), share) in product(SIDES, MOST_APART.items()):
        name, centre = f"{side}_{landmark}", f"{side}_{joint}"
        if {name, centre} <= set(found):
            far = _apart_mm(positions_mm[name], positions_mm[centre]) > share * usual_mm
            found[name] = found[name] | (far & ~found[centre])
    return {name: frames for name, frames in found.items() if frames.any()}


def _off(one: Array, other: Array) -> Frames:
    """Return the frames in which a segment has not its usual length."""
    apart_mm = _apart_mm(one, other)
    usual_mm = known_median(apart_mm)
    return np.asarray(np.abs(apart_mm - usual_mm) > MOST_VARIED * usual_mm)


def _apart_mm(one: Array, other: Array) -> Array:
    return np.asarray(np.linalg.norm(one - other, axis=-1))
