"""Where cameras are to each other, from a person whom they saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from neuropose.data.cameras import Clock
from neuropose.multiview.adjustment import MOMENTS, moments_s, sightings
from neuropose.multiview.bundle import Bundle, Free, Sightings, adjust
from neuropose.multiview.rays import meet
from neuropose.multiview.two_views import Pair, place, relative_pose
from neuropose.multiview.views import View, placed_joints

Array = NDArray[np.float64]

USUAL_EXTENT_MM = 1600.0
"""From the highest to the lowest landmark of a person: the scale until it is known."""
AGREEMENT = 0.015
"""Landmarks of two views agree up to this share of the person's height in the picture.

Errors of keypoints are 0.01 to 0.024 of it.
"""
_PLACE_TOLERANCE = 0.04
_TRIED = 3
_DISTANCE_MM = 3000.0


@dataclass(frozen=True, eq=False)
class Structure:
    """First guess of where cameras are, in the axes of the first.

    Parameters
    ----------
    rotation : ndarray, shape (V, 3, 3)
        Turns the axes of the first camera into those of each camera.
    translation_mm : ndarray, shape (V, 3)
        Where the first camera is in each camera's frame.
    cost : float
        Negative log-likelihood, up to a constant.
    pairs : dict of (int, int) to Pair
        What each two views say.
    """

    rotation: Array
    translation_mm: Array
    cost: float
    pairs: dict[tuple[int, int], Pair]


def first_structure(
    views: Sequence[View], clocks: Sequence[Clock], *, moments: int = MOMENTS
) -> Structure | None:
    """Find where cameras are to each other.

    Parameters
    ----------
    views : sequence of View
        One of each camera, of the same person.
    clocks : sequence of Clock
        Of each camera.
    moments : int
        How many moments of the recording are used.

    Returns
    -------
    Structure or None
        Of the pairs of views that agree best, each is tried as the start to which the other
        cameras are added, and the best is returned. None if no start leads to all cameras.
    """
    times = moments_s(views, clocks, moments)
    if not len(times):
        return None
    seen, _ = sightings(views, clocks, times, placed_joints(views))
    extents = [view.extent for view in views]
    pairs = {}
    for one, other in combinations(range(len(views)), 2):
        found = relative_pose(
            seen.rays[one].reshape(-1, 2),
            seen.rays[other].reshape(-1, 2),
            AGREEMENT * min(extents[one], extents[other]),
        )
        if found is not None:
            pairs[one, other] = found
    best: Bundle | None = None
    ranked = sorted(pairs, key=lambda key: -pairs[key].agreeing)
    for start in ranked[:_TRIED]:
        begun = _grown(seen, start, pairs[start], extents)
        if begun is None:
            continue
        bundle = adjust(seen, *begun, Free.PLACES)
        if best is None or bundle.cost < best.cost:
            best = bundle
    if best is None:
        return None
    return Structure(best.rotation, best.translation_mm, best.cost, pairs)


def _grown(
    seen: Sightings, start: tuple[int, int], pair: Pair, extents: Sequence[float]
) -> tuple[Array, Array] | None:
    """Add the other cameras to two, and return all in the axes of the first."""
    views = len(seen.rays)
    both = list(start)
    rotation, translation = np.full((views, 3, 3), np.nan), np.full((views, 3), np.nan)
    rotation[both[0]], translation[both[0]] = np.eye(3), 0.0
    rotation[both[1]], translation[both[1]] = pair.rotation, pair.translation * _DISTANCE_MM
    points = meet(seen.rays[both], seen.error_mm[both], rotation[both], translation[both]).points_mm
    whole = np.isfinite(points).all(axis=2).sum(axis=1) >= 0.5 * points.shape[1]
    if not whole.any():
        return None
    span = np.nanmax(points[whole], axis=1) - np.nanmin(points[whole], axis=1)
    factor = USUAL_EXTENT_MM / float(np.median(np.linalg.norm(span, axis=1)))
    points, translation[both[1]] = points * factor, translation[both[1]] * factor
    for view in range(views):
        if view in both:
            continue
        placed = place(
            points.reshape(-1, 3),
            seen.rays[view].reshape(-1, 2),
            _PLACE_TOLERANCE * extents[view],
        )
        if placed is None:
            return None
        rotation[view], translation[view] = placed
    turn, move = rotation[0].copy(), translation[0].copy()
    rotation = rotation @ turn.T
    return rotation, translation - rotation @ move
