"""Gait as one of the tasks."""

from __future__ import annotations

from neuropose.analyzer.tasks.gait import GaitSettings, analyze_gait, gait_report
from neuropose.data import Report
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons.sides import Side


class WalkingSettings(GaitSettings):
    """How walking is measured: as `GaitSettings`, and which side is affected.

    Parameters
    ----------
    affected_side : {"left", "right"} or None
        For ratios of the affected to the unaffected side. None: there are none.
    """

    affected_side: Side | None = None


def measure_walking(recording: PoseSequence, settings: WalkingSettings | None = None) -> Report:
    """Measure how somebody walks.

    Parameters
    ----------
    recording : PoseSequence
    settings : WalkingSettings, optional

    Returns
    -------
    Report
        See `neuropose.analyzer.tasks.gait.gait_report`.

    Raises
    ------
    MissingJointsError
        If the skeleton has no pelvis, no hips, or no feet and ankles.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> walk = walker_sequence(simulate_walk())
    >>> report = measure_walking(walk, WalkingSettings(affected_side="left"))
    >>> round(report.measures["cadence"].value)
    110
    """
    settings = WalkingSettings() if settings is None else settings
    return gait_report(analyze_gait(recording, settings, affected_side=settings.affected_side))
