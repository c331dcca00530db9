"""The whole analysis of a walk: from a sequence to events, strides, turns and cycles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.angles import JointAngles, joint_angles
from neuropose.analyzer.kinematics.orientation import View
from neuropose.analyzer.kinematics.orientation.lateral_markers import stands_for_joint
from neuropose.analyzer.kinematics.orientation.stated_vertical import vertical_doubts
from neuropose.analyzer.prepared import PreparedRecording
from neuropose.analyzer.signals.turns import Turn, find_turns
from neuropose.analyzer.tasks.gait.cycles import Cycles, normalise_cycles
from neuropose.analyzer.tasks.gait.feet import Feet, foot_joints
from neuropose.analyzer.tasks.gait.foot_events.corrected import with_corrections
from neuropose.analyzer.tasks.gait.foot_events.detection import least_swing_mm
from neuropose.analyzer.tasks.gait.foot_events.find import FootEvent, find_events
from neuropose.analyzer.tasks.gait.foot_events.measured import with_plates
from neuropose.analyzer.tasks.gait.foot_events.plate_contacts import plate_contacts, were_smoothed
from neuropose.analyzer.tasks.gait.foot_placement import Ground, find_ground, rests
from neuropose.analyzer.tasks.gait.frontal import doubt_frontal, refuse_frontal
from neuropose.analyzer.tasks.gait.patterns.other_gaits import (
    LIKE_STAIRS,
    exclude_backwards,
    like_stairs,
    other_gait,
)
from neuropose.analyzer.tasks.gait.patterns.review import Stretch, stretches_to_review
from neuropose.analyzer.tasks.gait.patterns.standstill import exclude_standstills, find_halts
from neuropose.analyzer.tasks.gait.preparation import PreparedWalk, prepare_walk
from neuropose.analyzer.tasks.gait.settings import EventSource, GaitSettings
from neuropose.analyzer.tasks.gait.steps import Step, find_steps
from neuropose.analyzer.tasks.gait.strides import (
    Stride,
    find_strides,
    refuse_exchanged,
    refuse_widths,
)
from neuropose.data.force_plates import ForcePlates
from neuropose.errors import MissingJointsError, SequenceError, SignalError
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons.sides import SIDES, Side

Array = NDArray[np.float64]

SMOOTHED = (
    "the forces were smoothed before they were stored: contacts of the plates are up to 35 ms "
    "early, foot offs up to 15 ms late"
)
LEG_ANGLES = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")


@dataclass(frozen=True, eq=False)
class GaitAnalysis:
    """A walk, analysed.

    Parameters
    ----------
    recording : PoseSequence
        As it was given.
    settings : GaitSettings
        How the walk was analysed.
    affected_side : {"left", "right"} or None
    walk : PreparedWalk or None
        The prepared recording. None: it could not be prepared, see `reason`.
    ground : Ground or None
        What the feet rest on.
    events : tuple of FootEvent
        Ascending in time.
    turns : tuple of Turn
        Ascending in time.
    strides : tuple of Stride
        Ascending in time; all of them, also those that are not summarised.
    steps : tuple of Step
        Ascending in time; of a recording without a stride, what single steps tell.
    angles : JointAngles or None
        Of hips, knees and ankles, on the clock of `walk`; by the names of `LEG_ANGLES`, with
        ``left_`` or ``right_`` before.
    reason : str or None
        Why there is no stride. None: there are some.
    warnings : tuple of str
        What a reader of any of the numbers should know.
    """

    recording: PoseSequence
    settings: GaitSettings
    affected_side: Side | None
    walk: PreparedWalk | None = None
    ground: Ground | None = None
    events: tuple[FootEvent, ...] = ()
    turns: tuple[Turn, ...] = ()
    strides: tuple[Stride, ...] = ()
    steps: tuple[Step, ...] = ()
    angles: JointAngles | None = None
    reason: str | None = None
    warnings: tuple[str, ...] = ()

    @cached_property
    def to_review(self) -> tuple[Stretch, ...]:
        """Stretches in which somebody may freeze or festinate, or halts; no diagnosis."""
        if self.walk is None:
            return ()
        return stretches_to_review(self.walk, self.strides, self.halts)

    @cached_property
    def halts(self) -> tuple[tuple[float, float], ...]:
        """Start and end of each halt whose strides are left out, in seconds."""
        if self.walk is None or self.ground is None:
            return ()
        return find_halts(self.walk.feet, self.strides, self.ground.velocity_mm_s)

    def __repr__(self) -> str:
        if self.reason is not None:
            return f"<GaitAnalysis: no stride: {self.reason}>"
        turns = len(self.turns)
        return (
            f"<GaitAnalysis: {len(self.chosen('left'))} left and {len(self.chosen('right'))} right "
            f"strides of {len(self.strides)} count, {turns} turns, {len(self.warnings)} warnings>"
        )

    def chosen(self, side: Side | None = None, *, straight: bool = True) -> tuple[Stride, ...]:
        """Return the strides of one side, or of both.

        Parameters
        ----------
        side : {"left", "right"}, optional
        straight : bool
            Only those that are summarised (`Stride.excluded` is None).

        Returns
        -------
        tuple of Stride
        """
        return tuple(
            stride
            for stride in self.strides
            if side in (None, stride.side) and not (straight and stride.excluded)
        )

    def values(self, name: str, side: Side | None = None, *, straight: bool = True) -> Array:
        """Return one parameter of every stride.

        Parameters
        ----------
        name : str
            One of `neuropose.analyzer.tasks.gait.STRIDE_MEASURES`.
        side : {"left", "right"}, optional
            Default: both.
        straight : bool
            Only strides that are summarised.

        Returns
        -------
        ndarray, shape (N,)
            In the measure's unit. NaN: missing, see `Stride.reasons`.
        """
        return np.array([stride.values[name] for stride in self.chosen(side, straight=straight)])

    def cycles(self, signal: Array, side: Side, *, straight: bool = True) -> Cycles:
        """Cut a signal into the strides of one side.

        Parameters
        ----------
        signal : ndarray, shape (T,)
            On the clock of `walk`, smooth: an angle, a height, a distance.
        side : {"left", "right"}
        straight : bool
            Only strides that are summarised.

        Returns
        -------
        Cycles
        """
        strides = self.chosen(side, straight=straight)
        time_s = () if self.walk is None else self.walk.feet.time_s
        return normalise_cycles(
            time_s, signal, [s.start_s for s in strides], [s.end_s for s in strides]
        )


def analyze_gait(
    recording: PoseSequence | PreparedRecording,
    settings: GaitSettings | None = None,
    *,
    affected_side: Side | None = None,
    plates: ForcePlates | None = None,
) -> GaitAnalysis:
    """Analyse how somebody walks.

    Parameters
    ----------
    recording : PoseSequence or PreparedRecording
        Somebody who walks over a floor or on a treadmill. A prepared recording is not prepared
        again if it was prepared as `settings` say.
    settings : GaitSettings, optional
        How the gait is analysed.
    affected_side : {"left", "right"}, optional
        For ratios of affected to unaffected side.
    plates : ForcePlates, optional
        Force plates on the same clock and along the same axes, for `GaitSettings.events`.

    Returns
    -------
    GaitAnalysis
        Arrays; `neuropose.analyzer.gait_report` makes a report of it. A recording without a usable
        stride gives one too, with the reason.

    Raises
    ------
    MissingJointsError
        If the skeleton has no pelvis, no hips, or no feet and ankles.
    SequenceError
        If the affected side is none, or events of force plates are wanted and there are none.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> walk = analyze_gait(walker_sequence(simulate_walk()))
    >>> walk.values("cadence").round()
    array([110., 110., 110., 110., 110., 110., 110., 110., 110.])
    """
    settings = GaitSettings() if settings is None else settings
    known = recording
    recording = known.recording if isinstance(known, PreparedRecording) else known
    doubts = (*vertical_doubts(recording), *recording.warnings)
    if affected_side not in (None, *SIDES):
        raise SequenceError(f"{affected_side!r} is not a side", hint="give left, right or nothing")
    if settings.events is not EventSource.KINEMATICS and plates is None:
        raise SequenceError(
            f"events={settings.events} needs force plates", hint="give their file with --plates"
        )
    recording.require("left_hip", "right_hip", "pelvis")
    foot_joints(recording)
    try:
        walk = prepare_walk(known, settings)
    except (SequenceError, SignalError) as error:
        return GaitAnalysis(
            recording, settings, affected_side, reason=error.message, warnings=doubts
        )
    feet = walk.feet
    view, visibility = walk.prepared.viewpoint, walk.visibility
    events = find_events(
        feet,
        settings,
        sharper=walk.timing_feet,
        seen=visibility.seen,
        from_pictures=recording.position_error.from_pictures,
    )
    events = doubt_frontal(events, view)
    refused: tuple[str, ...] = ()
    if plates is not None and settings.events is not EventSource.KINEMATICS:
        events, refused = _of_plates(events, plates, walk.prepared, settings.events)
    events, not_there = with_corrections(events, recording.corrections)
    rest = {side: rests(events, side, float(feet.time_s[-1])) for side in SIDES}
    ground = find_ground(feet, rest, settings)
    turns = find_turns(feet.time_s, walk.prepared.heading.turned_deg, settings.turning)
    strides = find_strides(
        feet,
        events,
        ground,
        settings,
        sharper=walk.timing_feet,
        turns=turns,
        missing=visibility.missing,
    )
    exchanged = walk.prepared.heading.exchanged
    aside = feet.points["heel"] == "ankle" and any(
        stands_for_joint(recording, side, "ankle") for side in SIDES
    )
    strides = refuse_exchanged(refuse_frontal(strides, view), exchanged)
    strides = refuse_widths(strides, aside=aside)
    frontal = view is not None and view.during() is View.FRONTAL  # heights lie in depth, too
    if not frontal:
        strides = exclude_backwards(feet, strides, ground.velocity_mm_s)
    strides = exclude_standstills(feet, strides, ground.velocity_mm_s)
    another = None if frontal else other_gait(feet, events, strides)
    if another is None and not frontal and like_stairs(walk, events):
        another = LIKE_STAIRS
    if another is not None:
        strides = tuple(replace(stride, excluded=another) for stride in strides)
    return GaitAnalysis(
        recording,
        settings,
        affected_side,
        walk=walk,
        ground=ground,
        events=events,
        turns=turns,
        strides=strides,
        steps=()
        if strides or another
        else _steps(feet, events, ground, widths=exchanged is None and not aside),
        angles=_leg_angles(walk.prepared),
        reason=None if strides else _why_none(events, walk, settings),
        warnings=(*doubts, *walk.warnings, *((another,) if another else ()), *refused, *not_there),
    )


def _steps(
    feet: Feet, events: Sequence[FootEvent], ground: Ground, *, widths: bool
) -> tuple[Step, ...]:
    """Return single steps, with or without their width."""
    steps = find_steps(feet, events, ground)
    if widths:
        return steps
    return tuple(replace(step, values={**step.values, "step_width": np.nan}) for step in steps)


def _of_plates(
    found: tuple[FootEvent, ...],
    plates: ForcePlates,
    prepared: PreparedRecording,
    source: EventSource,
) -> tuple[tuple[FootEvent, ...], tuple[str, ...]]:
    """Return the events with those of the plates, and what was not used of the plates."""
    sequence = prepared.sequence
    names = foot_joints(sequence)
    heels, toes = (
        {side: sequence.joint(f"{side}_{names[point]}") for side in SIDES}
        for point in ("heel", "toe")
    )
    up = np.asarray(prepared.vertical.up)
    contacts, loads = plate_contacts(plates, sequence.time_s, heels, toes, up)
    unused = tuple(
        f"force plate {load.plate} from {load.start_s:.2f} to {load.end_s:.2f} s is not used: "
        f"{load.reason}"
        for load in loads
    )
    smoothed = (SMOOTHED,) if were_smoothed(contacts) else ()
    return with_plates(found, contacts, source), (*plates.warnings, *smoothed, *unused)


def _leg_angles(prepared: PreparedRecording) -> JointAngles:
    """Return the angles of both legs; what the skeleton lacks is refused angle by angle."""
    names = [f"{side}_{angle}" for angle in LEG_ANGLES for side in SIDES]
    sequence, upright, facing = prepared.sequence, prepared.vertical, prepared.heading
    try:
        return joint_angles(sequence, names, upright=upright, facing=facing)
    except MissingJointsError:
        return joint_angles(sequence, upright=upright, facing=facing).among(names)


def _why_none(events: tuple[FootEvent, ...], walk: PreparedWalk, settings: GaitSettings) -> str:
    contacts = {
        side: sum(e.side == side and e.kind == "initial_contact" for e in events) for side in SIDES
    }
    seen = [np.isfinite(walk.feet.heel[side].ahead_mm).any() for side in SIDES]
    if not any(seen) and walk.records[0].samples_too_few_to_filter:
        return "too few frames follow each other to be smoothed"
    if not any(seen):
        return "the feet or the pelvis are missing in every frame"
    if not any(contacts.values()):
        least_mm = least_swing_mm(walk.feet, settings)
        if not all(seen):
            gone = next(side for side, there in zip(SIDES, seen, strict=True) if not there)
            return (
                f"the {gone} foot is missing in every frame, and the other does not swing by "
                f"{least_mm:.0f} mm or more past the pelvis"
            )
        return f"no foot swings by {least_mm:.0f} mm or more past the pelvis, so nobody walks here"
    found = " and ".join(f"{count} of the {side} foot" for side, count in contacts.items())
    return f"a stride needs two contacts of one foot; found were {found}"
