"""The coordinates and lengths that explain the observations best: Gauss–Newton."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropose.body.banded import Factor, Smoothness, smoothness
from neuropose.body.kinematics import (
    Chain,
    accumulate,
    arguments,
    by_coordinates,
    by_shape,
    forward,
)
from neuropose.body.model import Coordinate
from neuropose.body.observations import Observations
from neuropose.body.structure import Structure

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

FREEDOM = 4.0
"""Degrees of freedom of Student's distribution of the observations' errors: outliers weigh less."""
MEMORY_S = 0.5
"""Time over which the priors of range and neutral pose count as one observation."""
SUDDEN_S = 0.05
"""Time over which an acceleration of a coordinate is one and the same."""
_BEYOND_DEG = 3.0  # standard deviation of an angle beyond its range
_ROUNDING = 1e-11  # of sums over observations without error, which weigh most
_NEAREST_MM = 200.0  # to the camera
_TORSO = ("left_hip", "right_hip", "left_shoulder", "right_shoulder")


@dataclass(frozen=True, eq=False)
class Person:
    """The lengths of one person, and where a source's landmarks are on that body.

    Parameters
    ----------
    lengths_mm : ndarray, shape (S,)
        The stature first.
    offsets_mm : ndarray, shape (K, 3)
        Offsets of the landmarks, by kind, and of those that the views see apart.
    """

    lengths_mm: Array
    offsets_mm: Array

    @property
    def vector(self) -> Array:
        """All numbers, shape (S + 3 K,)."""
        return np.concatenate([self.lengths_mm, self.offsets_mm.ravel()])

    def moved(self, step: Array) -> Person:
        """Return the person after a step of `vector`.

        Parameters
        ----------
        step : ndarray, shape (S + 3 K,)
            mm.

        Returns
        -------
        Person
        """
        count = len(self.lengths_mm)
        return Person(
            self.lengths_mm + step[:count],
            self.offsets_mm + step[count:].reshape(self.offsets_mm.shape),
        )


@dataclass(frozen=True, eq=False)
class ShapePrior:
    """What is known about a person's build before the recording.

    Parameters
    ----------
    matrix : ndarray, shape (S + 3 K, S + 3 K)
        Inverse covariance.
    mean : ndarray, shape (S + 3 K,)
        mm.
    """

    matrix: Array
    mean: Array


@dataclass(frozen=True, eq=False)
class Anchors:
    """Points of the body that stay where they are for a while, as a standing foot.

    Parameters
    ----------
    landmarks : ndarray of int, shape (F,)
        Which landmarks are ever held.
    points_mm : ndarray, shape (T, F, 3)
        Where each is held. NaN: it is free.
    spread_mm : float
        Standard deviation.
    """

    landmarks: Ints
    points_mm: Array
    spread_mm: float


@dataclass(frozen=True, eq=False)
class Problem:
    """A fit: the body, what is seen of it, and what is known beforehand.

    Parameters
    ----------
    body : Structure
        The body.
    views : tuple of Observations
        What each camera sees, or points in space, at the same T times.
    prior : ShapePrior
        Of its lengths.
    breaks : ndarray of bool, shape (T - 1,), or None
        Where two frames do not belong together.
    anchors : Anchors or None
        Points that stay where they are.
    """

    body: Structure
    views: tuple[Observations, ...]
    prior: ShapePrior
    breaks: NDArray[np.bool_] | None = None
    anchors: Anchors | None = None

    @property
    def time_s(self) -> Array:
        """Seconds, shape (T,)."""
        return self.views[0].time_s

    @property
    def in_space(self) -> bool:
        """Whether points in space are seen, rather than pictures."""
        return self.views[0].camera is None

    @property
    def smooth(self) -> Smoothness:
        """The cost of acceleration."""
        return smoothness(self.time_s, density(self.body), self.breaks)

    def rows(self, chosen: slice) -> Problem:
        """Return the problem of some adjacent frames.

        Parameters
        ----------
        chosen : slice
            Which frames.

        Returns
        -------
        Problem
        """
        anchors = self.anchors
        return replace(
            self,
            views=tuple(view.rows(chosen) for view in self.views),
            breaks=None if self.breaks is None else self.breaks[chosen][:-1],
            anchors=None
            if anchors is None
            else replace(anchors, points_mm=anchors.points_mm[chosen]),
        )


@dataclass(frozen=True, eq=False)
class Residuals:
    """What is seen less what the body gives, each over its standard deviation: three rows a point.

    The M points are the L landmarks as each of the V views sees them, and then the points of the
    feet that may be held.

    Parameters
    ----------
    chain : Chain
        Where the body is.
    landmark : ndarray of int, shape (M,)
        Which point of the body each is.
    rows : ndarray, shape (T, M, 3, 3)
        What each residual sees of a displacement of its landmark. 0: missing.
    middle : ndarray, shape (T, V, L)
        How much each landmark counts in the middle of the trunk, from which a view measures depths:
        the third row of a landmark sees its displacement from there. 0 for points in space.
    residual : ndarray, shape (T, M, 3)
        0: missing.
    weight : ndarray, shape (T, M, 3)
        Robust weights. 0: missing.
    cost : float
        Minus twice the log-likelihood of the residuals, but for a constant.
    """

    chain: Chain
    landmark: Ints
    rows: Array
    middle: Array
    residual: Array
    weight: Array
    cost: float

    def by(self, derivative: Array) -> Array:
        """Return the derivatives of what the residuals see.

        Parameters
        ----------
        derivative : ndarray, shape (T, P, 3, N)
            Derivatives of the points of the body by anything.

        Returns
        -------
        ndarray, shape (T, 3 M, N)
        """
        product = self.rows @ derivative[:, self.landmark]
        views, count = self.middle.shape[1:]
        for view in range(views):
            own = slice(view * count, (view + 1) * count)
            marks = derivative[:, self.landmark[own]]
            moved = np.einsum("tl,tlin->tin", self.middle[:, view], marks)
            product[:, own, 2] -= np.einsum("tli,tin->tln", self.rows[:, own, 2], moved)
        return product.reshape(len(product), -1, derivative.shape[3])

    def flat(self, values: Array) -> Array:
        """Return one row per residual.

        Parameters
        ----------
        values : ndarray, shape (T, M, 3)
            `residual` or `weight`.

        Returns
        -------
        ndarray, shape (T, 3 M)
        """
        return values.reshape(len(values), -1)


def density(body: Structure) -> Array:
    """Return the spectral density of each coordinate's acceleration, (rad/s²)² s or (mm/s²)² s.

    Parameters
    ----------
    body : Structure
        The body.

    Returns
    -------
    ndarray, shape (D,)
    """
    return (
        np.array([(each.acceleration * _unit(each)) ** 2 for each in body.coordinates]) * SUDDEN_S
    )


def _unit(coordinate: Coordinate) -> float:
    return 1.0 if coordinate.translation else float(np.pi / 180.0)


def residuals(problem: Problem, coordinates: Array, person: Person) -> Residuals:
    """Compare a body with what is seen.

    Parameters
    ----------
    problem : Problem
        The fit.
    coordinates : ndarray, shape (T, D)
        Radians and mm.
    person : Person
        Lengths and offsets.

    Returns
    -------
    Residuals
    """
    body = problem.body
    chain = forward(coordinates, *arguments(body, person.lengths_mm, person.offsets_mm))
    points = chain[0]
    landmark = body.points_seen.ravel()
    compared = [
        _in_space(view, points[:, own])
        if view.camera is None
        else _through_camera(body, view, points[:, own])
        for view, own in zip(problem.views, body.points_seen, strict=True)
    ]
    rows, residual, weight = (
        np.concatenate([getattr(each, name) for each in compared], axis=1)
        for name in ("rows", "residual", "weight")
    )
    middle = np.stack([each.middle for each in compared], axis=1)
    cost = sum(each.cost for each in compared)
    if problem.anchors is not None:
        anchors = problem.anchors
        held = (anchors.points_mm - points[:, anchors.landmarks]) / anchors.spread_mm
        held_weight, held_cost = _robust(held)
        held_rows = np.broadcast_to(np.eye(3) / anchors.spread_mm, (*held.shape, 3))
        landmark = np.concatenate([landmark, anchors.landmarks])
        rows = np.concatenate([rows, held_rows], axis=1)
        residual = np.concatenate([residual, held], axis=1)
        weight = np.concatenate([weight, held_weight], axis=1)
        cost += held_cost
    known = np.isfinite(residual)
    return Residuals(
        chain=chain,
        landmark=landmark,
        rows=np.where(known[..., None], rows, 0.0),
        middle=middle,
        residual=np.where(known, residual, 0.0),
        weight=np.where(known, weight, 0.0),
        cost=cost,
    )


def _robust(residual: Array) -> tuple[Array, float]:
    """Weights and cost of Student's distribution of vectors in the last axis; NaN: missing."""
    size = residual.shape[-1]
    squared = (residual**2).sum(axis=-1, keepdims=True)
    weight = np.broadcast_to((FREEDOM + size) / (FREEDOM + squared), residual.shape)
    return weight, float((FREEDOM + size) * np.nansum(np.log1p(squared / FREEDOM)))


