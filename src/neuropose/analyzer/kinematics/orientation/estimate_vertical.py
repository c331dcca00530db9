"""Which way is up: given, or estimated from the trunk and from the floor under the feet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.orientation.stance_plane import (
    SupportPlane,
    foot_points,
    soles_contradict,
    support_plane,
)
from neuropose.analyzer.kinematics.orientation.standing_axis import standing_axis
from neuropose.analyzer.kinematics.orientation.stated_vertical import stated_vertical
from neuropose.data import Source
from neuropose.data.arrays import read_only
from neuropose.errors import MissingJointsError, SequenceError, said_to
from neuropose.geometry import dot, unit
from neuropose.sequence.body_axis import long_run
from neuropose.sequence.data import ReferenceFrame, SequenceData

Array = NDArray[np.float64]

LEAN_SD_DEG = {ReferenceFrame.CAMERA: 7.0, ReferenceFrame.LAB: 4.0}
"""How far the long-run direction of an upright trunk is from the vertical, standard deviation.

People lean by some degrees; one camera sees the trunk's inclination towards it or away from it less
well than markers do.
"""
LEGS_SD_DEG = {ReferenceFrame.CAMERA: 8.0, ReferenceFrame.LAB: 6.0}
"""The same for the direction from the ankles to the pelvis, of a source without a neck.

In eight walks of markers it was 4° to 7° from the vertical: the ankles trail behind the pelvis.
"""
LEANING = 2.0
"""Standard error of the trunk's long-run direction, at least: this times its median deviation.

