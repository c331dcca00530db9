"""A recorded walk made ready: smooth on an even clock, with its frames, its feet and its noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neuropose.analyzer.filters import Preparation, PreparationRecord, prepare, usual_rate_hz
from neuropose.analyzer.kinematics.orientation import (
    Heading,
    Vertical,
    Viewpoint,
    heading,
    vertical,
    viewpoint,
)
from neuropose.analyzer.sequence.pose_sequence import PoseSequence
from neuropose.analyzer.tasks.gait.feet import Feet, feet_of, foot_joints, noise_left
from neuropose.analyzer.tasks.gait.visibility import Sight
from neuropose.errors import SignalError
from neuropose.skeletons import LANDMARKS
from neuropose.skeletons.sides import SIDES

if TYPE_CHECKING:
    from neuropose.analyzer.tasks.gait.settings import GaitSettings

_LEAST_RATE_HZ = 10.0
_HIGHEST_CUTOFF = 0.4  # of the frame rate
_USED = (
    "pelvis",
    "neck",
    *(
        f"{side}_{joint}"
        for side in SIDES
        for joint in ("shoulder", "hip", "knee", "ankle", "heel", "toe")
    ),
    *LANDMARKS,
)


@dataclass(frozen=True, eq=False)
class Walk:
    """A recorded walk, ready to be measured: T samples on an even clock.

    Parameters
    ----------
    sequence : PoseSequence
        Legs and trunk, smooth.
    records : tuple of PreparationRecord
        What was done for that, and for `sharper` if that is another.
    upright : Vertical
    ahead : Heading
    feet : Feet
    sharper : Feet
        Smoothed less, for the timing of events; the same as `feet` if there is too much noise.
    sight : Sight
    view : Viewpoint or None
        From which side one camera sees the walk. None: it was not recorded by one camera.
    warnings : tuple of str
    """

    sequence: PoseSequence
    records: tuple[PreparationRecord, ...]
    upright: Vertical
    ahead: Heading
    feet: Feet
    sharper: Feet
    sight: Sight
    view: Viewpoint | None = None
    warnings: tuple[str, ...] = ()


def ready_walk(recording: PoseSequence, settings: GaitSettings) -> Walk:
    """Make a recording ready.

    Parameters
    ----------
    recording : PoseSequence
    settings : GaitSettings

    Returns
    -------
    Walk

    Raises
    ------
    SignalError
        If there are fewer than two frames, or fewer than ten a second.
    SequenceError
        If the body is missing in every frame.
    MissingJointsError
        If the vertical, the heading or the feet cannot be seen with these joints.
    """
    chosen = recording.select(*(name for name in _USED if recording.has(name)))
    how, warnings = _possible(chosen, settings)
    ready = prepare(chosen.time_s, chosen.positions_mm, how)
    raw = chosen.resample(ready.record.rate_hz) if ready.record.resampled else chosen
    sequence = raw.with_positions(ready.values)
    upright = vertical(sequence)
    ahead = heading(sequence, upright)
    noise_mm = noise_left(raw, sequence, ahead.forward, how.cutoff_hz or 0.0)
    feet = feet_of(sequence, ahead.forward, upright.up, noise_mm=noise_mm)
    sharper, records = feet, [ready.record]
    cutoff_hz = min(settings.timing_cutoff_hz, _HIGHEST_CUTOFF * ready.record.rate_hz)
    if how.cutoff_hz and cutoff_hz > how.cutoff_hz and noise_mm <= settings.clean_mm:
        joints = dict.fromkeys(f"{side}_{part}" for side in SIDES for part in feet.points.values())
        few = chosen.select("pelvis", *joints)
        again = prepare(
            few.time_s, few.positions_mm, how.model_copy(update={"cutoff_hz": cutoff_hz})
        )
        records.append(again.record)
        less_smooth = raw.select("pelvis", *joints).with_positions(again.values)
        sharper = feet_of(less_smooth, ahead.forward, upright.up, noise_mm=noise_mm)
    return Walk(
        sequence=sequence,
        records=tuple(records),
        upright=upright,
        ahead=ahead,
        feet=feet,
        sharper=sharper,
        sight=Sight(sequence, np.asarray(ready.filled.any(axis=2))),
        view=viewpoint(sequence, ahead),
        warnings=tuple(warnings),
    )


def _possible(recording: PoseSequence, settings: GaitSettings) -> tuple[Preparation, list[str]]:
    """Give what is asked for, with a cutoff that the frame rate allows."""
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
