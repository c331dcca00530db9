"""The coordinates and lengths that explain the observations best: Gauss–Newton, all frames at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropose.body.banded import Factor, Smoothness, smoothness
from neuropose.body.kinematics import arguments, by_coordinates, by_shape, forward
from neuropose.body.model import Coordinate
from neuropose.body.observations import Observations
from neuropose.body.structure import Structure

Array = NDArray[np.float64]

FREEDOM = 4.0
"""Degrees of freedom of Student's distribution of the observations' errors: outliers weigh less."""
MEMORY_S = 0.5
"""Time over which the priors of range and neutral pose count as one observation."""
SUDDEN_S = 0.1
"""Time over which an acceleration of a coordinate is one and the same."""
CORRELATED_S = 0.25
"""Correlation time of the errors of keypoints: two such times hold one independent observation."""
_BEYOND_DEG = 3.0  # standard deviation of an angle beyond its range
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
        Offset of each kind of landmark.
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
    points_mm : ndarray, shape (T, L, 3)
        Where each landmark is held. NaN: it is free.
    weight : ndarray, shape (T, L, 3, 3)
        Root of the inverse covariance.
    """

    points_mm: Array
    weight: Array


@dataclass(frozen=True, eq=False)
class Problem:
    """A fit: the body, what is seen of it, and what is known beforehand.

    Parameters
    ----------
    body : Structure
        The body.
    seen : Observations
        T frames.
    prior : ShapePrior
        Of its lengths.
    breaks : ndarray of bool, shape (T - 1,), or None
        Where two frames do not belong together.
    anchors : Anchors or None
        Points that stay where they are.
    """

    body: Structure
    seen: Observations
    prior: ShapePrior
    breaks: NDArray[np.bool_] | None = None
    anchors: Anchors | None = None

    @property
    def smooth(self) -> Smoothness:
        """The cost of acceleration."""
        return smoothness(self.seen.time_s, density(self.body), self.breaks)

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
            seen=self.seen.rows(chosen),
            breaks=None if self.breaks is None else self.breaks[chosen][:-1],
            anchors=None
            if anchors is None
            else Anchors(anchors.points_mm[chosen], anchors.weight[chosen]),
        )


@dataclass(frozen=True, eq=False)
class Linear:
    """A problem about one solution: residuals and derivatives, each over its standard deviation.

    Parameters
    ----------
    residual : ndarray, shape (T, R)
        What is seen less what the body gives. 0: missing.
    by_coordinates : ndarray, shape (T, R, D)
        Derivatives of what the body gives.
    by_shape : ndarray, shape (T, R, S + 3 K), or None
        The same.
    weight : ndarray, shape (T, R)
        Robust weights. 0: missing.
    cost : float
        Minus twice the log-likelihood of the residuals, but for a constant.
    """

    residual: Array
    by_coordinates: Array
    by_shape: Array | None
    weight: Array
    cost: float


def independent_share(time_s: Array) -> float:
    """Return which share of the frames counts as independent where errors last (`CORRELATED_S`).

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        Seconds.

    Returns
    -------
    float
    """
    interval_s = float(np.median(np.diff(time_s))) if len(time_s) > 1 else 1.0
    return min(1.0, interval_s / (2.0 * CORRELATED_S))


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


def linear(
    problem: Problem, coordinates: Array, person: Person, *, with_shape: bool = False
) -> Linear:
    """Compute residuals and derivatives.

    Parameters
    ----------
    problem : Problem
        The fit.
    coordinates : ndarray, shape (T, D)
        Radians and mm.
    person : Person
        Lengths and offsets.
    with_shape : bool
        Whether the derivatives by them are wanted.

    Returns
    -------
    Linear
    """
    body, seen = problem.body, problem.seen
    points, rotations, _, axes, pivots = forward(
        coordinates, *arguments(body, person.lengths_mm, person.offsets_mm)
    )
    derivative = by_coordinates(points, axes, pivots, body.turns, body.moves, body.segment)
    shapes = by_shape(body, rotations) if with_shape else None
    if seen.camera is None:
        spread = np.where(np.isfinite(seen.points_mm).all(axis=2), seen.across_mm, np.nan)
        residual = (seen.points_mm - points) / spread[..., None]
        scale = 1.0 / spread[..., None, None]
        weight, total = _robust(residual)
        made = [derivative * scale, None if shapes is None else shapes * scale]
    else:
        residual, made = _through_camera(body, seen, points, derivative, shapes)
        across, across_cost = _robust(residual[..., :2])
        along, along_cost = _robust(residual[..., 2:])
        weight, total = np.concatenate([across, along], axis=2), across_cost + along_cost
    known = np.isfinite(residual)
    parts = [
        None
        if each is None
        else np.where(known[..., None], each, 0.0).reshape(len(points), -1, each.shape[-1])
        for each in made
    ]
    residual = np.where(known, residual, 0.0).reshape(len(points), -1)
    weight = np.where(known, weight, 0.0).reshape(len(points), -1)
    if problem.anchors is not None:
        held, held_weight, held_cost, held_parts = _at_anchors(
            problem.anchors, points, derivative, shapes
        )
        residual = np.concatenate([residual, held], axis=1)
        weight = np.concatenate([weight, held_weight], axis=1)
        total += held_cost
        parts = [
            None if one is None or other is None else np.concatenate([one, other], axis=1)
            for one, other in zip(parts, held_parts, strict=True)
        ]
    assert parts[0] is not None
    return Linear(residual, parts[0], parts[1], weight, total)


