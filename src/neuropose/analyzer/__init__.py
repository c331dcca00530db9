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
    from neuropose.analyzer.sequence import PoseSequence
    from neuropose.analyzer.sequence_data import ReferenceFrame, SequenceGap

_HOME = {
    "ANGLES": "angles",
    "SEGMENTS": "frames",
    "Angle": "angles",
    "AngleKind": "angles",
    "Floor": "frames",
    "Heading": "frames",
    "JointAngles": "angles",
    "PoseSequence": "sequence",
    "ReferenceFrame": "sequence_data",
    "SegmentFrame": "frames",
    "SequenceGap": "sequence_data",
    "Vertical": "frames",
    "VerticalMethod": "frames",
    "floor": "frames",
    "heading": "frames",
    "joint_angle": "angles",
    "joint_angles": "angles",
    "segment_frame": "frames",
    "segment_frames": "frames",
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
    "ReferenceFrame",
    "SegmentFrame",
    "SequenceGap",
    "Vertical",
    "VerticalMethod",
    "floor",
    "heading",
    "joint_angle",
    "joint_angles",
    "segment_frame",
    "segment_frames",
    "vertical",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
