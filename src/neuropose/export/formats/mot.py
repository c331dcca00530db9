"""MOT: coordinates of the body as OpenSim's models name them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose.errors import OutputError
from neuropose.export.content import Content, Kind, Part
from neuropose.export.exporter import Exporter, Written
from neuropose.export.opensim_coordinates import (
    LEFT_OUT,
    opensim_coordinates,
    said_of_definitions,
)
from neuropose.export.options import ExportOptions
from neuropose.export.preparing import place
from neuropose.export.rows import text_rows
from neuropose.io.atomic import write_atomically

Array = NDArray[np.float64]


def write_mot(content: Content, path: Path, options: ExportOptions) -> Written:
    """Write a motion file of OpenSim.

    Parameters
    ----------
    content : Content
        With the movement of a reconstructed body.
    path : Path
        The file.
    options : ExportOptions
        `model` says whose coordinates.

    Returns
    -------
    Written

    Raises
    ------
    OutputError
        If the body has no coordinate that the model has.
    """
    assert content.movement is not None
    moved = content.movement
    placed = place(moved, options, up="own", unit="m", even=True)
    found, notes = opensim_coordinates(placed.movement.coordinates, options.model)
    if not found:
        raise OutputError(
            f"the body has no coordinate that the model {options.model} has",
            hint="export another format",
        )
    write_atomically(path, mot_lines(placed.movement.time_s, found))
    gaps = bool(np.isnan(np.stack(list(found.values()))).any())
    return Written(
        (path,),
        (
            *placed.notes,
            f"names and signs of {options.model}",
            *said_of_definitions(moved.coordinates, moved.reported_deg, options.model),
            *notes,
            *(["missing values are NaN, which OpenSim's tools do not take"] if gaps else []),
        ),
    )


def mot_lines(time_s: Array, coordinates: Mapping[str, Array]) -> Iterator[bytes]:
    """Format coordinates as MOT.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        Seconds.
    coordinates : mapping of str to ndarray, shape (T,)
        Degrees, or metres for translations.

    Yields
    ------
    bytes
    """
    head = [
        "Coordinates",
        "version=1",
        f"nRows={len(time_s)}",
        f"nColumns={len(coordinates) + 1}",
        "inDegrees=yes",
        "",
        "endheader",
        "\t".join(["time", *coordinates]),
    ]
    yield ("\n".join(head) + "\n").encode()
    rows = np.column_stack([time_s, *coordinates.values()])
    yield from text_rows("%.6f" + "\t%.6f" * len(coordinates) + "\n", rows)


EXPORTER = Exporter(
    name="mot",
    title="joint coordinates under OpenSim's names, for the Rajagopal and Gait2392 models",
    suffix=".mot",
    takes=(Kind.BODY,),
    holds=frozenset({Part.ANGLES, Part.COORDINATES}),
    write=write_mot,
    limits=f"positions; {LEFT_OUT}",
)
