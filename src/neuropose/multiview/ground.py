"""The vertical, the floor and the scale of a world, from the people in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.geometry import angle_deg, unit
from neuropose.multiview.rays import whole
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]

OF_STATURE = {
    ("ankle", "knee"): 0.246,
    ("knee", "hip"): 0.243,
    ("hip", "shoulder"): 0.288,
    ("shoulder", "ear"): 0.112,
}
"""Lengths from the ankle to the ear as shares of the stature.

Drillis and Contini 1966, and de Leva 1996, J Biomech 29:1223.

Their sum, in any posture, is 0.889 of it.
"""
STATURE_LANDMARKS = tuple(
    f"{side}_{joint}" for side in SIDES for joint in ("ankle", "knee", "hip", "shoulder", "ear")
)
"""The landmarks that a stature is estimated from."""
STATURE_ERROR = 0.025
"""Standard error of an estimated stature, as a share: proportions of people, and of landmarks."""
_LANDMARK_MM = 20.0  # a heel's or toe's landmark is so much above the sole
_LEAN_DEG = 3.0  # of a person who walks or stands, from the vertical
_STEP_MM = 25.0
_STEP_S = 0.5
_MOST_SLOPE_DEG = 30.0
_ROUNDS = 8


@dataclass(frozen=True, eq=False)
class Ground:
    """Which way is up, and where the floor is.

    Parameters
    ----------
    up : ndarray, shape (3,)
        Unit vector away from the floor.
    floor_mm : float
        Height of the floor along `up`, from the origin of the axes.
    tilt_error_deg : float
        Standard error of `up`.
    travelled_mm : float
        How far the feet stood apart, at most.
    """

    up: Array
    floor_mm: float
    tilt_error_deg: float
    travelled_mm: float


def stature_mm(landmarks: Sequence[str], points_mm: Array) -> float:
    """Estimate a person's stature from the lengths between landmarks.

    Parameters
    ----------
    landmarks : sequence of str
        Canonical names.
    points_mm : ndarray, shape (S, J, 3)
        Their positions. NaN: missing.

    Returns
    -------
    float
        NaN if one of the lengths of `OF_STATURE` is not known.
    """
    index = {name: row for row, name in enumerate(landmarks)}
    if not set(STATURE_LANDMARKS) <= set(index):
        return float("nan")

    def place(joint: str, side: str) -> Array:
        return points_mm[:, index[f"{side}_{joint}"]]

    total = 0.0
    for low, high in OF_STATURE:
        if high in ("shoulder", "ear"):  # in the middle of the body
            ends = [0.5 * (place(joint, "left") + place(joint, "right")) for joint in (low, high)]
            lengths = [np.linalg.norm(ends[0] - ends[1], axis=1)]
        else:
            lengths = [
                np.linalg.norm(place(low, side) - place(high, side), axis=1) for side in SIDES
            ]
        known = [each[np.isfinite(each)] for each in lengths]
        medians = [float(np.median(each)) for each in known if len(each)]
        if not medians:
            return float("nan")
        total += float(np.mean(medians))
    return total / sum(OF_STATURE.values())


def find_ground(time_s: Array, landmarks: Sequence[str], points_mm: Array) -> Ground | None:
    """Find the vertical and the floor from a person who walks or stands.

    Parameters
    ----------
    time_s : ndarray, shape (S,)
        Ascending, s.
    landmarks : sequence of str
        Canonical names.
    points_mm : ndarray, shape (S, J, 3)
        Their positions. NaN: missing.

    Returns
    -------
    Ground or None
        None if the feet or the head are not known in any moment.

    Notes
    -----
    Most of the time a person is upright within `_LEAN_DEG`; the lowest landmark of the feet is on
    the floor, which is a plane. Where the person walked, the feet say how the floor lies; across
    it, the body.
    """
    index = {name: row for row, name in enumerate(landmarks)}
    feet = [
        index[f"{side}_{joint}"]
        for side in SIDES
        for joint in ("heel", "toe", "ankle")
        if f"{side}_{joint}" in index
    ]
    feet = [row for row in feet if "ankle" not in landmarks[row]] or feet
    high = [
        index[name]
        for name in ("left_ear", "right_ear", "nose", "left_shoulder", "right_shoulder", "head")
        if name in index
    ]
    if not feet or not high:
        return None
    low_mm, high_mm = _mean(points_mm[:, feet]), _mean(points_mm[:, high])
    axes = unit(high_mm - low_mm)
    known = np.isfinite(axes).all(axis=1)
    if not known.any():
        return None
    up = _middle(axes[known])
    lean_deg = max(_LEAN_DEG, float(np.median(angle_deg(axes[known], up))))
    contacts = points_mm[:, feet]
    duration_s = float(np.ptp(time_s[known])) if known.sum() > 1 else 0.0
    level = first = up
    tilt_deg, travelled, floor_mm = lean_deg, 0.0, float("nan")
    for _ in range(_ROUNDS):
        height = contacts @ level
        lowest = np.nanargmin(np.where(np.isfinite(height), height, np.inf), axis=1)
        stood = contacts[np.arange(len(contacts)), lowest]
        stood = stood[np.isfinite(stood).all(axis=1)]
        if not len(stood):
            return None
        right, ahead = _across(first)
        centre = np.median(stood, axis=0)
        flat = np.stack([(stood - centre) @ right, (stood - centre) @ ahead], axis=1)
        rise = (stood - centre) @ first
        travelled = float(np.linalg.norm(np.ptp(flat, axis=0)))
        slopes, covariance, floor = _plane(flat, rise, max(duration_s / _STEP_S, 1.0), lean_deg)
        level = np.asarray(unit(first - slopes[0] * right - slopes[1] * ahead, least=1e-9))
        floor_mm = float(centre @ level + floor * (first @ level))
        tilt_deg = float(np.degrees(np.sqrt(np.trace(covariance))))
    return Ground(level, floor_mm - _LANDMARK_MM, tilt_deg, travelled)


def _plane(
    flat: Array, rise: Array, independent: float, lean_deg: float
) -> tuple[Array, Array, float]:
    """Fit a plane to points, the feet that were lifted counting little."""
    design = np.column_stack([flat, np.ones(len(flat))])
    prior = np.diag([np.tan(np.radians(lean_deg)) ** -2.0] * 2 + [0.0])
    share = min(independent / len(flat), 1.0) / _STEP_MM**2
    found = np.array([0.0, 0.0, np.percentile(rise, 20.0)])
    covariance = np.eye(3)
    for _ in range(10):
        above = rise - design @ found
        # A foot can be above the floor, but hardly below it.
        weight = share / (1.0 + (np.maximum(above, 0.3 * -above) / _STEP_MM) ** 2)
        normal = design.T @ (design * weight[:, None]) + prior
        covariance = np.linalg.inv(normal + 1e-15 * np.eye(3))
        found = covariance @ (design.T @ (weight * rise))
    most = np.tan(np.radians(_MOST_SLOPE_DEG))
    return np.clip(found[:2], -most, most), covariance[:2, :2], float(found[2])


def _mean(points: Array) -> Array:
    known = whole(points)
    sums = np.where(known[..., None], points, 0.0).sum(axis=1)
    count = known.sum(axis=1)
    return np.asarray(sums / np.where(count > 0, count, np.nan)[:, None])


def _middle(directions: Array) -> Array:
    """Return the geometric median of directions: bent postures count little."""
    middle = unit(np.median(directions, axis=0), least=1e-9)
    for _ in range(30):
        weight = 1.0 / (0.02 + np.linalg.norm(directions - middle, axis=1))
        middle = unit(weight @ directions, least=1e-12)
    return np.asarray(middle)


def _across(up: Array) -> tuple[Array, Array]:
    helper = np.eye(3)[int(np.argmin(np.abs(up)))]
    right = unit(np.cross(helper, up), least=1e-9)
    return np.asarray(right), np.asarray(np.cross(up, right))
