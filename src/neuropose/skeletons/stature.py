"""The stature of a person, as it is given: a number in millimetres that somebody may have."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, PositiveFloat

from neuropose.errors import ConfigError

STATURES_MM = (300.0, 2800.0)
"""From a child born at 28 weeks to the tallest people; in centimetres, none is within it."""
_MM_PER_UNIT = (10.0, 1000.0)
"""Of centimetres and metres."""


def require_stature(height_mm: float | None) -> None:
    """Refuse a height that nobody has.

    Parameters
    ----------
    height_mm : float or None
        Stature, mm. None: not known, which is right.

    Raises
    ------
    ConfigError
        If it is not within `STATURES_MM`; the hint has the number that may be meant.

    Examples
    --------
    >>> require_stature(1760.0)
    >>> try:
    ...     require_stature(176.0)
    ... except ConfigError as error:
    ...     print(error.message, error.hint, sep="; ")
    nobody is 176 mm tall; give the height in millimetres: 1760?
    """
    if height_mm is None or is_stature(height_mm):
        return
    meant = [height_mm * each for each in _MM_PER_UNIT if is_stature(height_mm * each)]
    raise ConfigError(
        f"nobody is {height_mm:g} mm tall",
        hint=f"give the height in millimetres: {meant[0]:g}?"
        if meant
        else "give the height in millimetres, such as 1750",
    )


def is_stature(height_mm: float) -> bool:
    """Return whether somebody may be of a height.

    Parameters
    ----------
    height_mm : float
        Stature, mm.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_stature(1760.0), is_stature(176.0)
    (True, False)
    """
    lowest_mm, highest_mm = STATURES_MM
    return lowest_mm <= height_mm <= highest_mm


def _stature(height_mm: float) -> float:
    try:
        require_stature(height_mm)
    except ConfigError as error:
        raise ValueError(f"{error.message}; {error.hint}") from None
    return height_mm


StatureMm = Annotated[PositiveFloat, AfterValidator(_stature)]
"""A stature in a file that a person wrote, mm."""
