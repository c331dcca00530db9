"""Cameras and points that explain what all views saw: bundle adjustment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Flag, auto

import numpy as np
from numpy.typing import NDArray

from neuropose.multiview.rays import FREEDOM, centre, meet, whole

Array = NDArray[np.float64]

CLOCK, DRIFT, NUMBERS = 6, 7, 8
"""Columns of a camera's numbers after its rotation vector and translation, and how many it has."""
CORRELATED_S = 0.5
"""Errors of keypoints less than this apart in time are taken to be correlated."""
_PASSES = 2
_MOST_STEPS = 40
_CLOSE_ENOUGH = 1e-7  # relative change of the cost
_FIRST_DAMPING, _LEAST_DAMPING, _MOST_DAMPING = 1e-6, 1e-9, 1.0
_BEHIND_COST = 50.0
_FREE_SCALE = 1e-8  # of the largest eigenvalue: smaller ones are the scale, which is held


class Free(Flag):
    """What an adjustment may change, besides the points."""

    PLACES = auto()
    CLOCKS = auto()
    DRIFTS = auto()


@dataclass(frozen=True, eq=False)
class Sightings:
    """What V views saw of J joints at S moments.

    Parameters
    ----------
    time_s : ndarray, shape (S,)
        Shared times by the clocks as they are taken to be, ascending, s.
    rays : ndarray, shape (V, S, J, 2)
        ``x / z, y / z`` in each camera's frame. NaN: missing.
    velocity : ndarray, shape (V, S, J, 2)
        Of the rays, 1/s.
    error_mm : ndarray, shape (V, S, J)
        Standard deviation of each ray at the joint, in each direction across it.
    """

    time_s: Array
    rays: Array
    velocity: Array
    error_mm: Array

    @property
    def since_middle_s(self) -> Array:
        """Times from the middle of the recording, shape (S,): drifts turn clocks about it."""
        return np.asarray(self.time_s - 0.5 * (self.time_s[0] + self.time_s[-1]))


@dataclass(frozen=True, eq=False)
class Bundle:
    """Cameras, their clocks and the points that they saw.

    Parameters
    ----------
    rotation : ndarray, shape (V, 3, 3)
        Turns the axes of the world into those of each camera.
    translation_mm : ndarray, shape (V, 3)
        Where the origin of the world is in each camera's frame.
    clock_s : ndarray, shape (V,)
        What must be added to each view's times in the middle of the recording; 0 for the first.
    drift : ndarray, shape (V,)
        What must be added to them per second since then; 0 for the first.
    points_mm : ndarray, shape (S, J, 3)
        World. NaN: not determined.
    cost : float
        Negative log-likelihood, up to a constant.
    covariance : ndarray, shape (V, 8, 8)
        Of each camera's rotation vector, translation (mm), clock (s) and drift. 0: held.
    """

    rotation: Array
    translation_mm: Array
    clock_s: Array
    drift: Array
    points_mm: Array
    cost: float
    covariance: Array


def adjust(seen: Sightings, rotation: Array, translation_mm: Array, free: Free) -> Bundle:
    """Move cameras, clocks and points until they explain best what was seen.

    Parameters
    ----------
    seen : Sightings
        What the views saw.
    rotation : ndarray, shape (V, 3, 3)
        First guess, as in `Bundle`.
    translation_mm : ndarray, shape (V, 3)
        First guess, as in `Bundle`. Its scale is kept.
    free : Free
        What may change. The first camera and its clock never do.

    Returns
    -------
    Bundle

    Notes
    -----
    Levenberg–Marquardt on the reduced camera system (Triggs et al. 2000, Bundle adjustment: a
    modern synthesis), with the weights of Student's distribution. Covariances are those of a
    misspecified likelihood (White 1982, Econometrica 50:1) with errors that are correlated over
    `CORRELATED_S` and between joints (Newey and West 1987, Econometrica 55:703).
    """
    views = len(rotation)
    size_mm = _size_mm(rotation, translation_mm)
    points = meet(seen.rays, seen.error_mm, rotation, translation_mm).points_mm
    none = np.zeros(views)
    held = np.zeros((views, NUMBERS, NUMBERS))
    now = Bundle(rotation, translation_mm, none, none, points, np.inf, held)
    for _ in range(_PASSES):
        # An error in mm is an angle at the distance that a point has now.
        angle = seen.error_mm / _depth(now)
        now = _settled(seen, now, free, angle)
        if Free.PLACES in free:
            now = _of_size(now, size_mm)
    system = _System(seen, now, free, seen.error_mm / _depth(now))
    return replace(now, covariance=system.covariance(seen.time_s))


