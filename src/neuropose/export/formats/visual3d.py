"""Visual3D's ASCII: positions and joint angles as signals in columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose.export.content import Content, Kind, Part
from neuropose.export.exporter import Exporter, Written
from neuropose.export.options import ExportOptions
from neuropose.export.preparing import Placed, place
from neuropose.export.rows import text_rows
from neuropose.export.vicon_angles import vicon_angles
from neuropose.io.atomic import write_atomically

Array = NDArray[np.float64]


def write_visual3d(content: Content, path: Path, options: ExportOptions) -> Written:
    """Write an ASCII file that Visual3D imports.

    Parameters
    ----------
    content : Content
        With a movement.
    path : Path
        The file.
    options : ExportOptions
        Default: metres; the axes of a laboratory stay, of a camera Z becomes the vertical.

    Returns
    -------
    Written
    """
    assert content.movement is not None
    placed = place(content.movement, options, up="lab", unit="m", even=True)
    write_atomically(path, _lines(placed, options.label))
    return Written((path,), (*placed.notes, f"axes: {placed.axes}; {placed.unit}"))


def _lines(placed: Placed, label: str) -> Iterator[bytes]:
    movement = placed.movement
    signals: list[tuple[str, str, Array]] = [
        (name, "TARGET", placed.positions[:, index]) for index, name in enumerate(movement.names)
    ]
    signals += [
        (name, "LINK_MODEL_BASED", values) for name, values in vicon_angles(movement).items()
    ]
    width = 3 * len(signals)
    names = [name.replace("\t", " ") for name, _, _ in signals for _ in "XYZ"]
    kinds = [kind for _, kind, _ in signals for _ in "XYZ"]
    rows: list[list[str]] = [
        ["", "TIME", *names],
        ["", "FRAME_NUMBERS", *kinds],
        ["", "ORIGINAL", *["ORIGINAL"] * width],
        ["ITEM", "X", *["X", "Y", "Z"] * len(signals)],
    ]
    rows.insert(0, ["", *[f"{label}.c3d"] * (width + 1)])
    yield ("\n".join("\t".join(row) for row in rows) + "\n").encode()
    frames = len(movement)
    numbers = np.column_stack(
        [np.arange(1, frames + 1), movement.time_s, *(values for _, _, values in signals)]
    )
    yield from text_rows("%d\t%.6f" + "\t%.6f" * width + "\n", numbers, missing="")


EXPORTER = Exporter(
    name="visual3d",
    title="positions and joint angles as ASCII that Visual3D imports",
    suffix=".txt",
    takes=(Kind.MOVEMENT,),
    holds=frozenset({Part.ANGLES}),
    write=write_visual3d,
    limits="an uneven frame rate; its C3D has events too",
)
