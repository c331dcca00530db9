"""Average direction of a body, from the feet to the head, whatever vertical is stated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.geometry import angle_deg, unit
from neuropose.sequence.data import SequenceData
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]

_HIPS = ("pelvis", "left_hip right_hip")
_SHOULDERS = ("neck", "left_shoulder right_shoulder", "head")
_FEET = ("left_ankle right_ankle", "left_heel right_heel", "left_toe right_toe")
_LEAST_LENGTH = 0.1  # of a mean of unit vectors: a shorter one points nowhere on the whole


@dataclass(frozen=True, eq=False)
class BodyAxis:
    """The long-run direction of a body, from bottom to top.

    Parameters
    ----------
    direction : ndarray, shape (3,)
        Unit vector in the axes of the sequence.
    parts : tuple of str
        What points in that direction: ``trunk``, ``legs``, or else ``body``.
    trunk : ndarray, shape (3,), or None
        The same for the trunk alone, if it is known.
    """

    direction: Array
    parts: tuple[str, ...]
    trunk: Array | None = None


def body_axis(sequence: SequenceData) -> BodyAxis | None:
    """Find the average direction of a body.

    Parameters
    ----------
    sequence : SequenceData
        Joint positions over time.

    Returns
    -------
    BodyAxis or None
        None if the source has neither trunk nor legs, or they have no average direction.

    Notes
    -----
    The mean of the long-run directions (medians over time) of the trunk, from the hips to the
    shoulders, and of the legs, from the feet to the knees. The shanks stay near the vertical in
    sitting and the legs do in bending over, so a body in either posture still points upwards. A
    source without trunk and knees leaves the direction from the feet to the shoulders.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> axis = body_axis(walker_sequence(simulate_walk()))
    >>> axis.parts, bool(axis.direction[1] > 0.99)
    (('trunk', 'legs'), True)
    """
    trunk = _line(sequence, _HIPS, _SHOULDERS)
    lines = {"trunk": [trunk]}
    lines["legs"] = [
        _line(
            sequence,
            [f"{side}_{joint}" for joint in ("ankle", "heel", "toe")],
            [f"{side}_{joint}" for joint in ("knee", "hip")],
        )
        for side in SIDES
    ]
    parts = {name: [line for line in part if line is not None] for name, part in lines.items()}
    parts = {name: part for name, part in parts.items() if part}
    whole = None if parts else _line(sequence, _FEET, _SHOULDERS)
    if whole is not None:
        parts = {"body": [whole]}
    if not parts:
        return None
    direction = unit(
        np.mean([np.mean(part, axis=0) for part in parts.values()], axis=0), least=_LEAST_LENGTH
    )
    return BodyAxis(direction, tuple(parts), trunk) if np.isfinite(direction).all() else None


def long_run(offsets_mm: Array) -> tuple[Array | None, float]:
    """Find the average direction of vectors.

    Parameters
    ----------
    offsets_mm : ndarray, shape (T, 3)
        NaN: missing.

    Returns
    -------
    axis : ndarray, shape (3,), or None
        Unit vector along the median over time. None if they have no average direction.
    spread_deg : float
        Median deviation from it, degrees; NaN without one.
    """
    directions = unit(offsets_mm)
    known = directions[np.isfinite(directions).all(axis=1)]
    if not len(known):
        return None, float("nan")
    axis = unit(np.median(known, axis=0), least=_LEAST_LENGTH)
    if not np.isfinite(axis).all():
        return None, float("nan")
    return axis, float(np.median(angle_deg(known, axis)))


def _line(sequence: SequenceData, below: Sequence[str], above: Sequence[str]) -> Array | None:
    """Long-run direction from the first place that is known below to the first one above."""
    low, high = _place(sequence, below), _place(sequence, above)
    return None if low is None or high is None else long_run(high - low)[0]


def _place(sequence: SequenceData, choices: Sequence[str]) -> Array | None:
    """Mean of the joints of the first choice that is known in some frame."""
    for joints in choices:
        if sequence.has(*joints.split()):
            place = np.mean(sequence.require(*joints.split()), axis=0)
            if np.isfinite(place).all(axis=1).any():
                return np.asarray(place)
    return None
