"""Points in space from rays: weighted, robust, with covariances."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FREEDOM = 4.0
"""Degrees of freedom of Student's distribution, which the distances of rays are taken to have."""
LEAST_ANGLE_DEG = 2.0
"""Rays closer to parallel than this determine no point."""
_ROUNDS = 6
_FINE_COST = 0.4  # of each ray: where all meet so well, no two meet better
_UNPACKED = np.array([[0, 1, 2], [1, 3, 4], [2, 4, 5]])
_CHUNK = 40_000  # points at once: what their matrices need is about 50 MB


@dataclass(frozen=True, eq=False)
class Meeting:
    """Where the rays of V views meet.

    Parameters
    ----------
    points_mm : ndarray, shape (…, 3)
        World. NaN: fewer than two rays, or rays that are nearly parallel.
    covariance_mm2 : ndarray, shape (…, 3, 3)
        Of the points, if the errors of the rays are as given.
    distance_mm : ndarray, shape (V, …)
        From the point to each ray, NaN without a ray. Infinite if the point is behind the camera.
    weight : ndarray, shape (V, …)
        What each ray counts, 0 to 1 of a ray without an error; 0 without a ray.
    cost : ndarray, shape (…)
        Negative log-likelihood of the rays, up to a constant of each ray.
    """

    points_mm: Array
    covariance_mm2: Array
    distance_mm: Array
    weight: Array
    cost: Array


def whole(vectors: Array) -> NDArray[np.bool_]:
    """Return which vectors have all their components.

    Parameters
    ----------
    vectors : ndarray, shape (…, D)
        NaN: missing.

    Returns
    -------
    ndarray of bool, shape (…)
    """
    return np.asarray(np.isfinite(vectors).all(axis=-1))


def directions(rays: Array, rotation: Array) -> Array:
    """Turn the rays of one camera into the axes of the world.

    Parameters
    ----------
    rays : ndarray, shape (…, 2)
        ``x / z, y / z`` in the camera frame. NaN: missing.
    rotation : ndarray, shape (3, 3)
        Turns the axes of the world into those of the camera.

    Returns
    -------
    ndarray, shape (…, 3)
        Unit vectors.
    """
    ahead = np.concatenate([rays, np.ones((*rays.shape[:-1], 1))], axis=-1)
    ahead /= np.linalg.norm(ahead, axis=-1, keepdims=True)
    return np.asarray(ahead @ rotation)


def centre(rotation: Array, translation_mm: Array) -> Array:
    """Return where cameras are.

    Parameters
    ----------
    rotation : ndarray, shape (…, 3, 3)
        Turns the axes of the world into those of the camera.
    translation_mm : ndarray, shape (…, 3)
        Where the origin of the world is in the camera frame.

    Returns
    -------
    ndarray, shape (…, 3)
        In the world, mm.
    """
    return np.asarray(-np.einsum("...ji,...j->...i", rotation, translation_mm))


def meet(rays: Array, error_mm: Array, rotation: Array, translation_mm: Array) -> Meeting:
    """Find the points that are nearest to the rays of several views.

    Parameters
    ----------
    rays : ndarray, shape (V, …, 2)
        ``x / z, y / z`` in each camera's frame. NaN: missing.
    error_mm : ndarray, shape (V, …)
        Standard deviation of each ray at the point, in each direction across it.
    rotation : ndarray, shape (V, 3, 3)
        Turns the axes of the world into those of each camera.
    translation_mm : ndarray, shape (V, 3)
        Where the origin of the world is in each camera's frame.

    Returns
    -------
    Meeting

    Notes
    -----
    Distances of rays have Student's distribution with `FREEDOM` degrees of freedom, so that a view
    which is far off counts little (Lange, Little and Taylor 1989, J Am Stat Assoc 84:881). Its
    likelihood has several maxima: the search starts at the meeting of each two views, and of all.

    Examples
    --------
    >>> rotation = np.stack([np.eye(3), np.array([[0.0, 0, -1], [0, 1, 0], [1, 0, 0]])])
    >>> translation_mm = np.array([[0.0, 0.0, 2000.0], [0.0, 0.0, 2000.0]])
    >>> seen = np.array([[0.1, 0.0], [0.0, 0.0]])
    >>> meet(seen, np.array([20.0, 20.0]), rotation, translation_mm).points_mm.round()
    array([200.,   0.,   0.])
    """
    shape = rays.shape[1:-1]
    flat, errors = rays.reshape(len(rays), -1, 2), error_mm.reshape(len(rays), -1)
    centres = centre(rotation, translation_mm)
    parts = []
    for first in range(0, max(flat.shape[1], 1), _CHUNK):
        some = slice(first, first + _CHUNK)
        towards = np.stack(
            [directions(each, turn) for each, turn in zip(flat[:, some], rotation, strict=True)]
        )
        parts.append(_meet(towards, errors[:, some], centres))
    views = len(rays)
    return Meeting(
        np.concatenate([part.points_mm for part in parts]).reshape(*shape, 3),
        np.concatenate([part.covariance_mm2 for part in parts]).reshape(*shape, 3, 3),
        np.concatenate([part.distance_mm for part in parts], axis=1).reshape(views, *shape),
        np.concatenate([part.weight for part in parts], axis=1).reshape(views, *shape),
        np.concatenate([part.cost for part in parts]).reshape(shape),
    )


