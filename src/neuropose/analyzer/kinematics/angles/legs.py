"""Angles of hip, knee and ankle."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.angles.body import Body
from neuropose.analyzer.kinematics.angles.knee_sense import knee_sense
from neuropose.analyzer.kinematics.angles.lateral_knee import lateral_knee_flexion
from neuropose.analyzer.kinematics.angles.result import Angle, AngleKind
from neuropose.analyzer.kinematics.orientation.lateral_markers import stands_for_joint
from neuropose.errors import MissingJointsError
from neuropose.geometry import LEAST_SINE, angle_deg, local, unit
from neuropose.grammar import counted

Array = NDArray[np.float64]

_ANATOMICAL = ("spines of the pelvis",)
_LANDMARKS = ("line of the epicondyles", "lateral of the epicondyles")


def hip_flexion(body: Body, side: str) -> Angle:
    """Measure the thigh in front of the pelvis, about the pelvis's Z axis (first of Z-X-Y).

    Parameters
    ----------
    body : Body
        The sequence with its vertical, heading and segment frames.
    side : {"left", "right"}

    Returns
    -------
    Angle
        Positive: flexion. NaN where the thigh points within 3° of straight to the side.
    """
    down = _thigh_in_pelvis(body, side)
    in_plane = np.hypot(down[:, 0], down[:, 1]) > LEAST_SINE
    values = np.degrees(np.arctan2(down[:, 0], -down[:, 1]))
    return _of_the_hip(body, side, "flexion", np.where(in_plane, values, np.nan))


def hip_abduction(body: Body, side: str) -> Angle:
    """Measure the thigh to the outside of the pelvis's sagittal plane (second of Z-X-Y).

    Parameters
    ----------
    body : Body
        The sequence with its vertical, heading and segment frames.
    side : {"left", "right"}

    Returns
    -------
    Angle
        Positive: abduction, −90° to 90°.
    """
    down = _thigh_in_pelvis(body, side)
    values = np.degrees(np.arcsin(np.clip(_outwards(side) * down[:, 2], -1.0, 1.0)))
    return _of_the_hip(body, side, "abduction", values)


def hip_rotation(body: Body, side: str) -> Angle:
    """Measure the thigh's rotation about its long axis from the pelvis (third of Z-X-Y).

    Parameters
    ----------
    body : Body
        The sequence with its vertical, heading and segment frames.
    side : {"left", "right"}

    Returns
    -------
    Angle
        Positive: internal. Without landmarks at the knee, only where it is bent by more than 20°.
    """
    thigh, pelvis = body.segment(f"{side}_thigh"), body.segment("pelvis")
    relative = np.swapaxes(pelvis.axes, 1, 2) @ thigh.axes
    turned = np.degrees(np.arctan2(-relative[:, 2, 0], relative[:, 2, 2]))
    angle = _of_the_hip(body, side, "internal_rotation", _outwards(side) * turned)
    anatomical = angle.kind is AngleKind.ANATOMICAL and thigh.method in _LANDMARKS
    return Angle(
        name=angle.name,
        values_deg=angle.values_deg,
        kind=AngleKind.ANATOMICAL if anatomical else AngleKind.PROJECTED,
        method=f"{angle.method}; {thigh.method}",
        confidence=angle.confidence,
        warnings=(*angle.warnings, *thigh.warnings),
    )


def knee_flexion(body: Body, side: str) -> Angle:
    """Measure the shank from the thigh: about the knee's axis if landmarks define it.

    Parameters
    ----------
    body : Body
        The sequence with its vertical, heading and segment frames.
    side : {"left", "right"}

    Returns
    -------
    Angle
        0 straight, + flexion, − hyperextension. Without landmarks the angle is that in the plane
        of thigh and shank; of a knee that is one marker on its outer side, that in the sagittal
        plane of the leg.

    Notes
    -----
    Three points alone give the size of the bend but not its sense. It is negative where the knee
    is behind the line from hip to ankle (`neuropose.analyzer.kinematics.angles.knee_sense`). Near
    the frontal plane (more than 60° off the sagittal one, as a knock-kneed or a straight, shaky
    leg bends) it is reduced by twice the cosine, so that it passes through zero rather than jump.
    """
    joints = tuple(f"{side}_{joint}" for joint in ("hip", "knee", "ankle"))
    hip, knee, ankle = body.sequence.require(*joints)
    if body.sequence.has(f"{side}_knee_lateral"):
        thigh = body.segment(f"{side}_thigh")
        if thigh.method in _LANDMARKS:
            down = local(thigh.axes, unit(ankle - knee))
            return Angle(
                name=f"{side}_knee_flexion",
                values_deg=np.degrees(np.arctan2(-down[:, 0], -down[:, 1])),
                kind=AngleKind.ANATOMICAL,
                method=f"shank about the {thigh.method}",
                warnings=thigh.warnings,
            )
    if stands_for_joint(body.sequence, side, "knee"):
        with suppress(MissingJointsError):
            return lateral_knee_flexion(body, side)
    bend_deg = angle_deg(unit(knee - hip), unit(ankle - knee))
    sense = knee_sense(body, side, bend_deg)
    return Angle(
        name=f"{side}_knee_flexion",
        values_deg=bend_deg * sense.factor,
        kind=AngleKind.INCLUSIVE,
        method=f"hip, knee and ankle; sense by {sense.method}",
        confidence=sense.certain_share,
        warnings=sense.warnings,
    )


def ankle_dorsiflexion(body: Body, side: str) -> Angle:
    """Measure the foot (heel to toe) from the shank (ankle to knee), less 90°.

    Parameters
    ----------
    body : Body
        The sequence with its vertical, heading and segment frames.
    side : {"left", "right"}

    Returns
    -------
    Angle
        0 where they are at right angles, + dorsiflexion, − plantarflexion.
    """
    joints = tuple(f"{side}_{joint}" for joint in ("heel", "toe", "knee", "ankle"))
    heel, toe, knee, ankle = body.sequence.require(*joints)
    return Angle(
        name=f"{side}_ankle_dorsiflexion",
        values_deg=90.0 - angle_deg(unit(toe - heel), unit(knee - ankle)),
        kind=AngleKind.INCLUSIVE,
        method="heel, toe, ankle and knee",
    )


def _outwards(side: str) -> float:
    return 1.0 if side == "right" else -1.0


def _thigh_in_pelvis(body: Body, side: str) -> Array:
    hip, knee = body.sequence.require(f"{side}_hip", f"{side}_knee")
    return local(body.segment("pelvis").axes, unit(knee - hip))


def _of_the_hip(body: Body, side: str, name: str, values_deg: Array) -> Angle:
    pelvis = body.segment("pelvis")
    turned = body.pelvis_turned & np.isfinite(values_deg)
    warnings = list(pelvis.warnings)
    if turned.any():
        warnings.append(
            f"left out in {counted(int(turned.sum()), 'frame')} in which the pelvis faces backwards"
        )
    anatomical = pelvis.method in _ANATOMICAL
    return Angle(
        name=f"{side}_hip_{name}",
        values_deg=np.where(turned, np.nan, values_deg),
        kind=AngleKind.ANATOMICAL if anatomical else AngleKind.PROJECTED,
        method=f"thigh in the pelvis ({pelvis.method})",
        warnings=tuple(warnings),
    )
