"""Anatomical frames of the body's segments, as far as the joints of a source allow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.orientation.estimate_vertical import Vertical, vertical
from neuropose.analyzer.kinematics.orientation.lateral_markers import stands_for_joint
from neuropose.data.arrays import read_only
from neuropose.errors import MissingJointsError, SequenceError
from neuropose.geometry import angle_deg, frame_of
from neuropose.sequence.data import SequenceData
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]

LEAST_BEND_DEG = 20.0
"""A knee or elbow straighter than this does not show how its limb is rotated."""

SEGMENTS: tuple[str, ...] = (
    "pelvis",
    "trunk",
    *(
        f"{side}_{segment}"
        for side in SIDES
        for segment in ("thigh", "shank", "foot", "upper_arm", "forearm")
    ),
)
"""The segments that have a frame."""


@dataclass(frozen=True, eq=False)
class SegmentFrame:
    """The anatomical axes of a segment, T frames.

    Parameters
    ----------
    segment : str
        One of `SEGMENTS`.
    axes : ndarray, shape (T, 3, 3)
        Columns are the unit vectors X (forward), Y (up) and Z (to the subject's right) of the
        segment in the axes of the sequence. NaN where a joint is missing or the axes are not
        determined.
    origin_mm : ndarray, shape (T, 3)
        Middle of the hips, of the line from pelvis to neck, or the joint at the upper end.
    method : str
        What determines the axes.
    confidence : float
        0 to 1: share of the frames with all joints in which the axes are determined, times the
        median confidence of the least certain joint if the source has one, times the confidence
        of the vertical if it is used.
    warnings : tuple of str
        In how many frames the axes are not determined, if any.
    """

    segment: str
    axes: Array
    origin_mm: Array
    method: str
    confidence: float
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Axes:
    axes: Array
    origin_mm: Array
    method: str
    joints: tuple[str, ...]
    upright: Vertical | None = None


def segment_frame(
    sequence: SequenceData, segment: str, upright: Vertical | None = None
) -> SegmentFrame:
    """Build the anatomical frame of one segment.

    Parameters
    ----------
    sequence : PoseSequence
        Joint positions over time.
    segment : str
        One of `SEGMENTS`.
    upright : Vertical, optional
        Used only for a pelvis without its spines; default: estimated by `vertical`.

    Returns
    -------
    SegmentFrame

    Raises
    ------
    SequenceError
        If there is no such segment.
    MissingJointsError
        If the source lacks joints that it needs.

    Notes
    -----
    After the ISB (Wu et al. 2002, J Biomech 35:543; Wu et al. 2005, J Biomech 38:981), with joint
    centres where the source lacks the landmarks that they require:

    - pelvis: Z from the left to the right front spine, X in the plane of the four spines. Without
      spines, Z from the left hip to the right, Y as near the vertical as that allows: its forward
      and backward tilt is then not seen.
    - trunk: Y from the pelvis to the neck, Z as near the line of the shoulders as that allows.
    - thigh, shank: Y along the bone, Z as near the line of the epicondyles (malleoli) as that
      allows; else that from the joint's centre to its lateral side; else at right angles to the
      plane of hip, knee and ankle, where the knee is bent by more than `LEAST_BEND_DEG`.
    - foot: X from heel to toe, Y in the plane of heel, toe and ankle.
    - upper arm, forearm: Y along the bone, Z at right angles to the plane of shoulder, elbow and
      wrist, where the elbow is bent by more than `LEAST_BEND_DEG`.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> pelvis = segment_frame(walker_sequence(simulate_walk()), "pelvis")
    >>> pelvis.axes.shape, pelvis.method
    ((360, 3, 3), 'line of the hips and vertical')
    """
    if segment not in SEGMENTS:
        raise SequenceError(
            f"there is no segment {segment!r}", hint=f"the segments are {', '.join(SEGMENTS)}"
        )
    built = (
        _pelvis(sequence, upright)
        if segment == "pelvis"
        else _trunk(sequence)
        if segment == "trunk"
        else _BUILDERS[segment.split("_", 1)[1]](sequence, segment.split("_", 1)[0])
    )
    joints_mm = np.stack(sequence.require(*built.joints))
    known = np.asarray(np.isfinite(joints_mm).all(axis=(0, 2)))
    determined = np.asarray(np.isfinite(built.axes).all(axis=(1, 2)))
    share = float(determined[known].mean()) if known.any() else 0.0
    lost = int((known & ~determined).sum())
    return SegmentFrame(
        segment=segment,
        axes=read_only(built.axes, np.float64),
        origin_mm=read_only(built.origin_mm, np.float64),
        method=built.method,
        confidence=share
        * least_confidence(sequence, built.joints)
        * (1.0 if built.upright is None else built.upright.confidence),
        warnings=(
            (f"not determined in {lost} of {int(known.sum())} frames ({built.method})",)
            if lost
            else ()
        ),
    )


def least_confidence(sequence: SequenceData, joints: tuple[str, ...]) -> float:
    """Return the median confidence of the least certain joint; 1 if the source has none.

    Parameters
    ----------
    sequence : PoseSequence
        Joint positions over time.
    joints : tuple of str
        Canonical or own names of the joints.

    Returns
    -------
    float
    """
    scores = np.stack([sequence.joint_confidence(joint) for joint in joints])
    known = np.isfinite(scores).all(axis=0)
    return float(np.median(scores[:, known].min(axis=0))) if known.any() else 1.0


def _pelvis(sequence: SequenceData, upright: Vertical | None) -> _Axes:
    spines = ("left_asis", "right_asis", "left_psis", "right_psis")
    if sequence.has(*spines):
        left, right, left_back, right_back = sequence.require(*spines)
        front = 0.5 * (left + right)
        axes = frame_of(right - left, front - 0.5 * (left_back + right_back), "zx")
        origin_mm = sequence.joint("pelvis") if sequence.has("pelvis") else front
        return _Axes(axes, origin_mm, "spines of the pelvis", spines)
    left, right = sequence.require("left_hip", "right_hip")
    upright = vertical(sequence) if upright is None else upright
    axes = frame_of(right - left, np.broadcast_to(upright.up, left.shape), "zy")
    method = "line of the hips and vertical"
    return _Axes(axes, 0.5 * (left + right), method, ("left_hip", "right_hip"), upright)


def _trunk(sequence: SequenceData) -> _Axes:
    joints = ("pelvis", "neck", "left_shoulder", "right_shoulder")
    pelvis, neck, left, right = sequence.require(*joints)
    axes = frame_of(neck - pelvis, right - left, "yz")
    return _Axes(axes, 0.5 * (pelvis + neck), "pelvis, neck and line of the shoulders", joints)


def _leg(sequence: SequenceData, side: str, upper: str, lower: str, low: str) -> _Axes:
    """Thigh or shank: from one joint to the next, turned by the landmarks of the lower one."""
    top, bottom = sequence.require(f"{side}_{upper}", f"{side}_{lower}")
    across, method, joints = _across(sequence, side, low)
    axes = frame_of(top - bottom, across, "yz")
    return _Axes(axes, top, method, (f"{side}_{upper}", f"{side}_{lower}", *joints))


def _across(sequence: SequenceData, side: str, low: str) -> tuple[Array, str, tuple[str, ...]]:
    """Direction to the subject's right at the knee or ankle, what it is from, and its joints."""
    lateral, medial, centre = f"{side}_{low}_lateral", f"{side}_{low}_medial", f"{side}_{low}"
    outwards = 1.0 if side == "right" else -1.0
    bony = "epicondyles" if low == "knee" else "malleoli"
    if sequence.has(lateral, medial):
        outer, inner = sequence.require(lateral, medial)
        return outwards * (outer - inner), f"line of the {bony}", (lateral, medial)
    if sequence.has(lateral, centre) and not stands_for_joint(sequence, side, low):
        outer, inner = sequence.require(lateral, centre)
        return outwards * (outer - inner), f"lateral of the {bony}", (lateral, centre)
    joints = tuple(f"{side}_{joint}" for joint in ("hip", "knee", "ankle"))
    hip, knee, ankle = sequence.require(*joints)
    return _normal(ankle - knee, knee - hip), "plane of hip, knee and ankle", joints


def _normal(one: Array, other: Array) -> Array:
    """Return the normal of the plane of two bones; NaN where they are too straight."""
    bent = angle_deg(one, other) > LEAST_BEND_DEG
    return np.where(bent[:, None], np.cross(one, other), np.nan)


def _thigh(sequence: SequenceData, side: str) -> _Axes:
    return _leg(sequence, side, "hip", "knee", "knee")


def _shank(sequence: SequenceData, side: str) -> _Axes:
    return _leg(sequence, side, "knee", "ankle", "ankle")


def _foot(sequence: SequenceData, side: str) -> _Axes:
    joints = tuple(f"{side}_{joint}" for joint in ("heel", "toe", "ankle"))
    heel, toe, ankle = sequence.require(*joints)
    return _Axes(frame_of(toe - heel, ankle - heel, "xy"), ankle, "heel, toe and ankle", joints)


def _arm(sequence: SequenceData, side: str, top: str, bottom: str) -> _Axes:
    joints = tuple(f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist"))
    shoulder, elbow, wrist = sequence.require(*joints)
    across = _normal(elbow - shoulder, wrist - elbow)
    high, low = sequence.require(f"{side}_{top}", f"{side}_{bottom}")
    method = "plane of shoulder, elbow and wrist"
    return _Axes(frame_of(high - low, across, "yz"), high, method, joints)


def _upper_arm(sequence: SequenceData, side: str) -> _Axes:
    return _arm(sequence, side, "shoulder", "elbow")


def _forearm(sequence: SequenceData, side: str) -> _Axes:
    return _arm(sequence, side, "elbow", "wrist")


_BUILDERS: dict[str, Callable[[SequenceData, str], _Axes]] = {
    "thigh": _thigh,
    "shank": _shank,
    "foot": _foot,
    "upper_arm": _upper_arm,
    "forearm": _forearm,
}


def segment_frames(
    sequence: SequenceData, upright: Vertical | None = None
) -> dict[str, SegmentFrame]:
    """Build the frames of all segments that the source allows.

    Parameters
    ----------
    sequence : PoseSequence
        Joint positions over time.
    upright : Vertical, optional
        Direction away from the floor; default: estimated by `vertical`.

    Returns
    -------
    dict of str to SegmentFrame

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> sorted(segment_frames(walker_sequence(simulate_walk()).select("left_hip", "right_hip")))
    ['pelvis']
    """
    frames = {}
    for segment in SEGMENTS:
        try:
            frames[segment] = segment_frame(sequence, segment, upright)
        except MissingJointsError:
            continue
    return frames