def _settled(seen: Sightings, now: Bundle, free: Free, angle: Array) -> Bundle:
    """Return the bundle of least cost, the angles of the errors held."""
    now = replace(now, cost=_cost(seen, now, angle))
    damping = _FIRST_DAMPING
    for _ in range(_MOST_STEPS):
        system = _System(seen, now, free, angle)
        while damping <= _MOST_DAMPING:
            tried = system.step(damping)
            tried = replace(tried, cost=_cost(seen, tried, angle))
            if tried.cost <= now.cost:
                break
            damping *= 10.0
        else:
            break
        gained = now.cost - tried.cost
        now, damping = tried, max(damping / 10.0, _LEAST_DAMPING)
        if gained < _CLOSE_ENOUGH * max(now.cost, 1.0):
            break
    return now


def residuals(seen: Sightings, bundle: Bundle) -> Array:
    """Return how far each point is from each ray, in units of the ray's error.

    Parameters
    ----------
    seen : Sightings
        What the views saw.
    bundle : Bundle
        What explains it.

    Returns
    -------
    ndarray, shape (V, S, J, 2)
        NaN where there is no ray or no point, or the point is behind the camera.
    """
    return _missed(seen, bundle, seen.error_mm / _depth(bundle))


def _depth(bundle: Bundle) -> Array:
    """Depth of each point in each camera's frame, (V, S, J), mm; NaN behind it."""
    depth = np.einsum("vj,skj->vsk", bundle.rotation[:, 2], bundle.points_mm)
    depth = depth + bundle.translation_mm[:, None, None, 2]
    return np.where(depth > 0.0, depth, np.nan)


def _missed(seen: Sightings, bundle: Bundle, angle: Array) -> Array:
    """Distance of rays from where points are, in units of the errors' angles."""
    local = np.einsum("vij,skj->vski", bundle.rotation, bundle.points_mm)
    local = local + bundle.translation_mm[:, None, None]
    depth = np.where(local[..., 2] > 0.0, local[..., 2], np.nan)[..., None]
    late_s = bundle.clock_s[:, None] + bundle.drift[:, None] * seen.since_middle_s
    moved = seen.rays - seen.velocity * late_s[..., None, None]
    return np.asarray((local[..., :2] / depth - moved) / angle[..., None])


def _size_mm(rotation: Array, translation_mm: Array) -> float:
    """Mean distance of the cameras from the first."""
    centres_mm = centre(rotation, translation_mm)
    return float(np.linalg.norm(centres_mm - centres_mm[0], axis=1).mean())


def _of_size(bundle: Bundle, size_mm: float) -> Bundle:
    """Hold the scale, which rays leave open."""
    factor = size_mm / _size_mm(bundle.rotation, bundle.translation_mm)
    return replace(
        bundle,
        translation_mm=bundle.translation_mm * factor,
        points_mm=bundle.points_mm * factor,
    )


def _cost(seen: Sightings, bundle: Bundle, angle: Array) -> float:
    squared = (_missed(seen, bundle, angle) ** 2).sum(axis=-1)
    known = whole(seen.rays) & whole(bundle.points_mm)
    each = 0.5 * (FREEDOM + 2.0) * np.log1p(squared / FREEDOM)
    each = np.where(np.isfinite(squared), each, _BEHIND_COST)
    return float(each[known].sum())


