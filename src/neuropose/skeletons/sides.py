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
