"""Movement measures from poses: arrays in, arrays and frozen reports out; no files, no state.

The names are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuropose.analyzer.angles import (
        ANGLES,
        Angle,
        AngleKind,
        JointAngles,
        joint_angle,
        joint_angles,
    )
    from neuropose.analyzer.filters import Preparation, Prepared, prepare
    from neuropose.analyzer.frames import (
        SEGMENTS,
        Floor,
        Heading,
        SegmentFrame,
        Vertical,
        VerticalMethod,
        floor,
        heading,
        segment_frame,
        segment_frames,
        vertical,
    )
    from neuropose.analyzer.repetitions import RepetitionSettings, find_repetitions
    from neuropose.analyzer.sequence import PoseSequence
    from neuropose.analyzer.sequence_data import ReferenceFrame, SequenceGap
    from neuropose.analyzer.smoothness import ldlj, sparc

_HOME = {
    "ANGLES": "angles",
    "SEGMENTS": "frames",
    "Angle": "angles",
    "AngleKind": "angles",
    "Floor": "frames",
    "Heading": "frames",
    "JointAngles": "angles",
    "PoseSequence": "sequence",
    "Preparation": "filters",
    "Prepared": "filters",
    "ReferenceFrame": "sequence_data",
    "RepetitionSettings": "repetitions",
    "SegmentFrame": "frames",
    "SequenceGap": "sequence_data",
    "Vertical": "frames",
    "VerticalMethod": "frames",
    "find_repetitions": "repetitions",
    "floor": "frames",
    "heading": "frames",
    "joint_angle": "angles",
    "joint_angles": "angles",
    "ldlj": "smoothness",
    "prepare": "filters",
    "segment_frame": "frames",
    "segment_frames": "frames",
    "sparc": "smoothness",
    "vertical": "frames",
}

__all__ = [
    "ANGLES",
    "SEGMENTS",
    "Angle",
    "AngleKind",
    "Floor",
    "Heading",
    "JointAngles",
    "PoseSequence",
    "Preparation",
    "Prepared",
    "ReferenceFrame",
    "RepetitionSettings",
    "SegmentFrame",
    "SequenceGap",
    "Vertical",
    "VerticalMethod",
    "find_repetitions",
    "floor",
    "heading",
    "joint_angle",
    "joint_angles",
    "ldlj",
    "prepare",
    "segment_frame",
    "segment_frames",
    "sparc",
    "vertical",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