@dataclass(frozen=True, eq=False)
class _Compared:
    """One view's part of `Residuals`."""

    rows: Array
    residual: Array
    weight: Array
    middle: Array
    cost: float


def _in_space(view: Observations, points: Array) -> _Compared:
    residual = (view.points_mm - points) / view.spread_mm
    weight, cost = _robust(residual)
    rows = np.eye(3) / view.spread_mm[..., None]
    return _Compared(rows, residual, weight, np.zeros(points.shape[:2]), cost)


def _through_camera(body: Structure, view: Observations, points: Array) -> _Compared:
    """Two rows across the line of sight and one along it, for each landmark."""
    assert view.camera is not None
    in_camera = (points - view.centre_mm) @ view.camera.T
    depth = np.maximum(in_camera[..., 2], _NEAREST_MM)
    projected = in_camera[..., :2] / depth[..., None]
    sight = np.concatenate([view.rays, np.ones((*view.rays.shape[:2], 1))], axis=2)
    sight /= np.linalg.norm(sight, axis=2, keepdims=True)
    of_camera = np.zeros((*points.shape[:2], 3, 3))
    of_camera[..., 0, 0] = of_camera[..., 1, 1] = 1.0
    of_camera[..., 0, 2], of_camera[..., 1, 2] = -projected[..., 0], -projected[..., 1]
    of_camera[..., 2, :] = sight
    rows = (of_camera / view.spread_mm[..., None]) @ view.camera
    torso = np.array([float(name in _TORSO) for name in body.landmarks])
    middle = np.where(view.seen, torso, 0.0)
    middle = middle / np.maximum(middle.sum(axis=1, keepdims=True), 1.0)
    apart = np.where(view.seen[..., None], view.points_mm - points, 0.0)
    apart = view.points_mm - points - np.einsum("tl,tli->ti", middle, apart)[:, None]
    residual = np.empty_like(points)
    residual[..., :2] = (view.rays - projected) * depth[..., None] / view.spread_mm[..., :2]
    residual[..., 2] = np.einsum("tli,tli->tl", rows[..., 2, :], apart)
    residual[middle.sum(axis=1) == 0.0, :, 2] = np.nan  # no depth without a trunk
    across, across_cost = _robust(residual[..., :2])
    along, along_cost = _robust(residual[..., 2:])
    weight = np.concatenate([across, along], axis=2)
    return _Compared(rows, residual, weight, middle, across_cost + along_cost)


