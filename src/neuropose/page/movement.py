"""The movement that a page plays: a body of sticks in the room, and who it is in the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.prepared import PreparedRecording
from neuropose.data import VideoPredictions
from neuropose.sequence.data import ReferenceFrame
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons import Skeleton
from neuropose.skeletons.sides import SIDES
from neuropose.viz.bones import body_bones

Array = NDArray[np.float64]

_TRAVELS_MM = 500.0  # a body that moves further over the floor is seen from its side
_LOWEST_PERCENT = 2.0  # of the heights of all joints: where the floor is drawn


@dataclass(frozen=True, eq=False)
class Sticks:
    """A body of J joints over T frames, in the room as a page shows it.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        On the clock of the recording.
    joints : tuple of str
        Their names.
    bones : tuple of (int, int, str)
        Both ends, and ``left``, ``right`` or ``middle``.
    positions_mm : ndarray, shape (T, J, 3)
        x to the right and z towards somebody who looks on, y up from the floor. NaN: missing.
    seen_from : str
        From where that is: ``as filmed``, ``from the side``, ``from the front``; ``first
        view`` if the hips are not known.
    """

    time_s: Array
    joints: tuple[str, ...]
    bones: tuple[tuple[int, int, str], ...]
    positions_mm: Array
    seen_from: str


@dataclass(frozen=True, eq=False)
class InPicture:
    """Where the joints of the subject are in the picture, for the same T frames.

    Parameters
    ----------
    width, height : int
        Of the displayed picture, px.
    bones : tuple of (int, int, str)
        Both ends, and ``left``, ``right`` or ``middle``.
    points_px : ndarray, shape (T, J, 2)
        NaN: missing.
    """

    width: int
    height: int
    bones: tuple[tuple[int, int, str], ...]
    points_px: Array


def sticks(prepared: PreparedRecording) -> Sticks:
    """Set up the body of a recording as it was recorded, not filtered.

    Parameters
    ----------
    prepared : PreparedRecording
        The recording, and its vertical.

    Returns
    -------
    Sticks
        As the camera sees it, or from the side if it moves over the floor.

    Examples
    --------
    >>> from neuropose.analyzer.prepared import prepare_recording
    >>> from neuropose.filters import Preparation
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> body = sticks(prepare_recording(walker_sequence(simulate_walk()), Preparation()))
    >>> body.positions_mm.shape[-1], ("left_hip", "left_knee") in {
    ...     (body.joints[first], body.joints[last]) for first, last, _ in body.bones
    ... }
    (3, True)
    """
    sequence = prepared.recording
    upright = prepared.vertical_or_none
    up = _up(sequence) if upright is None else upright.up
    seen_from, across = _across(sequence, up)
    axes = np.stack([across, up, np.cross(across, up)])
    bones = body_bones(sequence)
    columns = list(dict.fromkeys(column for first, last, _ in bones for column in (first, last)))
    place = {column: number for number, column in enumerate(columns)}
    room_mm = sequence.positions_mm[:, columns] @ axes.T
    if np.isfinite(room_mm).any():
        floor_mm = np.nanpercentile(room_mm[..., 1], _LOWEST_PERCENT)
        middle_mm = np.nanmedian(room_mm.reshape(-1, 3), axis=0)
        room_mm = room_mm - np.array([middle_mm[0], floor_mm, middle_mm[2]])
    return Sticks(
        time_s=sequence.time_s,
        joints=tuple(sequence.joints[column] for column in columns),
        bones=tuple((place[first], place[last], side) for first, last, side in bones),
        positions_mm=room_mm,
        seen_from=seen_from,
    )


def in_picture(predictions: VideoPredictions, sequence: PoseSequence) -> InPicture | None:
    """Return where the subject of a sequence is in the picture.

    Parameters
    ----------
    predictions : VideoPredictions
        That the sequence was made from.
    sequence : PoseSequence
        The subject's; its rows are frames.

    Returns
    -------
    InPicture or None
        None if the sequence does not say whom it is of, or its rows are not frames.
    """
    if sequence.subject is None or sequence.first_frame is None:
        return None
    rows = np.flatnonzero(predictions.track_ids == sequence.subject.track_id)
    at = predictions.frame_index[rows] - sequence.first_frame
    inside = (at >= 0) & (at < len(sequence))
    points_px = np.full((len(sequence), len(predictions.skeleton.joints), 2), np.nan)
    points_px[at[inside]] = predictions.poses2d[rows[inside]]
    return InPicture(
        width=predictions.metadata.width,
        height=predictions.metadata.height,
        bones=_picture_bones(predictions.skeleton),
        points_px=points_px,
    )


def _picture_bones(skeleton: Skeleton) -> tuple[tuple[int, int, str], ...]:
    sides = {name: side for side in SIDES for name in _of_side(skeleton, side)}
    found = []
    for first, last in skeleton.edges:
        ends = {sides.get(skeleton.joints[end], "middle") for end in (first, last)}
        found.append((first, last, ends.pop() if len(ends) == 1 else "middle"))
    return tuple(found)


def _of_side(skeleton: Skeleton, side: str) -> Sequence[str]:
    """Return the joints of a side: by their names, or because a canonical joint is made of them."""
    named = [name for name in skeleton.joints if name.startswith(f"{side}_")]
    made_of = [
        joint
        for name, joints in (skeleton.canonical or {}).items()
        if name.startswith(f"{side}_")
        for joint in joints
    ]
    return [*named, *made_of]


def _up(sequence: PoseSequence) -> Array:
    if sequence.up is not None:
        return np.asarray(sequence.up)
    return np.array(
        [0.0, -1.0, 0.0] if sequence.frame is ReferenceFrame.CAMERA else [0.0, 0.0, 1.0]
    )


def _across(sequence: PoseSequence, up: Array) -> tuple[str, Array]:
    """Return from where the body is seen at first, and what is to the right then."""
    if sequence.frame is ReferenceFrame.CAMERA:
        return "as filmed", _level(np.array([1.0, 0.0, 0.0]), up)
    known = np.asarray(np.isfinite(sequence.positions_mm).all(axis=2))
    some = np.flatnonzero(np.any(known, axis=1))
    if len(some):
        first, last = (sequence.positions_mm[row, known[row]].mean(axis=0) for row in some[[0, -1]])
        travel = last - first
        travel = travel - (travel @ up) * up
        if np.linalg.norm(travel) > _TRAVELS_MM:
            return "from the side", _level(travel, up)
    if sequence.has("left_hip", "right_hip"):
        left, right = sequence.require("left_hip", "right_hip")
        apart = left - right
        if np.isfinite(apart).all(axis=1).any():
            return "from the front", _level(np.nanmedian(apart, axis=0), up)
    return "first view", _level(np.array([1.0, 0.0, 0.0]), up)


def _level(vector: Array, up: Array) -> Array:
    level = vector - (vector @ up) * up
    length = np.linalg.norm(level)
    if length < 1e-6:  # along the vertical: any level direction will do
        level = np.cross(up, np.roll(up, 1) + np.array([0.0, 0.0, 1e-3]))
        length = np.linalg.norm(level)
    return np.asarray(level / length)
