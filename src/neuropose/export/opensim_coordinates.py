"""Coordinates of a reconstructed body under the names and signs of OpenSim's models.

Only those whose definition is the same. The pelvis turns about other axes in another order there,
so that its angles are computed anew; where it is depends on the model's markers, and is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MODELS = {
    "rajagopal": "Rajagopal et al. 2016, IEEE Trans Biomed Eng 63:2068",
    "gait2392": "Delp et al. 1990, IEEE Trans Biomed Eng 37:757",
}
_OF_SIDE = {
    "hip_flexion": ("hip_flexion", 1.0),
    "hip_adduction": ("hip_abduction", -1.0),
    "hip_rotation": ("hip_internal_rotation", 1.0),
    "knee_angle": ("knee_flexion", 1.0),
    "ankle_angle": ("ankle_dorsiflexion", 1.0),
}
_ARMS = {
    "arm_flex": ("shoulder_flexion", 1.0),
    "arm_add": ("shoulder_abduction", -1.0),
    "arm_rot": ("shoulder_internal_rotation", 1.0),
    "elbow_flex": ("elbow_flexion", 1.0),
}
_TRUNK = {
    "lumbar_extension": ("lumbar_flexion", -1.0),
    "lumbar_bending": ("lumbar_bending", 1.0),
    "lumbar_rotation": ("lumbar_rotation", 1.0),
}
_THORAX = ("thorax_flexion", "thorax_bending", "thorax_rotation")
_PELVIS = ("pelvis_rotation", "pelvis_obliquity", "pelvis_tilt")
_TILTED = "ankle_angle and elbow_flex turn about axes that lie 12° to 13° askew in the model"
_TURNED_DEG = 20.0
"""Turned from x by more than this, a pelvis does not tilt and list about the axes of the room."""
LEFT_OUT = (
    "pelvis_tx, pelvis_ty, pelvis_tz, subtalar_angle, mtp_angle, pro_sup, wrist_flex and wrist_dev "
    "are left out: their definitions differ"
)

OF_THE_BODY = (
    "angles are those of the fitted body, from its neutral pose (standing, segments parallel); a "
    "report's are between the points that were seen: means differ by some degrees, of hip_rotation "
    "more (docs/reference/exports.md)"
)
_LEAST_SHOWN_DEG = 1.0


def opensim_coordinates(
    coordinates: Mapping[str, Array], model: str
) -> tuple[dict[str, Array], list[str]]:
    """Return the coordinates that an OpenSim model defines in the same way.

    Parameters
    ----------
    coordinates : mapping of str to ndarray, shape (T,)
        Of the reconstructed body, degrees.
    model : {"rajagopal", "gait2392"}
        The model.

    Returns
    -------
    found : dict of str to ndarray, shape (T,)
        Degrees, by OpenSim's names. Those that are never known are not among them: OpenSim reads
        nothing of a file beyond the first NaN.
    notes : list of str
        What was left out, and what differs a little.

    Examples
    --------
    >>> bent = {"left_knee_flexion": np.array([30.0])}
    >>> opensim_coordinates(bent, "rajagopal")[0], opensim_coordinates(bent, "gait2392")[0]
    ({'knee_angle_l': array([30.])}, {'knee_angle_l': array([-30.])})
    """
    found: dict[str, Array] = {}
    notes = [LEFT_OUT]
    if set(_PELVIS) <= set(coordinates):
        tilt, obliquity, rotation = _pelvis(*(coordinates[name] for name in _PELVIS))
        found |= {"pelvis_tilt": tilt, "pelvis_list": obliquity, "pelvis_rotation": rotation}
        notes += _turned(rotation)
    knee = {"knee_angle": ("knee_flexion", -1.0)} if model == "gait2392" else {}
    limbs = _OF_SIDE | knee | (_ARMS if model == "rajagopal" else {})
    for side in ("right", "left"):
        for theirs, (ours, sign) in limbs.items():
            if f"{side}_{ours}" in coordinates:
                found[f"{theirs}_{side[0]}"] = sign * coordinates[f"{side}_{ours}"] + 0.0
    if not any(name in coordinates for name in _THORAX):
        found |= {
            theirs: sign * coordinates[ours] + 0.0
            for theirs, (ours, sign) in _TRUNK.items()
            if ours in coordinates
        }
    else:
        notes.append("the lumbar coordinates are left out: the thorax moves on its own here")
    unseen = [name for name, values in found.items() if not np.isfinite(values).any()]
    if unseen:
        notes.append(f"left out, as they were never seen: {', '.join(unseen)}")
        found = {name: values for name, values in found.items() if name not in unseen}
    if any(name.startswith(("ankle_angle", "elbow_flex")) for name in found):
        notes.append(_TILTED)
    return found, notes


def said_of_definitions(
    coordinates: Mapping[str, Array], reported_deg: Mapping[str, Array], model: str
) -> list[str]:
    """Say by which definition the angles of the legs are, and how far a report's are from them.

    Parameters
    ----------
    coordinates : mapping of str to ndarray, shape (T,)
        Of the reconstructed body, degrees.
    reported_deg : mapping of str to ndarray, shape (T,)
        Angles of the same frames of the recording, as a report has them; may be empty.
    model : {"rajagopal", "gait2392"}
        The model.

    Returns
    -------
    list of str

    Examples
    --------
    >>> said_of_definitions(
    ...     {"left_knee_flexion": np.array([30.0])},
    ...     {"left_knee_flexion": np.array([24.0])},
    ...     "gait2392",
    ... )[1]
    'in this recording they are, on average, from those of a report: knee_angle_l -6.0°'
    """
    mine, of_report = (opensim_coordinates(each, model)[0] for each in (coordinates, reported_deg))
    apart = []
    for name, values_deg in mine.items():
        if name in of_report and name[:-2] in _OF_SIDE:
            differences_deg = values_deg - of_report[name]
            known_deg = differences_deg[np.isfinite(differences_deg)]
            apart_deg = float(known_deg.mean()) if len(known_deg) else 0.0
            if abs(apart_deg) >= _LEAST_SHOWN_DEG:
                apart.append(f"{name} {apart_deg:+.1f}°")
    if not apart:
        return [OF_THE_BODY]
    shown = ", ".join(apart)
    return [
        OF_THE_BODY,
        f"in this recording they are, on average, from those of a report: {shown}",
    ]


def _pelvis(rotation_deg: Array, obliquity_deg: Array, tilt_deg: Array) -> tuple[Array, ...]:
    """From rotations about Y, X and −Z to OpenSim's about Z, X and Y, degrees."""
    (cy, cx, cz), (sy, sx, sz) = (
        [turn(np.radians(angle)) for angle in (rotation_deg, obliquity_deg, -tilt_deg)]
        for turn in (np.cos, np.sin)
    )
    # The entries of Ry Rx Rz that Rz' Rx' Ry' is read from.
    xy, yy = -cy * sz + sy * sx * cz, cx * cz
    zx, zy, zz = -sy * cz + cy * sx * sz, sy * sz + cy * sx * cz, cy * cx
    angles = (np.arctan2(-xy, yy), np.arcsin(np.clip(zy, -1.0, 1.0)), np.arctan2(-zx, zz))
    return tuple(_unwrapped(np.degrees(angle)) for angle in angles)


def _turned(rotation_deg: Array) -> list[str]:
    """Say so if the pelvis does not face along x: OpenSim turns it about the vertical last."""
    known = rotation_deg[np.isfinite(rotation_deg)]
    apart_deg = np.abs((known + 180.0) % 360.0 - 180.0)
    if not len(known) or np.median(apart_deg) <= _TURNED_DEG:
        return []
    return [
        f"the pelvis is turned by {np.median(apart_deg):.0f}° from x (median): as in OpenSim, "
        "pelvis_tilt and pelvis_list are turns about z and x of the room, not the pelvis's own"
    ]


def _unwrapped(angle_deg: Array) -> Array:
    """Take out jumps of 360°, over gaps too."""
    known = np.isfinite(angle_deg)
    smooth = angle_deg.copy()
    smooth[known] = np.unwrap(angle_deg[known], period=360.0)
    return smooth
