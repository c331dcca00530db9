"""Alignment of movements of any length before they are compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.compare.alignment import (
    Alignment,
    FrameAlignments,
    align_frames,
    align_points,
    common_joints,
    in_body_frame,
    moved,
)
from neuropose.analyzer.compare.dtw.settings import ComparisonSettings
from neuropose.analyzer.compare.dtw.values import Rows, finite_rows
from neuropose.analyzer.compare.dtw.warping import FIRST, SECOND, warp
from neuropose.sequence.pose_sequence import PoseSequence

Array = NDArray[np.float64]

_ROUNDS = 20
_GAIN = 1e-6  # of the distance: a round that brings less is the last


def aligned(
    movements: Sequence[PoseSequence], settings: ComparisonSettings
) -> tuple[list[PoseSequence], list[Alignment]]:
    """Align movements according to the settings.

    Parameters
    ----------
    movements : sequence of PoseSequence
        The others are aligned with the first.
    settings : ComparisonSettings
        Representation, alignment and DTW settings.

    Returns
    -------
    movements : list of PoseSequence
    alignments : list of Alignment
        Alignments of all but the first, if they are aligned with it as a whole; else empty.

    Raises
    ------
    SequenceError
        If the movements have no joint in common.
    AlignmentError
        If the joints do not determine an alignment.
    """
    first, *others = movements
    if settings.align == "none":
        return [first, *others], []
    if settings.align == "body":
        size: Literal["leg"] | None = "leg" if settings.scale else None
        return [in_body_frame(movement, size=size).sequence for movement in movements], []
    joints = common_joints(movements)
    if settings.align == "frame":
        shaped = _over_mean_pose(movements, joints, scale=settings.scale)
        pairs = zip(movements, shaped, strict=True)
        return [moved(movement, frames, first) for movement, frames in pairs], []
    alignments = [_as_a_whole(first, other, joints, settings) for other in others]
    laid = [moved(each, found, first) for each, found in zip(others, alignments, strict=True)]
    return [first, *laid], alignments


def _over_mean_pose(
    movements: Sequence[PoseSequence], joints: tuple[str, ...], *, scale: bool
) -> list[FrameAlignments]:
    """Align every frame of all movements with the mean pose of the first."""
    poses_mm = [np.stack(movement.require(*joints), axis=1) for movement in movements]
    first_mm = poses_mm[0]
    known = np.isfinite(first_mm).all(axis=2)
    fullest = int(known.sum(axis=1).argmax())
    shaped_mm = align_frames(first_mm, first_mm[fullest], scale=scale).apply(first_mm)
    known = np.isfinite(shaped_mm)
    mean_mm = np.where(known, shaped_mm, 0.0).sum(axis=0) / np.where(
        known.any(0), known.sum(0), np.nan
    )
    return [align_frames(pose_mm, mean_mm, scale=scale) for pose_mm in poses_mm]


def _as_a_whole(
    first: PoseSequence,
    second: PoseSequence,
    joints: tuple[str, ...],
    settings: ComparisonSettings,
) -> Alignment:
    """Align the second movement with the first by a single rotation and translation.

    Corresponding frames are found from the shape of the body, regardless of its place and
    direction; then from the aligned movements, iterating while the distance falls.
    """
    shaped = _over_mean_pose((first, second), joints, scale=settings.scale)
    one_mm, other_mm = (np.stack(movement.require(*joints), axis=1) for movement in (first, second))
    path = _path(shaped[0].apply(one_mm), shaped[1].apply(other_mm), settings)[0]
    least = np.inf
    for _ in range(_ROUNDS):
        found = align_points(other_mm[path[:, 1]], one_mm[path[:, 0]], scale=settings.scale)
        path, distance = _path(one_mm, found.apply(other_mm), settings)
        if np.isfinite(least) and distance >= (1.0 - _GAIN) * least:
            break
        best, least = found, distance
    return best


def _path(
    one_mm: Array, other_mm: Array, settings: ComparisonSettings
) -> tuple[NDArray[np.int64], float]:
    """Warp poses, frames with a missing joint left out."""
    known = ~(np.isnan(one_mm).all(axis=(0, 2)) | np.isnan(other_mm).all(axis=(0, 2)))
    rows: list[Rows] = [
        finite_rows(poses[:, known], "drop", name)
        for poses, name in ((one_mm, FIRST), (other_mm, SECOND))
    ]
    result = warp(rows[0], rows[1], settings, path=True)
    return np.asarray(result.path), result.distance
