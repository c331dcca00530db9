"""RGB colours of sides, tracks and confidence, distinguishable with any colour vision."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from neuropose.data import UNTRACKED
from neuropose.skeletons import Skeleton
from neuropose.skeletons.sides import SIDES

Color = tuple[int, int, int]

LEFT: Color = (64, 156, 255)
RIGHT: Color = (255, 138, 48)
MIDDLE: Color = (236, 236, 236)
INK: Color = (24, 26, 30)
PAPER: Color = (240, 240, 240)
BAND: Color = (32, 34, 40)

ON_PAPER: Mapping[str, Color] = {
    "left": (23, 103, 201),
    "right": (184, 80, 10),
    "middle": (89, 97, 111),
}
"""The same hues of the sides, dark enough for lines and letters on white."""

_TRACKS: tuple[Color, ...] = (
    (240, 228, 66),
    (0, 200, 150),
    (230, 130, 190),
    (110, 200, 250),
    (230, 110, 60),
    (170, 220, 100),
    (180, 160, 250),
    (250, 180, 120),
)
# The viridis map (van der Walt & Smith, CC0) between five of its colours, by confidence · 255.
_CONFIDENCE = [
    (round(red), round(green), round(blue))
    for red, green, blue in zip(
        *(
            np.interp(np.linspace(0.0, 4.0, 256), np.arange(5), channel).tolist()
            for channel in (
                (68, 59, 33, 94, 253),
                (1, 82, 145, 201, 231),
                (84, 139, 140, 98, 37),
            )
        ),
        strict=True,
    )
]
_NOT_GIVEN: Color = (160, 160, 160)


def confidence_color(confidence: float) -> Color:
    """Return the colour of a confidence.

    Parameters
    ----------
    confidence : float
        Confidence, 0 to 1. NaN: not available.

    Returns
    -------
    tuple of int
        RGB; grey if not available.

    Examples
    --------
    >>> confidence_color(1.0)
    (253, 231, 37)
    """
    if math.isnan(confidence):
        return _NOT_GIVEN
    return _CONFIDENCE[round(255 * min(1.0, max(0.0, confidence)))]


def track_color(track_id: int) -> Color:
    """Return the colour of a track.

    Parameters
    ----------
    track_id : int
        Track id; `UNTRACKED` for none.

    Returns
    -------
    tuple of int
        RGB; the colours repeat after eight tracks.

    Examples
    --------
    >>> track_color(0) == track_color(8)
    True
    """
    return PAPER if track_id == UNTRACKED else _TRACKS[track_id % len(_TRACKS)]


def bone_colors(skeleton: Skeleton) -> tuple[Color, ...]:
    """Return the colour of every edge of a skeleton, by body side.

    Parameters
    ----------
    skeleton : Skeleton
        The skeleton.

    Returns
    -------
    tuple of tuple of int
        RGB, one per edge; edges that cross the body have the colour of the middle.

    Examples
    --------
    >>> from neuropose.skeletons import BLAZEPOSE_33
    >>> bone_colors(BLAZEPOSE_33)[BLAZEPOSE_33.edges.index((23, 25))] == LEFT
    True
    """
    sides = [_side(skeleton, joint) for joint in skeleton.joints]
    by_side = {"left": LEFT, "right": RIGHT, "": MIDDLE}
    return tuple(
        by_side[sides[start] if sides[start] == sides[end] else ""] for start, end in skeleton.edges
    )


def _side(skeleton: Skeleton, joint: str) -> str:
    for side in SIDES:
        if joint.startswith(f"{side}_") or joint.endswith(f"_{side}"):
            return side
    if skeleton.mirror(joint) == joint:
        return ""
    return "left" if joint.startswith("l") else "right"  # lkne, rkne of MeTRAbs
