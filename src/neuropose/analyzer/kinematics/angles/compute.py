"""All angles of a sequence, with their kinds and standard errors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.angles import legs, upper
from neuropose.analyzer.kinematics.angles.body import Body
from neuropose.analyzer.kinematics.angles.drawn_errors import drawn_errors_deg, root_mean_square
from neuropose.analyzer.kinematics.angles.errors import standard_errors_deg, sureness
from neuropose.analyzer.kinematics.angles.plausible import doubt_implausible, refuse_impossible
from neuropose.analyzer.kinematics.angles.result import Angle, AngleKind, JointAngles
from neuropose.analyzer.kinematics.orientation.camera_view import View, viewpoint
from neuropose.analyzer.kinematics.orientation.estimate_heading import Heading
from neuropose.analyzer.kinematics.orientation.estimate_vertical import Vertical
from neuropose.analyzer.limits import ANGLE, not_given, plane_of_angle, remedy, seen_from
from neuropose.errors import MissingJointsError, SequenceError, VerticalError
from neuropose.geometry import angle_deg, unit
from neuropose.sequence.data import ReferenceFrame, SequenceData
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]

MOST_ERROR_DEG = 15.0
"""An angle with a larger standard error is reported with the reason not to use it."""
_SAGITTAL = frozenset(
    {
        *("hip_flexion", "knee_flexion", "ankle_dorsiflexion", "shoulder_flexion"),
        *("pelvis_tilt", "trunk_lean_forward"),
    }
)
_OF_ONE_SIDE: Mapping[str, Callable[[Body, str], Angle]] = {
    "hip_flexion": legs.hip_flexion,
    "hip_abduction": legs.hip_abduction,
    "hip_internal_rotation": legs.hip_rotation,
    "knee_flexion": legs.knee_flexion,
    "ankle_dorsiflexion": legs.ankle_dorsiflexion,
    "shoulder_flexion": upper.shoulder_flexion,
    "shoulder_abduction": upper.shoulder_abduction,
    "elbow_flexion": upper.elbow_flexion,
}


def _on(measure: Callable[[Body, str], Angle], side: str) -> Callable[[Body], Angle]:
    return lambda body: measure(body, side)


_MEASURES: Mapping[str, Callable[[Body], Angle]] = {
    **{
        f"{side}_{name}": _on(measure, side)
        for name, measure in _OF_ONE_SIDE.items()
        for side in SIDES
    },
    "pelvis_tilt": upper.pelvis_tilt,
    "pelvis_obliquity": upper.pelvis_obliquity,
    "pelvis_rotation": upper.pelvis_rotation,
    "trunk_lean_forward": upper.trunk_lean_forward,
    "trunk_lean_right": upper.trunk_lean_right,
}

ANGLES: tuple[str, ...] = tuple(_MEASURES)
"""Names of all angles."""


def joint_angles(
    sequence: SequenceData,
    names: Collection[str] | None = None,
    *,
    upright: Vertical | None = None,
    facing: Heading | None = None,
) -> JointAngles:
    """Measure the angles of both sides.

    Parameters
    ----------
    sequence : PoseSequence
        Joint positions; filter and resample them first if the angles are to be smooth and even.
    names : collection of str, optional
        Which of `ANGLES` to measure; default: all that the source allows. The others are listed in
        `refused`.
    upright : Vertical, optional
        Direction away from the floor; default: estimated by `neuropose.analyzer.vertical`.
    facing : Heading, optional
        Direction in which the subject faces; default: estimated by `neuropose.analyzer.heading`.

    Returns
    -------
    JointAngles
        Degrees, positive = flexion, abduction, internal rotation, dorsiflexion; trunk lean
        forward and right; pelvis tilt anterior, obliquity right side down, rotation right side
        forward. Neutral standing ≈ 0.

    Raises
    ------
    MissingJointsError
        If the source lacks joints that one of `names` needs; it names all of them.
    VerticalError
        If one of `names` depends on the vertical, and the body contradicts the one that is stated.
    SequenceError
        If one of `names` is not an angle.

    Notes
    -----
    Joint conventions after the ISB (Wu et al. 2002, 2005; Grood & Suntay 1983 for Z-X-Y), pelvis
    after Baker 2001 (Hum Mov Sci 20:787). Hip angles are relative to the pelvis. Without the spines
    of the pelvis its forward tilt is not seen, and the hip is measured against the vertical in the
    pelvis's sagittal plane; it then leaves out the pelvis's part of the movement.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> walk = walker_sequence(simulate_walk())
    >>> joint_angles(walk, ["right_hip_flexion"])["right_hip_flexion"].kind.value
    'projected'
    """
    unknown = [name for name in names or () if name not in _MEASURES]
    if unknown:
        raise SequenceError(
            f"there is no angle {unknown[0]!r}", hint=f"the angles are {', '.join(ANGLES)}"
        )
    body = Body(sequence, upright, facing)
    angles, refusals = {}, dict[str, MissingJointsError]()
    unsure = dict[str, str]()
    for name in ANGLES if names is None else names:
        try:
            angles[name] = doubt_implausible(_MEASURES[name](body))
        except MissingJointsError as error:
            refusals[name] = error
        except VerticalError as error:
            if names is not None:
                raise
            unsure[name] = error.message
    if names is not None and refusals:
        raise _all_missing(refusals)
    angles = _with_errors(body, angles, {name: _MEASURES[name] for name in angles})
    exchanged = _exchanged(body)
    angles = {name: refuse_impossible(angle, exchanged) for name, angle in angles.items()}
    refused = unsure | {name: error.message for name, error in refusals.items()}
    return JointAngles(sequence.time_s, angles, refused)


def _with_errors(
    body: Body, angles: Mapping[str, Angle], measures: Mapping[str, Callable[[Body], Angle]]
) -> dict[str, Angle]:
    """Return the angles with their standard errors: those of the recording, or the usual ones."""
    if body.sequence.draw_count:
        drawn_deg, seen = drawn_errors_deg(body, measures), _view(body)
        return {
            name: _with_drawn_errors(body, angle, drawn_deg[name], seen)
            for name, angle in angles.items()
        }
    usual_deg = standard_errors_deg(body, measures)
    view = _view(body) if any(_is_sagittal(name) for name in angles) else None
    return {
        name: _judged(body, angle, usual_deg[name], view if _is_sagittal(name) else None)
        for name, angle in angles.items()
    }


def _with_drawn_errors(body: Body, angle: Angle, errors_deg: Array, view: View | None) -> Angle:
    """Return the angle with its own standard errors, and a reason if they exceed its limit."""
    error_deg, reason = root_mean_square(errors_deg), None
    one_camera = body.sequence.frame is ReferenceFrame.CAMERA
    hidden = view is View.FRONTAL and _is_sagittal(angle.name)
    given = "" if hidden else not_given(body.sequence, angle.name, "deg")
    what_would = f"; {remedy(plane_of_angle(angle.name), view, given)}" if one_camera else ""
    if hidden:
        reason = f"cannot be told from this view, whatever the standard error{what_would}"
    elif error_deg > ANGLE.most:
        reason = (
            f"cannot be told from {seen_from(body.sequence)}: its standard error is "
            f"{error_deg:.1f}°, above {ANGLE.most:g}°{what_would}"
        )
    return replace(
        angle,
        error_deg=error_deg,
        errors_deg=errors_deg,
        confidence=angle.confidence * sureness(error_deg),
        reason=reason,
        is_hidden=hidden,
        warnings=angle.warnings if reason is None else (reason, *angle.warnings),
    )


def _is_sagittal(name: str) -> bool:
    return name.removeprefix("left_").removeprefix("right_") in _SAGITTAL


def _view(body: Body) -> View | None:
    try:
        seen = viewpoint(body.sequence, body.facing)
    except (MissingJointsError, SequenceError):
        return None
    return None if seen is None else seen.during()


def _exchanged(body: Body) -> str | None:
    """Why left and right are not those of the subject; None if they are, or it cannot be told."""
    try:
        return body.facing.exchanged
    except (MissingJointsError, SequenceError, VerticalError):
        return None


def _judged(body: Body, angle: Angle, error_deg: float, view: View | None = None) -> Angle:
    """Return the angle with its standard error, and a reason if that is too large."""
    if view is View.FRONTAL:
        reason = (
            f"one camera {view} does not see this movement (standard error {error_deg:.0f}°): "
            "film from the side, or with a second camera"
        )
    elif error_deg > MOST_ERROR_DEG:
        reason = (
            f"its standard error is {error_deg:.0f}°, above {MOST_ERROR_DEG:g}°: the joints are "
            f"not known well enough from {seen_from(body.sequence)}"
        )
    else:
        reason = None
    return replace(
        angle,
        error_deg=error_deg,
        confidence=angle.confidence * sureness(error_deg),
        reason=reason,
        is_hidden=view is View.FRONTAL,
        warnings=angle.warnings if reason is None else (reason, *angle.warnings),
    )


def _all_missing(refusals: Mapping[str, MissingJointsError]) -> MissingJointsError:
    missing = tuple(dict.fromkeys(joint for error in refusals.values() for joint in error.missing))
    first = next(iter(refusals.values()))
    return MissingJointsError(
        f"{first.source} has no {', '.join(missing)} for {', '.join(refusals)}",
        hint=first.hint,
        source=first.source,
        missing=missing,
    )


def joint_angle(sequence: SequenceData, first: str, vertex: str, last: str) -> Angle:
    """Measure the angle between any three joints.

    Parameters
    ----------
    sequence : PoseSequence
        Joint positions over time.
    first, vertex, last : str
        Joints, by canonical or own names; the angle is at `vertex`.

    Returns
    -------
    Angle
        0° to 180°; 180° where the three lie on a line. NaN where a joint is missing, or two are
        less than 1 mm apart.

    Raises
    ------
    MissingJointsError
        If the source lacks one of them.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> walk = walker_sequence(simulate_walk())
    >>> round(float(joint_angle(walk, "neck", "right_hip", "right_knee").values_deg.min()), 1)
    148.1
    """
    joints = (first, vertex, last)
    name = "-".join(joints)

    def measure(body: Body) -> Angle:
        one, middle, other = body.sequence.require(*joints)
        return Angle(
            name=name,
            values_deg=angle_deg(unit(one - middle), unit(other - middle)),
            kind=AngleKind.INCLUSIVE,
            method=f"{first}, {vertex} and {last}",
        )

    body = Body(sequence)
    angle = measure(body)
    if sequence.draw_count:
        return _with_drawn_errors(body, angle, drawn_errors_deg(body, {name: measure})[name], None)
    return _judged(body, angle, standard_errors_deg(body, {name: measure}, joints)[name])
