"""Limits of what a body can do: an angle outside them for long is wrong, however smooth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from neuropose.analyzer.kinematics.angles.result import Angle


class Limits(NamedTuple):
    """Limits of one angle, degrees.

    Parameters
    ----------
    least, most : float
        Limits of single frames.
    least_lasting, most_lasting : float
        Limits of what lasts for most of a recording.
    """

    least: float
    most: float
    least_lasting: float
    most_lasting: float


LIMITS: Mapping[str, Limits] = {
    "hip_flexion": Limits(-50.0, 160.0, -30.0, 130.0),
    "hip_abduction": Limits(-60.0, 90.0, -35.0, 60.0),
    "hip_internal_rotation": Limits(-90.0, 90.0, -60.0, 60.0),
    "knee_flexion": Limits(-20.0, 170.0, -10.0, 160.0),
    "ankle_dorsiflexion": Limits(-90.0, 50.0, -60.0, 35.0),
    "elbow_flexion": Limits(-20.0, 170.0, -10.0, 160.0),
    "pelvis_tilt": Limits(-60.0, 90.0, -35.0, 50.0),
    "pelvis_obliquity": Limits(-50.0, 50.0, -25.0, 25.0),
    "pelvis_rotation": Limits(-90.0, 90.0, -45.0, 45.0),
}
"""Limits by the name of an angle without its side.

The first two are the largest mean passive range of any group of healthy people from 2 to 69 years
(Soucie et al. 2011, Haemophilia 17:500: hip 28° of extension to 141° of flexion, knee −5° to 153°,
ankle 25° of dorsiflexion to 67° of plantarflexion, elbow −7° to 153°), and some 15° to 25° for lax
joints, landmarks that lie beside the joint, and noise. What may last lies near its ends. Recurvatum
in walking is called severe from 15°, at its peak in stance, and even such a knee bends in swing.
One below −10° for most of a recording is doubted, though it may be real in somebody who stands.

Hip rotation is 38° inwards and 42° outwards on average (Kouyoumdjian et al. 2012, Orthop Traumatol
Surg Res 98:17). Limits of hip abduction and of the pelvis are our own, far from what is seen in
gait. Shoulder and trunk have none: an arm goes round, and a trunk may lie.
"""
EXCEEDED_SHARE = 0.02
"""Share of the frames beyond the outer limits that is worth a warning."""
LASTING_SHARE = 0.5
"""Share of the frames beyond the limits of what lasts that is worth a warning."""


def doubt_implausible(angle: Angle) -> Angle:
    """Warn about an angle that no body can have, and lower its confidence.

    Parameters
    ----------
    angle : Angle
        The angle over the whole recording.

    Returns
    -------
    Angle
        The same values. If they are implausible, a warning is added, and the confidence is
        multiplied by the share of plausible frames; frames that are only beyond what lasts
        count by half.

    Examples
    --------
    >>> from neuropose.analyzer.kinematics.angles import AngleKind
    >>> knee = Angle("left_knee_flexion", np.full(10, -15.0), AngleKind.INCLUSIVE, "a toy", 0.9)
    >>> doubt_implausible(knee).confidence
    0.45
    >>> doubt_implausible(knee).warnings
    ('below -10° in 100 % of the frames: no knee stays there, left and right or front and back may \
be exchanged',)
    """
    limits = _limits(angle.name)
    known = angle.values_deg[np.isfinite(angle.values_deg)]
    if limits is None or not len(known):
        return angle
    warnings, doubt = [], 0.0
    for beyond, limit_deg, least_share, weight, doing in (
        (known < limits.least, limits.least, EXCEEDED_SHARE, 1.0, "bends so far"),
        (known > limits.most, limits.most, EXCEEDED_SHARE, 1.0, "bends so far"),
        (known < limits.least_lasting, limits.least_lasting, LASTING_SHARE, 0.5, "stays there"),
        (known > limits.most_lasting, limits.most_lasting, LASTING_SHARE, 0.5, "stays there"),
    ):
        share = float(beyond.mean())
        if share > least_share:
            where = "below" if limit_deg < 0.0 else "above"
            warnings.append(
                f"{where} {limit_deg:.0f}° in {100.0 * share:.0f} % of the frames: no "
                f"{_joint(angle.name)} {doing}, left and right or front and back may be exchanged"
            )
            doubt = max(doubt, weight * share)
    if not warnings:
        return angle
    return replace(
        angle,
        confidence=angle.confidence * (1.0 - doubt),
        warnings=(*angle.warnings, *warnings),
    )


def most_range_deg(name: str) -> float:
    """Return the largest range that an angle can have.

    Parameters
    ----------
    name : str
        Name of the angle, without its side or with it in front.

    Returns
    -------
    float
        Degrees. Infinite: no limit is known.

    Examples
    --------
    >>> most_range_deg("left_hip_flexion"), most_range_deg("shoulder_flexion")
    (210.0, inf)
    """
    limits = _limits(name)
    return float("inf") if limits is None else limits.most - limits.least


def refuse_impossible(angle: Angle, exchanged: str | None) -> Angle:
    """Refuse an angle that is of the other side, or moves through more than a joint can.

    Parameters
    ----------
    angle : Angle
        The angle over the whole recording, with its standard error.
    exchanged : str or None
        Why left and right are not those of the subject (`Heading.exchanged`). None: they are.

    Returns
    -------
    Angle
        With the reason as its only warning, and nothing that is measurable; else as it was.

    Notes
    -----
    The range is that of all frames but `EXCEEDED_SHARE`, half of them at either end.

    Examples
    --------
    >>> from neuropose.analyzer.kinematics.angles import AngleKind
    >>> hip = Angle("left_hip_flexion", np.linspace(-200.0, 200.0, 99), AngleKind.ANATOMICAL, "", 1)
    >>> refuse_impossible(hip, None).reason
    'it moves through 392°, and no hip through more than 210°: left and right or front and back \
may be exchanged'
    """
    known = angle.values_deg[np.isfinite(angle.values_deg)]
    limit_deg, range_deg = most_range_deg(angle.name), 0.0
    if len(known):
        ends = np.quantile(known, [0.5 * EXCEEDED_SHARE, 1.0 - 0.5 * EXCEEDED_SHARE])
        range_deg = float(np.ptp(ends))
    if angle.is_hidden:
        return angle
    if exchanged is not None:
        reason = exchanged
    elif range_deg > limit_deg:
        reason = (
            f"it moves through {range_deg:.0f}°, and no {_joint(angle.name)} through more than "
            f"{limit_deg:.0f}°: left and right or front and back may be exchanged"
        )
    else:
        return angle
    return replace(angle, confidence=0.0, reason=reason, is_hidden=True, warnings=(reason,))


def _limits(name: str) -> Limits | None:
    return LIMITS.get(name.removeprefix("left_").removeprefix("right_"))


def _joint(name: str) -> str:
    return name.removeprefix("left_").removeprefix("right_").split("_")[0]
