"""Parquet: positions as a tidy table, or the tables of reports; for pandas, R and DuckDB."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from neuropose.export.content import Content, Kind, Part
from neuropose.export.exporter import Exporter, Written
from neuropose.export.files import library, whole_file, whole_folder
from neuropose.export.manifest import write_manifest
from neuropose.export.options import ExportOptions
from neuropose.export.report_frames import report_frames
from neuropose.export.tidy import tidy_table


def write_parquet(content: Content, path: Path, options: ExportOptions) -> Written:
    """Write positions as one table, or reports as a folder of tables.

    Parameters
    ----------
    content : Content
        With predictions, a movement or reports.
    path : Path
        The file, or for reports the folder. Units and axes are in the metadata of the schema,
        under ``neuropose``.
    options : ExportOptions
        Default: the axes of the recording, millimetres.

    Returns
    -------
    Written

    Raises
    ------
    MissingLibraryError
        If pyarrow is not installed (extra ``parquet``).
    """
    arrow = library("pyarrow", "parquet", "Parquet")
    parquet = library("pyarrow.parquet", "parquet", "Parquet")
    if Kind.REPORTS in content.kinds:
        with whole_folder(path) as folder:
            for name, frame in report_frames(content.reports, options).items():
                whole = arrow.Table.from_pandas(frame, preserve_index=False)
                parquet.write_table(whole, folder / f"{name}.parquet")
            write_manifest(folder, content.reports)
        return Written((path,))
    table = tidy_table(content, options)
    names: dict[str, Any] = {
        "individual": arrow.DictionaryArray.from_arrays(
            arrow.array(table.individual, arrow.int32()), list(table.individuals)
        ),
        "keypoint": arrow.DictionaryArray.from_arrays(
            arrow.array(table.keypoint, arrow.int32()), list(table.keypoints)
        ),
    }
    columns = {"frame": arrow.array(table.frame), "time_s": arrow.array(table.time_s)}
    numbers = {
        name: arrow.array(values, from_pandas=True) for name, values in table.numbers.items()
    }
    whole = arrow.table({**columns, **names, **numbers}).replace_schema_metadata(
        {"neuropose": json.dumps(table.metadata)}
    )
    with whole_file(path) as temporary:
        parquet.write_table(whole, temporary)
    return Written((path,), table.notes)


EXPORTER = Exporter(
    name="parquet",
    title="as csv, smaller and typed; for pandas, R, Polars and DuckDB",
    suffix=".parquet",
    takes=(Kind.PEOPLE, Kind.MOVEMENT, Kind.REPORTS),
    holds=frozenset({Part.CONFIDENCE, Part.ERRORS, Part.PIXELS, Part.PEOPLE}),
    write=write_parquet,
    extra="parquet",
    modules=("pyarrow",),
)
