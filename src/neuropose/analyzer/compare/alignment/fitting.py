"""Least-squares rotations for many sets of points at a time, with reasons where undetermined."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuropose.geometry import LEAST_LENGTH_MM

Array = NDArray[np.float64]

LEAST_POINTS = 3
"""Fewer points than this have no orientation."""
LEAST_SPREAD = 0.01
"""Points whose second largest spread is less than this share of the largest lie on a line."""
_MIRRORED = 0.5  # a mirror image that halves the residual is worth a warning


class Fits(NamedTuple):
    """Result of `fit` for B sets of points; NaN where the rotation is not determined."""

    rotation: Array  # (B, 3, 3)
    translation_mm: Array  # (B, 3)
    scale: Array  # (B,), as all others
    rms_before_mm: Array
    rms_after_mm: Array
    points: NDArray[np.int64]
    mirrored: NDArray[np.bool_]
    reasons: list[str | None]


def fit(moving: Array, fixed: Array, weights: Array, *, scale: bool) -> Fits:
    """Align B sets of P points with B others, each independently.

    Parameters
    ----------
    moving, fixed : ndarray, shape (B, P, 3)
        mm. NaN: missing.
    weights : ndarray, shape (B, P)
        Weights of the points, 0 or more.
    scale : bool
        Whether to scale as well.

    Returns
    -------
    Fits

    Notes
    -----
    Umeyama 1991, equations 34 to 43: the covariance is U D Vᵀ, the rotation U S Vᵀ with S =
    diag(1, 1, ±1) so that it is proper, the scale tr(D S) / variance.
    """
    known = (weights > 0.0) & np.isfinite(moving).all(-1) & np.isfinite(fixed).all(-1)
    share = np.where(known, weights, 0.0)
    share = share / np.maximum(share.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    one, other = (np.where(known[..., None], points, 0.0) for points in (moving, fixed))
    before = _rms(share, one - other)
    centre, other_centre = (np.einsum("bp,bpi->bi", share, points) for points in (one, other))
    one = np.where(known[..., None], one - centre[:, None], 0.0)
    other = np.where(known[..., None], other - other_centre[:, None], 0.0)
    left, spread, right = np.linalg.svd(np.einsum("bp,bpi,bpj->bij", share, other, one))
    sign = np.where(np.linalg.det(left) * np.linalg.det(right) < 0.0, -1.0, 1.0)
    left[:, :, 2] *= sign[:, None]
    determined = spread[:, 1] + sign * spread[:, 2] > LEAST_SPREAD**2 * spread[:, 0]
    reasons = _reasons(known.sum(axis=1), _extents(share, one), _extents(share, other), determined)
    failed = np.array([reason is not None for reason in reasons], dtype=bool)
    rotation = np.where(failed[:, None, None], np.nan, left @ right)
    largest = np.maximum(_rms(share, one) ** 2, np.finfo(float).tiny)
    proper = spread[:, 0] + spread[:, 1] + sign * spread[:, 2]
    size = np.where(failed, np.nan, proper / largest if scale else 1.0)
    turned = size[:, None, None] * np.einsum("bij,bpj->bpi", rotation, one)
    after = _rms(share, turned - other)
    return Fits(
        rotation=rotation,
        translation_mm=other_centre - size[:, None] * np.einsum("bij,bj->bi", rotation, centre),
        scale=size,
        rms_before_mm=np.where(failed, np.nan, before),
        rms_after_mm=after,
        points=known.sum(axis=1),
        mirrored=(sign < 0.0) & (_mirror_rms(share, one, other, spread, scale) < _MIRRORED * after),
        reasons=reasons,
    )


def _rms(share: Array, points: Array) -> Array:
    """Root of the weighted mean of the squared lengths, (B,)."""
    return np.asarray(np.sqrt(np.einsum("bp,bpi,bpi->b", share, points, points)))


def _mirror_rms(share: Array, one: Array, other: Array, spread: Array, scale: bool) -> Array:
    """Residual of the best mirror image, where that is the best fit of all; else infinity."""
    variance, other_variance = _rms(share, one) ** 2, _rms(share, other) ** 2
    total = spread.sum(axis=1)
    size = total / np.maximum(variance, np.finfo(float).tiny) if scale else np.ones(len(one))
    left_over = np.maximum(other_variance + size**2 * variance - 2.0 * size * total, 0.0)
    flat = spread[:, 2] <= LEAST_SPREAD**2 * spread[:, 0]  # its mirror image is itself, turned
    return np.asarray(np.where(flat, np.inf, np.sqrt(left_over)))


def _extents(share: Array, points: Array) -> Array:
    """Measure the standard deviations along the principal axes, largest first, (B, 3)."""
    covariance = np.einsum("bp,bpi,bpj->bij", share, points, points)
    return np.asarray(np.sqrt(np.maximum(np.linalg.eigvalsh(covariance)[:, ::-1], 0.0)))


def _reasons(
    count: NDArray[np.int64], one: Array, other: Array, determined: NDArray[np.bool_]
) -> list[str | None]:
    """Return for each set why its rotation is not determined, if it is not."""
    longest = np.minimum(one[:, 0], other[:, 0])
    shares = [extent[:, 1] / np.maximum(extent[:, 0], LEAST_LENGTH_MM) for extent in (one, other)]
    slim = np.minimum(*shares) <= LEAST_SPREAD
    reasons: list[str | None] = []
    for number, points in enumerate(count):
        if points < LEAST_POINTS:
            reasons.append(f"{points} pairs of points are known, and it takes {LEAST_POINTS}")
        elif longest[number] < LEAST_LENGTH_MM:
            reasons.append("the points coincide")
        elif slim[number]:
            reasons.append("the points lie on a line")
        elif not determined[number]:
            reasons.append("several rotations fit as well")
        else:
            reasons.append(None)
    return reasons
