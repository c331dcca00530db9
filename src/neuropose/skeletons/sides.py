"""The two sides of a body."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")
_LEGS = ("hip", "knee", "ankle", "heel", "toe", "foot", "asis", "psis")
_ARMS = ("shoulder", "elbow", "wrist", "hand", "thumb", "finger", "pinky", "index")


class Limbs(StrEnum):
    """Joints whose sides may be exchanged together."""

    LEGS = "legs"
    ARMS = "arms"
    ALL = "all"


def other(side: Side) -> Side:
    """Return the opposite side.

    Parameters
    ----------
    side : {"left", "right"}

    Returns
    -------
    {"left", "right"}

    Examples
    --------
    >>> other("left")
    'right'
    """
    return "right" if side == "left" else "left"


def limbs_of(joint: str) -> Limbs | None:
    """Return the limbs that a joint belongs to.

    Parameters
    ----------
    joint : str
        Name of a joint or landmark, canonical or a skeleton's own, with English words.

    Returns
    -------
    Limbs or None
        Legs or arms. None: the trunk, the head, or a name that does not tell.

    Examples
    --------
    >>> limbs_of("left_knee_lateral").value, limbs_of("right_wrist").value, limbs_of("left_ear")
    ('legs', 'arms', None)
    """
    # Legs first: "foot_index" has a word of the arms.
    if any(word in joint for word in _LEGS):
        return Limbs.LEGS
    return Limbs.ARMS if any(word in joint for word in _ARMS) else None


def mean_and_side(column: str) -> tuple[str | None, str]:
    """Return what a column of a table is the mean of, and of which side.

    Parameters
    ----------
    column : str
        Such as ``knee_flexion_mean_left``.

    Returns
    -------
    tuple of (str or None, str)
        None if it is no mean; the side is empty if there is none.

    Examples
    --------
    >>> mean_and_side("knee_flexion_mean_left"), mean_and_side("percent")
    (('knee_flexion', 'left'), (None, ''))
    """
    rest, _, side = column.rpartition("_")
    if side not in SIDES:
        rest, side = column, ""
    return (rest.removesuffix("_mean"), side) if rest.endswith("_mean") else (None, "")
