"""Markers on the outer side of a knee or ankle that stand for the joint."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from neuropose.geometry import LEAST_SINE, unit
from neuropose.sequence.data import SequenceData
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]

OFFSET_MM = MappingProxyType({"knee": 60.0, "ankle": 45.0})
"""From the marker to the centre of the joint (``docs/evidence/accuracy.md``, "One marker")."""
AXIS_ERROR_DEG = 10.0
"""Standard error of the direction of that offset, as seen from above."""
_NEAR_MM = 15.0  # a lateral marker nearer to the joint than this is the joint itself


def stands_for_joint(sequence: SequenceData, side: str, joint: str) -> bool:
    """Return whether a joint is nothing but the marker on its outer side.

    Parameters
    ----------
    sequence : PoseSequence
        Joint positions over time.
    side : {"left", "right"}
    joint : {"knee", "ankle"}

    Returns
    -------
    bool
    """
    lateral, medial, centre = (f"{side}_{joint}{end}" for end in ("_lateral", "_medial", ""))
    if sequence.has(medial) or not sequence.has(lateral, centre):
        return False
    outer, inner = sequence.require(lateral, centre)
    return not (np.linalg.norm(outer - inner, axis=1) > _NEAR_MM).any()


def possible_centres(sequence: SequenceData) -> Iterator[tuple[tuple[str, str], Array]]:
    """Yield where the centres of joints may be that are markers on their outer sides.

    Parameters
    ----------
    sequence : PoseSequence
        Joint positions over time. Without both hips nothing is yielded.

    Yields
    ------
    names : tuple of str
        The joint and its lateral landmark, which is the same point.
    steps_mm : ndarray, shape (2, T, 3)
        From the marker to either end of one standard error: inwards along the line of the hips,
        and forwards or backwards by the sine of `AXIS_ERROR_DEG`.
    """
    if not sequence.has("left_hip", "right_hip"):
        return
    left, right = sequence.require("left_hip", "right_hip")
    for side in SIDES:
        inwards = unit(right - left if side == "left" else left - right)
        for joint, offset_mm in OFFSET_MM.items():
            if not stands_for_joint(sequence, side, joint):
                continue
            name = f"{side}_{joint}"
            leg = unit(sequence.joint(name) - (left if side == "left" else right))
            along = unit(np.cross(inwards, leg), least=LEAST_SINE)
            aside_mm = offset_mm * np.sin(np.radians(AXIS_ERROR_DEG)) * along
            steps_mm = np.stack([offset_mm * inwards + sign * aside_mm for sign in (1.0, -1.0)])
            yield (name, f"{name}_lateral"), steps_mm
