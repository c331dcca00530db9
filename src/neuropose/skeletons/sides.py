"""The two sides of a body."""

from __future__ import annotations

from typing import Literal

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")


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
