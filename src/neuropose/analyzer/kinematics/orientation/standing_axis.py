"""Direction from the feet to the neck of somebody who stands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.geometry import angle_deg, dot
from neuropose.sequence.body_axis import long_run
from neuropose.sequence.data import SequenceData
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]

STRAIGHT_DEG = 30.0
"""Angle between trunk and legs below which somebody stands.

Who sits upright has 35° (feet drawn back under the seat) to 45° (shanks upright, thighs level).
"""
RAISED_MM = 100.0
"""A foot that is so far above the other one does not bear."""


def standing_axis(sequence: SequenceData) -> tuple[Array, float] | None:
    """Find the direction from the middle of the feet that bear to the neck.

    Parameters
    ----------
    sequence : SequenceData
        Joint positions over time.

    Returns
    -------
    direction : ndarray, shape (3,)
        Unit vector: its long-run direction while the person stands.
    spread_deg : float
        Its median deviation.

    Notes
    -----
    The weight of a body that stands is above its feet, however much the trunk leans. None is
    returned for somebody who is not seen to stand half of the time, and of a source without hips,
    neck and feet.
    """
    feet = _feet(sequence)
    if feet is None or not sequence.has("pelvis", "neck"):
        return None
    pelvis, neck = sequence.require("pelvis", "neck")
    trunk = neck - pelvis
    higher_mm = dot(feet[0] - feet[1], trunk) / np.linalg.norm(trunk, axis=1)
    bearing = 0.5 * (feet[0] + feet[1])
    bearing = np.where((higher_mm > RAISED_MM)[:, None], feet[1], bearing)
    bearing = np.where((higher_mm < -RAISED_MM)[:, None], feet[0], bearing)
    stands = angle_deg(trunk, pelvis - bearing) < STRAIGHT_DEG  # False where not known
    seen = np.isfinite(trunk).all(axis=1)
    if not stands.any() or 2 * np.count_nonzero(stands) < np.count_nonzero(seen):
        return None
    direction, spread_deg = long_run((neck - bearing)[stands])
    return None if direction is None else (direction, spread_deg)


def _feet(sequence: SequenceData) -> Array | None:
    """Middle of each foot, shape (2, T, 3), or the ankles of a source without feet."""
    for kinds in (("heel", "toe"), ("ankle",)):
        names = [f"{side}_{kind}" for side in SIDES for kind in kinds]
        if sequence.has(*names):
            points_mm = np.stack(sequence.require(*names))
            return np.asarray(points_mm.reshape(2, len(kinds), -1, 3).mean(axis=1))
    return None
