"""A first guess of lengths and coordinates, straight from the source's own positions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from neuropose.body.structure import Structure
from neuropose.geometry import frame_of, unit
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]

MOMENT_S = 0.2
"""Time over which positions to start from are medians."""
_FOLD = np.radians(10.0)
_BONES = (
    ("hip", "knee", ("thigh",)),
    ("knee", "ankle", ("shank",)),
    ("shoulder", "elbow", ("upper_arm",)),
    ("elbow", "wrist", ("forearm",)),
    ("hip", "shoulder", ("lumbar_height", "trunk")),
)


class SeenHeight(NamedTuple):
    """The stature that the lengths of bones tell.

    Parameters
    ----------
    height_mm : float
        Median over the bones. NaN: no bone is known.
    spread : float
        Standard deviation between people of this stature, as a share of it.
    """

    height_mm: float
    spread: float


def seen_height(body: Structure, points_mm: Array) -> SeenHeight:
    """Estimate the stature from the lengths of bones.

    Parameters
    ----------
    body : Structure
        The body.
    points_mm : ndarray, shape (T, L, 3)
        Positions of its landmarks. NaN: missing.

    Returns
    -------
    SeenHeight
        The fewer bones are known, the more it differs between people.
    """
    points = dict(zip(body.landmarks, np.moveaxis(points_mm, 1, 0), strict=True))
    estimates, variances = [], {}
    for top, bottom, names in _BONES:
        lengths = [body.model.lengths[name] for name in names if name in body.lengths]
        share = sum(length.of_height for length in lengths)
        for side in SIDES:
            ends = points.get(f"{side}_{top}"), points.get(f"{side}_{bottom}")
            if ends[0] is None or ends[1] is None or not share:
                continue
            long_mm = np.linalg.norm(ends[0] - ends[1], axis=1)
            if np.isfinite(long_mm).any():
                estimates.append(float(np.nanmedian(long_mm)) / share)
                apart = np.hypot.reduce([each.of_height * each.spread for each in lengths])
                variances[names] = float(apart / share) ** 2
    if not estimates:
        return SeenHeight(float("nan"), float("nan"))
    spread = float(np.sqrt(sum(variances.values()))) / len(variances)
    return SeenHeight(float(np.median(estimates)), spread)


def usual_lengths_mm(body: Structure, height_mm: float) -> Array:
    """Return the lengths of a person of usual build.

    Parameters
    ----------
    body : Structure
        The body.
    height_mm : float
        Stature.

    Returns
    -------
    ndarray, shape (S,)
    """
    shares = [1.0, *(body.model.lengths[name].of_height for name in body.lengths[1:])]
    return height_mm * np.array(shares)


def without_jumps(points_mm: Array, time_s: Array) -> Array:
    """Return positions without what lasts for less than half of `MOMENT_S`.

    Where one of two views is mistaken for a moment, their rays meet far away, and from there the
    fit would not return.

    Parameters
    ----------
    points_mm : ndarray, shape (T, L, 3)
        NaN: missing.
    time_s : ndarray, shape (T,)
        Seconds.

    Returns
    -------
    ndarray, shape (T, L, 3)
        Running medians; gaps are filled from the neighbours. NaN: never there.
    """
    interval_s = float(np.median(np.diff(time_s))) if len(time_s) > 1 else MOMENT_S
    frames = 2 * round(0.5 * MOMENT_S / interval_s) + 1
    filled = np.stack([_filled(each) for each in np.moveaxis(points_mm, 1, 0)], axis=1)
    return np.asarray(median_filter(filled, (frames, 1, 1), mode="nearest"))


def first_coordinates(body: Structure, points_mm: Array, up: Array) -> Array:
    """Read coordinates off positions, joint by joint.

    Parameters
    ----------
    body : Structure
        The body.
    points_mm : ndarray, shape (T, L, 3)
        Positions of its landmarks; gaps are filled from the neighbours.
    up : ndarray, shape (3,)
        About upwards for an upright body.

    Returns
    -------
    ndarray, shape (T, D)
        Radians and mm, finite everywhere.
    """
    points = {
        name: _filled(each)
        for name, each in zip(body.landmarks, np.moveaxis(points_mm, 1, 0), strict=True)
    }
    frames = len(points_mm)
    found = {name: np.zeros(frames) for name in body.names}
    hips = _middle(points, "hip")
    centre = points.get("pelvis", hips)
    centre = _any(points) if centre is None else centre
    for axis, name in enumerate(("pelvis_x", "pelvis_y", "pelvis_z")):
        if name in found:
            found[name] = centre[:, axis]
    pelvis = _trunk_axes(points, centre, up)
    _set(found, ("pelvis_rotation", "pelvis_obliquity", "pelvis_tilt"), _yxz(pelvis))
    _fold(found)
    for side in SIDES:
        sign = 1.0 if side == "right" else -1.0
        _limb(found, points, pelvis, f"{side}_hip", f"{side}_knee", f"{side}_ankle", -1.0, sign)
        _limb(
            found, points, pelvis, f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist", 1.0, sign
        )
        _foot(found, points, side)
    return np.stack([found[name] for name in body.names], axis=1)


def _filled(values: Array) -> Array:
    """Fill gaps linearly, and from the nearest at the ends; all NaN stays so."""
    known = np.isfinite(values).all(axis=1)
    if known.all() or not known.any():
        return values
    frames = np.arange(len(values))
    return np.stack([np.interp(frames, frames[known], column[known]) for column in values.T], 1)


def _middle(points: dict[str, Array], joint: str) -> Array | None:
    left, right = points.get(f"left_{joint}"), points.get(f"right_{joint}")
    return None if left is None or right is None else 0.5 * (left + right)


def _any(points: dict[str, Array]) -> Array:
    known = [each for each in points.values() if np.isfinite(each).all()]
    return np.mean(known, axis=0) if known else np.zeros_like(next(iter(points.values())))


def _trunk_axes(points: dict[str, Array], centre: Array, up: Array) -> Array:
    """Axes of the trunk, (T, 3, 3): up from the pelvis to the neck, to the right by the hips."""
    neck = _middle(points, "shoulder")
    neck = points.get("neck") if neck is None else neck
    upwards = np.broadcast_to(up, centre.shape) if neck is None else neck - centre
    right = np.zeros_like(centre)
    for joint in ("hip", "shoulder", "asis"):
        if f"left_{joint}" in points and f"right_{joint}" in points:
            across = unit(points[f"right_{joint}"] - points[f"left_{joint}"])
            right = right + np.nan_to_num(across)
    axes = frame_of(upwards, right, "yz")
    lost = ~np.isfinite(axes).all(axis=(1, 2))
    if lost.any():
        flat = axes.reshape(-1, 9).copy()
        flat[lost] = np.nan
        flat = _filled(flat) if not lost.all() else np.tile(np.eye(3).ravel(), (len(axes), 1))
        axes = _orthonormal(flat.reshape(-1, 3, 3))
    return axes


def _orthonormal(matrices: Array) -> Array:
    u, _, vt = np.linalg.svd(matrices)
    u[..., -1] *= np.sign(np.linalg.det(u @ vt))[:, None]
    return np.asarray(u @ vt)


def _yxz(axes: Array) -> tuple[Array, Array, Array]:
    """Angles about Y, then X, then −Z."""
    about_x = np.arcsin(np.clip(-axes[:, 1, 2], -1.0, 1.0))
    about_y = np.arctan2(axes[:, 0, 2], axes[:, 2, 2])
    about_z = np.arctan2(axes[:, 1, 0], axes[:, 1, 1])
    return np.unwrap(about_y), about_x, -np.unwrap(about_z)


def _set(found: dict[str, Array], names: tuple[str, ...], values: tuple[Array, ...]) -> None:
    for name, each in zip(names, values, strict=True):
        if name in found and np.isfinite(each).all():
            found[name] = each


def _fold(found: dict[str, Array]) -> None:
    """Bend the trunk forwards a little: hips and shoulders do not tell forwards from backwards."""
    if "pelvis_tilt" in found and "lumbar_flexion" in found:
        found["pelvis_tilt"] = found["pelvis_tilt"] - _FOLD
        found["lumbar_flexion"] = found["lumbar_flexion"] + _FOLD


def _limb(
    found: dict[str, Array],
    points: dict[str, Array],
    trunk: Array,
    top: str,
    middle: str,
    end: str,
    hinge: float,
    sign: float,
) -> None:
    """Three angles of the upper joint and the bend of the lower one, which turns `hinge` × Z."""
    if top not in points or middle not in points:
        return
    upper = unit(points[middle] - points[top])
    local = np.einsum("tji,tj->ti", trunk, upper)
    flexion = np.arctan2(local[:, 0], -local[:, 1])
    away = np.arcsin(np.clip(sign * local[:, 2], -1.0, 1.0))
    turned = np.zeros_like(flexion)
    bend = np.full_like(flexion, 0.2)
    if end in points:
        lower = np.einsum("tji,tj->ti", trunk, unit(points[end] - points[middle]))
        lower = _unturned(lower, flexion, away, sign)
        bend = np.arctan2(np.hypot(lower[:, 0], lower[:, 2]), -lower[:, 1])
        aside = np.arctan2(-hinge * lower[:, 2], hinge * lower[:, 0])
        turned = np.clip(sign * aside * np.sin(bend) ** 2, -1.2, 1.2)
        bend = np.where(np.abs(aside) > np.pi / 2.0, np.minimum(bend, 0.1), bend)
    _set(
        found,
        (f"{top}_flexion", f"{top}_abduction", f"{top}_internal_rotation", f"{middle}_flexion"),
        (np.unwrap(flexion), away, turned, bend),
    )


def _unturned(vectors: Array, flexion: Array, away: Array, sign: float) -> Array:
    """Undo a flexion about Z and an abduction about −X (right) of vectors."""
    c, s = np.cos(-flexion), np.sin(-flexion)
    x, y, z = vectors.T
    x, y = c * x - s * y, s * x + c * y
    angle = sign * away
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([x, c * y - s * z, s * y + c * z], axis=1)


def _foot(found: dict[str, Array], points: dict[str, Array], side: str) -> None:
    names = [f"{side}_{joint}" for joint in ("heel", "toe", "knee", "ankle")]
    if not all(name in points for name in names):
        return
    heel, toe, knee, ankle = (points[name] for name in names)
    angle = np.pi / 2.0 - np.arccos(
        np.clip(np.sum(unit(toe - heel) * unit(knee - ankle), axis=1), -1.0, 1.0)
    )
    _set(found, (f"{side}_ankle_dorsiflexion",), (np.clip(angle, -0.9, 0.6),))
