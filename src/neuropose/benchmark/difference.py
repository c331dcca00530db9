"""The distance between two sets of predictions for one video."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from neuropose.data import VideoPredictions
from neuropose.skeletons import Skeleton, counted_once

_REACH = 0.5  # of the larger box side
_UNASSIGNABLE_PX = 1e9

Definition = Mapping[str, tuple[str, ...]]
"""For each joint name, the joints of a skeleton whose mean it is."""


class PoseDifference(BaseModel):
    """The distance between two sets of predictions for one video.

    Parameters
    ----------
    median_mm, largest_mm : float or None
        Distance between the two positions of a joint in the camera frame, over all joints of all
        people matched; None if the two have no joint of anybody in common.
    median_px : float or None
        Median distance in the picture.
    joints : tuple of str
        Joints that both skeletons have: all if the skeletons are equal, otherwise the canonical
        ones that both provide, without those that are made of others among them. Empty if there are
        none.
    frames : int
        Number of frames in which at least one person was matched.
    people_matched : int or None
        Number of pairs of detections that are the same person in the same frame; None if nobody can
        be matched because there is no joint in common.
    people_unmatched : int or None
        Number of detections on either side without a match; None as above.
    """

    model_config = ConfigDict(frozen=True)

    median_mm: float | None
    largest_mm: float | None
    median_px: float | None
    joints: tuple[str, ...]
    frames: int
    people_matched: int | None
    people_unmatched: int | None


def pose_difference(one: VideoPredictions, other: VideoPredictions) -> PoseDifference:
    """Measure the distance between two sets of predictions for one video.

    Parameters
    ----------
    one, other : VideoPredictions
        Their skeletons may differ, and so may the people found.

    Returns
    -------
    PoseDifference

    Raises
    ------
    ValueError
        If the number or size of the frames differ: these are two videos.

    Notes
    -----
    The people of a frame are paired by least total distance in the picture (Kuhn 1955, the
    Hungarian method), the mean over the common joints that both have. Two detections further apart
    than half the larger side of their boxes are not the same person. Joints that are missing on
    either side are left out.

    Examples
    --------
    >>> from neuropose.testing import synthetic_predictions
    >>> predictions = synthetic_predictions()
    >>> moved = predictions.model_copy(update={"poses3d": predictions.poses3d + [0.0, 0.0, 16.0]})
    >>> pose_difference(predictions, moved).largest_mm
    16.0
    """
    if _frames(one) != _frames(other):
        raise ValueError(
            "these are predictions of two videos: the number or size of the frames differs"
        )
    definitions = _definitions(one.skeleton, other.skeleton)
    joints = tuple(name for name in definitions[0] if name in definitions[1])
    for definition in definitions:
        joints = counted_once(joints, definition)
    if not joints:
        return PoseDifference(
            median_mm=None,
            largest_mm=None,
            median_px=None,
            joints=(),
            frames=0,
            people_matched=None,
            people_unmatched=None,
        )
    mine = _People.of(one, definitions[0], joints)
    theirs = _People.of(other, definitions[1], joints)
    my_rows, their_rows = _same_people(mine, theirs).T
    apart_mm = _distances(mine.points_mm[my_rows], theirs.points_mm[their_rows])
    apart_px = _distances(mine.points_px[my_rows], theirs.points_px[their_rows])
    return PoseDifference(
        median_mm=float(np.median(apart_mm)) if len(apart_mm) else None,
        largest_mm=float(apart_mm.max()) if len(apart_mm) else None,
        median_px=float(np.median(apart_px)) if len(apart_px) else None,
        joints=joints,
        frames=len(np.unique(one.frame_index[my_rows])),
        people_matched=len(my_rows),
        people_unmatched=len(one.boxes) + len(other.boxes) - 2 * len(my_rows),
    )


@dataclass(frozen=True, slots=True)
class _People:
    """Everybody found in a video: N detections, K joints that the other side has too."""

    offsets: NDArray[np.int32]
    sides_px: NDArray[np.float64]  # (N,), the larger side of each box
    points_mm: NDArray[np.float64]  # (N, K, 3)
    points_px: NDArray[np.float64]  # (N, K, 2)

    @classmethod
    def of(
        cls, predictions: VideoPredictions, definition: Definition, joints: tuple[str, ...]
    ) -> _People:
        sources = [
            [predictions.skeleton.index(source) for source in definition[joint]] for joint in joints
        ]

        def gather(poses: NDArray[np.float32]) -> NDArray[np.float64]:
            # A mean without one of its joints would be a different point, so it is missing too.
            means = [poses[:, indices].mean(axis=1, dtype=np.float64) for indices in sources]
            return np.stack(means, axis=1)

        return cls(
            predictions.offsets,
            np.fmax(predictions.boxes[:, 2], predictions.boxes[:, 3]).astype(np.float64),
            gather(predictions.poses3d),
            gather(predictions.poses2d),
        )


def _frames(predictions: VideoPredictions) -> tuple[int, int, int]:
    metadata = predictions.metadata
    return metadata.frame_count, metadata.width, metadata.height


def _definitions(one: Skeleton, other: Skeleton) -> tuple[Definition, Definition]:
    if set(one.joints) == set(other.joints):
        themselves = {joint: (joint,) for joint in one.joints}
        return themselves, themselves
    return one.canonical, other.canonical


def _same_people(one: _People, other: _People) -> NDArray[np.intp]:
    """Return the rows of the detections that are the same person, shape (M, 2)."""
    pairs = [np.empty((0, 2), np.intp)]
    for frame in np.flatnonzero((np.diff(one.offsets) > 0) & (np.diff(other.offsets) > 0)):
        rows = np.arange(*one.offsets[frame : frame + 2])
        columns = np.arange(*other.offsets[frame : frame + 2])
        picked, partners = _assign(one, rows, other, columns)
        pairs.append(np.column_stack([rows[picked], columns[partners]]))
    return np.concatenate(pairs)


def _assign(
    one: _People, rows: NDArray[Any], other: _People, columns: NDArray[Any]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    apart_px = np.linalg.norm(
        one.points_px[rows][:, None] - other.points_px[columns][None], axis=-1
    )
    known = np.isfinite(apart_px)
    mean_px = np.where(known, apart_px, 0.0).sum(axis=-1) / np.maximum(known.sum(axis=-1), 1)
    reach_px = _REACH * np.fmax(one.sides_px[rows][:, None], other.sides_px[columns][None])
    possible = known.any(axis=-1) & (mean_px <= reach_px)
    picked, partners = scipy.optimize.linear_sum_assignment(
        np.where(possible, mean_px, _UNASSIGNABLE_PX)
    )
    same = possible[picked, partners]
    return picked[same], partners[same]


def _distances(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distances of all joints that both have, in one row."""
    apart: NDArray[np.float64] = np.linalg.norm(one - other, axis=-1)
    return apart[np.isfinite(apart)]