def _meet(towards: Array, error_mm: Array, centres: Array) -> Meeting:
    """Of N points: directions (V, N, 3), errors (V, N), centres (V, 3)."""
    seen = np.isfinite(towards).all(axis=2) & np.isfinite(error_mm)
    along = np.where(seen[..., None], towards, 0.0)
    precise = np.where(seen, error_mm, np.inf) ** -2.0
    across = _packed(along)
    offset = centres[:, None] - (along @ centres[..., None]) * along
    tried = _nearest(across, offset, precise)
    best, points = _cost(_distance(tried, centres, along, seen), error_mm, seen), tried
    if len(towards) > 2:
        rest = np.flatnonzero(~(best < _FINE_COST * seen.sum(axis=0)))
        some = across[:, rest], offset[:, rest], precise[:, rest]
        for pair in combinations(range(len(towards)), 2):
            two = list(pair)
            tried = _nearest(*(each[two] for each in some))
            missed = _distance(tried, centres, along[:, rest], seen[:, rest])
            cost = _cost(missed, error_mm[:, rest], seen[:, rest])
            better = cost < best[rest]
            best[rest[better]], points[rest[better]] = cost[better], tried[better]
        for _ in range(_ROUNDS):
            weight = _weight(_distance(points, centres, along, seen), error_mm, seen)
            points = _nearest(across, offset, precise * weight)
    distance = _distance(points, centres, along, seen)
    weight = _weight(distance, error_mm, seen)
    known = np.isfinite(points).all(axis=1) & ((weight > 0.0).sum(axis=0) >= 2)
    points = np.where(known[:, None], points, np.nan)
    information = np.einsum("vnk,vn->nk", across, precise * weight)
    cofactors, determinant = _cofactors(np.where(known[:, None], information, np.nan))
    covariance = cofactors[:, _UNPACKED] / determinant[:, None, None]
    distance = np.where(known, distance, np.nan)
    cost = np.where(known, _cost(distance, error_mm, seen), np.nan)
    return Meeting(points, covariance, distance, np.where(known, weight, 0.0), cost)


def _packed(along: Array) -> Array:
    """Return what a direction takes away from the identity, without the lower triangle, (…, 6)."""
    x, y, z = np.moveaxis(along, -1, 0)
    there = (along != 0.0).any(axis=-1)
    rows = (there - x * x, -x * y, -x * z, there - y * y, -y * z, there - z * z)
    return np.stack(rows, axis=-1)


def _cofactors(packed: Array) -> tuple[Array, Array]:
    """Return the cofactors, packed as well, and the determinants of symmetric matrices."""
    a, b, c, d, e, f = np.moveaxis(packed, -1, 0)
    found = np.stack(
        [d * f - e * e, c * e - b * f, b * e - c * d, a * f - c * c, b * c - a * e, a * d - b * b],
        axis=-1,
    )
    return found, a * found[..., 0] + b * found[..., 1] + c * found[..., 2]


def _nearest(across: Array, offset: Array, weight: Array) -> Array:
    """Return the points of least weighted squared distance to the rays."""
    normal = np.einsum("vnk,vn->nk", across, weight)
    right = np.einsum("vni,vn->ni", offset, weight)
    cofactors, determinant = _cofactors(normal)
    size = normal[:, 0] + normal[:, 3] + normal[:, 5]
    minors = cofactors[:, 0] + cofactors[:, 3] + cofactors[:, 5]
    # Two rays of equal weight at an angle a have a least eigenvalue of (1 − cos a) of a sum of 4;
    # determinant over minors is that eigenvalue where it is small beside the others.
    apart = 0.25 * (1.0 - np.cos(np.radians(LEAST_ANGLE_DEG)))
    fine = determinant > 0.5 * apart * size * minors
    points = np.full(right.shape, np.nan)
    solved = cofactors[fine][:, _UNPACKED] @ right[fine][..., None]
    points[fine] = solved[..., 0] / determinant[fine][:, None]
    return points


def _distance(points: Array, centres: Array, along: Array, seen: NDArray[np.bool_]) -> Array:
    from_camera = points[None] - centres[:, None]
    depth = np.einsum("vni,vni->vn", from_camera, along)
    distance = np.linalg.norm(from_camera - depth[..., None] * along, axis=2)
    return np.where(seen, np.where(depth > 0.0, distance, np.inf), np.nan)


def _cost(distance: Array, error_mm: Array, seen: NDArray[np.bool_]) -> Array:
    squared = np.where(seen, np.minimum(distance / error_mm, 1e6), 0.0) ** 2
    return np.asarray((0.5 * (FREEDOM + 2.0) * np.log1p(squared / FREEDOM)).sum(axis=0))


def _weight(distance: Array, error_mm: Array, seen: NDArray[np.bool_]) -> Array:
    squared = (np.where(seen, distance, np.inf) / np.where(seen, error_mm, 1.0)) ** 2
    return np.asarray(FREEDOM / (FREEDOM + squared))
