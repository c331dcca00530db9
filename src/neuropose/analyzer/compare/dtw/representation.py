"""The signals of a movement that are compared: coordinates, joint angles or velocities, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.compare.alignment import common_joints
from neuropose.analyzer.compare.dtw.settings import ComparisonSettings
from neuropose.analyzer.compare.dtw.values import Rows, finite_rows
from neuropose.analyzer.kinematics.angles import ANGLES, Angle, AngleKind, joint_angle, joint_angles
from neuropose.errors import SequenceError, SignalError
from neuropose.filters import differentiate
from neuropose.geometry import angle_deg
from neuropose.sequence.pose_sequence import PoseSequence

Array = NDArray[np.float64]

_PARTIAL = ("left_hip_internal_rotation", "right_hip_internal_rotation")
_FULL = AngleKind.ANATOMICAL  # otherwise these are not determined while the knee is straight
_HALF_TURN_DEG = 180.0
_SAME_UP_DEG = 10.0  # more than a camera that was set up again is tilted


@dataclass(frozen=True, eq=False)
class Represented:
    """A movement as named signals over T frames.

    Parameters
    ----------
    signals : dict of str to ndarray, shape (T, D)
        Signals by joint or angle; D is 3, or 1 for angles. NaN: missing.
    time_s : ndarray, shape (T,)
        Seconds.
    first : int
        Frame of the movement at which these start: velocities have none at the ends.
    name : str
        Name of the movement in messages.
    warnings : tuple of str
        What limits the comparison, such as signals that were left out.
    """

    signals: dict[str, Array]
    time_s: Array
    first: int
    name: str
    warnings: tuple[str, ...] = ()

    def rows(self, settings: ComparisonSettings, *names: str) -> Rows:
        """Return some or all signals side by side, with nothing missing.

        Parameters
        ----------
        settings : ComparisonSettings
            Representation, alignment and DTW settings.
        *names : str
            Names of the signals; default: all.

        Returns
        -------
        Rows
        """
        names = names or tuple(self.signals)
        return finite_rows(
            np.concatenate([self.signals[name] for name in names], axis=1),
            settings.nan_policy,
            self.name,
            columns=[name for name in names for _ in range(self.signals[name].shape[1])],
            time_s=self.time_s,
            first=self.first,
        )


def represent(
    movements: Sequence[PoseSequence], settings: ComparisonSettings, names: Sequence[str]
) -> list[Represented]:
    """Represent movements, already aligned, as signals that can be compared.

    Parameters
    ----------
    movements : sequence of PoseSequence
        Movements to represent, the first being the reference.
    settings : ComparisonSettings
        Representation, alignment and DTW settings.
    names : sequence of str
        Names of the movements in messages.

    Returns
    -------
    list of Represented
        All with the same signals.

    Raises
    ------
    SequenceError
        If nothing can be compared: no joint or angle in common, or different frames of reference
        or verticals.
    MissingJointsError
        If a movement lacks a joint that `settings` names.
    """
    if settings.representation == "angles":
        return _angles(movements, settings, names)
    _same_axes(movements)
    joints = common_joints(movements) if settings.joints is None else settings.joints
    left_out = _left_out(movements) if settings.joints is None else ()
    return [
        Represented(
            *_signals(each, dict(zip(joints, each.require(*joints), strict=True)), settings),
            name,
            (*each.warnings, *left_out),
        )
        for each, name in zip(movements, names, strict=True)
    ]


def displacement(
    movements: Sequence[PoseSequence],
    first: str,
    second: str,
    settings: ComparisonSettings,
    names: Sequence[str],
) -> list[Represented]:
    """Return the vector from one joint to another, or its velocity.

    Parameters
    ----------
    movements : sequence of PoseSequence
        Movements to represent, the first being the reference.
    first, second : str
        Names of the joints.
    settings : ComparisonSettings
        Representation, alignment and DTW settings.
    names : sequence of str
        Names of the movements in messages.

    Returns
    -------
    list of Represented
        One signal each.

    Raises
    ------
    SequenceError
        If angles are requested, or the frames of reference differ.
    MissingJointsError
        If a movement lacks one of the joints.
    """
    if settings.representation == "angles":
        raise SequenceError(
            "two joints have a displacement, but no angle", hint="use coords or velocities"
        )
    _same_axes(movements)
    vectors = []
    for each, name in zip(movements, names, strict=True):
        one, other = each.require(first, second)
        signal = _signals(each, {f"{first} to {second}": other - one}, settings)
        vectors.append(Represented(*signal, name, each.warnings))
    return vectors


def _same_axes(movements: Sequence[PoseSequence]) -> None:
    if len({each.frame for each in movements}) > 1:
        raise SequenceError(
            "positions in the camera's axes and in the room's cannot be compared",
            hint="set align, or compare angles",
        )
    ups = [each.up for each in movements if each.up is not None]
    apart_deg = max((float(angle_deg(ups[0], up)) for up in ups), default=0.0)
    if apart_deg > _SAME_UP_DEG:
        raise SequenceError(
            f"the verticals of the movements are {apart_deg:.0f}° apart: their axes differ",
            hint="set align, or compare angles",
        )


def _signals(
    movement: PoseSequence, signals: dict[str, Array], settings: ComparisonSettings
) -> tuple[dict[str, Array], Array, int]:
    """Signals, or their derivatives without both ends, with their times and first frame."""
    if settings.representation == "coords":
        return signals, movement.time_s, 0
    if len(movement) < 3:
        raise SignalError(
            f"{len(movement)} frames have no velocity", hint="at least three are needed"
        )
    return (
        {
            name: differentiate(values, time_s=movement.time_s)[1:-1]
            for name, values in signals.items()
        },
        movement.time_s[1:-1],
        1,
    )


def _angles(
    movements: Sequence[PoseSequence], settings: ComparisonSettings, names: Sequence[str]
) -> list[Represented]:
    measured = [_measured(movement, settings.joints) for movement in movements]
    if settings.joints is None:
        wanted = [name for name in ANGLES if all(name in angles for angles in measured)]
    else:
        wanted = list(settings.joints)
    unlike = [name for name in wanted if len({angles[name].kind for angles in measured}) > 1]
    partial = [
        name
        for name in wanted
        if name in _PARTIAL and any(angles[name].kind is not _FULL for angles in measured)
    ]
    notes = [f"measured in different ways, left out: {', '.join(unlike)}"] if unlike else []
    if settings.joints is None:
        wanted = [name for name in wanted if name not in unlike + partial]
        notes += [f"known only where the knee bends, left out: {', '.join(partial)}"] * bool(
            partial
        )
    if not wanted or (unlike and settings.joints is not None):
        raise SequenceError(
            f"measured in different ways: {', '.join(unlike)}"
            if unlike
            else "the movements have no angle in common",
            hint="compare movements from the same model or marker set",
        )
    return [
        Represented(
            {each: angles[each].values_deg[:, None] for each in wanted},
            movement.time_s,
            0,
            name,
            (*movement.warnings, *_doubts(angles, wanted), *_turns(angles, wanted), *notes),
        )
        for movement, angles, name in zip(movements, measured, names, strict=True)
    ]


def joints_of_angle(name: str) -> tuple[str, str, str] | None:
    """Return the three joints of an angle that is named by them.

    Parameters
    ----------
    name : str
        Name of an angle.

    Returns
    -------
    tuple of str or None
        The angle is at the second. None: it is the name of a joint angle.

    Examples
    --------
    >>> joints_of_angle("left_hip, left_knee, left_ankle")
    ('left_hip', 'left_knee', 'left_ankle')
    >>> joints_of_angle("left_knee_flexion")
    """
    parts = [part.strip() for part in name.split(",")]
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 and all(parts) else None


def _measured(movement: PoseSequence, names: Sequence[str] | None) -> Mapping[str, Angle]:
    """Measure angles by name, and those at the second of three joints."""
    if names is None:
        return joint_angles(movement).angles
    triplets = {name: joints for name in names if (joints := joints_of_angle(name))}
    usual = [name for name in names if name not in triplets]
    return {
        **(joint_angles(movement, usual).angles if usual else {}),
        **{name: joint_angle(movement, *joints) for name, joints in triplets.items()},
    }


def _doubts(angles: Mapping[str, Angle], names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(doubt for name in names for doubt in angles[name].warnings))


def _turns(angles: Mapping[str, Angle], names: Sequence[str]) -> list[str]:
    """Return the angles that pass from one end of their range to the other."""
    return [
        f"{name} jumps by more than 180°, from one end of its range to the other: "
        "the distance counts that as a movement"
        for name in names
        if (np.abs(np.diff(angles[name].values_deg)) > _HALF_TURN_DEG).any()
    ]


def _left_out(movements: Sequence[PoseSequence]) -> tuple[str, ...]:
    """Return the joints that only some movements have."""
    every = dict.fromkeys(name for each in movements for name in each.joints)
    only_some = [name for name in every if not all(each.has(name) for each in movements)]
    return (f"not in all movements, left out: {', '.join(only_some)}",) if only_some else ()