def priors(body: Structure, time_s: Array, coordinates: Array) -> tuple[Array, Array, float]:
    """Return curvature, gradient and cost of range and neutral pose.

    Parameters
    ----------
    body : Structure
        The body.
    time_s : ndarray, shape (T,)
        Seconds.
    coordinates : ndarray, shape (T, D)
        Radians and mm.

    Returns
    -------
    curvature : ndarray, shape (T, D)
    gradient : ndarray, shape (T, D)
        Of minus half the cost.
    cost : float
    """
    interval_s = np.gradient(time_s) if len(time_s) > 1 else np.ones(1)
    share = np.minimum(interval_s / MEMORY_S, 1.0)[:, None]
    neutral = np.array(
        [
            0.0 if each.spread_deg is None else 1.0 / np.radians(each.spread_deg) ** 2
            for each in body.coordinates
        ]
    )
    limits = np.radians([each.range_deg or (-np.inf, np.inf) for each in body.coordinates]).reshape(
        -1, 2
    )
    beyond = coordinates - np.clip(coordinates, limits[:, 0], limits[:, 1])
    stiff = 1.0 / np.radians(_BEYOND_DEG) ** 2
    curvature = share * (neutral + stiff * (beyond != 0.0))
    gradient = -share * (neutral * coordinates + stiff * beyond)
    cost = float((share * (neutral * coordinates**2 + stiff * beyond**2)).sum())
    return curvature, gradient, cost