class _System:
    """The normal equations about a bundle."""

    def __init__(self, seen: Sightings, bundle: Bundle, free: Free, angle: Array) -> None:
        self.bundle, self.views = bundle, len(bundle.rotation)
        flat = bundle.points_mm.reshape(-1, 3)
        self.rows = np.flatnonzero(whole(flat))
        joints = bundle.points_mm.shape[1]
        self.moment = self.rows // joints
        points = flat[self.rows]
        found = _missed(seen, bundle, angle).reshape(self.views, -1, 2)[:, self.rows]
        error = angle.reshape(self.views, -1)[:, self.rows]
        speed = seen.velocity.reshape(self.views, -1, 2)[:, self.rows]
        known = whole(found)
        residual = np.where(known[..., None], found, 0.0)
        weight = (FREEDOM + 2.0) / (FREEDOM + (residual**2).sum(axis=2))
        weight = np.where(known, weight, 0.0)
        turned = np.einsum("vij,nj->vni", bundle.rotation, points)
        local = turned + bundle.translation_mm[:, None]
        depth = np.where(known, local[..., 2], 1.0)
        error = np.where(known, error, 1.0)
        # Of the residual by the position in the camera's frame.
        by_local = np.zeros((self.views, len(points), 2, 3))
        by_local[..., 0, 0] = by_local[..., 1, 1] = 1.0
        by_local[..., 2] = -local[..., :2] / depth[..., None]
        by_local /= (depth * error)[..., None, None]
        by_camera = np.zeros((self.views, len(points), 2, NUMBERS))
        if Free.PLACES in free:
            by_camera[..., :3] = by_local @ -_cross(turned)
            by_camera[..., 3:6] = by_local
        passing = np.where(known[..., None], np.nan_to_num(speed), 0.0) / error[..., None]
        if Free.CLOCKS in free:
            by_camera[..., CLOCK] = passing
        if Free.DRIFTS in free:
            by_camera[..., DRIFT] = passing * seen.since_middle_s[self.moment][None, :, None]
        by_camera[0] = 0.0
        by_point = by_local @ bundle.rotation[:, None]
        weighted = (by_camera * weight[..., None, None]).swapaxes(2, 3)
        self.camera = (weighted @ by_camera).sum(axis=1)
        self.mixed = weighted @ by_point
        heavy = (by_point * weight[..., None, None]).swapaxes(2, 3)
        self.point = (heavy @ by_point).sum(axis=0)
        self.by_ray = -(weighted @ residual[..., None])[..., 0]
        self.point_right = -(heavy @ residual[..., None])[..., 0].sum(axis=0)

    def step(self, damping: float) -> Bundle:
        """Return the bundle after one damped step."""
        system, halfway, inverse = self._reduced(damping)
        score = self.by_ray - np.einsum("vnac,nc->vna", halfway, self.point_right)
        change = np.linalg.solve(system, score.sum(axis=1).ravel()).reshape(self.views, NUMBERS)
        rest = self.point_right - np.einsum("vnab,va->nb", self.mixed, change)
        points = self.bundle.points_mm.copy().reshape(-1, 3)
        points[self.rows] += np.einsum("nab,nb->na", inverse, rest)
        turn = np.stack([_turn(each[:3]) for each in change])
        return replace(
            self.bundle,
            rotation=turn @ self.bundle.rotation,
            translation_mm=self.bundle.translation_mm + change[:, 3:6],
            clock_s=self.bundle.clock_s + change[:, CLOCK],
            drift=self.bundle.drift + change[:, DRIFT],
            points_mm=points.reshape(self.bundle.points_mm.shape),
        )

    def covariance(self, time_s: Array) -> Array:
        """Return each camera's covariance, (V, 8, 8); the scale is held."""
        system, halfway, _ = self._reduced(0.0)
        score = self.by_ray - np.einsum("vnac,nc->vna", halfway, self.point_right)
        by_moment = np.zeros((len(time_s), self.views, NUMBERS))
        np.add.at(by_moment, self.moment, score.swapaxes(0, 1))
        flat = by_moment.reshape(len(time_s), -1)
        apart = np.abs(time_s[:, None] - time_s[None]) / CORRELATED_S
        spread = flat.T @ (np.clip(1.0 - apart, 0.0, None) @ flat)
        information = np.diag(system)  # of a camera that sees nothing, not above 0 by rounding
        unit = 1.0 / np.sqrt(np.where(information > 0.0, information, 1.0))
        bread = np.linalg.pinv(system * unit * unit[:, None], rcond=_FREE_SCALE, hermitian=True)
        bread *= unit * unit[:, None]
        full = (bread @ spread @ bread).reshape(self.views, NUMBERS, self.views, NUMBERS)
        each = np.arange(self.views)
        return np.asarray(full[each, :, each])

    def _reduced(self, damping: float) -> tuple[Array, Array, Array]:
        trace = np.trace(self.point, axis1=1, axis2=2)[:, None, None]
        # A point behind every camera has no information, and does not move.
        least = np.maximum((damping + 1e-10) * trace, 1e-12)
        inverse = np.linalg.inv(self.point + least * np.eye(3))
        halfway = self.mixed @ inverse
        size = self.views * NUMBERS
        one = np.moveaxis(halfway, 1, 2).reshape(size, -1)
        other = np.moveaxis(self.mixed, 1, 2).reshape(size, -1)
        system = -one @ other.T
        scale = np.zeros(size)
        for view in range(self.views):
            part = slice(view * NUMBERS, (view + 1) * NUMBERS)
            system[part, part] += self.camera[view]
            scale[part] = np.diag(self.camera[view])
        system[np.diag_indices(size)] += np.where(scale > 0.0, damping * scale, 1.0)
        return system, halfway, inverse


def _cross(vectors: Array) -> Array:
    """Return the matrices of the cross product with vectors, (…, 3, 3)."""
    x, y, z = np.moveaxis(vectors, -1, 0)
    zero = np.zeros_like(x)
    rows = [[zero, -z, y], [z, zero, -x], [-y, x, zero]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _turn(vector: Array) -> Array:
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_rotvec(vector).as_matrix())
