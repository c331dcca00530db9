"""CSV: positions as a tidy table, or the tables of reports; for R, pandas and spreadsheets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from neuropose.export.content import Content, Kind, Part
from neuropose.export.exporter import Exporter, Written
from neuropose.export.files import whole_folder
from neuropose.export.manifest import write_manifest
from neuropose.export.options import ExportOptions
from neuropose.export.report_frames import report_frames
from neuropose.export.tidy import TidyTable, tidy_table
from neuropose.io.atomic import write_atomically

_AT_ONCE = 500
_DIGITS = {"confidence": 4, "x_px": 3, "y_px": 3}


def write_csv(content: Content, path: Path, options: ExportOptions) -> Written:
    """Write positions as one table, or reports as a folder of tables.

    Parameters
    ----------
    content : Content
        With predictions, a movement or reports.
    path : Path
        The file; units and axes are in a file of the same name that ends in ``.json``. For reports,
        the folder, with a manifest.
    options : ExportOptions
        Default: the axes of the recording, millimetres.

    Returns
    -------
    Written
    """
    if Kind.REPORTS in content.kinds:
        with whole_folder(path) as folder:
            for name, frame in report_frames(content.reports, options).items():
                text = frame.to_csv(index=False, lineterminator="\n")
                write_atomically(folder / f"{name}.csv", [text.encode()])
            write_manifest(folder, content.reports)
        return Written((path,))
    table = tidy_table(content, options)
    write_atomically(path, _lines(table))
    beside = path.with_suffix(".json")
    described = json.dumps(table.metadata, indent=2, ensure_ascii=False)
    write_atomically(beside, [f"{described}\n".encode()])
    return Written((path, beside), table.notes)


def _lines(table: TidyTable) -> Iterator[bytes]:
    """Format the rows frame by frame: names are written into the template, numbers into it."""
    yield (",".join(table.columns) + "\n").encode()
    joints = len(table.keypoints)
    digits = [
        _DIGITS.get(name, 4 if table.metadata["units"].get(name) != "m" else 7)
        for name in table.numbers
    ]
    cells = "".join(f",%.{each}f" for each in digits)
    values = np.stack([table.time_s, *table.numbers.values()], axis=1)
    for first in range(0, len(values), joints * _AT_ONCE):
        rows = slice(first, first + joints * _AT_ONCE)
        template = "".join(
            f"{frame},%.6f,{table.individuals[person]},{table.keypoints[keypoint]}{cells}\n"
            for frame, person, keypoint in zip(
                table.frame[rows].tolist(),
                table.individual[rows].tolist(),
                table.keypoint[rows].tolist(),
                strict=True,
            )
        )
        text = template % tuple(values[rows].ravel().tolist())
        yield text.replace("nan", "").encode()


EXPORTER = Exporter(
    name="csv",
    title="positions as a tidy table, or the tables of reports as a folder; for R and spreadsheets",
    suffix=".csv",
    takes=(Kind.PEOPLE, Kind.MOVEMENT, Kind.REPORTS),
    holds=frozenset({Part.CONFIDENCE, Part.ERRORS, Part.PIXELS, Part.PEOPLE}),
    write=write_csv,
)