def cost(problem: Problem, coordinates: Array, person: Person, found: Residuals) -> float:
    """Return what the fit makes as small as it can.

    Parameters
    ----------
    problem : Problem
        The fit.
    coordinates : ndarray, shape (T, D)
        Radians and mm.
    person : Person
        Lengths and offsets.
    found : Residuals
        Residuals there.

    Returns
    -------
    float
    """
    smooth = problem.smooth
    apart = person.vector - problem.prior.mean
    return (
        found.cost
        + float((coordinates * smooth.gradient(coordinates)).sum())
        + priors(problem.body, problem.time_s, coordinates)[2]
        + float(apart @ problem.prior.matrix @ apart)
    )


@dataclass(frozen=True, slots=True)
class End:
    """When a fit ends.

    Parameters
    ----------
    step : float
        No coordinate moves by more, radians (and as many metres).
    gain : float
        A step lowers the cost by less, as a share of it.
    """

    step: float
    gain: float


CLOSELY = End(step=1e-3, gain=1e-4)
"""Steps are far smaller than the errors of any camera."""
EXACTLY = End(step=1e-9, gain=-1.0)
"""For observations without error."""


@dataclass(frozen=True, eq=False)
class Solution:
    """What a fit found.

    Parameters
    ----------
    coordinates : ndarray, shape (T, D)
        Radians and mm.
    person : Person
        Lengths and offsets.
    """

    coordinates: Array
    person: Person


def fit(
    problem: Problem,
    start: Solution,
    *,
    with_shape: bool,
    most_steps: int = 30,
    end: End = CLOSELY,
    on_step: Callable[[], None] | None = None,
) -> Solution:
    """Find the best coordinates, and lengths if wanted.

    Parameters
    ----------
    problem : Problem
        The fit.
    start : Solution
        Where to start.
    with_shape : bool
        Whether lengths and offsets are found too.
    most_steps : int
        After so many it ends in any case.
    end : End
        When it ends before.
    on_step : callable, optional
        Called after each step.

    Returns
    -------
    Solution
    """
    coordinates, person = start.coordinates, start.person
    now = residuals(problem, coordinates, person)
    value = cost(problem, coordinates, person, now)
    damping = 1.0
    for _ in range(most_steps):
        try:
            step, shape_step = _step(
                problem, coordinates, person, now, damping, with_shape=with_shape
            )
        except np.linalg.LinAlgError:  # rounding: the matrix is positive definite
            damping *= 10.0
            continue
        moved = coordinates + step
        changed = person if shape_step is None else person.moved(shape_step)
        then = residuals(problem, moved, changed)
        next_value = cost(problem, moved, changed, then)
        if on_step is not None:
            on_step()
        if not next_value <= value + 1e-9 * abs(value):
            damping *= 10.0
            if damping > 1e6:
                break
            continue
        largest = float(np.abs(step * step_scale(problem.body)).max())
        gained = value - next_value
        coordinates, person, now, value = moved, changed, then, next_value
        damping = max(damping * 0.2, 1e-9)
        if largest < end.step or gained < end.gain * abs(value):
            break
    return Solution(coordinates, person)


