"""Movement measures from poses: arrays in, arrays and frozen reports out; no files, no state.

The names are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuropose.analyzer.alignment import (
        AlignedSequence,
        Alignment,
        BodyFrame,
        FrameAlignments,
        align_frames,
        align_points,
        align_sequence,
        in_body_frame,
        mirrored,
    )
    from neuropose.analyzer.angles import (
        ANGLES,
        Angle,
        AngleKind,
        JointAngles,
        joint_angle,
        joint_angles,
    )
    from neuropose.analyzer.dtw import (
        ComparisonSettings,
        DtwAverage,
        DtwMatrix,
        DtwResult,
        DtwSettings,
        Match,
        ReferenceMovement,
        dtw_all,
        dtw_average,
        dtw_matches,
        dtw_matrix,
        dtw_open_end,
        dtw_per_joint,
        dtw_relation,
        reference_movement,
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
    from neuropose.analyzer.gait import GaitAnalysis, GaitSettings, analyze_gait, gait_report
    from neuropose.analyzer.repetitions import RepetitionSettings, find_repetitions
    from neuropose.analyzer.sequence import PoseSequence
    from neuropose.analyzer.sequence_data import ReferenceFrame, SequenceGap
    from neuropose.analyzer.smoothness import ldlj, sparc

_HOME = {
    "ANGLES": "angles",
    "SEGMENTS": "frames",
    "AlignedSequence": "alignment",
    "Alignment": "alignment",
    "Angle": "angles",
    "AngleKind": "angles",
    "BodyFrame": "alignment",
    "ComparisonSettings": "dtw",
    "DtwAverage": "dtw",
    "DtwMatrix": "dtw",
    "DtwResult": "dtw",
    "DtwSettings": "dtw",
    "Floor": "frames",
    "GaitAnalysis": "gait",
    "GaitSettings": "gait",
    "FrameAlignments": "alignment",
    "Heading": "frames",
    "JointAngles": "angles",
    "Match": "dtw",
    "PoseSequence": "sequence",
    "Preparation": "filters",
    "Prepared": "filters",
    "ReferenceFrame": "sequence_data",
    "ReferenceMovement": "dtw",
    "RepetitionSettings": "repetitions",
    "SegmentFrame": "frames",
    "SequenceGap": "sequence_data",
    "Vertical": "frames",
    "VerticalMethod": "frames",
    "analyze_gait": "gait",
    "align_frames": "alignment",
    "align_points": "alignment",
    "align_sequence": "alignment",
    "dtw_all": "dtw",
    "dtw_average": "dtw",
    "dtw_matches": "dtw",
    "dtw_matrix": "dtw",
    "dtw_open_end": "dtw",
    "dtw_per_joint": "dtw",
    "dtw_relation": "dtw",
    "find_repetitions": "repetitions",
    "floor": "frames",
    "gait_report": "gait",
    "heading": "frames",
    "in_body_frame": "alignment",
    "joint_angle": "angles",
    "joint_angles": "angles",
    "ldlj": "smoothness",
    "mirrored": "alignment",
    "prepare": "filters",
    "reference_movement": "dtw",
    "segment_frame": "frames",
    "segment_frames": "frames",
    "sparc": "smoothness",
    "vertical": "frames",
}

__all__ = [
    "ANGLES",
    "SEGMENTS",
    "AlignedSequence",
    "Alignment",
    "Angle",
    "AngleKind",
    "BodyFrame",
    "ComparisonSettings",
    "DtwAverage",
    "DtwMatrix",
    "DtwResult",
    "DtwSettings",
    "Floor",
    "FrameAlignments",
    "GaitAnalysis",
    "GaitSettings",
    "Heading",
    "JointAngles",
    "Match",
    "PoseSequence",
    "Preparation",
    "Prepared",
    "ReferenceFrame",
    "ReferenceMovement",
    "RepetitionSettings",
    "SegmentFrame",
    "SequenceGap",
    "Vertical",
    "VerticalMethod",
    "align_frames",
    "align_points",
    "align_sequence",
    "analyze_gait",
    "dtw_all",
    "dtw_average",
    "dtw_matches",
    "dtw_matrix",
    "dtw_open_end",
    "dtw_per_joint",
    "dtw_relation",
    "find_repetitions",
    "floor",
    "gait_report",
    "heading",
    "in_body_frame",
    "joint_angle",
    "joint_angles",
    "ldlj",
    "mirrored",
    "prepare",
    "reference_movement",
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