def _robust(residual: Array) -> tuple[Array, float]:
    """Weights and cost of Student's distribution of vectors in the last axis; NaN: missing."""
    size = residual.shape[-1]
    squared = (residual**2).sum(axis=-1, keepdims=True)
    weight = np.broadcast_to((FREEDOM + size) / (FREEDOM + squared), residual.shape)
    return weight, float((FREEDOM + size) * np.nansum(np.log1p(squared / FREEDOM)))


def _through_camera(
    body: Structure,
    seen: Observations,
    points: Array,
    derivative: Array,
    shapes: Array | None,
) -> tuple[Array, list[Array | None]]:
    """Two rows across the line of sight and one along it, for each landmark."""
    assert seen.camera is not None
    in_camera = points @ seen.camera.T
    depth = np.maximum(in_camera[..., 2], _NEAREST_MM)
    projected = in_camera[..., :2] / depth[..., None]
    sight = np.concatenate([seen.rays, np.ones((*seen.rays.shape[:2], 1))], axis=2)
    sight /= np.linalg.norm(sight, axis=2, keepdims=True)
    of_camera = np.zeros((*points.shape[:2], 3, 3))
    of_camera[..., 0, 0] = of_camera[..., 1, 1] = 1.0
    of_camera[..., 0, 2], of_camera[..., 1, 2] = -projected[..., 0], -projected[..., 1]
    of_camera[..., 2, :] = sight
    spread = np.stack([seen.across_mm, seen.across_mm, seen.along_mm], axis=2)
    rows = (of_camera / spread[..., None]) @ seen.camera
    torso = np.array([float(name in _TORSO) for name in body.landmarks])
    share = np.where(seen.seen, torso, 0.0)
    share = share / np.where(share.sum(1, keepdims=True) > 0.0, share.sum(1, keepdims=True), np.nan)
    middle_seen = np.nansum(
        np.where(share[..., None] > 0, seen.points_mm, 0.0) * share[..., None], 1
    )
    middle_seen[np.isnan(share).all(axis=1)] = np.nan
    known_share = np.nan_to_num(share)
    middle = np.einsum("tl,tli->ti", known_share, points)
    residual = np.empty_like(points)
    residual[..., :2] = (seen.rays - projected) * depth[..., None] / seen.across_mm[..., None]
    seen_from_middle = seen.points_mm - middle_seen[:, None]
    residual[..., 2] = np.einsum(
        "tli,tli->tl", rows[..., 2, :], seen_from_middle - (points - middle[:, None])
    )
    made: list[Array | None] = []
    for each in (derivative, shapes):
        if each is None:
            made.append(None)
            continue
        moved = np.einsum("tl,tlid->tid", known_share, each)
        product = rows @ each
        product[..., 2, :] -= np.einsum("tli,tid->tld", rows[..., 2, :], moved)
        made.append(product)
    return residual, made


def _at_anchors(
    anchors: Anchors, points: Array, derivative: Array, shapes: Array | None
) -> tuple[Array, Array, float, list[Array | None]]:
    """Three rows for each landmark that is ever held."""
    held = np.flatnonzero(np.isfinite(anchors.points_mm).all(axis=2).any(axis=0))
    root = anchors.weight[:, held]
    apart = np.einsum("tlij,tlj->tli", root, anchors.points_mm[:, held] - points[:, held])
    known = np.isfinite(apart).all(axis=2)
    weight, total = _robust(apart)
    frames = len(points)
    parts: list[Array | None] = []
    for each in (derivative, shapes):
        rows = None if each is None else np.where(known[..., None, None], root @ each[:, held], 0.0)
        parts.append(None if rows is None else rows.reshape(frames, -1, rows.shape[-1]))
    return (
        np.where(known[..., None], apart, 0.0).reshape(frames, -1),
        np.where(known[..., None], weight, 0.0).reshape(frames, -1),
        total,
        parts,
    )


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


