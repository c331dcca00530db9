"""The whole analysis of a walk: from a sequence to events, strides, turns and cycles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.filters import Preparation, PreparationRecord, prepare, usual_rate_hz
from neuropose.analyzer.frames import Heading, Vertical, heading, vertical
from neuropose.analyzer.gait.cycles import Cycles, normalise_cycles
from neuropose.analyzer.gait.detection import least_swing_mm
from neuropose.analyzer.gait.events import FootEvent, find_events
from neuropose.analyzer.gait.feet import SIDES, Feet, Side, feet_of, foot_joints, noise_left
from neuropose.analyzer.gait.footprints import Ground, find_ground, rests
from neuropose.analyzer.gait.settings import GaitSettings
from neuropose.analyzer.gait.sight import Sight
from neuropose.analyzer.gait.strides import Stride, find_strides
from neuropose.analyzer.gait.turns import Turn, find_turns
from neuropose.analyzer.sequence import PoseSequence
from neuropose.errors import SequenceError, SignalError

Array = NDArray[np.float64]

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
)


@dataclass(frozen=True, eq=False)
class GaitAnalysis:
    """A walk, analysed.

    Parameters
    ----------
    recording : PoseSequence
        As it was given.
    settings : GaitSettings
    affected_side : {"left", "right"} or None
    sequence : PoseSequence or None
        Prepared: the legs and trunk on an even clock, smooth. None, like all that follows from
        it: see `reason`.
    record : PreparationRecord or None
        What was done for that.
    upright : Vertical or None
    ahead : Heading or None
    feet : Feet or None
    ground : Ground or None
        What the feet rest on.
    events : tuple of FootEvent
        Ascending in time.
    turns : tuple of Turn
    strides : tuple of Stride
        Ascending in time; all of them, also those that are not summarised.
    angles_deg : mapping of str to ndarray, shape (T,)
        Joint angles of the prepared sequence, by name and side (``knee_flexion_left``).
    reason : str or None
        Why there is no stride. None: there are some.
    warnings : tuple of str
        What a reader of any of the numbers should know.
    """

    recording: PoseSequence
    settings: GaitSettings
    affected_side: Side | None
    sequence: PoseSequence | None = None
    record: PreparationRecord | None = None
    upright: Vertical | None = None
    ahead: Heading | None = None
    feet: Feet | None = None
    ground: Ground | None = None
    events: tuple[FootEvent, ...] = ()
    turns: tuple[Turn, ...] = ()
    strides: tuple[Stride, ...] = ()
    angles_deg: Mapping[str, Array] = field(default_factory=dict)
    reason: str | None = None
    warnings: tuple[str, ...] = ()

    def chosen(self, side: Side | None = None, *, straight: bool = True) -> tuple[Stride, ...]:
        """Give the strides of one side, or of both.

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
        """Give one parameter of every stride.

        Parameters
        ----------
        name : str
            One of `neuropose.analyzer.gait.STRIDE_MEASURES`.
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
        """Cut a signal of the prepared sequence into the strides of one side.

        Parameters
        ----------
        signal : ndarray, shape (T,)
            On the clock of `sequence`, smooth: an angle, a height, a distance.
        side : {"left", "right"}
        straight : bool
            Only strides that are summarised.

        Returns
        -------
        Cycles
        """
        strides = self.chosen(side, straight=straight)
        time_s = () if self.sequence is None else self.sequence.time_s
        return normalise_cycles(
            time_s, signal, [s.start_s for s in strides], [s.end_s for s in strides]
        )


def analyze_gait(
    recording: PoseSequence,
    settings: GaitSettings | None = None,
    *,
    affected_side: Side | None = None,
) -> GaitAnalysis:
    """Analyse how somebody walks.

    Parameters
    ----------
    recording : PoseSequence
        Of walking over a floor or on a treadmill.
    settings : GaitSettings, optional
    affected_side : {"left", "right"}, optional
        For ratios of affected to unaffected side.

    Returns
    -------
    GaitAnalysis
        Arrays; `neuropose.analyzer.gait.gait_report` makes a report of it. A recording without a
        usable stride gives one too, with the reason.

    Raises
    ------
    MissingJointsError
        If the skeleton has no pelvis, no hips, or no feet and ankles.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> walk = analyze_gait(walker_sequence(simulate_walk()))
    >>> walk.values("cadence").round(1)
    array([110., 110., 110., 110., 110., 110., 110., 110., 110.])
    """
    settings = GaitSettings() if settings is None else settings
    recording.require("left_hip", "right_hip", "pelvis")
    points = foot_joints(recording)
    warnings = list(recording.warnings)
    if "ankle" in points.values():
        standing_in = " and ".join(name for name, joint in points.items() if joint == "ankle")
        warnings.append(f"the ankle stands for the {standing_in}: events are less certain")
    try:
        return _analysed(recording, settings, affected_side, warnings)
    except (SequenceError, SignalError) as error:
        return GaitAnalysis(
            recording, settings, affected_side, reason=error.message, warnings=tuple(warnings)
        )


def _analysed(
    recording: PoseSequence,
    settings: GaitSettings,
    affected_side: Side | None,
    warnings: list[str],
) -> GaitAnalysis:
    chosen = recording.select(*(name for name in _USED if recording.has(name)))
    how = _preparation(recording, settings, warnings)
    ready = prepare(chosen.time_s, chosen.positions_mm, how)
    sequence = chosen.resample(ready.record.rate_hz) if ready.record.resampled else chosen
    raw, sequence = sequence, sequence.with_positions(ready.values)
    upright = vertical(sequence)
    ahead = heading(sequence, upright)
    noise_mm = noise_left(raw, sequence, ahead.forward, how.cutoff_hz or 0.0)
    feet = feet_of(sequence, ahead.forward, upright.up, noise_mm=noise_mm)
    sight = Sight(sequence, np.asarray(ready.filled.any(axis=2)))
    events = find_events(feet, settings, sight.seen)
    rest = {side: rests(events, side, float(feet.time_s[-1])) for side in SIDES}
    ground = find_ground(feet, rest, settings)
    turns = find_turns(feet.time_s, ahead.turned_deg, settings)
    strides = find_strides(feet, events, ground, settings, turns=turns, missing=sight.missing)
    return GaitAnalysis(
        recording=recording,
        settings=settings,
        affected_side=affected_side,
        sequence=sequence,
        record=ready.record,
        upright=upright,
        ahead=ahead,
        feet=feet,
        ground=ground,
        events=events,
        turns=turns,
        strides=strides,
        reason=None if strides else _why_none(events, feet, settings),
        warnings=tuple(warnings),
    )


def _preparation(
    recording: PoseSequence, settings: GaitSettings, warnings: list[str]
) -> Preparation:
    """Give what is asked for, with a cutoff that the frame rate allows."""
    how = settings.preparation
    rate_hz = how.rate_hz or usual_rate_hz(recording.time_s)
    if rate_hz < _LEAST_RATE_HZ:
        raise SignalError(
            f"{rate_hz:.3g} frames a second are too few: gait needs {_LEAST_RATE_HZ:g} or more",
            hint="record with more frames a second",
        )
    highest = _HIGHEST_CUTOFF * rate_hz
    if how.cutoff_hz is None or how.cutoff_hz <= highest:
        return how
    warnings.append(
        f"{rate_hz:.3g} frames a second: the low-pass is at {highest:.3g} Hz instead of "
        f"{how.cutoff_hz:g}; events are less certain"
    )
    return how.model_copy(update={"cutoff_hz": highest})


def _why_none(events: tuple[FootEvent, ...], feet: Feet, settings: GaitSettings) -> str:
    contacts = {
        side: sum(e.side == side and e.kind == "initial_contact" for e in events) for side in SIDES
    }
    if not any(contacts.values()):
        least_mm = least_swing_mm(feet, settings)
        return f"no foot swings by {least_mm:.0f} mm or more past the pelvis: nobody walks here"
    found = " and ".join(f"{count} of the {side} foot" for side, count in contacts.items())
    return f"a stride needs two contacts of one foot; found were {found}"
