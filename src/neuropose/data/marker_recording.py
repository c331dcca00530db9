"""The contents of a motion-capture file: named points over time, in mm, whatever the format."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, FiniteFloat, PositiveFloat, ValidationError, model_validator

from neuropose.data.array_contract import ArrayContract
from neuropose.data.arrays import ReadOnlyFloat64
from neuropose.data.metadata import Contract, Source
from neuropose.errors import FileFormatError
from neuropose.grammar import counted

Array = NDArray[np.float64]

MARKER_SUFFIXES = (".c3d", ".trc")
"""Suffixes, in lower case, of the files that hold markers."""


class Pictures(StrEnum):
    """What NeuroPose estimated positions from, of a file that looks like one of markers."""

    ONE_CAMERA = "one camera"
    """Depth is known much worse than the rest."""
    SEVERAL_CAMERAS = "several cameras"
    """Calibrated cameras that see the same movement."""


class MarkerEvent(Contract):
    """An event that a person or a program marked in a recording.

    Parameters
    ----------
    time_s : float
        Time on the recording's clock, 0 at its first frame.
    label : str
        What happened, in the file's words (``Foot Strike``).
    context : str
        Which side: ``Left``, ``Right`` or ``General``, in the file's words.
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
        As the file spells them, without the subject's name before the colon if all markers share
        it, or a subject was chosen.
    time_s : ndarray of float64, shape (T,)
        Times of the frames in seconds, ascending.
    positions_mm : ndarray of float64, shape (T, N, 3)
        Positions along the file's axes. NaN means missing.
    rate_hz : float
        Frames per second.
    first_frame : int
        Number of the first frame in the file's count (from 1).
    up : tuple of float or None
        Direction away from the floor; None if not known.
    events : tuple of MarkerEvent
        In order of time.
    angles_deg : mapping of str to ndarray of float64, shape (T, 3)
        Angles computed by the program that wrote the file, by name. NaN means missing.
    warnings : tuple of str
        What the reader corrected, or could not correct.
    unit : str or None
        Unit of length of the positions in the file; None if not recorded.
    unit_source, up_source : Source or None
        Where that unit and `up` come from; None if not recorded, or if `up` is None.
    subjects : tuple of str
        Names of the subjects whose markers the file holds, if they are several.
    subject : str or None
        The one whose markers these are; None if none was chosen.
    estimated_from : Pictures or None
        What the file says that NeuroPose estimated the positions from; None if it does not, as
        those of markers.
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
    subjects: tuple[str, ...] = ()
    subject: str | None = None
    estimated_from: Pictures | None = None

    def __repr__(self) -> str:
        return (
            f"<MarkerRecording: {len(self.time_s)} frames of {len(self.names)} points at "
            f"{self.rate_hz:.4g} frames/s, {self.format}>"
        )

    __str__ = __repr__

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
        """Return the positions of one marker.

        Parameters
        ----------
        name : str
            One of `names`.

        Returns
        -------
        ndarray, shape (T, 3)
            Positions in mm, a read-only view.

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
    """Make a recording from the contents of a file.

    Parameters
    ----------
    kind : str
        Name of the file format in messages.
    **fields
        Fields of `MarkerRecording`.

    Returns
    -------
    MarkerRecording

    Raises
    ------
    FileFormatError
        If the fields are inconsistent.
    """
    try:
        return MarkerRecording.model_validate(fields)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise FileFormatError(
            f"this {kind} file cannot be used: {reason}", hint="export it again"
        ) from error


def without_origin(positions_mm: Array) -> tuple[Array, list[str]]:
    """Mark points exactly at the origin as missing: some programs write missing points so.

    Parameters
    ----------
    positions_mm : ndarray, shape (T, N, 3)
        Positions of the markers.

    Returns
    -------
    positions_mm : ndarray, shape (T, N, 3)
        The same with NaN for those points.
    warnings : list of str
        How many there were, if any.
    """
    at_origin = (positions_mm == 0.0).all(axis=-1)
    if not at_origin.any():
        return positions_mm, []
    cleaned = np.where(at_origin[..., None], np.nan, positions_mm)
    return cleaned, [
        counted(
            int(at_origin.sum()),
            "position exactly at the origin was taken as missing",
            "positions exactly at the origin were taken as missing",
        )
    ]
