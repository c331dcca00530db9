"""The unit of length of a motion-capture file: given, stated, or of the size of a body."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.data.metadata import Source
from neuropose.errors import FileFormatError, said_to

Array = NDArray[np.float64]

MM_PER_UNIT: Mapping[str, float] = {"mm": 1.0, "cm": 10.0, "dm": 100.0, "m": 1000.0, "in": 25.4}
"""Units of length, and their size in mm."""

OTHER_UNIT = "the unit may be another one"
_SPELLED = (
    ("mm", r"mm|mill\w*"),
    ("cm", r"cm|cent\w*"),
    ("dm", r"dm|deci\w*"),
    ("m", r"m|met\w*"),
    ("in", r"in|inch\w*"),
)
_OF_A_BODY = ("mm", "cm", "m")  # a factor of ten apart at least, so that only one can be right
_ROOM_M = (0.01, 50.0)  # from a hand's markers to a team on a field
BODY_MM = (300.0, 3000.0)
"""Size of the markers of one person, from the smallest set in use to raised arms."""
TYPICAL_BODY_MM = 1700.0
"""Height of a person, where two scales contradict each other."""


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit of length of a file.

    Parameters
    ----------
    name : str
        As in `MM_PER_UNIT`, or as the file or the caller spells it.
    size_mm : float
        Its size.
    source : Source
        Whether it was given, stated in the file or assumed.
    warnings : tuple of str
        What was assumed, or speaks against it.
    """

    name: str
    size_mm: float
    source: Source
    warnings: tuple[str, ...] = ()


def unit_of(
    stated: str | None,
    given: str | None,
    positions: Array,
    names: Sequence[str],
    kind: str,
) -> Unit:
    """Find the unit of a file.

    Parameters
    ----------
    stated : str or None
        What the file states.
    given : str or None
        What the caller states; it takes precedence.
    positions : ndarray, shape (T, N, 3)
        In that unit, to find one that is not stated: a body is about as tall in every file.
    names : sequence of str
        Names of the N markers.
    kind : str
        Name of the file format in messages.

    Returns
    -------
    Unit

    Raises
    ------
    FileFormatError
        If it is not known, or neither stated nor clear from the size of the body.
    """
    if given or stated:
        name = given or stated or ""
        size_mm = _size_mm(name)
        if size_mm is None:
            whose = "" if given else f", which the {kind} file states,"
            raise FileFormatError(
                f"{name!r}{whose} is not a known unit of length",
                hint=f"known are {', '.join(MM_PER_UNIT)}: {said_to('units', 'mm')}",
            )
        span_m = size_mm * body_size(positions, names) / 1000.0
        doubt = f"in {name} the markers span {span_m:.3g} m: {OTHER_UNIT}"
        doubts = (doubt,) if 0.0 < span_m < _ROOM_M[0] or span_m > _ROOM_M[1] else ()
        return Unit(name, size_mm, Source.GIVEN if given else Source.FILE, doubts)
    size = body_size(positions, names)
    for name in _OF_A_BODY:
        if BODY_MM[0] <= MM_PER_UNIT[name] * size < BODY_MM[1]:
            note = (
                f"the {kind} file does not state its unit: {name} was assumed, in which the "
                f"markers span {MM_PER_UNIT[name] * size / 1000.0:.1f} m"
            )
            return Unit(name, MM_PER_UNIT[name], Source.ASSUMED, (note,))
    raise FileFormatError(
        f"the {kind} file does not state the unit of its positions, and their size does not "
        "tell it",
        hint=f"state one of {', '.join(MM_PER_UNIT)}: {said_to('units', 'mm')}",
    )


def body_size(positions: Array, names: Sequence[str]) -> float:
    """Return how far the markers of a body span.

    Parameters
    ----------
    positions : ndarray, shape (T, N, 3)
        In any unit; NaN: missing.
    names : sequence of str
        Names of the N markers; those without one (``*3``) are left out if others have one.

    Returns
    -------
    float
        Median over time of the longest extent along an axis; NaN if there is none.
    """
    named = [index for index, name in enumerate(names) if not name.startswith("*")]
    places = positions[:, named] if named else positions
    known = np.asarray(np.isfinite(places).all(axis=-1))
    if not known.any():
        return float("nan")
    places, known = places[known.any(axis=1)], known[known.any(axis=1)]
    high = np.where(known[..., None], places, -np.inf).max(axis=1)
    low = np.where(known[..., None], places, np.inf).min(axis=1)
    return float(np.median((high - low).max(axis=-1)))


def _size_mm(name: str) -> float | None:
    letters = re.sub(r"[^a-z]", "", name.lower())
    for unit, spelled in _SPELLED:
        if re.fullmatch(spelled, letters):
            return MM_PER_UNIT[unit]
    return None
