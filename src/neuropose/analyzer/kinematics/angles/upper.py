"""Pelvis and trunk relative to the floor, shoulder relative to the trunk, and elbow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.angles.body import Body
from neuropose.analyzer.kinematics.angles.result import Angle, AngleKind
from neuropose.geometry import angle_deg, dot, local, unit

Array = NDArray[np.float64]

LEAST_PROJECTION = float(np.sin(np.radians(15.0)))
"""A bone within 15° of the line of sight has no angle in that view."""


def pelvis_tilt(body: Body) -> Angle:
    """Measure the forward tilt of the pelvis (third of Y-X-Z, floor to pelvis, Baker 2001).

    Parameters
    ----------
    body : Body
        The sequence with its vertical, heading and segment frames.

    Returns
    -------
    Angle
        Positive: anterior (front spines down). In standing, the plane of the four spines is
        inclined by about 10°.
    """
    body.sequence.require("left_asis", "right_asis", "left_psis", "right_psis")
    pelvis, up = body.segment("pelvis"), body.upright.up
    values = np.degrees(np.arctan2(-pelvis.axes[..., 0] @ up, pelvis.axes[..., 1] @ up))
    return _of_the_pelvis(body, "pelvis_tilt", values)


def pelvis_obliquity(body: Body) -> Angle:
    """Measure the sideways tilt of the pelvis (second of Y-X-Z, Baker 2001).

    Parameters
    ----------
    body : Body
        The sequence with its vertical, heading and segment frames.

    Returns
    -------
    Angle
        Positive: right side down.
    """
    pelvis, up = body.segment("pelvis"), body.upright.up
    values = np.degrees(np.arcsin(np.clip(-pelvis.axes[..., 2] @ up, -1.0, 1.0)))
    return _of_the_pelvis(body, "pelvis_obliquity", values)


def pelvis_rotation(body: Body) -> Angle:
    """Measure the pelvis's rotation from the heading (first of Y-X-Z, Baker 2001).

    Parameters
    ----------
    body : Body
        The sequence with its vertical, heading and segment frames.

    Returns
    -------
    Angle
        Positive: right side forward, so facing to the left.
    """
    pelvis, heading = body.segment("pelvis"), body.facing
    forward = unit(np.cross(heading.up, pelvis.axes[..., 2]), least=LEAST_PROJECTION)
    left = np.cross(heading.up, heading.forward)
    values = np.degrees(np.arctan2(dot(forward, left), dot(forward, heading.forward)))
    angle = _of_the_pelvis(body, "pelvis_rotation", values)
    return Angle(
        name=angle.name,
        values_deg=angle.values_deg,
        kind=angle.kind,
        method=f"{angle.method}, against the heading ({heading.method})",
        confidence=angle.confidence * heading.confidence,
        warnings=(*angle.warnings, *heading.warnings),
    )


def _of_the_pelvis(body: Body, name: str, values_deg: Array) -> Angle:
    pelvis = body.segment("pelvis")
    return Angle(
        name=name,
        values_deg=values_deg,
        kind=AngleKind.ANATOMICAL,
        method=pelvis.method,
        warnings=tuple(dict.fromkeys((*pelvis.warnings, *body.upright.warnings))),
    )


def trunk_lean_forward(body: Body) -> Angle:
    """Measure the trunk (pelvis to neck) from the vertical, seen from the pelvis's side.

    Parameters
    ----------
    body : Body
        The sequence with its vertical, heading and segment frames.

    Returns
    -------
    Angle
        Positive: forward.
    """
    return _lean(body, "trunk_lean_forward", body.facing.pelvis)


def trunk_lean_right(body: Body) -> Angle:
    """Measure the trunk (pelvis to neck) from the vertical, seen from behind the pelvis.

    Parameters
    ----------
    body : Body
        The sequence with its vertical, heading and segment frames.

    Returns
    -------
    Angle
        Positive: to the right.
    """
    facing = body.facing
    return _lean(body, "trunk_lean_right", np.cross(facing.pelvis, facing.up))


def _lean(body: Body, name: str, towards: Array) -> Angle:
    pelvis, neck = body.sequence.require("pelvis", "neck")
    trunk = unit(neck - pelvis)
    values = _seen(dot(trunk, towards), trunk @ body.upright.up)
    return Angle(
        name=name,
        values_deg=values,
        kind=AngleKind.PROJECTED,
        method="pelvis to neck against the vertical",
        warnings=body.upright.warnings,
    )


def shoulder_flexion(body: Body, side: str) -> Angle:
    """Measure the upper arm in front of the trunk, seen from the side of the trunk.

    Parameters
    ----------
    body : Body
        The sequence with its vertical, heading and segment frames.
    side : {"left", "right"}

    Returns
    -------
    Angle
        0 hanging, + forward and up, −90° to 270°. NaN where the arm points to the side.
    """
    down = _arm_in_trunk(body, side)
    return _of_the_shoulder(body, side, "flexion", _from_hanging(down[:, 0], -down[:, 1]))


def shoulder_abduction(body: Body, side: str) -> Angle:
    """Measure the upper arm to the outside of the trunk, seen from the front.

    Parameters
    ----------
    body : Body
        The sequence with its vertical, heading and segment frames.
    side : {"left", "right"}

    Returns
    -------
    Angle
        0 hanging, + outward and up, −90° to 270°. NaN where the arm points forward or back.
    """
    down = _arm_in_trunk(body, side)
    aside = down[:, 2] if side == "right" else -down[:, 2]
    return _of_the_shoulder(body, side, "abduction", _from_hanging(aside, -down[:, 1]))


def _arm_in_trunk(body: Body, side: str) -> Array:
    shoulder, elbow = body.sequence.require(f"{side}_shoulder", f"{side}_elbow")
    return local(body.segment("trunk").axes, unit(elbow - shoulder))


def _seen(along: Array, upright: Array) -> Array:
    """Angle of a projected bone; NaN where it is seen end on."""
    values = np.degrees(np.arctan2(along, upright))
    return np.where(np.hypot(along, upright) > LEAST_PROJECTION, values, np.nan)


def _from_hanging(along: Array, downward: Array) -> Array:
    values = _seen(along, downward)
    return np.where(values < -90.0, values + 360.0, values)


def _of_the_shoulder(body: Body, side: str, name: str, values_deg: Array) -> Angle:
    trunk = body.segment("trunk")
    return Angle(
        name=f"{side}_shoulder_{name}",
        values_deg=values_deg,
        kind=AngleKind.PROJECTED,
        method=f"upper arm in the trunk ({trunk.method})",
        warnings=trunk.warnings,
    )


def elbow_flexion(body: Body, side: str) -> Angle:
    """Measure the angle between forearm and upper arm, in their plane.

    Parameters
    ----------
    body : Body
        The sequence with its vertical, heading and segment frames.
    side : {"left", "right"}

    Returns
    -------
    Angle
        0 straight, + flexion; three points cannot distinguish hyperextension from flexion.
    """
    joints = tuple(f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist"))
    shoulder, elbow, wrist = body.sequence.require(*joints)
    return Angle(
        name=f"{side}_elbow_flexion",
        values_deg=angle_deg(unit(elbow - shoulder), unit(wrist - elbow)),
        kind=AngleKind.INCLUSIVE,
        method="shoulder, elbow and wrist",
    )
