"""A reconstruction of a known movement, with an error of known size and draws of the same error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from neuropose.analyzer import PoseSequence, ReferenceFrame
from neuropose.data import BodyShape, Exchange, Reconstruction
from neuropose.geometry import angle_deg, unit
from neuropose.sequence.position_error import PositionError, sight_axes
from neuropose.skeletons.canonical import NAMES
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]

_BONES = {"thigh": ("hip", "knee"), "shank": ("knee", "ankle"), "foot": ("heel", "toe")}
_HEIGHT_MM = 1750.0


def reconstructed(
    truth: PoseSequence,
    error: PositionError | float = 0.0,
    *,
    correlation_s: float = 0.3,
    draws: int = 32,
    seed: int = 0,
    exchanges: tuple[Exchange, ...] = (),
    up_error_deg: float | None = None,
) -> Reconstruction:
    """Return what a reconstruction of a known movement could be.

    Parameters
    ----------
    truth : PoseSequence
        The movement; where positions are NaN, nothing was seen.
    error : PositionError or float
        Standard deviation of the joints' error; a number is that along each axis, mm. That of a
        visible joint counts.
    correlation_s : float
        Time over which the error of a joint changes; 0: it is another in every frame.
    draws : int
        K.
    seed : int
        Seed; the same seed produces the same bits.
    exchanges : tuple of Exchange
        Where left and right were exchanged.
    up_error_deg : float, optional
        Standard error of the vertical, which is then said to be estimated.

    Returns
    -------
    Reconstruction
        Its positions are the truth and one error; its draws have the same distribution, so that the
        truth is to the positions as any draw is. Its joints are the canonical ones of the truth,
        its coordinates the pelvis and the bends of the knees.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> walk = reconstructed(walker_sequence(simulate_walk()), 10.0)
    >>> walk.position_draws_mm.shape, round(float(walk.position_draws_mm.std()))
    ((32, 360, 26, 3), 10)
    """
    joints = tuple(name for name in truth.joints if name in NAMES)
    exact_mm = truth.select(*joints).positions_mm
    spread_mm = _spread_mm(error, joints)
    random = np.random.default_rng(seed)
    rate_hz = truth.sampling_rate_hz
    frames = correlation_s * rate_hz if np.isfinite(rate_hz) else 0.0

    def deviation_mm() -> Array:
        return _turned(_smooth_noise(random, exact_mm.shape, frames) * spread_mm, exact_mm)

    positions_mm = exact_mm + deviation_mm()
    draws_mm = np.stack([deviation_mm() for _ in range(draws)]).astype(np.float32)
    names, coordinates, errors = _coordinates(joints, positions_mm, draws_mm)
    confidence = np.full(exact_mm.shape[:2], np.nan)
    if truth.confidence is not None:
        confidence = np.stack([truth.joint_confidence(name) for name in joints], axis=1)
    return Reconstruction(
        source=truth.source,
        axes="camera" if truth.frame is ReferenceFrame.CAMERA else "lab",
        up=None if truth.up is None else tuple(truth.up.tolist()),
        up_source="given" if up_error_deg is None else "estimated",
        up_error_deg=up_error_deg,
        first_frame=truth.first_frame or 0,
        time_s=truth.time_s,
        coordinate_names=names,
        coordinates=coordinates,
        coordinate_errors=errors,
        joints=joints,
        positions_mm=positions_mm,
        position_draws_mm=draws_mm,
        confidence=confidence,
        shape=_shape(joints, exact_mm),
        exchanges=exchanges,
        subject=truth.subject,
        assumptions=truth.assumptions,
        warnings=truth.warnings,
        settings={"height_mm": _HEIGHT_MM},
    )


def _spread_mm(error: PositionError | float, joints: tuple[str, ...]) -> Array:
    """Return the standard deviations across and along the line of sight, shape (J, 3)."""
    known = error if isinstance(error, PositionError) else PositionError.isotropic(error)
    return known.standard_deviation_mm(np.ones(len(joints)))


def _smooth_noise(random: np.random.Generator, shape: tuple[int, ...], frames: float) -> Array:
    """Return noise of unit variance that is correlated over some frames of the first axis."""
    margin = int(np.ceil(4.0 * frames))
    noise = random.normal(size=(shape[0] + 2 * margin, *shape[1:]))
    if frames:
        impulse = np.zeros(2 * margin + 1)
        impulse[margin] = 1.0
        gain = np.linalg.norm(gaussian_filter1d(impulse, frames, mode="constant"))
        noise = gaussian_filter1d(noise, frames, axis=0) / gain
    return np.asarray(noise[margin : margin + shape[0]])


def _turned(across_and_along: Array, positions_mm: Array) -> Array:
    return np.asarray(np.einsum("tjk,tjkx->tjx", across_and_along, sight_axes(positions_mm)))


def _coordinates(
    joints: tuple[str, ...], positions_mm: Array, draws_mm: NDArray[np.float32]
) -> tuple[tuple[str, ...], Array, Array]:
    names, columns, errors = [], list[Array](), list[Array]()

    def joint(name: str, deviation_mm: Array | float = 0.0) -> Array:
        return np.asarray((positions_mm + deviation_mm)[..., joints.index(name), :])

    if "pelvis" in joints:
        names += ["pelvis_x", "pelvis_y", "pelvis_z"]
        columns += list(joint("pelvis").T)
        errors += list(draws_mm[:, :, joints.index("pelvis")].std(axis=0).T)
    for side in SIDES:
        leg = [f"{side}_{part}" for part in ("hip", "knee", "ankle")]
        if set(leg) <= set(joints):
            bends = []
            for deviation_mm in (0.0, *draws_mm):
                hip, knee, ankle = (joint(name, deviation_mm) for name in leg)
                bends.append(angle_deg(unit(knee - hip), unit(ankle - knee)))
            names.append(f"{side}_knee_flexion")
            columns.append(bends[0])
            errors.append(np.sqrt(np.mean((np.array(bends[1:]) - bends[0]) ** 2, axis=0)))
    return tuple(names), np.stack(columns, axis=1), np.stack(errors, axis=1)


def _shape(joints: tuple[str, ...], positions_mm: Array) -> BodyShape:
    lengths_mm = {}
    for side in SIDES:
        for bone, ends in _BONES.items():
            one, other = (f"{side}_{end}" for end in ends)
            if {one, other} <= set(joints):
                along = positions_mm[:, joints.index(one)] - positions_mm[:, joints.index(other)]
                lengths_mm[f"{side}_{bone}"] = float(np.nanmean(np.linalg.norm(along, axis=1)))
    return BodyShape(height_mm=_HEIGHT_MM, height_source="given", lengths_mm=lengths_mm)
