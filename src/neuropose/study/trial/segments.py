"""A recording prepared and cut, as the pipeline says."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from neuropose.analyzer.kinematics.orientation.stated_vertical import vertical_doubts
from neuropose.analyzer.prepared import PreparedRecording, prepare_recording
from neuropose.analyzer.signals.repetitions import find_repetitions
from neuropose.analyzer.signals.selected import follow
from neuropose.analyzer.tasks.gait import (
    STRIDE_MEASURES,
    GaitAnalysis,
    analyze_gait,
    gait_report,
)
from neuropose.analyzer.tasks.gait.strides import without_impossible
from neuropose.features import Segment
from neuropose.features.definitions import column_name
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons.sides import SIDES
from neuropose.study.contract.pipeline import Pipeline
from neuropose.study.contract.segmentation import Bilateral, GaitCycles, Repetitions


@dataclass(frozen=True, eq=False)
class CutTrial:
    """A recording, prepared and cut.

    Parameters
    ----------
    prepared : PreparedRecording
        Prepared.
    segments : tuple of Segment
        Ascending in time.
    reason : str or None
        Why there is no segment. None: there are some.
    warnings : tuple of str
        What a reader of the results should know.
    walk : GaitAnalysis or None
        The walk whose strides they are. None: they are no strides.
    """

    prepared: PreparedRecording
    segments: tuple[Segment, ...]
    reason: str | None = None
    warnings: tuple[str, ...] = ()
    walk: GaitAnalysis | None = None

    def counted(self, side: str | None) -> tuple[Segment, ...]:
        """Return the segments of one side that are not excluded.

        Parameters
        ----------
        side : {"left", "right"} or None

        Returns
        -------
        tuple of Segment
        """
        return tuple(each for each in self.segments if each.side == side and each.excluded is None)

    def has(self, side: str | None) -> bool:
        """Whether there is a segment of a side, excluded or not.

        Parameters
        ----------
        side : {"left", "right"} or None

        Returns
        -------
        bool
        """
        return any(each.side == side for each in self.segments)


def cut(recording: PoseSequence, pipeline: Pipeline) -> CutTrial:
    """Prepare a recording, and cut it.

    Parameters
    ----------
    recording : PoseSequence
        As it was recorded.
    pipeline : Pipeline
        How it is prepared and cut.

    Returns
    -------
    CutTrial

    Raises
    ------
    MissingJointsError
        If the skeleton does not give what the segmentation needs.
    SignalError, SequenceError
        If the recording cannot be prepared.
    """
    prepared, how = prepare_recording(recording, pipeline.preparation), pipeline.segmentation
    if isinstance(how, (GaitCycles, Bilateral)):
        return _strides(prepared, pipeline, how)
    if isinstance(how, Repetitions):
        return _repetitions(prepared, how)
    first_s, last_s = float(prepared.time_s[0]), float(prepared.time_s[-1])
    whole = Segment("trial", 0, first_s, last_s)
    return CutTrial(prepared, (whole,), warnings=_warnings(recording))


def refused_features(trial: CutTrial) -> dict[str, str]:
    """Return which features of strides a report of the same walk refuses.

    Parameters
    ----------
    trial : CutTrial
        A recording, prepared and cut.

    Returns
    -------
    dict of str to str
        Reasons by column. Empty without draws of the recording's error, which tell how well a
        measure is known.
    """
    walk = trial.walk
    if walk is None or not walk.recording.draw_count:
        return {}
    measures = gait_report(walk).measures
    refused = {}
    for (name, definition), side in product(STRIDE_MEASURES.items(), SIDES):
        reason = measures[f"{name}_{side}"].reason
        if reason is not None and np.isfinite(walk.values(name, side)).any():
            refused[column_name(name, definition.unit, side)] = reason
    return refused


def _warnings(recording: PoseSequence) -> tuple[str, ...]:
    return (*vertical_doubts(recording), *recording.warnings)


def _strides(
    prepared: PreparedRecording,
    pipeline: Pipeline,
    how: GaitCycles | Bilateral,
) -> CutTrial:
    settings = how.settings.model_copy(update={"preparation": pipeline.preparation})
    walk = analyze_gait(prepared, settings)
    side = how.side if isinstance(how, GaitCycles) else None
    numbers = {"left": 0, "right": 0}
    found = []
    for stride in walk.chosen(side, straight=False):
        found.append(
            Segment(
                "stride",
                numbers[stride.side],
                stride.start_s,
                stride.end_s,
                stride.side,
                stride.confidence["stride_time"],
                stride.excluded or stride.reasons.get("stride_time"),
                without_impossible(stride).values,
            )
        )
        numbers[stride.side] += 1
    reason = None if found else walk.reason or f"there is no stride of the {side} foot"
    return CutTrial(prepared, tuple(found), reason, walk.warnings, walk)


def _repetitions(prepared: PreparedRecording, how: Repetitions) -> CutTrial:
    followed = follow(prepared, how.signal)
    found = find_repetitions(
        prepared.time_s, followed.values, how.settings, filled=followed.was_missing
    )
    segments = tuple(
        Segment("repetition", number, each.start_s, each.end_s, confidence=each.confidence)
        for number, each in enumerate(found)
    )
    warnings = tuple(
        f"repetition {number}: {reason}"
        for number, each in enumerate(found)
        for reason in each.reasons
    )
    return CutTrial(
        prepared,
        segments,
        None if segments else "no repetition stands out of the signal",
        (*_warnings(prepared.recording), *warnings),
    )