def step_scale(body: Structure) -> Array:
    """Return what makes steps of coordinates comparable: 1 for radians, 0.001 for mm.

    Parameters
    ----------
    body : Structure
        The body.

    Returns
    -------
    ndarray, shape (D,)
    """
    return np.array([0.001 if each.translation else 1.0 for each in body.coordinates])


def _step(
    problem: Problem,
    coordinates: Array,
    person: Person,
    now: Residuals,
    damping: float,
    *,
    with_shape: bool,
) -> tuple[Array, Array | None]:
    gradient, factor = normal_equations(problem, coordinates, now, damping)
    plain = factor.solve(gradient)
    if not with_shape:
        return plain, None
    border, corner, shape_gradient = border_of(problem, now)
    apart = person.vector - problem.prior.mean
    response = factor.solve(border)
    flat = border.reshape(-1, border.shape[2])
    schur = corner + problem.prior.matrix - flat.T @ response.reshape(flat.shape)
    right = shape_gradient - problem.prior.matrix @ apart - flat.T @ plain.ravel()
    shape_step = np.linalg.solve(schur + damping * 1e-3 * np.eye(len(schur)), right)
    return plain - response @ shape_step, np.asarray(shape_step)


def border_of(problem: Problem, now: Residuals) -> tuple[Array, Array, Array]:
    """Return what couples the coordinates with lengths and offsets.

    Parameters
    ----------
    problem : Problem
        The fit.
    now : Residuals
        Where it is.

    Returns
    -------
    border : ndarray, shape (T, D, S + 3 K)
    corner : ndarray, shape (S + 3 K, S + 3 K)
    gradient : ndarray, shape (S + 3 K,)
    """
    body = problem.body
    points, rotations, _, axes, pivots = now.chain
    by_angle = now.by(by_coordinates(points, axes, pivots, body.turns, body.moves, body.segment))
    by_length = now.by(by_shape(body, rotations))
    weighted = by_length * now.flat(now.weight)[..., None]
    border = np.swapaxes(by_angle, 1, 2) @ weighted
    tall = by_length.reshape(-1, by_length.shape[2])
    corner = weighted.reshape(tall.shape).T @ tall
    return border, corner, weighted.reshape(tall.shape).T @ now.residual.ravel()


def normal_equations(
    problem: Problem, coordinates: Array, now: Residuals, damping: float
) -> tuple[Array, Factor]:
    """Return the right-hand side and the factor of the normal equations of the coordinates.

    Parameters
    ----------
    problem : Problem
        The fit.
    coordinates : ndarray, shape (T, D)
        Radians and mm.
    now : Residuals
        Residuals there.
    damping : float
        Added to the diagonal, relative to an error of 0.3 radians or 300 mm per frame.

    Returns
    -------
    gradient : ndarray, shape (T, D)
    factor : Factor
    """
    smooth, body = problem.smooth, problem.body
    points, _, _, axes, pivots = now.chain
    blocks, gradient = accumulate(
        points,
        axes,
        pivots,
        body.turns,
        body.moves,
        body.segment,
        now.landmark,
        now.rows,
        now.middle,
        now.residual,
        now.weight,
    )
    curvature, pull, _ = priors(body, problem.time_s, coordinates)
    gradient = gradient + pull - smooth.gradient(coordinates)
    size = blocks.shape[1]
    scale = step_scale(body) ** 2
    ridge = (damping / 0.3**2 + 1e-9) * scale
    diagonal = blocks[:, np.arange(size), np.arange(size)] + curvature + ridge
    blocks[:, np.arange(size), np.arange(size)] = diagonal * (1.0 + _ROUNDING)
    return gradient, Factor(blocks, smooth)
