"""Excel: the measures, curves and events of reports, a sheet each, for people."""

from __future__ import annotations

from pathlib import Path

from neuropose.export.content import Content, Kind
from neuropose.export.exporter import Exporter, Written
from neuropose.export.files import library, whole_file
from neuropose.export.options import ExportOptions
from neuropose.export.report_frames import report_frames

_LONGEST_SHEET_NAME = 31
_MOST_ROWS = 1_048_576
_WIDEST = 60
_FIRST = ("measures", "cycles", "strides", "repetitions", "events")


def write_excel(content: Content, path: Path, options: ExportOptions) -> Written:
    """Write a workbook: measures first, then curves, strides, events and what they rest on.

    Parameters
    ----------
    content : Content
        With reports.
    path : Path
        The file.
    options : ExportOptions
        Without `subject_label`, the subjects of a cohort are numbered.

    Returns
    -------
    Written

    Raises
    ------
    MissingLibraryError
        If openpyxl is not installed (extra ``excel``).
    """
    font = library("openpyxl.styles", "excel", "a workbook").Font(bold=True)
    letter = library("openpyxl.utils", "excel", "a workbook").get_column_letter
    import pandas as pd

    frames = report_frames(content.reports, options)
    ordered = [*(name for name in _FIRST if name in frames), *sorted(set(frames) - set(_FIRST))]
    notes = []
    with (
        whole_file(path) as temporary,
        pd.ExcelWriter(temporary, engine="openpyxl") as book,
    ):
        for name in ordered:
            frame = frames[name]
            if len(frame) >= _MOST_ROWS:
                notes.append(f"{name}: only the first {_MOST_ROWS - 1} rows fit into a sheet")
                frame = frame.iloc[: _MOST_ROWS - 1]
            frame.to_excel(book, sheet_name=name[:_LONGEST_SHEET_NAME], index=False)
            sheet = book.sheets[name[:_LONGEST_SHEET_NAME]]
            sheet.freeze_panes = "A2"
            for column, heading in enumerate(frame.columns, start=1):
                sheet.cell(1, column).font = font
                longest = max([len(str(heading)), *(len(str(v)) for v in frame[heading].head(50))])
                sheet.column_dimensions[letter(column)].width = min(longest + 2, _WIDEST)
    return Written((path,), tuple(notes))


EXPORTER = Exporter(
    name="excel",
    title="measures, curves and events of reports, a sheet each; for people",
    suffix=".xlsx",
    takes=(Kind.REPORTS,),
    holds=frozenset(),
    write=write_excel,
    extra="excel",
    modules=("openpyxl",),
    limits="positions",
)
