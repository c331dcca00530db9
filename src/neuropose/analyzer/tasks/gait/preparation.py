"""A prepared recording of a walk: its feet, and how well they were seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neuropose.analyzer.prepared import PreparedRecording, prepare_recording
from neuropose.analyzer.tasks.gait.feet import (
    Feet,
    feet_of,
    foot_joints,
)
from neuropose.analyzer.tasks.gait.foot_noise import (
    bandwidth_hz,
    residual_noise_mm,
    white_noise_mm,
)
from neuropose.analyzer.tasks.gait.visibility import Visibility
from neuropose.errors import SignalError
from neuropose.filters import Preparation, PreparationRecord, usual_rate_hz
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons.sides import SIDES

if TYPE_CHECKING:
    from neuropose.analyzer.tasks.gait.settings import GaitSettings

_LEAST_RATE_HZ = 10.0
_HIGHEST_CUTOFF = 0.4  # of the frame rate


@dataclass(frozen=True, eq=False)
class PreparedWalk:
    """A prepared recording of a walk: T' frames on an even clock.

    Parameters
    ----------
    prepared : PreparedRecording
        The recording, smooth, with its vertical, heading and viewpoint.
    feet : Feet
        Where the feet are, relative to the walking body.
    timing : PreparedRecording
        Feet and pelvis, smoothed less for the timing of events; the same as `prepared` if they are
        too noisy for that.
    timing_feet : Feet
        The feet of `timing`.
    visibility : Visibility
        How well each leg was seen.
    warnings : tuple of str
        What speaks against the numbers that are made from it.
    """

    prepared: PreparedRecording
    feet: Feet
    timing: PreparedRecording
    timing_feet: Feet
    visibility: Visibility
    warnings: tuple[str, ...] = ()

    @property
    def records(self) -> tuple[PreparationRecord, ...]:
        """What was done to the trajectories, and for the timing if that is something else."""
        if self.timing is self.prepared:
            return (self.prepared.record,)
        return (self.prepared.record, self.timing.record)


def prepare_walk(
    recording: PoseSequence | PreparedRecording, settings: GaitSettings
) -> PreparedWalk:
    """Prepare a recording of a walk.

    Parameters
    ----------
    recording : PoseSequence or PreparedRecording
        A prepared one is taken as it is if it was prepared as `settings` say.
    settings : GaitSettings
        How the gait is analysed.

    Returns
    -------
    PreparedWalk

    Raises
    ------
    SignalError
        If there are fewer than two frames, or fewer than ten a second.
    SequenceError
        If the body is missing in every frame.
    MissingJointsError
        If the vertical, the heading or the feet cannot be found with these joints.
    """
    known = recording if isinstance(recording, PreparedRecording) else None
    sequence = recording.recording if isinstance(recording, PreparedRecording) else recording
    how, warnings = _possible(sequence, settings)
    if known is None or known.record.settings != how:
        known = prepare_recording(sequence, how)
    forward, up = known.heading.forward, known.vertical.up
    noise_mm = residual_noise_mm(
        known.raw, known.sequence, known.heading.forward, how.cutoff_hz or 0.0
    )
    if sequence.position_error.from_pictures:  # noise that lasts for several frames
        passed = 1.0 if how.cutoff_hz is None else 2.0 * how.cutoff_hz / known.rate_hz
        white_mm = noise_mm / float(np.sqrt(passed))
    else:
        white_mm = white_noise_mm(known.raw, np.asarray(up))
    seen_hz = bandwidth_hz(known.raw, np.asarray(up))

    def feet_in(prepared: PreparedRecording, cutoff_hz: float | None) -> Feet:
        return feet_of(
            prepared.sequence,
            forward,
            up,
            noise_mm=noise_mm,
            white_mm=white_mm,
            cutoff_hz=cutoff_hz,
            bandwidth_hz=seen_hz,
        )

    feet = feet_in(known, how.cutoff_hz)
    timing, timing_feet = known, feet
    quiet = min(1.0, settings.clean_mm / max(noise_mm, np.finfo(float).tiny))
    cutoff_hz = min(settings.timing_cutoff_hz * quiet, _HIGHEST_CUTOFF * known.rate_hz)
    if how.cutoff_hz and cutoff_hz > how.cutoff_hz:
        points = dict.fromkeys(f"{side}_{part}" for side in SIDES for part in feet.points.values())
        timing = known.smoothed_at(cutoff_hz, "pelvis", *points)
        timing_feet = feet_in(timing, cutoff_hz)
    return PreparedWalk(
        prepared=known,
        feet=feet,
        timing=timing,
        timing_feet=timing_feet,
        visibility=Visibility(known.sequence, np.asarray(known.filled.any(axis=2))),
        warnings=tuple(warnings),
    )


def _possible(recording: PoseSequence, settings: GaitSettings) -> tuple[Preparation, list[str]]:
    """Return what is asked for, with a cutoff that the frame rate allows."""
    how, warnings = settings.preparation, []
    rate_hz = how.rate_hz or usual_rate_hz(recording.time_s)
    if rate_hz < _LEAST_RATE_HZ:
        raise SignalError(
            f"{rate_hz:.3g} frames a second are too few: gait needs {_LEAST_RATE_HZ:g} or more",
            hint="record with more frames a second",
        )
    standing_in = [name for name, joint in foot_joints(recording).items() if joint == "ankle"]
    if standing_in:
        warnings.append(
            f"the ankle stands for the {' and '.join(standing_in)}: events are less certain"
        )
    highest = _HIGHEST_CUTOFF * rate_hz
    if how.cutoff_hz is not None and how.cutoff_hz > highest:
        warnings.append(
            f"{rate_hz:.3g} frames a second: the low-pass is at {highest:.3g} Hz instead of "
            f"{how.cutoff_hz:g}; events are less certain"
        )
        how = how.model_copy(update={"cutoff_hz": highest})
    return how, warnings
