"""Which axis of a laboratory is up, by the body in it: the axes of motion capture are level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.geometry import angle_deg, nearest_axis
from neuropose.sequence.body_axis import body_axis
from neuropose.sequence.data import SequenceData

Array = NDArray[np.float64]

NEAR_AN_AXIS_DEG = 30.0
"""People who walk, stand or sit keep within this of the vertical on the whole."""
UPSIDE_DOWN_DEG = 120.0
"""Nobody is further than this from the vertical on the whole: not who lies, bends or crawls."""


def upright_axis(sequence: SequenceData) -> Array | None:
    """Find the axis of the room along which a body stands.

    Parameters
    ----------
    sequence : SequenceData
        Joint positions over time, in the axes of a motion-capture system.

    Returns
    -------
    ndarray, shape (3,), or None
        From the feet to the head. None if the body shows neither trunk nor legs, or is further
        than 30° from every axis.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> upright_axis(walker_sequence(simulate_walk())).tolist()
    [0.0, 1.0, 0.0]
    """
    body = body_axis(sequence)
    if body is None:
        return None
    # The shanks of somebody who walks lean forward by some 15° on the whole, the trunk hardly.
    for direction in (body.trunk, body.direction):
        if direction is not None:
            axis = nearest_axis(direction)
            if float(angle_deg(axis, body.direction)) <= NEAR_AN_AXIS_DEG:
                return axis
    return None


def is_upside_down(sequence: SequenceData) -> bool:
    """Whether a body hangs by its feet, by the vertical that the sequence states.

    Parameters
    ----------
    sequence : SequenceData
        Joint positions over time.

    Returns
    -------
    bool
        False if no vertical is stated, or the body is not shown.
    """
    body = None if sequence.up is None else body_axis(sequence)
    if body is None or sequence.up is None:
        return False
    parts = (body.direction, body.direction if body.trunk is None else body.trunk)
    return min(float(angle_deg(sequence.up, part)) for part in parts) > UPSIDE_DOWN_DEG