def cost(problem: Problem, coordinates: Array, person: Person, found: Linear) -> float:
    """Return what the fit makes as small as it can.

    Parameters
    ----------
    problem : Problem
        The fit.
    coordinates : ndarray, shape (T, D)
        Radians and mm.
    person : Person
        Lengths and offsets.
    found : Linear
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
        + priors(problem.body, problem.seen.time_s, coordinates)[2]
        + float(apart @ problem.prior.matrix @ apart)
    )


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
    tolerance: float = 1e-5,
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
    tolerance : float
        It ends when no coordinate moves by more, radians (and as many metres).
    on_step : callable, optional
        Called after each step.

    Returns
    -------
    Solution
    """
    coordinates, person = start.coordinates, start.person
    now = linear(problem, coordinates, person, with_shape=with_shape)
    value = cost(problem, coordinates, person, now)
    damping = 1.0
    for _ in range(most_steps):
        step, shape_step = _step(problem, coordinates, person, now, damping)
        moved = coordinates + step
        changed = person if shape_step is None else person.moved(shape_step)
        then = linear(problem, moved, changed, with_shape=with_shape)
        next_value = cost(problem, moved, changed, then)
        if on_step is not None:
            on_step()
        if not next_value <= value + 1e-9 * abs(value):
            damping *= 10.0
            if damping > 1e6:
                break
            continue
        largest = float(np.abs(step * step_scale(problem.body)).max())
        coordinates, person, now, value = moved, changed, then, next_value
        damping = max(damping * 0.2, 1e-9)
        if largest < tolerance:
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
    problem: Problem, coordinates: Array, person: Person, now: Linear, damping: float
) -> tuple[Array, Array | None]:
    blocks, gradient, factor = normal_equations(problem, coordinates, now, damping)
    del blocks
    plain = factor.solve(gradient)
    if now.by_shape is None:
        return plain, None
    weighted = now.by_shape * now.weight[..., None]
    border = np.swapaxes(now.by_coordinates, 1, 2) @ weighted
    corner = np.einsum("trs,tru->su", weighted, now.by_shape, optimize=True)
    shape_gradient = np.einsum("trs,tr->s", weighted, now.residual)
    apart = person.vector - problem.prior.mean
    response = factor.solve(border)
    flat = border.reshape(-1, border.shape[2])
    schur = corner + problem.prior.matrix - flat.T @ response.reshape(flat.shape)
    right = shape_gradient - problem.prior.matrix @ apart - flat.T @ plain.ravel()
    schur += damping * np.diag(np.full(len(schur), 1e-3))
    shape_step = np.linalg.solve(schur, right)
    return plain - response @ shape_step, shape_step


def normal_equations(
    problem: Problem, coordinates: Array, now: Linear, damping: float
) -> tuple[Array, Array, Factor]:
    """Return the blocks, the right-hand side and the factor of the normal equations.

    Parameters
    ----------
    problem : Problem
        The fit.
    coordinates : ndarray, shape (T, D)
        Radians and mm.
    now : Linear
        Residuals and derivatives there.
    damping : float
        Added to the diagonal, relative to an error of 0.3 radians or 300 mm per frame.

    Returns
    -------
    blocks : ndarray, shape (T, D, D)
    gradient : ndarray, shape (T, D)
    factor : Factor
    """
    smooth = problem.smooth
    weighted = now.by_coordinates * now.weight[..., None]
    blocks = np.swapaxes(weighted, 1, 2) @ now.by_coordinates
    gradient = np.einsum("trd,tr->td", weighted, now.residual, optimize=True)
    curvature, pull, _ = priors(problem.body, problem.seen.time_s, coordinates)
    gradient = gradient + pull - smooth.gradient(coordinates)
    size = blocks.shape[1]
    ridge = damping * (step_scale(problem.body) / 0.3) ** 2 + 1e-9 * step_scale(problem.body) ** 2
    blocks[:, np.arange(size), np.arange(size)] += curvature + ridge
    return blocks, gradient, Factor(blocks, smooth)
