"""Joint angles under Vicon's names: three components, flexion, adduction and internal rotation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from neuropose.export.movement import Movement

Array = NDArray[np.float64]

_LIMBS: Mapping[str, tuple[tuple[str, float] | None, ...]] = {
    "HipAngles": (("hip_flexion", 1.0), ("hip_abduction", -1.0), ("hip_internal_rotation", 1.0)),
    "KneeAngles": (
        ("knee_flexion", 1.0),
        ("knee_abduction", -1.0),
        ("knee_internal_rotation", 1.0),
    ),
    "AnkleAngles": (("ankle_dorsiflexion", 1.0), None, None),
    "ShoulderAngles": (
        ("shoulder_flexion", 1.0),
        ("shoulder_abduction", 1.0),
        ("shoulder_internal_rotation", 1.0),
    ),
    "ElbowAngles": (("elbow_flexion", 1.0), None, None),
}
"""For each of Vicon's angles, ours and their sign there. None: it is defined otherwise."""
ZEROS = "components of angles that are not known are 0 in the C3D file, as Vicon writes them"


def vicon_angles(movement: Movement) -> dict[str, Array]:
    """Return the joint angles by Vicon's names.

    Parameters
    ----------
    movement : Movement
        With angles by our names, or with those of a marker file.

    Returns
    -------
    dict of str to ndarray, shape (T, 3)
        Degrees. NaN in all components: the angle is not known; in one: that component is not. Those
        of the file, if it had any.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> walk = Movement.from_sequence(walker_sequence(simulate_walk()))
    >>> sorted(vicon_angles(walk))[:3]
    ['LAnkleAngles', 'LElbowAngles', 'LHipAngles']
    """
    if movement.vicon_angles_deg:
        return dict(movement.vicon_angles_deg)
    ours = movement.angles_deg
    found: dict[str, Array] = {}
    for side in ("left", "right"):
        for theirs, parts in _LIMBS.items():
            columns = [_part(ours, side, part, len(movement)) for part in parts]
            if np.isfinite(columns[0]).any():
                found[f"{side[0].upper()}{theirs}"] = np.stack(columns, axis=1)
        pelvis = _pelvis(ours, side)
        if pelvis is not None:
            found[f"{side[0].upper()}PelvisAngles"] = pelvis
    return found


def _part(
    ours: Mapping[str, Array], side: str, part: tuple[str, float] | None, frames: int
) -> Array:
    if part is None or f"{side}_{part[0]}" not in ours:
        return np.full(frames, np.nan)
    return part[1] * ours[f"{side}_{part[0]}"]


def _pelvis(ours: Mapping[str, Array], side: str) -> Array | None:
    """Return tilt forward, this side up, and this side forward."""
    names = ("pelvis_tilt", "pelvis_obliquity", "pelvis_rotation")
    if not set(names) <= set(ours):
        return None
    tilt, obliquity, rotation = (ours[name] for name in names)
    # About X (forward) the right side goes down; about Y (up) the right side goes forward.
    sign = -1.0 if side == "right" else 1.0
    return np.stack([tilt, sign * obliquity, -sign * rotation], axis=1)
