"""Where a source took left for right: a chain of labels over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.body.observations import Observations, independent_share, partners
from neuropose.compiled import compiled
from neuropose.data import Limbs
from neuropose.skeletons.sides import limbs_of

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

STATES: tuple[Limbs | None, ...] = (None, Limbs.LEGS, Limbs.ARMS, Limbs.ALL)
"""What may be exchanged in a frame."""
BEGINS = 1.0 / 400.0
"""Probability that an exchange begins in a frame."""
ENDS = 0.4
"""Probability that an exchange ends with a frame."""
SETTLED = 0.9
"""Probability from which a frame's label counts as settled."""
_FREEDOM = 4.0
_SPEED_MM_S = 1500.0  # of a limb's landmark, standard deviation
_LEAST_MM = 20.0
_ROUNDS = 2  # of settling each view by the others
_MOST_GAP_S = 0.5  # over a longer gap nothing follows from continuity
_OUTLIER = 10.0  # log-likelihood by which a step past a frame is more probable than those to it


@dataclass(frozen=True, eq=False)
class Labels:
    """What is exchanged in each frame.

    Parameters
    ----------
    state : ndarray of int, shape (T,)
        Most probable index into `STATES`.
    probability : ndarray, shape (T, 4)
        Of each of `STATES`.
    """

    state: Ints
    probability: Array

    @property
    def exchanged(self) -> NDArray[np.bool_]:
        """Frames in which anything is exchanged, shape (T,)."""
        return np.asarray(self.state > 0)

    @property
    def unsettled(self) -> NDArray[np.bool_]:
        """Frames in which it cannot be told, shape (T,)."""
        return np.asarray(self.probability.max(axis=1) < SETTLED)


def sources(landmarks: Sequence[str], state: Ints) -> Ints:
    """Return for each landmark whose observation is its own, frame by frame.

    Parameters
    ----------
    landmarks : sequence of str
        Canonical names.
    state : ndarray of int, shape (T,)
        Indices into `STATES`.

    Returns
    -------
    ndarray of int, shape (T, L)
    """
    return _tables(landmarks)[state]


def _tables(landmarks: Sequence[str]) -> Ints:
    other, own = partners(landmarks), np.arange(len(landmarks))
    limbs = [limbs_of(name) for name in landmarks]
    exchanged = [
        [state is Limbs.ALL or (state is not None and state is each) for each in limbs]
        for state in STATES
    ]
    return np.where(exchanged, other, own)


def settle(views: Sequence[Observations]) -> tuple[Labels, ...]:
    """Tell exchanged frames by how limbs would have to jump, and by what other views see.

    Parameters
    ----------
    views : sequence of Observations
        T frames, as each source has them, in the same axes.

    Returns
    -------
    tuple of Labels
        For each view.

    Notes
    -----
    A hidden Markov chain (Rabiner 1989, Proc IEEE 77:257) over four states. Between two frames each
    landmark moves with Student's distribution about standing still; exchanges begin with
    probability `BEGINS` and end with `ENDS`. Continuity tells which frames go together, and the
    majority of them is taken as right: one camera cannot tell an exchange of all frames. Where a
    frame goes with neither of its neighbours but they go with each other, the step from one to the
    other counts as well: many exchanges begin or end in a frame that shows both legs where one is.
    Of several views each is then settled again with what the others see: the direction from a left
    landmark to the right one is the same in all of them.
    """
    labels = [_settled(view, np.zeros((len(view), len(STATES)))) for view in views]
    for _ in range(_ROUNDS if len(views) > 1 else 0):
        for number, view in enumerate(views):
            others = [
                other.taken(sources(other.landmarks, each.state))
                for place, (other, each) in enumerate(zip(views, labels, strict=True))
                if place != number
            ]
            labels[number] = _settled(view, _agreement(view, others))
    return tuple(labels)


def _settled(seen: Observations, evidence: Array) -> Labels:
    """Settle one view; `evidence`: log-likelihood of each state in each frame, (T, 4)."""
    frames = len(seen)
    tables = _tables(seen.landmarks)
    visible = np.flatnonzero(seen.seen.any(axis=1))
    if len(visible) < 2 or (partners(seen.landmarks) == np.arange(len(seen.landmarks))).all():
        certain = np.tile([1.0, 0.0, 0.0, 0.0], (frames, 1))
        return Labels(np.zeros(frames, np.int64), certain)
    steps = np.log(_steps())
    known = evidence[visible]
    first = np.log([1.0 - BEGINS, *[BEGINS / 3.0] * 3]) + known[0]
    shown = seen.rows(visible)
    change = _changes(shown, tables)
    past = _changes_past_outliers(shown, tables, change)
    shares = _marginals(first, change + steps + known[1:, None], past)
    nearest = np.clip(np.searchsorted(visible, np.arange(frames)), 0, len(visible) - 1)
    probability = shares[nearest]
    return Labels(probability.argmax(axis=1), probability)


