"""Feet that stand: they do not slide while they do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neuropose.body.fit import Anchors
from neuropose.data import Contact
from neuropose.filters.columns import runs
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

STANDS_MM_S = 250.0
"""A point of a foot that moves more slowly stands, if it is low."""
SHORTEST_S = 0.1
"""A contact lasts at least so long."""
LOW_MM = 80.0
"""A point of a foot that stands is at most so far above the lowest point of both feet."""
HELD_MM = 10.0
"""How far a standing point may move, standard deviation."""
_POINTS = ("heel", "toe")


def standing(landmarks: Sequence[str], points_mm: Array, time_s: Array, up: Array) -> Flags:
    """Tell which points of the feet stand.

    Parameters
    ----------
    landmarks : sequence of str
        Canonical names.
    points_mm : ndarray, shape (T, L, 3)
        Fitted positions.
    time_s : ndarray, shape (T,)
        Seconds.
    up : ndarray, shape (3,)
        About upwards.

    Returns
    -------
    ndarray of bool, shape (T, L)
        False for all but heels and toes.
    """
    found = np.zeros(points_mm.shape[:2], np.bool_)
    rows = feet(landmarks)
    if not len(rows) or len(time_s) < 3:
        return found
    height = points_mm[:, rows] @ up
    lowest = height.min(axis=1, keepdims=True)
    speed = np.linalg.norm(np.gradient(points_mm[:, rows], time_s, axis=0), axis=2)
    found[:, rows] = (speed < STANDS_MM_S) & (height - lowest < LOW_MM)
    for row in rows:
        for first, stop in runs(found[:, row]):
            if time_s[stop - 1] - time_s[first] < SHORTEST_S:
                found[first:stop, row] = False
    return found


def feet(landmarks: Sequence[str]) -> NDArray[np.int64]:
    """Return which landmarks are points of the feet.

    Parameters
    ----------
    landmarks : sequence of str
        Canonical names.

    Returns
    -------
    ndarray of int, shape (F,)
    """
    rows = [row for row, name in enumerate(landmarks) if name.partition("_")[2] in _POINTS]
    return np.array(rows, np.int64)


def anchors(landmarks: Sequence[str], stands: Flags, points_mm: Array) -> Anchors:
    """Hold each standing point where it is on average.

    Parameters
    ----------
    landmarks : sequence of str
        Canonical names.
    stands : ndarray of bool, shape (T, L)
        Which points stand.
    points_mm : ndarray, shape (T, L, 3)
        Fitted positions.

    Returns
    -------
    Anchors
    """
    rows = feet(landmarks)
    held = np.full((len(points_mm), len(rows), 3), np.nan)
    for column, row in enumerate(rows):
        for first, stop in runs(stands[:, row]):
            held[first:stop, column] = points_mm[first:stop, row].mean(axis=0)
    return Anchors(rows, held, HELD_MM)


def contacts(landmarks: Sequence[str], stands: Flags, first_frame: int) -> tuple[Contact, ...]:
    """List the stretches in which heel or toe of a foot stands.

    Parameters
    ----------
    landmarks : sequence of str
        Canonical names.
    stands : ndarray of bool, shape (T, L)
        Which points stand.
    first_frame : int
        Number of the first frame.

    Returns
    -------
    tuple of Contact
        In the order of their first frames.
    """
    found = []
    for side in SIDES:
        rows = [
            landmarks.index(f"{side}_{name}") for name in _POINTS if f"{side}_{name}" in landmarks
        ]
        for first, stop in runs(np.asarray(stands[:, rows].any(axis=1))):
            first, last = int(first) + first_frame, int(stop) - 1 + first_frame
            found.append(Contact(side=side, first=first, last=last))
    return tuple(sorted(found, key=lambda contact: (contact.first, contact.side)))
