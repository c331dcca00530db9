"""Curves over time that a page shows beside the body: of each task, what its measures are of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.angles import ANGLES, joint_angles
from neuropose.analyzer.prepared import PreparedRecording
from neuropose.errors import NeuroPoseError
from neuropose.page.wording import words
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]

_LEGS = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")
_ANGLES: Mapping[str, tuple[str, ...]] = {
    "gait": _LEGS,
    "reach": ("elbow_flexion", "shoulder_flexion", "trunk_lean_forward"),
    "sit_to_stand": ("hip_flexion", "knee_flexion", "trunk_lean_forward"),
    "timed_up_and_go": ("knee_flexion", "trunk_lean_forward"),
    "repetitions": (),
    "range_of_motion": tuple(
        dict.fromkeys(name.removeprefix("left_").removeprefix("right_") for name in ANGLES)
    ),
    "sway": ("trunk_lean_forward", "trunk_lean_right"),
    "arm_swing": ("shoulder_flexion", "elbow_flexion"),
}
_HEIGHTS: Mapping[str, tuple[str, ...]] = {
    "sit_to_stand": ("pelvis",),
    "timed_up_and_go": ("pelvis",),
    "repetitions": ("wrist", "knee", "toe"),
}
_SPEEDS: Mapping[str, tuple[str, ...]] = {"reach": ("wrist",), "repetitions": ("wrist",)}
_STILL = 10.0  # mm or mm/s: a joint that moves less than this in all is not plotted


@dataclass(frozen=True, eq=False)
class Curve:
    """One line of a plot, one number a frame of the prepared recording.

    Parameters
    ----------
    side : {"left", "right", "middle"}
        Whose it is.
    values : ndarray, shape (T',)
        NaN: missing.
    doubt : str or None
        Why it should not be measured from. None: nothing speaks against it.
    errors : ndarray, shape (T',), or None
        Standard error of each value. NaN: not known; None: of none.
    """

    side: str
    values: Array
    doubt: str | None = None
    errors: Array | None = None


@dataclass(frozen=True, eq=False)
class CurvePlot:
    """A plot over time.

    Parameters
    ----------
    title : str
        What is plotted.
    unit : str
        Its unit.
    curves : tuple of Curve
        Left before right.
    hidden : tuple of str
        What is not plotted, as this view does not show it, and why.
    """

    title: str
    unit: str
    curves: tuple[Curve, ...]
    hidden: tuple[str, ...] = ()


def curve_plots(prepared: PreparedRecording, task: str) -> tuple[CurvePlot, ...]:
    """Return the curves over time of a task.

    Parameters
    ----------
    prepared : PreparedRecording
        The recording.
    task : str
        Name of the task; of a task that is not known, the angles of the legs.

    Returns
    -------
    tuple of CurvePlot
        On the clock of `prepared`. What the skeleton does not have is left out.

    Examples
    --------
    >>> from neuropose.analyzer.prepared import prepare_recording
    >>> from neuropose.filters import Preparation
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> walk = prepare_recording(walker_sequence(simulate_walk()), Preparation())
    >>> [plot.title for plot in curve_plots(walk, "gait")]
    ['hip flexion', 'knee flexion', 'ankle dorsiflexion']
    """
    plots = [_angle_plot(prepared, name) for name in _ANGLES.get(task, _LEGS)]
    if task == "sway":
        plots += _swaying(prepared)
    plots += [_joint_plot(prepared, joint, "height") for joint in _HEIGHTS.get(task, ())]
    plots += [_joint_plot(prepared, joint, "speed") for joint in _SPEEDS.get(task, ())]
    return tuple(plot for plot in plots if plot is not None and (plot.curves or plot.hidden))


def _angle_plot(prepared: PreparedRecording, name: str) -> CurvePlot | None:
    sided = [f"{side}_{name}" for side in SIDES]
    names = sided if sided[0] in ANGLES else [name]
    curves, hidden = [], []
    for each in names:
        try:
            angle = joint_angles(
                prepared.sequence, [each], upright=prepared.vertical, facing=prepared.heading
            )[each]
        except (NeuroPoseError, KeyError):
            continue
        if angle.is_hidden:
            hidden.append(f"{words(each)}: {angle.reason or 'this view does not show it'}")
            continue
        side = each.partition("_")[0]
        errors = angle.errors_deg
        if errors is None and np.isfinite(angle.error_deg):
            errors = np.full_like(angle.values_deg, angle.error_deg)
        curves.append(
            Curve(side if side in SIDES else "middle", angle.values_deg, angle.reason, errors)
        )
    return CurvePlot(words(name), "deg", tuple(curves), tuple(hidden))


def _joint_plot(prepared: PreparedRecording, joint: str, of: str) -> CurvePlot | None:
    sequence = prepared.sequence
    sided = {side: f"{side}_{joint}" for side in SIDES}
    names = {"middle": joint} if sequence.has(joint) else sided
    curves = []
    for side, name in names.items():
        if not sequence.has(name):
            continue
        try:
            values = prepared.height_mm(name) if of == "height" else prepared.speed_mm_s(name)
        except NeuroPoseError:
            continue
        curves.append(Curve(side, values))
    known = np.concatenate([np.zeros(0), *(each.values for each in curves)])
    known = known[np.isfinite(known)]
    if not len(known) or np.ptp(known) < _STILL:
        return None
    if of == "height":  # above the lowest place: the file's origin says nothing
        curves = [Curve(each.side, each.values - known.min()) for each in curves]
    return CurvePlot(f"{of} of the {joint}", "mm" if of == "height" else "mm/s", tuple(curves))


def _swaying(prepared: PreparedRecording) -> list[CurvePlot]:
    """Return how the pelvis moves about its mean place, forward and to the right."""
    sequence = prepared.sequence
    if not sequence.has("pelvis"):
        return []
    try:
        forward, right = prepared.heading.forward, prepared.heading.right
    except NeuroPoseError:
        return []
    place_mm = sequence.joint("pelvis") - np.nanmean(sequence.joint("pelvis"), axis=0)
    return [
        CurvePlot(
            f"pelvis {where} of its mean place",
            "mm",
            (Curve("middle", place_mm @ np.nanmedian(axis, axis=0)),),
        )
        for where, axis in (("ahead", forward), ("to the right", right))
    ]
