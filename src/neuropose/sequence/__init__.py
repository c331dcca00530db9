"""One subject's movement as frozen arrays, from predictions, markers or arrays."""

from neuropose.sequence.data import ReferenceFrame, SequenceGap
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.sequence.position_error import (
    MARKERS,
    ONE_CAMERA,
    SEVERAL_CAMERAS,
    PositionError,
)

__all__ = [
    "MARKERS",
    "ONE_CAMERA",
    "SEVERAL_CAMERAS",
    "PoseSequence",
    "PositionError",
    "ReferenceFrame",
    "SequenceGap",
]