A trunk that leans again and again (squats, bending over) leans one way. If its lean is anything
from none to A, the long-run direction is ½ A from the vertical, and the median deviation ¼ A.
"""
FOOT_SD_MM = {ReferenceFrame.CAMERA: 40.0, ReferenceFrame.LAB: 3.0}
"""Systematic error of a foot joint of a pose model, or of a marker, standard deviation."""
RESTLESS_DEG = 10.0
"""If the direction of the trunk varies by more than this (median), the feet are not used."""
HALF_SURE_DEG = 5.0
"""Standard error of the vertical at which its confidence is one half."""
_UNLIKELY = 3.0  # standard deviations between trunk and floor


class VerticalMethod(StrEnum):
    """How the vertical was found."""

    GIVEN = "given"
    """It came with the recording, or from the caller."""
    ASSUMED = "assumed"
    """Not stated: the axis of a motion-capture file along which trunk and legs stand."""
    RECONSTRUCTION = "reconstruction"
    """Estimated together with the body."""
    TRUNK = "trunk"
    """Long-run direction from the pelvis to the neck, or from the ankles to the pelvis."""
    STANCE_FEET = "stance_feet"
    """Normal of the plane through the feet where they bear on the floor."""
    TRUNK_AND_FEET = "trunk_and_feet"
    """Both, weighted by their precision in each direction."""
    STANDING = "standing"
    """Long-run direction from the feet to the neck of somebody who stands."""


@dataclass(frozen=True, eq=False)
class Vertical:
    """The direction away from the floor.

    Parameters
    ----------
    up : ndarray, shape (3,)
        Unit vector in the axes of the sequence; read-only.
    method : VerticalMethod
        How it was found.
    error_deg : float
        Its standard error, in the direction in which it is known worst.
    confidence : float
        ``1 / (1 + (error_deg / HALF_SURE_DEG)²)``; halved if the sources disagree.
    warnings : tuple of str
        Reasons to doubt it.
    """

    up: Array
    method: VerticalMethod
    error_deg: float
    confidence: float
    warnings: tuple[str, ...] = ()


def vertical(sequence: SequenceData, method: VerticalMethod | str | None = None) -> Vertical:
    """Find which way is up.

    Parameters
    ----------
    sequence : PoseSequence
        Joint positions over time.
    method : VerticalMethod or str, optional
        Default: what the sequence states or assumes, else trunk and feet together, else whichever
        of them is available; of one camera, instead of the trunk alone, how the person stands.

    Returns
    -------
    Vertical

    Raises
    ------
    VerticalError
        If the body contradicts the stated vertical by more than 60°, and the caller has not
        confirmed it (`neuropose.analyzer.kinematics.orientation.stated_vertical`).
    SequenceError
        If the method cannot be used on this sequence.
    MissingJointsError
        If nothing can be estimated: there are no hips, neck or ankles.

    Notes
    -----
    The trunk leans by some degrees in any direction (`LEAN_SD_DEG`, or twice the median deviation
    of its direction in the recording if that is more, `LEANING`). The plane under the feet is known
    well along the way that was walked, and badly across it, where only the width between the feet
    holds it (`neuropose.analyzer.kinematics.orientation.stance_plane`). The estimate is the mean of
    the two, weighted by the inverse of their covariances.

    From the front and from behind a pose model bends people forwards (the trunk by 13°, root mean
    square, of people who were upright), and who balances or squats leans. So where the feet tell
    nothing of the floor, the vertical of one camera is the direction from the feet to the neck,
    while trunk and legs are in line (`neuropose.analyzer.kinematics.orientation.standing_axis`).

    A foot that is at its lowest need not be on the floor: so feet count only while they are raised
    in turn, and under a trunk that keeps its direction (`RESTLESS_DEG`). A floor that slopes, or an
    inclined treadmill, makes the plane no longer level: state the vertical then. Of stairs the
    plane is their slope: where trunk and soles contradict it, the standard error is at least the
    angle between trunk and plane.

    Examples
    --------
    >>> from neuropose.testing import CameraView, simulate_walk, walker_sequence
    >>> upright = vertical(walker_sequence(simulate_walk(), CameraView(tilt_deg=10.0)))
    >>> upright.method.value, upright.up[1:].round(3).tolist()
    ('trunk_and_feet', [-0.985, -0.174])
    """
    if method is None:
        method = VerticalMethod.GIVEN if sequence.up is not None else VerticalMethod.TRUNK_AND_FEET
        must = False
    else:
        method, must = _known(method), True
    if method in (VerticalMethod.GIVEN, VerticalMethod.ASSUMED, VerticalMethod.RECONSTRUCTION):
        return _given(sequence)
    if method is VerticalMethod.STANDING:
        found = _standing(sequence)
        if found is None:
            raise SequenceError(
                "nobody is seen to stand for half of the recording",
                hint="this needs hips, neck and feet, with trunk and legs in line",
            )
        return found
    body, spread_deg = _upright_axis(sequence)
    if body is None:
        raise SequenceError("the body is missing in every frame, so the vertical is not known")
    error_deg = max(_lean_deg(sequence), LEANING * spread_deg)
    if method is VerticalMethod.TRUNK:
        return _result(body, method, error_deg)
    if spread_deg <= RESTLESS_DEG:
        return _with_feet(sequence, body, error_deg, method, must)
    return _without_feet(sequence, body, error_deg, must)


def _lean_deg(sequence: SequenceData) -> float:
    """Return how far the axis that is taken for the vertical usually is from it."""
    of_trunk = sequence.has("pelvis", "neck")
    return (LEAN_SD_DEG if of_trunk else LEGS_SD_DEG)[sequence.frame]


def _known(method: VerticalMethod | str) -> VerticalMethod:
    try:
        return VerticalMethod(method)
    except ValueError:
        known = ", ".join(VerticalMethod)
        raise SequenceError(
            f"unknown method {method!r} for the vertical", hint=f"the methods are {known}"
        ) from None


def _upright_axis(sequence: SequenceData) -> tuple[Array | None, float]:
    """Return the long-run direction of the trunk or legs, and its median deviation (degrees)."""
    if sequence.has("pelvis", "neck"):
        low, high = sequence.require("pelvis", "neck")
    else:
        try:
            left, right, high = sequence.require("left_ankle", "right_ankle", "pelvis")
        except MissingJointsError as error:
            raise MissingJointsError(
                f"{error.message}, from which the vertical could be found",
                hint=f"state it: {said_to('up', 'z')}",
                source=error.source,
                missing=error.missing,
            ) from None
        low = 0.5 * (left + right)
    return long_run(high - low)


def _given(sequence: SequenceData) -> Vertical:
    stated = stated_vertical(sequence)
    if stated is None:
        raise SequenceError(
            "the sequence does not say which way is up",
            hint="set up=… when making it, or let the vertical be estimated",
        )
    error_deg = sequence.up_error_deg
    if sequence.up_source is not Source.ASSUMED or sequence.up_confirmed:
        method = VerticalMethod.GIVEN
    else:
        method = VerticalMethod.ASSUMED if error_deg is None else VerticalMethod.RECONSTRUCTION
    return _result(stated.followed(), method, error_deg or 0.0, *stated.warnings)


def _with_feet(
    sequence: SequenceData, body: Array, error_deg: float, method: VerticalMethod, must: bool
) -> Vertical:
    feet = foot_points(sequence)
    axes = _axes_about(body)
    plane = (
        None
        if feet is None
        else support_plane(feet, axes, sequence.sampling_rate_hz, FOOT_SD_MM[sequence.frame])
    )
    if feet is None or plane is None or (method is VerticalMethod.STANCE_FEET and _one_line(plane)):
        return _without_feet(sequence, body, error_deg, must)
    tilt, precision = -plane.slope, plane.precision
    apart_deg = float(np.degrees(np.linalg.norm(tilt)))
    expected = np.linalg.inv(plane.precision) + np.eye(2) * np.radians(error_deg) ** 2
    unlikely = tilt @ np.linalg.solve(expected, tilt) > _UNLIKELY**2
    if method is VerticalMethod.TRUNK_AND_FEET:
        precision = plane.precision + np.eye(2) / np.radians(error_deg) ** 2
        tilt = np.linalg.solve(precision, plane.precision @ tilt)
    worst = float(np.linalg.eigvalsh(precision)[0])
    error_deg = float(np.degrees(1.0 / np.sqrt(worst))) if worst > 0.0 else 90.0
    up = np.asarray(unit(axes[2] + tilt @ axes[:2], least=0.0))
    if not unlikely:
        return _result(up, method, error_deg)
    if soles_contradict(plane, feet, axes, sequence.sampling_rate_hz):
        error_deg = max(error_deg, apart_deg)
    return _result(
        up, method, error_deg, f"trunk and floor are {apart_deg:.0f}° from perpendicular"
    )


def _without_feet(sequence: SequenceData, body: Array, error_deg: float, must: bool) -> Vertical:
    if must:
        raise SequenceError(
            "the floor cannot be found from the feet",
            hint="this needs a person who walks upright, with heels and toes or ankles",
        )
    found = _standing(sequence) if sequence.frame is ReferenceFrame.CAMERA else None
    return found or _result(body, VerticalMethod.TRUNK, error_deg)


def _standing(sequence: SequenceData) -> Vertical | None:
    stands = standing_axis(sequence)
    if stands is None:
        return None
    direction, spread_deg = stands
    error_deg = max(LEAN_SD_DEG[sequence.frame], LEANING * spread_deg)
    return _result(direction, VerticalMethod.STANDING, error_deg)


def _one_line(plane: SupportPlane) -> bool:
    """Whether the feet bear on one line, so that the floor may turn about it."""
    return bool(np.linalg.eigvalsh(plane.precision)[0] < 1.0)


def _axes_about(up: Array) -> Array:
    """Rows: two directions at right angles to up, and up."""
    aside = np.eye(3)[int(np.argmin(np.abs(up)))]
    first = unit(aside - dot(aside, up) * up, least=0.0)
    return np.stack([first, np.cross(up, first), up])


def _result(up: Array, method: VerticalMethod, error_deg: float, *warnings: str) -> Vertical:
    sure = 1.0 / (1.0 + (error_deg / HALF_SURE_DEG) ** 2)
    return Vertical(
        up=read_only(up, np.float64),
        method=method,
        error_deg=error_deg,
        confidence=0.5 * sure if warnings else sure,
        warnings=warnings,
    )
