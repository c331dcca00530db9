"""What a motion-capture file holds: named points in time, in millimetres, whatever the format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, FiniteFloat, PositiveFloat, ValidationError, model_validator

from neuropose.data.array_contract import ArrayContract
from neuropose.data.arrays import ReadOnlyFloat64
from neuropose.data.metadata import Contract, Source
from neuropose.errors import FileFormatError

Array = NDArray[np.float64]

MM_PER_UNIT: Mapping[str, float] = {
    "mm": 1.0,
    "millimeter": 1.0,
    "millimeters": 1.0,
    "cm": 10.0,
    "dm": 100.0,
    "m": 1000.0,
    "meter": 1000.0,
    "meters": 1000.0,
    "in": 25.4,
    "inches": 25.4,
}
"""Units of length that files state, and their size."""


class MarkerEvent(Contract):
    """An event that somebody or some program marked in a recording.

    Parameters
    ----------
    time_s : float
        On the clock of the recording: 0 at its first frame.
    label : str
        What happened, as the file says it (``Foot Strike``).
    context : str
        To what: ``Left``, ``Right`` or ``General``, as the file says it.
    """

    time_s: FiniteFloat
    label: str
    context: str


class MarkerRecording(ArrayContract):
    """Named points of a motion-capture file: T frames, N points.

    Parameters
    ----------
    format : {"c3d", "trc"}
    names : tuple of str
        As the file spells them; without the subject's name before the colon if all have the same.
    time_s : ndarray of float64, shape (T,)
        Seconds, ascending.
    positions_mm : ndarray of float64, shape (T, N, 3)
        In the file's axes. NaN: missing.
    rate_hz : float
        Frames per second.
    first_frame : int
        Number of the first frame, as the file counts (from 1).
    up : tuple of float or None
        Direction away from the floor. None: not known.
    events : tuple of MarkerEvent
        In order of time.
    angles_deg : mapping of str to ndarray of float64, shape (T, 3)
        Angles that the file's own program computed, by name. NaN: missing.
    warnings : tuple of str
        What the reader put right, or could not.
    unit : str or None
        Unit of length that the positions had. None: not recorded.
    unit_source, up_source : Source or None
        Where that unit, and `up`, come from. None: not recorded, or there is no `up`.
    """

    format: Literal["c3d", "trc"]
    names: tuple[str, ...]
    time_s: ReadOnlyFloat64
    positions_mm: ReadOnlyFloat64
    rate_hz: PositiveFloat
    first_frame: Annotated[int, Field(ge=0)] = 1
    up: tuple[FiniteFloat, FiniteFloat, FiniteFloat] | None = None
    events: tuple[MarkerEvent, ...] = ()
    angles_deg: Mapping[str, ReadOnlyFloat64] = {}
    warnings: tuple[str, ...] = ()
    unit: str | None = None
    unit_source: Source | None = None
    up_source: Source | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        frames, points = len(self.time_s), len(self.names)
        if not frames or not points:
            raise ValueError("it holds no frames" if points else "it holds no markers")
        if self.positions_mm.shape != (frames, points, 3):
            raise ValueError(f"positions have shape {self.positions_mm.shape}")
        if len(set(self.names)) != points:
            raise ValueError("two markers have the same name")
        if not (np.isfinite(self.time_s).all() and (np.diff(self.time_s) > 0.0).all()):
            raise ValueError("its times do not ascend")
        if np.isinf(self.positions_mm).any():
            raise ValueError("a coordinate is infinite")
        for name, angles in self.angles_deg.items():
            if angles.shape != (frames, 3):
                raise ValueError(f"the angles {name} have shape {angles.shape}")
        return self

    def marker(self, name: str) -> Array:
        """Give the positions of one marker.

        Parameters
        ----------
        name : str
            One of `names`.

        Returns
        -------
        ndarray, shape (T, 3)
            mm; a read-only view.

        Raises
        ------
        KeyError
            If there is no such marker.
        """
        try:
            return self.positions_mm[:, self.names.index(name)]
        except ValueError:
            raise KeyError(f"the recording has no marker {name!r}") from None


def recording(kind: str, **fields: object) -> MarkerRecording:
    """Make a recording of what a file holds.

    Parameters
    ----------
    kind : str
        What the file is called in messages.
    **fields
        Of `MarkerRecording`.

    Returns
    -------
    MarkerRecording

    Raises
    ------
    FileFormatError
        If they do not fit together.
    """
    try:
        return MarkerRecording.model_validate(fields)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise FileFormatError(
            f"this {kind} file cannot be used: {reason}", hint="export it again"
        ) from error


def length_mm(unit: str | None, given: str | None, kind: str) -> float:
    """Give the size of a file's unit of length.

    Parameters
    ----------
    unit : str or None
        As the file states it.
    given : str or None
        As the caller states it; goes before the file's.
    kind : str
        What the file is called in messages.

    Returns
    -------
    float
        mm.

    Raises
    ------
    FileFormatError
        If the unit is not stated, or not known.
    """
    stated = given or unit
    known = ", ".join(MM_PER_UNIT)
    if not stated:
        raise FileFormatError(
            f"the {kind} file does not say in what unit its positions are",
            hint=f"say it with units=…, one of {known}",
        )
    if stated.strip().lower() not in MM_PER_UNIT:
        raise FileFormatError(
            f"{stated!r} is no unit of length that is known", hint=f"known are {known}"
        )
    return MM_PER_UNIT[stated.strip().lower()]


def without_origin(positions_mm: Array) -> tuple[Array, list[str]]:
    """Take points exactly at the origin as missing: that is how some programs write them.

    Parameters
    ----------
    positions_mm : ndarray, shape (T, N, 3)

    Returns
    -------
    positions_mm : ndarray, shape (T, N, 3)
        NaN there.
    warnings : list of str
        How many there were, if any.
    """
    at_origin = (positions_mm == 0.0).all(axis=-1)
    if not at_origin.any():
        return positions_mm, []
    cleaned = np.where(at_origin[..., None], np.nan, positions_mm)
    return cleaned, [
        f"{int(at_origin.sum())} positions exactly at the origin were taken as missing"
    ]


def bare_names(names: list[str]) -> tuple[list[str], list[str]]:
    """Drop the subject's name before the colon, and tell equal names apart.

    Parameters
    ----------
    names : list of str
        As the file has them.

    Returns
    -------
    names : list of str
        Unique. The subject's name stays if there are several subjects.
    warnings : list of str

    Examples
    --------
    >>> bare_names(["Ann:LKNE", "Ann:RKNE", "*3"])
    (['LKNE', 'RKNE', '*3'], [])
    >>> bare_names(["LKNE", "LKNE"])
    (['LKNE', 'LKNE#2'], ['2 markers are called LKNE'])
    """
    warnings = []
    subjects = {name.split(":", 1)[0] for name in names if ":" in name}
    if len(subjects) == 1:
        names = [name.split(":", 1)[-1] for name in names]
    elif subjects:
        warnings.append(f"markers of {len(subjects)} subjects; name them with markers={{…}}")
    unique, seen = [], dict[str, int]()
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    warnings += [f"{count} markers are called {name}" for name, count in seen.items() if count > 1]
    return unique, warnings
