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
from neuropose.export.rows import text_rows
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
        The file; units and axes are beside it, in ``walk.csv.json`` for ``walk.csv``. For reports,
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
    beside = path.with_name(f"{path.name}.json")  # walk.json may be the predictions
    described = json.dumps(table.metadata, indent=2, ensure_ascii=False)
    write_atomically(beside, [f"{described}\n".encode()])
    return Written((path, beside), table.notes)


def _lines(table: TidyTable) -> Iterator[bytes]:
    """Format the rows some frames at a time; missing numbers are empty, names stay as they are."""
    yield (",".join(table.columns) + "\n").encode()
    joints = len(table.keypoints)
    digits = [
        _DIGITS.get(name, 4 if table.metadata["units"].get(name) != "m" else 7)
        for name in table.numbers
    ]
    cells = "".join(f",%.{each}f" for each in digits) + "\n"
    individuals = [_cell(name) for name in table.individuals]
    keypoints = [_cell(name) for name in table.keypoints]
    values = np.stack(list(table.numbers.values()), axis=1)
    for first in range(0, len(values), joints * _AT_ONCE):
        rows = slice(first, first + joints * _AT_ONCE)
        numbers = b"".join(text_rows(cells, values[rows], missing="")).decode().splitlines()
        yield "".join(
            f"{frame},{'' if time_s != time_s else f'{time_s:.6f}'},"
            f"{individuals[person]},{keypoints[keypoint]}{line}\n"
            for frame, time_s, person, keypoint, line in zip(
                table.frame[rows].tolist(),
                table.time_s[rows].tolist(),
                table.individual[rows].tolist(),
                table.keypoint[rows].tolist(),
                numbers,
                strict=True,
            )
        ).encode()


def _cell(name: str) -> str:
    """Return a name as a cell: in quotes if it holds what separates cells (RFC 4180)."""
    if not set(name) & set(',"\r\n'):
        return name
    return '"' + name.replace('"', '""') + '"'


EXPORTER = Exporter(
    name="csv",
    title="positions as a tidy table, or the tables of reports as a folder; for R and spreadsheets",
    suffix=".csv",
    takes=(Kind.PEOPLE, Kind.MOVEMENT, Kind.REPORTS),
    holds=frozenset({Part.CONFIDENCE, Part.ERRORS, Part.PIXELS, Part.PEOPLE}),
    write=write_csv,
)
