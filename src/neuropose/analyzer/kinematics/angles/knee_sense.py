"""Whether a knee bends forwards or backwards, which three joint centres alone do not show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.angles.body import Body
from neuropose.errors import MissingJointsError
from neuropose.filters.columns import runs
from neuropose.geometry import LEAST_SINE, across, dot, unit
from neuropose.grammar import counted

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

_AGREE = 0.5  # length of the mean cue: half means that one of two is 120° off the other
_MOSTLY = 0.5  # of a bend must have the same sense
_BENT_DEG = 10.0  # a straighter knee is nearly the same number either way


@dataclass(frozen=True, eq=False)
class KneeSense:
    """Whether a knee bends forwards or backwards, T frames.

    Parameters
    ----------
    factor : ndarray, shape (T,)
        1: forwards, so flexion; −1: backwards; between them near the frontal plane. NaN: a joint
        is missing.
    method : str
        Cues from which the front was found.
    certain_share : float
        Share of the frames in which the sense is certain, or hardly matters.
    warnings : tuple of str
        Frames in which the sense is not known or not certain.
    """

    factor: Array
    method: str
    certain_share: float
    warnings: tuple[str, ...] = ()


def knee_sense(body: Body, side: str, bend_deg: Array) -> KneeSense:
    """Find out whether a knee bends forwards or backwards.

    Parameters
    ----------
    body : Body
        The sequence with its vertical, heading and segment frames.
    side : {"left", "right"}
    bend_deg : ndarray, shape (T,)
        Size of the bend, degrees.

    Returns
    -------
    KneeSense

    Notes
    -----
    A knee bends about an axis that points to the subject's right, so it is bent forwards where it
    lies in front of the line from hip to ankle. Three cues show where the right is, and the mean
    of their directions is taken: the heading, which is smoothed over strides and so lags behind
    in a quick turn; the line of the hips, which a pose model may swap; and the plane of the
    foot and shank of the same leg, which neither affects, but which is not determined where the
    toes point along the shank.

    A knee that is bent by more than 10° cannot come to bend the other way without being straight
    in between. So it has one sense from one time that it is straight to the next, that of the mean
    over that time, if this is more than half of what it would be if all frames agreed; frames that
    were against it count as uncertain.
    """
    joints = tuple(f"{side}_{joint}" for joint in ("hip", "knee", "ankle"))
    hip, knee, ankle = body.sequence.require(*joints)
    line = unit(ankle - hip)
    there = np.isfinite(line).all(axis=1)
    try:
        right, agree, method = rightwards(body, side)
    except MissingJointsError:
        why = "the forward direction is not known: every bend is counted as flexion"
        return KneeSense(np.where(there, 1.0, np.nan), "counted as flexion", 1.0, (why,))
    front = unit(np.cross(right, line), least=LEAST_SINE)
    bend = unit(across(knee - hip, line), least=np.finfo(float).tiny)
    forwards = np.clip(2.0 * dot(bend, front), -1.0, 1.0)
    straight = np.isnan(bend).any(axis=1) & there
    unknown = np.isnan(front).any(axis=1) & there
    factor = np.where(straight | unknown, 1.0, forwards)
    matters = np.isfinite(factor) & (bend_deg > _BENT_DEG)
    factor, decided, against = _continued(factor, bend_deg, matters)
    unsure = matters & (unknown | against | ~decided & (~agree | (np.abs(factor) < 1.0)))
    known = int(np.isfinite(factor).sum())
    warnings = []
    if unknown.any():
        warnings.append(
            f"the forward direction is not known in {counted(int(unknown.sum()), 'frame')}: every "
            "bend there is counted as flexion"
        )
    doubtful = int((unsure & ~unknown).sum())
    if doubtful:
        warnings.append(
            f"bent by more than {_BENT_DEG:.0f}° in {doubtful} of {known} frames in which it is un"
            "certain whether forwards or backwards"
        )
    certain = 1.0 - int(unsure.sum()) / known if known else 1.0
    return KneeSense(factor, method, certain, tuple(warnings))


def _continued(factor: Array, bend_deg: Array, bent: Bools) -> tuple[Array, Bools, Bools]:
    """Give each bend one sense; return it, where it was decided so, and which frames were against.

    Where a bend has no sense that most of it shares, as that of a leg that bends aside, it stays.
    """
    factor = factor.copy()
    decided, against = np.zeros((2, len(factor)), dtype=bool)
    for start, stop in runs(bent):
        own, size = factor[start:stop], bend_deg[start:stop]
        vote = float(own @ size / size.sum())
        if abs(vote) > _MOSTLY:
            sign = float(np.sign(vote))
            decided[start:stop] = True
            against[start:stop] = sign * own < 0.0
            factor[start:stop] = sign
    return factor, decided, against


def rightwards(body: Body, side: str) -> tuple[Array, Bools, str]:
    """Find the direction to the subject's right, about which a knee bends.

    Parameters
    ----------
    body : Body
        The sequence with its vertical, heading and segment frames.
    side : {"left", "right"}
        Whose foot is a cue.

    Returns
    -------
    right : ndarray, shape (T, 3)
        Unit vectors; NaN where no cue is known or the cues cancel.
    agree : ndarray of bool, shape (T,)
        Whether the cues agree.
    method : str
        What they are.
    """
    heading = body.facing
    by_heading, by_pelvis = heading.right, np.cross(heading.pelvis, heading.up)
    foot = _foot(body, side)
    together = dot(by_heading, by_pelvis)
    # Toes that point outwards would turn the axis, so the foot is used only in case of doubt.
    foot = np.where(together < np.inf, 1.0 - np.clip(together, 0.0, 1.0), 1.0)[:, None] * foot
    undecided = (together < 0.0) & np.isnan(foot).any(axis=1)
    cues = np.stack([by_heading, np.where(undecided[:, None], np.nan, by_pelvis), foot])
    known = np.isfinite(cues).all(axis=2)
    total = np.where(known.any(axis=0)[:, None], np.nansum(cues, axis=0), np.nan)
    weight = np.linalg.norm(np.nan_to_num(cues), axis=2).sum(axis=0)
    agree = np.linalg.norm(total, axis=1) > _AGREE * weight
    method = "the heading, the hips and the foot" if known[2].any() else "the heading and the hips"
    return unit(total, least=LEAST_SINE), agree & ~undecided, method


def _foot(body: Body, side: str) -> Array:
    """Axis across the foot and shank, as long as the sine of the angle between them."""
    joints = tuple(f"{side}_{joint}" for joint in ("heel", "toe", "knee", "ankle"))
    if not body.sequence.has(*joints):
        return np.full((len(body.sequence), 3), np.nan)
    heel, toe, knee, ankle = body.sequence.require(*joints)
    return np.cross(unit(toe - heel), unit(knee - ankle))
