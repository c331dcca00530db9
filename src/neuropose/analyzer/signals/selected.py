"""The signal of a prepared recording that a `SegmentSignal` names."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.angles import Angle, joint_angles
from neuropose.analyzer.prepared import PreparedRecording
from neuropose.analyzer.signals import from_joints as signals
from neuropose.data import SegmentSignal
from neuropose.errors import MissingJointsError
from neuropose.sequence.pose_sequence import PoseSequence

Array = NDArray[np.float64]

_CAMERA_AXES = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}
_SIDES = {"left", "right", "l", "r", ""}
_FINGER = re.compile(r"[lr]?(thumb|thu|index|middle|ring|pinky|little|finger|fin)(tip)?|tip")


@dataclass(frozen=True, eq=False)
class Followed:
    """A signal over T frames of a prepared recording.

    Parameters
    ----------
    values : ndarray of float64, shape (T,)
        In the signal's unit; an inverted signal has the other sign. NaN: missing.
    was_missing : ndarray of bool, shape (T,)
        Where it is missing, or was before short gaps were filled.
    confidence : float
        0 to 1, of a joint angle; 1 for every other signal, which is as good as its joints.
    reason : str or None
        Why the values of a joint angle should not be used. None: they may be.
    warnings : tuple of str
        What speaks against a joint angle.
    """

    values: Array
    was_missing: NDArray[np.bool_]
    confidence: float = 1.0
    reason: str | None = None
    warnings: tuple[str, ...] = ()


def follow(prepared: PreparedRecording, signal: SegmentSignal) -> Followed:
    """Return a signal of a prepared recording, one number a frame.

    Parameters
    ----------
    prepared : PreparedRecording
        Prepared: evenly sampled, smooth.
    signal : SegmentSignal
        ``forward`` and ``right`` are seen from the pelvis.

    Returns
    -------
    Followed

    Raises
    ------
    MissingJointsError
        If the source does not give a joint; also for fingers, which no body skeleton has.
    VerticalError
        If the signal depends on the vertical, and the body contradicts the one that is stated.
    SequenceError
        If there is no joint angle of that name.

    Examples
    --------
    >>> from neuropose.analyzer import Preparation
    >>> from neuropose.analyzer.prepared import prepare_recording
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> walk = prepare_recording(walker_sequence(simulate_walk()), Preparation())
    >>> toe = SegmentSignal(kind="axis", joints=("left_toe",), axis="up")
    >>> bool(follow(walk, toe).values.min() < 1.0)
    True
    """
    refuse_fingers(prepared.recording, signal.joints)
    sign = -1.0 if signal.inverted else 1.0
    if signal.angle is None:
        missing = prepared.was_missing(*signal.joints)
        return Followed(sign * _of_joints(prepared, signal), missing)
    angle = before = _joint_angle(prepared, prepared.sequence, signal.angle)
    if prepared.filled.any():
        unfilled = np.where(prepared.filled, np.nan, prepared.sequence.positions_mm)
        before = _joint_angle(prepared, prepared.sequence.with_positions(unfilled), signal.angle)
    return Followed(
        sign * angle.values_deg,
        np.isnan(angle.values_deg) | np.isnan(before.values_deg),
        confidence=angle.confidence if np.isfinite(angle.confidence) else 1.0,
        reason=None if angle.measurable else angle.reason,
        warnings=angle.warnings,
    )


def _of_joints(prepared: PreparedRecording, signal: SegmentSignal) -> Array:
    first, *others = prepared.sequence.require(*signal.joints)
    if signal.kind == "distance":
        return signals.distance(first, *others)
    if signal.kind == "speed":
        return signals.speed(first, prepared.rate_hz)
    if signal.kind == "angle":
        return signals.angle(first, *others)
    if signal.axis in _CAMERA_AXES:
        return signals.coordinate(first, _CAMERA_AXES[signal.axis])
    if signal.axis == "up":
        return signals.coordinate(first, prepared.vertical.up)
    axis = prepared.heading.forward if signal.axis == "forward" else prepared.heading.right
    return signals.coordinate(first, axis, prepared.sequence.joint("pelvis"))


def _joint_angle(prepared: PreparedRecording, sequence: PoseSequence, name: str) -> Angle:
    # An angle that needs no vertical is measured even where the vertical is refused.
    return joint_angles(sequence, [name], upright=prepared.vertical_or_none)[name]


def refuse_fingers(sequence: PoseSequence, joints: tuple[str, ...]) -> None:
    """Refuse joints that would be fingers.

    Parameters
    ----------
    sequence : PoseSequence
        Whose joints are meant.
    joints : tuple of str
        Names that the caller asks for.

    Raises
    ------
    MissingJointsError
        If one of them is.
    """
    fingers = tuple(joint for joint in joints if is_finger(joint))
    if fingers:
        raise MissingJointsError(
            f"{sequence.source} is one of a body and has no fingertips: {' and '.join(fingers)} "
            "would be a point on the hand at best, so tapping of fingers cannot be measured",
            hint="left_hand, right_hand and the wrists tell how the whole hand moves",
            source=sequence.source,
            missing=fingers,
        )


def is_finger(joint: str) -> bool:
    """Tell the names of fingers from those of joints that a body skeleton has.

    Parameters
    ----------
    joint : str
        Name that the caller asks for.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_finger("left_index"), is_finger("left_foot_index")
    (True, False)
    """
    words = set(re.split(r"[\W_\d]+", joint.lower())) - _SIDES
    return bool(words) and all(_FINGER.fullmatch(word) for word in words)
