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
    from neuropose.analyzer.compare.gait_profile import (
        ReferenceGroup,
        gait_deviation_index,
        gait_profile,
    )
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
    from neuropose.analyzer.signals.freezing import FreezeIndex, freeze_index
    from neuropose.analyzer.signals.repetitions import RepetitionSettings, find_repetitions
    from neuropose.analyzer.signals.smoothness import ldlj, sparc
    from neuropose.analyzer.tasks.gait import (
        GaitAnalysis,
        GaitSettings,
        analyze_gait,
        cycles_frame,
        gait_report,
    )
    from neuropose.filters import Preparation, Prepared, prepare
    from neuropose.sequence.data import ReferenceFrame, SequenceGap
    from neuropose.sequence.pose_sequence import PoseSequence

_HOME = {
    "ANGLES": "neuropose.analyzer.kinematics.angles",
    "SEGMENTS": "neuropose.analyzer.kinematics.orientation",
    "AlignedSequence": "neuropose.analyzer.compare.alignment",
    "Alignment": "neuropose.analyzer.compare.alignment",
    "Angle": "neuropose.analyzer.kinematics.angles",
    "AngleKind": "neuropose.analyzer.kinematics.angles",
    "BodyFrame": "neuropose.analyzer.compare.alignment",
    "ComparisonSettings": "neuropose.analyzer.compare.dtw",
    "DtwAverage": "neuropose.analyzer.compare.dtw",
    "DtwMatrix": "neuropose.analyzer.compare.dtw",
    "DtwResult": "neuropose.analyzer.compare.dtw",
    "DtwSettings": "neuropose.analyzer.compare.dtw",
    "Floor": "neuropose.analyzer.kinematics.orientation",
    "GaitAnalysis": "neuropose.analyzer.tasks.gait",
    "GaitSettings": "neuropose.analyzer.tasks.gait",
    "FrameAlignments": "neuropose.analyzer.compare.alignment",
    "FreezeIndex": "neuropose.analyzer.signals.freezing",
    "Heading": "neuropose.analyzer.kinematics.orientation",
    "JointAngles": "neuropose.analyzer.kinematics.angles",
    "Match": "neuropose.analyzer.compare.dtw",
    "PoseSequence": "neuropose.sequence.pose_sequence",
    "Preparation": "neuropose.filters",
    "Prepared": "neuropose.filters",
    "ReferenceFrame": "neuropose.sequence.data",
    "ReferenceGroup": "neuropose.analyzer.compare.gait_profile",
    "ReferenceMovement": "neuropose.analyzer.compare.dtw",
    "RepetitionSettings": "neuropose.analyzer.signals.repetitions",
    "SegmentFrame": "neuropose.analyzer.kinematics.orientation",
    "SequenceGap": "neuropose.sequence.data",
    "Vertical": "neuropose.analyzer.kinematics.orientation",
    "VerticalMethod": "neuropose.analyzer.kinematics.orientation",
    "analyze_gait": "neuropose.analyzer.tasks.gait",
    "cycles_frame": "neuropose.analyzer.tasks.gait",
    "align_frames": "neuropose.analyzer.compare.alignment",
    "align_points": "neuropose.analyzer.compare.alignment",
    "align_sequence": "neuropose.analyzer.compare.alignment",
    "dtw_all": "neuropose.analyzer.compare.dtw",
    "dtw_average": "neuropose.analyzer.compare.dtw",
    "dtw_matches": "neuropose.analyzer.compare.dtw",
    "dtw_matrix": "neuropose.analyzer.compare.dtw",
    "dtw_open_end": "neuropose.analyzer.compare.dtw",
    "dtw_per_joint": "neuropose.analyzer.compare.dtw",
    "dtw_relation": "neuropose.analyzer.compare.dtw",
    "find_repetitions": "neuropose.analyzer.signals.repetitions",
    "floor": "neuropose.analyzer.kinematics.orientation",
    "freeze_index": "neuropose.analyzer.signals.freezing",
    "gait_deviation_index": "neuropose.analyzer.compare.gait_profile",
    "gait_profile": "neuropose.analyzer.compare.gait_profile",
    "gait_report": "neuropose.analyzer.tasks.gait",
    "heading": "neuropose.analyzer.kinematics.orientation",
    "in_body_frame": "neuropose.analyzer.compare.alignment",
    "joint_angle": "neuropose.analyzer.kinematics.angles",
    "joint_angles": "neuropose.analyzer.kinematics.angles",
    "ldlj": "neuropose.analyzer.signals.smoothness",
    "mirrored": "neuropose.analyzer.compare.alignment",
    "prepare": "neuropose.filters",
    "reference_movement": "neuropose.analyzer.compare.dtw",
    "segment_frame": "neuropose.analyzer.kinematics.orientation",
    "segment_frames": "neuropose.analyzer.kinematics.orientation",
    "sparc": "neuropose.analyzer.signals.smoothness",
    "vertical": "neuropose.analyzer.kinematics.orientation",
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
    "FreezeIndex",
    "GaitAnalysis",
    "GaitSettings",
    "Heading",
    "JointAngles",
    "Match",
    "PoseSequence",
    "Preparation",
    "Prepared",
    "ReferenceFrame",
    "ReferenceGroup",
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
    "cycles_frame",
    "dtw_all",
    "dtw_average",
    "dtw_matches",
    "dtw_matrix",
    "dtw_open_end",
    "dtw_per_joint",
    "dtw_relation",
    "find_repetitions",
    "floor",
    "freeze_index",
    "gait_deviation_index",
    "gait_profile",
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
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
