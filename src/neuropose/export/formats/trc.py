"""TRC: positions for OpenSim and most programs of motion capture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from neuropose.export.body_chain import SPINES_ADDED, with_spines
from neuropose.export.content import Content, Kind
from neuropose.export.exporter import Exporter, Written
from neuropose.export.options import ExportOptions
from neuropose.export.preparing import Placed, place
from neuropose.export.rows import text_rows
from neuropose.io.atomic import write_atomically
from neuropose.io.markers.mark import marked_name

_DIGITS = {"mm": 4, "cm": 5, "m": 7}
_HEADINGS = (
    "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\t"
    "OrigNumFrames"
)


def write_trc(content: Content, path: Path, options: ExportOptions) -> Written:
    """Write a TRC file.

    Parameters
    ----------
    content : Content
        With a movement.
    path : Path
        The file.
    options : ExportOptions
        Default: Y up, metres.

    Returns
    -------
    Written
    """
    assert content.movement is not None
    movement = with_spines(content.movement)
    placed = place(movement, options, up="y", unit="m", even=True)
    write_atomically(path, trc_lines(placed, f"{options.label}.trc"))
    added = [] if movement is content.movement else [SPINES_ADDED]
    return Written((path,), (*placed.notes, f"axes: {placed.axes}; {placed.unit}", *added))


def trc_lines(placed: Placed, name: str) -> Iterator[bytes]:
    """Format a movement as TRC.

    Parameters
    ----------
    placed : Placed
        The movement in its axes and unit.
    name : str
        What the first line says that the file is called, besides the mark of positions that were
        estimated from video.

    Yields
    ------
    bytes
    """
    names = [each.replace(" ", "_").replace("\t", "_") for each in placed.movement.names]
    frames, count, rate = len(placed.positions), len(names), f"{placed.rate_hz:.9g}"
    head = [
        f"PathFileType\t4\t(X/Y/Z)\t{marked_name(name, placed.movement.estimated_from)}",
        _HEADINGS,
        f"{rate}\t{rate}\t{frames}\t{count}\t{placed.unit}\t{rate}\t1\t{frames}",
        "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t",
        "\t\t" + "\t".join(f"{axis}{n}" for n in range(1, count + 1) for axis in "XYZ"),
        "",
    ]
    yield ("\n".join(head) + "\n").encode()
    cell = f"\t%.{_DIGITS[placed.unit]}f"
    rows = np.column_stack(
        [np.arange(1, frames + 1), placed.movement.time_s, placed.positions.reshape(frames, -1)]
    )
    yield from text_rows("%d\t%.6f" + cell * (3 * count) + "\n", rows)


EXPORTER = Exporter(
    name="trc",
    title="positions, for OpenSim, Pose2Sim and most programs of motion capture",
    suffix=".trc",
    takes=(Kind.MOVEMENT,),
    holds=frozenset(),
    write=write_trc,
    limits="an uneven frame rate",
)
