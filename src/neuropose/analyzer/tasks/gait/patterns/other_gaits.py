"""Gaits that are not level walking forwards: recognised, so that they are refused by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.orientation import VerticalMethod
from neuropose.analyzer.tasks.gait.feet import Feet
from neuropose.analyzer.tasks.gait.foot_events.find import FootEvent
from neuropose.analyzer.tasks.gait.foot_placement import rests
from neuropose.analyzer.tasks.gait.lengths import part_of
from neuropose.analyzer.tasks.gait.preparation import PreparedWalk
from neuropose.analyzer.tasks.gait.strides import (
    AIRBORNE,
    IMPOSSIBLE,
    INCOMPLETE,
    MISSED,
    Stride,
)
from neuropose.geometry import dot
from neuropose.skeletons.sides import SIDES, Side

Array = NDArray[np.float64]

RUNNING = "running: both feet are off the floor between steps; events are timed for walking"
STAIRS = (
    "stairs: every step is higher or lower than the one before; events are timed for level walking"
)
BACKWARDS = "walking backwards: events are timed for walking forwards"
LIKE_STAIRS = (
    "stairs, or somebody bent forwards on their toes: trunk and soles are inclined alike to the "
    "plane of the steps; give which way is up (up)"
)

_RUNNING_STANCE = 50.0  # % of the stride: walkers have 55 or more, runners 45 or less
_LEAST_RISE_MM = 80.0  # of a step; a ramp of 10 % makes 70
_BACKWARDS_MM_S = -150.0
_LIFTED_MM = 10.0  # higher while it moves back than ahead, a foot is lifted on its way back
_LEAST_INCLINED_DEG = 15.0  # stairs rise by 25 to 38, and a foot on a ramp is parallel to it
_BESIDE = 0.25  # of a stride: who is about to walk backwards no longer walks
_LESS_TELLING = (None, AIRBORNE, INCOMPLETE, IMPOSSIBLE, MISSED)
_ENOUGH = 3  # steps tell


def other_gait(feet: Feet, events: Sequence[FootEvent], strides: Sequence[Stride]) -> str | None:
    """Tell whether somebody does something else than walk forwards on the level.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    events : sequence of FootEvent
        Ascending in time.
    strides : sequence of Stride
        Strides of both feet.

    Returns
    -------
    str or None
        What it is and what that means; None: level walking forwards, for all that is known.

    Notes
    -----
    Running has a stance below half of the stride (median of three strides or more). On stairs the
    heels rest at a height that changes by 80 mm or more from step to step, in the same direction
    (median of three steps or more). Somebody walks backwards if the pelvis moves against the
    heading by more than 0.15 m/s (median), or, on a treadmill, if what would be running is done
    with feet that are lifted on their way back.
    """
    ahead = _ahead_mm_s(feet)
    known = np.isfinite(ahead)
    if known.any() and np.median(ahead[known]) < _BACKWARDS_MM_S:
        return BACKWARDS
    strides = [stride for stride in strides if stride.excluded != BACKWARDS]
    stances = [stride.values["stance"] for stride in strides]
    stances = [each for each in stances if np.isfinite(each)]
    if len(stances) >= _ENOUGH and np.median(stances) < _RUNNING_STANCE:
        return BACKWARDS if _lifts_going_back(feet) else RUNNING
    rises = _rises_mm(feet, events)
    if len(rises) >= _ENOUGH and np.abs(np.median(rises)) >= _LEAST_RISE_MM:
        return STAIRS
    return None


def like_stairs(walk: PreparedWalk, events: Sequence[FootEvent]) -> bool:
    """Tell whether somebody may be on stairs, where the vertical is estimated from the feet.

    Parameters
    ----------
    walk : PreparedWalk
        The prepared recording.
    events : sequence of FootEvent
        Ascending in time.

    Returns
    -------
    bool

    Notes
    -----
    The places where the feet bear make a plane, which the estimate takes for the floor. Of stairs
    it is their slope, to which the trunk and the soles of resting feet (median of three steps or
    more) are inclined alike, by 15° or more.
    """
    if walk.prepared.vertical.method in (VerticalMethod.GIVEN, VerticalMethod.ASSUMED):
        return False
    feet, sequence = walk.feet, walk.prepared.sequence
    if not sequence.has("pelvis", "neck") or set(feet.points.values()) != {"heel", "toe"}:
        return False
    pitches = _pitches_deg(feet, events)
    pelvis, neck = sequence.require("pelvis", "neck")
    ahead_mm = dot(neck - pelvis, walk.prepared.heading.forward)
    leans = np.degrees(np.arctan2(ahead_mm, (neck - pelvis) @ walk.prepared.vertical.up))
    leans = leans[np.isfinite(leans)]
    if len(pitches) < _ENOUGH or not len(leans):
        return False
    # Uphill the trunk seems to lean forwards, and the toes to point down.
    inclined = np.array([np.median(leans), -np.median(pitches)])
    return bool(
        np.abs(inclined).min() >= _LEAST_INCLINED_DEG and np.sign(inclined[0] * inclined[1]) > 0
    )


def exclude_backwards(
    feet: Feet, strides: Sequence[Stride], ground_mm_s: Array
) -> tuple[Stride, ...]:
    """Leave out the strides that go backwards, or partly so.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    strides : sequence of Stride
        Strides of both feet.
    ground_mm_s : ndarray, shape (2,)
        Velocity of the ground in the floor axes of `Feet`; 0 for a floor.

    Returns
    -------
    tuple of Stride
        Those are excluded in which, or just before or after which, the pelvis moves over the
        ground against the heading by more than 0.15 m/s, on average over a quarter of the stride.
        A stride within a turn, or that was not seen, keeps that as its reason.
    """
    ahead = _ahead_mm_s(feet, ground_mm_s)
    judged = []
    for stride in strides:
        span_s = stride.end_s - stride.start_s
        own = ahead[part_of(feet, stride.start_s, stride.end_s, -_BESIDE, 1.0 + _BESIDE)]
        window = max(1, round(_BESIDE * span_s * feet.rate_hz))
        is_judged = len(own) >= window and stride.excluded in _LESS_TELLING
        slowest = np.convolve(own, np.full(window, 1.0 / window), "valid") if is_judged else own[:0]
        is_backwards = bool((slowest < _BACKWARDS_MM_S).any())
        judged.append(replace(stride, excluded=BACKWARDS) if is_backwards else stride)
    return tuple(judged)


def _ahead_mm_s(feet: Feet, ground_mm_s: Array | float = 0.0) -> Array:
    """Return how fast the pelvis moves along the heading, NaN where it is not known."""
    speed = np.gradient(feet.pelvis_floor_mm, axis=0) * feet.rate_hz - ground_mm_s
    return np.asarray(np.sum(speed * feet.forward, axis=1))


def _lifts_going_back(feet: Feet) -> bool:
    """Tell whether feet are higher while they move back past the pelvis than while ahead."""
    higher = []
    for side in SIDES:
        points = feet.heel[side], feet.toe[side]
        heights = np.stack([each.height_mm for each in points])
        lowest = np.nanpercentile(heights, 5.0, axis=1, keepdims=True)
        lifted, moves = (heights - lowest).min(axis=0), np.gradient(points[0].ahead_mm)
        higher.append(np.nanmean(lifted[moves < 0.0]) - np.nanmean(lifted[moves > 0.0]))
    return bool(np.mean(higher) > _LIFTED_MM)


def _pitches_deg(feet: Feet, events: Sequence[FootEvent]) -> Array:
    """Return by how much the toe of each resting foot points up."""
    pitches = []
    for side, _, part in _resting(feet, events):
        heel, toe = feet.heel[side], feet.toe[side]
        rise_mm = toe.height_mm[part] - heel.height_mm[part]
        pitches.append(np.arctan2(rise_mm, toe.ahead_mm[part] - heel.ahead_mm[part]))
    known = [each[np.isfinite(each)] for each in pitches]
    return np.array([np.degrees(np.median(each)) for each in known if len(each)])


def _rises_mm(feet: Feet, events: Sequence[FootEvent]) -> Array:
    """Return how much higher each foot rests than the one before."""
    placed = []
    for side, contact_s, part in _resting(feet, events):
        heights = feet.heel[side].height_mm[part]
        if np.isfinite(heights).any():
            placed.append((contact_s, float(np.nanmedian(heights))))
    return np.diff([height_mm for _, height_mm in sorted(placed)])


def _resting(feet: Feet, events: Sequence[FootEvent]) -> Iterator[tuple[Side, float, slice]]:
    """Return of each step that is known to rest its side, its contact and the samples."""
    for side in SIDES:
        rest = rests(events, side, float(feet.time_s[-1]))
        for contact_s, (start_s, stop_s) in zip(rest.contact_s, rest.window_s, strict=True):
            if np.isfinite(start_s):
                yield side, float(contact_s), part_of(feet, start_s, stop_s)
