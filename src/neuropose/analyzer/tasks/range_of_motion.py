"""Range of motion: how far every joint angle goes in either direction."""

from __future__ import annotations

from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from neuropose.analyzer.kinematics.angles import ANGLES, Angle, JointAngles, joint_angles
from neuropose.analyzer.prepared import PreparedRecording, prepare_recording
from neuropose.analyzer.tasks.drawn import with_standard_errors
from neuropose.analyzer.tasks.findings import Findings
from neuropose.analyzer.tasks.gait.summary import symmetry_index
from neuropose.analyzer.tasks.settings import TaskSettings
from neuropose.data import Report
from neuropose.errors import MissingJointsError, VerticalError
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]

_PARTS = ("minimum", "maximum", "range")
_Percent = Annotated[float, Field(ge=0.0, le=100.0)]


class RangeOfMotionSettings(TaskSettings):
    """How ranges of motion are measured.

    Parameters
    ----------
    angles : tuple of str or None
        Which of `neuropose.analyzer.ANGLES`. None: all that the skeleton allows.
    low_percentile, high_percentile : float
        Percentiles used as minimum and maximum, so that single frames in which a pose is wrong do
        not count. 0 and 100 are the extremes.
    """

    angles: tuple[str, ...] | None = None
    low_percentile: _Percent = 1.0
    high_percentile: _Percent = 99.0

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.low_percentile >= self.high_percentile:
            raise ValueError("low_percentile must be below high_percentile")
        unknown = [name for name in self.angles or () if name not in ANGLES]
        if unknown:
            raise ValueError(f"there is no angle {unknown[0]!r}; there are {', '.join(ANGLES)}")
        return self


@with_standard_errors
def measure_range_of_motion(
    recording: PoseSequence, settings: RangeOfMotionSettings | None = None
) -> Report:
    """Measure how far joint angles go in a recording.

    Parameters
    ----------
    recording : PoseSequence
        Recording of any movement.
    settings : RangeOfMotionSettings, optional
        Angles and percentiles; default: `RangeOfMotionSettings()`.

    Returns
    -------
    Report
        Of every angle (``knee_flexion``, ``trunk_lean_forward`` …) ``_minimum``, ``_maximum`` and
        ``_range``, of those with sides each (``knee_flexion_range_left``), and of their ranges the
        signed symmetry index. The choice of an angle's name says whether it is anatomical,
        inclusive or projected, and what it was measured from.

    Raises
    ------
    MissingJointsError
        If the skeleton allows none of the angles, or not those that were requested.

    Notes
    -----
    Angles: `neuropose.analyzer.joint_angles`. Greatest and least values are percentiles over all
    frames (by default the 1st and 99th), so that a frame in which a pose is wrong does not make a
    range. A position that is held for less than 1 % of the recording is not in it either.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> report = measure_range_of_motion(walker_sequence(simulate_walk()))
    >>> report.choices["left_knee_flexion"].method.split(":")[0]
    'inclusive'
    >>> round(report.measures["knee_flexion_maximum_left"].value)
    58
    """
    settings = RangeOfMotionSettings() if settings is None else settings
    names = ANGLES if settings.angles is None else settings.angles
    found, prepared = Findings("range_of_motion", _units(names)), None
    with found.refusals():
        prepared = prepare_recording(recording, settings.preparation)
        _measure(_angles(prepared, settings), settings, found)
    return found.report(recording, settings, prepared)


def _units(names: tuple[str, ...]) -> dict[str, str]:
    units: dict[str, str] = {}
    for name in names:
        units |= {_named(name, part): "deg" for part in _PARTS}
    for name in names:
        base, side = _base_and_side(name)
        if side == "left" and f"right_{base}" in names:
            units[f"{base}_range_symmetry_index"] = "%"
    return units


def _base_and_side(angle: str) -> tuple[str, str | None]:
    for side in SIDES:
        if angle.startswith(f"{side}_"):
            return angle.removeprefix(f"{side}_"), side
    return angle, None


def _named(angle: str, part: str) -> str:
    base, side = _base_and_side(angle)
    return f"{base}_{part}" if side is None else f"{base}_{part}_{side}"


def _angles(prepared: PreparedRecording, settings: RangeOfMotionSettings) -> JointAngles:
    upright, names, sequence = prepared.vertical_or_none, settings.angles, prepared.sequence
    try:
        facing = None if upright is None else prepared.heading
    except MissingJointsError:  # an elbow has an angle without it
        facing = None
    try:
        angles = joint_angles(sequence, names, upright=upright, facing=facing)
    except VerticalError:  # an elbow has an angle without that, too
        angles = joint_angles(sequence, upright=upright, facing=facing).among(names or ANGLES)
    if not angles:
        joint_angles(sequence, ANGLES, upright=upright)  # names all that is missing
    return angles


def _measure(angles: JointAngles, settings: RangeOfMotionSettings, found: Findings) -> None:
    for name, reason in angles.refused.items():
        found.miss(reason, *(_named(name, part) for part in _PARTS))
    for name, angle in angles.items():
        _measure_one(name, angle, settings, found)
    for name in found.units:
        base = name.removesuffix("_symmetry_index")
        if base != name:
            left, right = (found.measures[f"{base}_{side}"] for side in SIDES)
            if left.value is None or right.value is None:
                found.miss("both sides are needed", name)
                continue
            found.give(
                name,
                symmetry_index(left.value, right.value),
                min(left.n, right.n),
                confidence=min(left.confidence or 0.0, right.confidence or 0.0),
                reason="neither side moves",
            )


def _measure_one(name: str, angle: Angle, settings: RangeOfMotionSettings, found: Findings) -> None:
    values = angle.measurable_deg
    known = values[np.isfinite(values)]
    found.choices[name] = angle.as_choice()
    if not len(known):
        reason = angle.reason or "the angle is not known in any frame"
        found.miss(reason, *(_named(name, part) for part in _PARTS))
        return
    low, high = np.percentile(known, [settings.low_percentile, settings.high_percentile])
    for part, value in zip(_PARTS, (low, high, high - low), strict=True):
        found.give(
            _named(name, part),
            float(value),
            len(known),
            confidence=float(np.nan_to_num(angle.confidence)) * angle.known_share,
            standard_error=angle.error_of(part),
        )
