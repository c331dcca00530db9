"""Where the feet bear on the floor: the lowest points of each stretch of time, and their plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.filters.robust import robust_sd
from neuropose.sequence.data import SequenceData
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]

STRETCH_S = 1.2
"""Length of the stretches, about a stride."""
LOWEST = 0.2
"""Share of each stretch in which a point is taken to be at its lowest."""
STEPPING_S, STEPPING_MM = 3.0, 50.0
"""In a stretch with steps, each foot in turn is this much higher than the other."""
_ROUNDS = 20
_OUTLIER = 3.0  # robust standard deviations
_LEAST_SPREAD_MM = 0.5
_SETTLED = 1e-6  # rad
_LEAST_PRECISION = 1e-2  # rad⁻²: nothing is known of the slope
_CORRELATED = 10.0  # neighbouring frames with the information of one


@dataclass(frozen=True, slots=True)
class FootPoints:
    """Points of the feet: P points of K kinds (heels, toes), T frames.

    Parameters
    ----------
    positions_mm : ndarray, shape (P, T, 3)
        Positions, mm, in the axes of the sequence. NaN: missing.
    kind : ndarray of int, shape (P,)
        Points of the same kind are equally high above the floor when they bear on it.
    names : tuple of str
        Names of the points: the left one of a kind, then the right one.
    """

    positions_mm: Array
    kind: NDArray[np.int64]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SupportPlane:
    """The plane that the feet bear on.

    Parameters
    ----------
    slope : ndarray, shape (2,)
        Rise along the two directions at right angles to the first guess of up.
    precision : ndarray, shape (2, 2)
        Inverse of the covariance of `slope`, rad⁻².
    """

    slope: Array
    precision: Array


def foot_points(sequence: SequenceData) -> FootPoints | None:
    """Return heels and toes, or the ankles of a skeleton without feet.

    Parameters
    ----------
    sequence : SequenceData
        Joint positions over time.

    Returns
    -------
    FootPoints or None
        None if an ankle is missing from the source.
    """
    for kinds in (("heel", "toe"), ("toe",), ("ankle",)):
        names = tuple(f"{side}_{kind}" for kind in kinds for side in SIDES)
        if sequence.has(*names):
            positions_mm = np.stack(sequence.require(*names))
            return FootPoints(positions_mm, np.repeat(np.arange(len(kinds)), 2), names)
    return None


def lowest(heights_mm: Array, rate_hz: float) -> NDArray[np.bool_]:
    """Find where points are at their lowest, stretch by stretch.

    Parameters
    ----------
    heights_mm : ndarray, shape (P, T)
        Heights above any level, mm. NaN: missing.
    rate_hz : float
        Frames per second.

    Returns
    -------
    ndarray of bool, shape (P, T)
        The lowest `LOWEST` of each stretch of `STRETCH_S`.
    """
    points, frames = heights_mm.shape
    stretches = _stretches(heights_mm, STRETCH_S, rate_hz)
    known = np.isfinite(stretches).sum(axis=-1)
    rank = np.maximum(np.ceil(LOWEST * known).astype(int) - 1, 0)
    ordered = np.partition(stretches, np.unique(rank), axis=-1)
    limit = np.take_along_axis(ordered, rank[..., None], axis=-1)
    chosen = (stretches <= limit) & np.isfinite(stretches)
    return np.asarray(chosen.reshape(points, -1)[:, :frames])


def stepping(apart_mm: Array, rate_hz: float) -> NDArray[np.bool_]:
    """Find where the subject steps: only there is the lowest place of each foot the floor.

    Parameters
    ----------
    apart_mm : ndarray, shape (T,)
        Height of the left foot above the right.
    rate_hz : float
        Frames per second.

    Returns
    -------
    ndarray of bool, shape (T,)
        Stretches of `STEPPING_S` in which each foot is higher than the other by `STEPPING_MM` in
        at least a tenth of the time.
    """
    stretches = _stretches(apart_mm[None], STEPPING_S, rate_hz)[0]
    known = np.isfinite(stretches)
    tenth = np.maximum(0.1 * known.sum(axis=1), 1.0)
    left_up = ((stretches > STEPPING_MM) & known).sum(axis=1) >= tenth
    right_up = (stretches < -STEPPING_MM).sum(axis=1) >= tenth
    return np.repeat(left_up & right_up, stretches.shape[1])[: len(apart_mm)]


def _stretches(values: Array, stretch_s: float, rate_hz: float) -> Array:
    """Cut the last axis into stretches, shape (P, S, length); missing values are infinite."""
    points, frames = values.shape
    length = frames if np.isnan(rate_hz) else min(frames, max(1, round(stretch_s * rate_hz)))
    padded = np.full((points, -(-frames // length) * length), np.inf)
    padded[:, :frames] = np.where(np.isfinite(values), values, np.inf)
    return padded.reshape(points, -1, length)


def support_plane(
    feet: FootPoints, axes: Array, rate_hz: float, systematic_mm: float
) -> SupportPlane | None:
    """Fit a plane to the feet where they are lowest, iterating until it no longer changes.

    Parameters
    ----------
    feet : FootPoints
        Heels and toes, or ankles, of both feet.
    axes : ndarray, shape (3, 3)
        Rows: two directions on the floor and up, as first guessed.
    rate_hz : float
        Frames per second.
    systematic_mm : float
        Standard deviation of the systematic error of each point, mm.

    Returns
    -------
    SupportPlane or None
        None if there are no steps, or the points bear on the floor in one place only. On one line,
        the slope across it is 0 and has hardly any precision.

    Notes
    -----
    Least squares with one height for each kind of point. The covariance of the slope is that of
    the residuals, as if `_CORRELATED` neighbouring frames were one, and of `systematic_mm` at each
    point, divided by how far the points of support lie apart.
    """
    across_mm = feet.positions_mm @ axes[:2].T
    heights_mm = feet.positions_mm @ axes[2]
    heights_mm[:, ~stepping(heights_mm[0] - heights_mm[1], rate_hz)] = np.nan
    slope, variance_mm2, spread_mm2 = np.zeros(2), 0.0, np.zeros((2, 2))
    for _ in range(_ROUNDS):
        chosen = lowest(heights_mm - across_mm @ slope, rate_hz)
        before = slope
        slope, variance_mm2, spread_mm2 = _fit(across_mm, heights_mm, chosen, feet.kind)
        if np.abs(slope - before).max() < _SETTLED:
            break
    if not spread_mm2.any():
        return None
    variance_mm2 += systematic_mm**2 / len(feet.positions_mm)
    precision = spread_mm2 / max(variance_mm2, np.finfo(float).tiny)
    return SupportPlane(slope, precision + _LEAST_PRECISION * np.eye(2))


def soles_contradict(plane: SupportPlane, feet: FootPoints, axes: Array, rate_hz: float) -> bool:
    """Tell whether resting feet lie as the first guess of level does, not along the plane.

    Parameters
    ----------
    plane : SupportPlane
        Of `support_plane`.
    feet : FootPoints
        Heels and toes of both feet; of others nothing is told.
    axes : ndarray, shape (3, 3)
        As for `support_plane`.
    rate_hz : float
        Frames per second.

    Returns
    -------
    bool
        True on stairs, whose steps are level and whose slope is that of the plane.
    """
    if len(feet.names) != 4:
        return False
    across_mm, heights_mm = feet.positions_mm @ axes[:2].T, feet.positions_mm @ axes[2]
    bears = lowest(heights_mm - across_mm @ plane.slope, rate_hz)
    both = bears[:2] & bears[2:]
    sole_mm = (across_mm[2:] - across_mm[:2])[both]
    long_mm = np.linalg.norm(sole_mm, axis=1)
    if not (long_mm > 0.0).any():
        return False
    rise, along_plane = (heights_mm[2:] - heights_mm[:2])[both], sole_mm @ plane.slope
    return bool(np.median(np.abs(rise)) < np.median(np.abs(rise - along_plane)))


def _fit(
    across_mm: Array, heights_mm: Array, chosen: NDArray[np.bool_], kind: NDArray[np.int64]
) -> tuple[Array, float, Array]:
    """Return the slope, the variance of its heights and the spread of its places, less outliers."""
    used = chosen
    for _ in range(2):
        places_mm, levels_mm = _centred(across_mm, heights_mm, used, kind)
        if not len(levels_mm):
            return np.zeros(2), 0.0, np.zeros((2, 2))
        spread_mm2 = places_mm.T @ places_mm / len(levels_mm)
        # Along a direction in which the places do not differ, the slope is unknown, not random.
        values, vectors = np.linalg.eigh(spread_mm2)
        apart = values > _LEAST_SPREAD_MM**2
        wide, values = vectors[:, apart], values[apart]
        slope = wide @ ((wide.T @ places_mm.T @ levels_mm) / (values * len(levels_mm)))
        residuals = levels_mm - places_mm @ slope
        limit = _OUTLIER * max(robust_sd(residuals, centre=0.0), _LEAST_SPREAD_MM)
        kept = np.zeros_like(used)
        kept[used] = np.abs(residuals) <= limit
        used = kept
    variance_mm2 = _CORRELATED * float(residuals.var()) / len(residuals)
    return slope, variance_mm2, (wide * values) @ wide.T


def _centred(
    across_mm: Array, heights_mm: Array, used: NDArray[np.bool_], kind: NDArray[np.int64]
) -> tuple[Array, Array]:
    """Places and heights of the chosen points, each less the mean of its kind."""
    places_mm, levels_mm = across_mm[used], heights_mm[used]
    kinds = np.broadcast_to(kind[:, None], used.shape)[used]
    for this in np.unique(kinds):
        rows = kinds == this
        places_mm[rows] -= places_mm[rows].mean(axis=0)
        levels_mm[rows] -= levels_mm[rows].mean()
    return places_mm, levels_mm
