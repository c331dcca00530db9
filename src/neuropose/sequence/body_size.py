"""Whether positions are in the unit that they are said to be in, by the length of the shanks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from neuropose.geometry import known_median
from neuropose.io.markers.units import OTHER_UNIT
from neuropose.skeletons.sides import SIDES
from neuropose.skeletons.stature import is_stature

Array = NDArray[np.float64]

SHANK_JOINTS = tuple(f"{side}_{joint}" for side in SIDES for joint in ("knee", "ankle"))
"""Joints whose places tell the size of a body."""
_SHANK_OF_STATURE = 0.246  # Drillis & Contini 1966


def doubt_of_unit(places_mm: Mapping[str, Array], unit: str) -> str | None:
    """Doubt the unit if nobody has shanks of the length that they have in it.

    Parameters
    ----------
    places_mm : mapping of str to ndarray, shape (T, 3)
        Where each joint is, mm; of `SHANK_JOINTS` those that are known.
    unit : str
        The unit that they were read in, as a person would call it.

    Returns
    -------
    str or None
        A warning; None: there is no doubt, or no shank.

    Examples
    --------
    >>> standing = {"left_knee": np.array([[0.0, 0.5, 0.0]]), "left_ankle": np.array([[0.0] * 3])}
    >>> doubt_of_unit(standing, "mm")[:51]
    "in mm a shank is 0.5 mm long, as nobody's is: the u"
    """
    lengths_mm = [
        known_median(np.linalg.norm(places_mm[knee] - places_mm[ankle], axis=-1))
        for knee, ankle in zip(SHANK_JOINTS[::2], SHANK_JOINTS[1::2], strict=True)
        if knee in places_mm and ankle in places_mm
    ]
    longest_mm = max(lengths_mm, default=float("nan"))
    if not np.isfinite(longest_mm) or is_stature(longest_mm / _SHANK_OF_STATURE):
        return None
    return (
        f"in {unit} a shank is {round(longest_mm, 1):g} mm long, as nobody's is: {OTHER_UNIT}, "
        "and all lengths and speeds are wrong then"
    )
