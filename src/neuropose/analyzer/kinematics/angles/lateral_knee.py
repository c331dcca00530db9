"""Flexion of a knee that is known from one marker on its outer side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.angles.body import Body
from neuropose.analyzer.kinematics.angles.knee_sense import rightwards
from neuropose.analyzer.kinematics.angles.result import Angle, AngleKind
from neuropose.geometry import LEAST_SINE, dot, unit
from neuropose.grammar import counted

Array = NDArray[np.float64]


def lateral_knee_flexion(body: Body, side: str) -> Angle:
    """Measure the shank from the thigh in the sagittal plane of the leg.

    Parameters
    ----------
    body : Body
        The sequence with its vertical, heading and segment frames; the knee is a marker on its
        outer side.
    side : {"left", "right"}

    Returns
    -------
    Angle
        0 straight, + flexion, − hyperextension. NaN where the forward direction is not known.

    Raises
    ------
    MissingJointsError
        If the forward direction cannot be found.

    Notes
    -----
    The marker lies some 5 cm beside the centre of the knee. In the plane of hip, marker and ankle
    this offset is a bend of about 10° that never goes away, whose sense means nothing. It is at
    right angles to the sagittal plane of the leg, which holds the line from hip to ankle and the
    forward direction, and so is not seen in it. What is left of it, because the knee's axis is not
    quite at right angles to the forward direction, is in the standard error.
    """
    joints = tuple(f"{side}_{joint}" for joint in ("hip", "knee", "ankle"))
    hip, knee, ankle = body.sequence.require(*joints)
    right, agree, method = rightwards(body, side)
    line = unit(ankle - hip)
    front = unit(np.cross(right, line), least=LEAST_SINE)
    values_deg = _forwards_deg(knee - hip, line, front) - _forwards_deg(ankle - knee, line, front)
    there = np.isfinite(unit(knee - hip) + unit(ankle - knee) + line).all(axis=1)
    known = np.isfinite(values_deg)
    lost, unsure = int((there & ~known).sum()), int((known & ~agree).sum())
    warnings = [
        "the knee is one marker on its outer side: a bend smaller than the standard error cannot "
        "be told from hyperextension"
    ]
    if lost:
        warnings.append(
            f"not measured in {counted(lost, 'frame')}: the forward direction is not known"
        )
    if unsure:
        warnings.append(f"the forward direction is not certain in {unsure} of {known.sum()} frames")
    return Angle(
        name=f"{side}_knee_flexion",
        values_deg=values_deg,
        kind=AngleKind.PROJECTED,
        method=f"hip, lateral marker of the knee, and ankle; forwards by {method}",
        confidence=1.0 - unsure / known.sum() if known.any() else 1.0,
        warnings=tuple(warnings),
    )


def _forwards_deg(bone: Array, line: Array, front: Array) -> Array:
    return np.degrees(np.arctan2(dot(bone, front), dot(bone, line)))
