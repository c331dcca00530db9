"""Alignment of movements with one another, or with the axes of the moving body."""

from neuropose.analyzer.compare.alignment.body import SIZED_MM, BodyFrame, in_body_frame
from neuropose.analyzer.compare.alignment.mirror import mirrored
from neuropose.analyzer.compare.alignment.movements import (
    AlignedSequence,
    align_sequence,
    common_joints,
    moved,
    shared_joints,
)
from neuropose.analyzer.compare.alignment.points import align_frames, align_points
from neuropose.analyzer.compare.alignment.result import Alignment, FrameAlignments

__all__ = [
    "SIZED_MM",
    "AlignedSequence",
    "Alignment",
    "BodyFrame",
    "FrameAlignments",
    "align_frames",
    "align_points",
    "align_sequence",
    "common_joints",
    "in_body_frame",
    "mirrored",
    "moved",
    "shared_joints",
]
