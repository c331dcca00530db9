"""The signal of a sequence that a `SegmentSignal` names, and the joints that no body has."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.orientation import Heading, Vertical, heading, vertical
from neuropose.analyzer.signals import from_joints as signals
from neuropose.data import SegmentSignal
from neuropose.errors import MissingJointsError
from neuropose.sequence.pose_sequence import PoseSequence

Array = NDArray[np.float64]

_CAMERA_AXES = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}
_SIDES = {"left", "right", "l", "r", ""}
_FINGER = re.compile(r"[lr]?(thumb|thu|index|middle|ring|pinky|little|finger|fin)(tip)?|tip")


def follow(
    sequence: PoseSequence,
    signal: SegmentSignal,
    rate_hz: float,
    *,
    upright: Vertical | None = None,
    facing: Heading | None = None,
) -> Array:
    """Compute a signal, one number a frame.

    Parameters
    ----------
    sequence : PoseSequence
        Prepared: evenly sampled, smooth.
    signal : SegmentSignal
        ``forward`` and ``right`` are seen from the pelvis.
    rate_hz : float
        Of the sequence.
    upright : Vertical, optional
        Default: `vertical` finds it, if it is needed.
    facing : Heading, optional
        Default: `heading` finds it, if it is needed.

    Returns
    -------
    ndarray, shape (T,)
        In the signal's unit; an inverted signal has the other sign. NaN: missing.

    Raises
    ------
    MissingJointsError
        If the source does not give a joint.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> walk = walker_sequence(simulate_walk())
    >>> toe = SegmentSignal(kind="axis", joints=("left_toe",), axis="up")
    >>> bool(follow(walk, toe, walk.sampling_rate_hz).min() < 1.0)
    True
    """
    first, *others = sequence.require(*signal.joints)
    if signal.kind == "distance":
        values = signals.distance(first, *others)
    elif signal.kind == "speed":
        values = signals.speed(first, rate_hz)
    elif signal.kind == "angle":
        values = signals.angle(first, *others)
    elif signal.axis in _CAMERA_AXES:
        values = signals.coordinate(first, _CAMERA_AXES[signal.axis])
    else:
        upright = vertical(sequence) if upright is None else upright
        if signal.axis == "up":
            values = signals.coordinate(first, upright.up)
        else:
            facing = heading(sequence, upright) if facing is None else facing
            axis = facing.forward if signal.axis == "forward" else facing.right
            values = signals.coordinate(first, axis, sequence.joint("pelvis"))
    return -values if signal.inverted else values


def refuse_fingers(sequence: PoseSequence, joints: tuple[str, ...]) -> None:
    """Refuse joints that would be fingers.

    Parameters
    ----------
    sequence : PoseSequence
    joints : tuple of str

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
