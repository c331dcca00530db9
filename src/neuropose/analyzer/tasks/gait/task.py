"""Gait analysis as one of the tasks."""

from __future__ import annotations

from neuropose.analyzer.tasks.gait import GaitSettings, analyze_gait, gait_report
from neuropose.data import ForcePlates, Report
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons.sides import Side


class WalkingSettings(GaitSettings):
    """Settings of the walking task: those of `GaitSettings`, and the affected side.

    Parameters
    ----------
    affected_side : {"left", "right"} or None
        Affected side, for ratios of the affected to the unaffected side. None: no ratios.
    """

    affected_side: Side | None = None


def measure_walking(
    recording: PoseSequence,
    settings: WalkingSettings | None = None,
    *,
    plates: ForcePlates | None = None,
) -> Report:
    """Measure gait.

    Parameters
    ----------
    recording : PoseSequence
        Joint positions over time, not yet filtered.
    settings : WalkingSettings, optional
        Gait detection, and the affected side; default: `WalkingSettings()`.
    plates : ForcePlates, optional
        Force plates of the same recording, for `GaitSettings.events`.

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
    return gait_report(
        analyze_gait(recording, settings, affected_side=settings.affected_side, plates=plates)
    )
