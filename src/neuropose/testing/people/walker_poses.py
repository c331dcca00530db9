"""The synthetic walker as input for the analyzer."""

from __future__ import annotations

from dataclasses import replace

from neuropose.analyzer import PoseSequence, ReferenceFrame
from neuropose.sequence.position_error import MARKERS
from neuropose.skeletons.canonical import arrange, means
from neuropose.testing.people.camera_view import CameraView
from neuropose.testing.people.walker import WalkerTrial


def walker_sequence(trial: WalkerTrial, view: CameraView | None = None) -> PoseSequence:
    """Return a walk as a `PoseSequence`, exact and without confidence.

    Parameters
    ----------
    trial : WalkerTrial
        The walk.
    view : CameraView, optional
        The camera that sees it; default: the walker's own frame, Y up.

    Returns
    -------
    PoseSequence
        With a view, in the camera frame, where the vertical is not known.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk
    >>> walker_sequence(simulate_walk()).joint("left_heel").shape
    (360, 3)
    """
    joints = trial.skeleton.joints
    sources, _ = arrange(joints, trial.skeleton.canonical)
    sequence = PoseSequence.from_arrays(
        trial.time_s,
        means(trial.positions_mm if view is None else trial.in_camera(view), joints, sources),
        list(sources),
        frame=ReferenceFrame.LAB if view is None else ReferenceFrame.CAMERA,
        up=[0.0, 1.0, 0.0] if view is None else None,
        source="the synthetic walker",
        position_error=MARKERS,
    )
    return replace(sequence, made_of=sources)
