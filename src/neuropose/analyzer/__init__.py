"""Movement measures from poses: arrays in, arrays and frozen reports out; no files, no state.

The names are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuropose.analyzer.compare.alignment import (
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
    from neuropose.analyzer.compare.dtw import (
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
    from neuropose.analyzer.kinematics.angles import (
        ANGLES,
        Angle,
        AngleKind,
        JointAngles,
        joint_angle,
        joint_angles,
    )
    from neuropose.analyzer.kinematics.orientation import (
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
    from neuropose.analyzer.sequence.data import ReferenceFrame, SequenceGap
    from neuropose.analyzer.sequence.pose_sequence import PoseSequence
    from neuropose.analyzer.signals.repetitions import RepetitionSettings, find_repetitions
    from neuropose.analyzer.signals.smoothness import ldlj, sparc
    from neuropose.analyzer.tasks.gait import GaitAnalysis, GaitSettings, analyze_gait, gait_report

_HOME = {
    "ANGLES": "kinematics.angles",
    "SEGMENTS": "kinematics.orientation",
    "AlignedSequence": "compare.alignment",
    "Alignment": "compare.alignment",
    "Angle": "kinematics.angles",
    "AngleKind": "kinematics.angles",
    "BodyFrame": "compare.alignment",
    "ComparisonSettings": "compare.dtw",
    "DtwAverage": "compare.dtw",
    "DtwMatrix": "compare.dtw",
    "DtwResult": "compare.dtw",
    "DtwSettings": "compare.dtw",
    "Floor": "kinematics.orientation",
    "GaitAnalysis": "tasks.gait",
    "GaitSettings": "tasks.gait",
    "FrameAlignments": "compare.alignment",
    "Heading": "kinematics.orientation",
    "JointAngles": "kinematics.angles",
    "Match": "compare.dtw",
    "PoseSequence": "sequence.pose_sequence",
    "Preparation": "filters",
    "Prepared": "filters",
    "ReferenceFrame": "sequence.data",
    "ReferenceMovement": "compare.dtw",
    "RepetitionSettings": "signals.repetitions",
    "SegmentFrame": "kinematics.orientation",
    "SequenceGap": "sequence.data",
    "Vertical": "kinematics.orientation",
    "VerticalMethod": "kinematics.orientation",
    "analyze_gait": "tasks.gait",
    "align_frames": "compare.alignment",
    "align_points": "compare.alignment",
    "align_sequence": "compare.alignment",
    "dtw_all": "compare.dtw",
    "dtw_average": "compare.dtw",
    "dtw_matches": "compare.dtw",
    "dtw_matrix": "compare.dtw",
    "dtw_open_end": "compare.dtw",
    "dtw_per_joint": "compare.dtw",
    "dtw_relation": "compare.dtw",
    "find_repetitions": "signals.repetitions",
    "floor": "kinematics.orientation",
    "gait_report": "tasks.gait",
    "heading": "kinematics.orientation",
    "in_body_frame": "compare.alignment",
    "joint_angle": "kinematics.angles",
    "joint_angles": "kinematics.angles",
    "ldlj": "signals.smoothness",
    "mirrored": "compare.alignment",
    "prepare": "filters",
    "reference_movement": "compare.dtw",
    "segment_frame": "kinematics.orientation",
    "segment_frames": "kinematics.orientation",
    "sparc": "signals.smoothness",
    "vertical": "kinematics.orientation",
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