def _agreement(view: Observations, others: Sequence[Observations]) -> Array:
    """Log-likelihood of each state given the other views, (T, 4).

    Errors of keypoints last, so that neighbouring frames tell the same again.
    """
    other = partners(view.landmarks)
    on_the_right = np.array([name.startswith("right_") for name in view.landmarks])
    right = np.flatnonzero(on_the_right & (other != np.arange(len(other))))
    swapped = (_tables(view.landmarks) != np.arange(len(other)))[:, right]
    own = view.points_mm[:, right] - view.points_mm[:, other[right]]
    found = np.zeros((len(view), len(STATES)))
    for each in others:
        theirs = each.points_mm[:, right] - each.points_mm[:, other[right]]
        precision = np.linalg.inv(_spread_mm2(view) + _spread_mm2(each))
        same, turned = (
            -0.5
            * (_FREEDOM + 3.0)
            * np.log1p(np.einsum("tki,ij,tkj->tk", apart, precision, apart) / _FREEDOM)
            for apart in (own - theirs, -own - theirs)
        )
        found += np.nansum(np.where(swapped, turned[:, None], same[:, None]), axis=2)
    return independent_share(view.time_s) * found


def _spread_mm2(view: Observations) -> Array:
    """Covariance of the difference of two landmarks, (3, 3)."""
    across, _, along = np.nanmedian(view.spread_mm, axis=(0, 1))
    sight = np.eye(3)[2] if view.camera is None else view.camera[2]
    spread_mm2: Array = 2.0 * (
        across**2 * np.eye(3) + (along**2 - across**2) * np.outer(sight, sight)
    )
    return spread_mm2


def _steps() -> Array:
    """Probability of each state after each, (4, 4)."""
    others = len(STATES) - 1
    steps = np.full((len(STATES), len(STATES)), 0.05 / others)
    steps[0] = [1.0 - BEGINS, *[BEGINS / others] * others]
    steps[1:, 0] = ENDS
    steps[np.arange(1, len(STATES)), np.arange(1, len(STATES))] = 0.0
    steps[np.arange(1, len(STATES)), np.arange(1, len(STATES))] = 1.0 - steps[1:].sum(axis=1)
    return steps


def _changes(seen: Observations, tables: Ints) -> Array:
    """Log-probability of each step between two states, (T - 1, 4, 4)."""
    moved_s = np.minimum(np.diff(seen.time_s), _MOST_GAP_S)
    points = seen.points_mm
    scale_across = np.sqrt(_LEAST_MM**2 + (_SPEED_MM_S * moved_s) ** 2)[:, None]
    scale = np.stack([scale_across, scale_across, scale_across], axis=2)
    if seen.camera is not None:
        points = points @ seen.camera.T
        along = np.sqrt(scale_across**2 + 2.0 * seen.spread_mm[1:, :, 2] ** 2)
        scale = np.stack(np.broadcast_arrays(scale_across, scale_across, along), axis=2)
    sided = partners(seen.landmarks) != np.arange(len(seen.landmarks))
    own = np.arange(len(seen.landmarks))
    after_same = _cost(points[1:] - points[:-1], scale)[:, sided]
    cost = np.zeros((len(points) - 1, len(STATES), len(STATES)))
    swapped = points[1:][:, partners(seen.landmarks)]
    after_other = _cost(swapped - points[:-1], scale)[:, sided]
    for before in range(len(STATES)):
        for after in range(len(STATES)):
            differs = (tables[before] != own)[sided] != (tables[after] != own)[sided]
            each = np.where(differs, after_other, after_same)
            cost[:, before, after] = -np.nansum(each, axis=1)
    cost[np.diff(seen.time_s) > _MOST_GAP_S] = 0.0
    return cost


def _changes_past_outliers(seen: Observations, tables: Ints, change: Array) -> Array:
    """Log-probability of each step past a frame that is an outlier, (T - 2, 4, 4); 0: it is not."""
    past = np.zeros((len(seen) - 2, len(STATES), len(STATES)))
    for first in range(min(2, len(past))):
        rows = np.arange(first, len(seen), 2)
        past[first::2] = _changes(seen.rows(rows), tables)
    of_best, past_best = (each[:, 0].max(axis=1) for each in (change, past))
    past[past_best - np.maximum(of_best[:-1], of_best[1:]) < _OUTLIER] = 0.0
    return past


def _cost(step_mm: Array, scale_mm: Array) -> Array:
    squared = ((step_mm / scale_mm) ** 2).sum(axis=2)
    return np.asarray(0.5 * (_FREEDOM + 3.0) * np.log1p(squared / _FREEDOM))


@compiled
def _marginals(first: Array, change: Array, past: Array) -> Array:
    """Probability of each state in each frame: forward–backward over pairs of frames."""
    steps, states = len(change), len(first)
    ahead, back = np.empty((steps, states, states)), np.zeros((steps, states, states))
    for before in range(states):
        ahead[0, before] = first[before] + change[0, before]
    for t in range(1, steps):
        for now in range(states):
            for after in range(states):
                came = _log_sum(ahead[t - 1, :, now] + past[t - 1, :, after])
                ahead[t, now, after] = came + change[t, now, after]
    for t in range(steps - 1, 0, -1):
        for before in range(states):
            for now in range(states):
                goes = past[t - 1, before] + change[t, now] + back[t, now]
                back[t - 1, before, now] = _log_sum(goes)
    both = ahead + back
    shares = np.empty((steps + 1, states))
    for state in range(states):
        for t in range(steps):
            shares[t, state] = _log_sum(both[t, state])
        shares[steps, state] = _log_sum(both[steps - 1, :, state])
    for t in range(steps + 1):
        shares[t] -= _log_sum(shares[t])
    return np.exp(shares)


@compiled
def _log_sum(values: Array) -> float:
    largest = values.max()
    return float(largest + np.log(np.exp(values - largest).sum()))
