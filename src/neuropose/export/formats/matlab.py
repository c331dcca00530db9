"""MATLAB: a ``.mat`` file (version 5) with one struct, ``neuropose``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from neuropose._version import __version__
from neuropose.export.content import Content, Kind, Part
from neuropose.export.exporter import Exporter, Written
from neuropose.export.files import whole_file
from neuropose.export.options import ExportOptions
from neuropose.export.preparing import place
from neuropose.export.report_frames import report_frames

_LONGEST_NAME = 63


def write_matlab(content: Content, path: Path, options: ExportOptions) -> Written:
    """Write a movement or reports for MATLAB.

    Parameters
    ----------
    content : Content
        With a movement or reports.
    path : Path
        The file.
    options : ExportOptions
        Default: the axes of the recording, millimetres.

    Returns
    -------
    Written
    """
    from scipy.io import savemat

    notes: tuple[str, ...] = ()
    if content.movement is None:
        values: dict[str, Any] = {
            name: {str(column): _column(frame[column]) for column in frame}
            for name, frame in report_frames(content.reports, options).items()
        }
    else:
        values, notes = _movement(content, options)
    values["written_by"] = f"NeuroPose {__version__}"
    with whole_file(path) as temporary:
        savemat(temporary, {"neuropose": values}, long_field_names=True, oned_as="column")
    return Written((path,), notes)


def _movement(content: Content, options: ExportOptions) -> tuple[dict[str, Any], tuple[str, ...]]:
    assert content.movement is not None
    placed = place(content.movement, options, up="own", unit="mm")
    movement = placed.movement
    values: dict[str, Any] = {
        "subject": options.label,
        "time_s": movement.time_s,
        "rate_hz": placed.rate_hz,
        "names": cells(movement.names),
        "positions": placed.positions,
        "unit": placed.unit,
        "axes": placed.axes,
        "up": placed.up or "",
        "warnings": cells(movement.warnings),
    }
    if movement.confidence is not None:
        values["confidence"] = movement.confidence
    if placed.errors is not None:
        values["position_standard_errors"] = placed.errors
    for name, curves in (
        ("angles_deg", movement.angles_deg),
        ("vicon_angles_deg", movement.vicon_angles_deg),
        ("coordinates", movement.coordinates),
    ):
        if curves:
            values[name] = {_field(each): curve for each, curve in curves.items()}
    if movement.shape is not None:
        values["lengths_mm"] = dict(movement.shape.lengths_mm)
        values["height_mm"] = movement.shape.height_mm
    if movement.events:
        values["events"] = {
            "time_s": np.array([event.time_s for event in movement.events]),
            "label": cells(event.label for event in movement.events),
            "context": cells(event.context for event in movement.events),
        }
    return values, placed.notes


def cells(texts: Iterable[str]) -> Any:
    """Return texts as a cell array.

    Parameters
    ----------
    texts : iterable of str
        The texts.

    Returns
    -------
    ndarray of object, shape (N,)
    """
    listed = list(texts)
    array = np.empty(len(listed), object)
    array[:] = listed
    return array


def _column(values: Any) -> Any:
    """Return a column of numbers as doubles, of anything else as a cell array of texts."""
    if values.dtype.kind in "fiub":
        return values.to_numpy(np.float64)
    return cells("" if each is None or each != each else str(each) for each in values)


def _field(name: str) -> str:
    """Return a name that a field of a struct can have."""
    plain = "".join(each if each.isalnum() and each.isascii() else "_" for each in name)
    return (plain if plain[:1].isalpha() else f"a_{plain}")[:_LONGEST_NAME]


EXPORTER = Exporter(
    name="matlab",
    title="a movement, or the measures and tables of reports, as a struct for MATLAB",
    suffix=".mat",
    takes=(Kind.MOVEMENT, Kind.REPORTS),
    holds=frozenset(Part) - {Part.PIXELS, Part.PEOPLE},
    write=write_matlab,
)
