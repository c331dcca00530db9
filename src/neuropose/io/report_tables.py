"""Reports as tables for people: CSV of the measures, or an Excel workbook of everything."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from neuropose.data import Report, Table
from neuropose.data.metadata import Contract
from neuropose.errors import MissingLibraryError, OutputError
from neuropose.io.atomic import write_atomically

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".xlsx")
_LONGEST_SHEET_NAME = 31  # of Excel


def save_report_table(path: Path, reports: Mapping[str, Report]) -> None:
    """Write the measures of reports as a table, one row each.

    Parameters
    ----------
    path : Path
        A ``.csv`` file (UTF-8 with a byte order mark, so that Excel reads it) of the measures, or
        an ``.xlsx`` workbook, which also has a sheet for each frame of `frames_of`. An existing
        file is replaced.
    reports : mapping of str to Report
        By what each recording is called in the table.

    Raises
    ------
    OutputError
        If the file is of another kind or cannot be written.
    MissingLibraryError
        If a workbook is wanted, and openpyxl is not installed (extra ``excel``).

    Examples
    --------
    >>> import tempfile
    >>> from neuropose.analyzer import analyze_gait, gait_report
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> report = gait_report(analyze_gait(walker_sequence(simulate_walk())))
    >>> path = Path(tempfile.mkdtemp()) / "walk.csv"
    >>> save_report_table(path, {"s01": report})
    >>> path.read_text(encoding="utf-8-sig").splitlines()[0]
    'recording,task,measure,quantity,side,value,unit,n,sd,cv_percent,confidence,standard_error,interval_low,interval_high,reason,warnings'
    """
    require_table(path)
    if path.suffix.lower() == ".csv":
        text = _measures(reports).to_csv(index=False, lineterminator="\n")
        write_atomically(path, [text.encode("utf-8-sig")])
    else:
        write_atomically(path, [_workbook(reports)])


def save_table(path: Path, table: Table) -> None:
    """Write one table of a report as CSV.

    Parameters
    ----------
    path : Path
        UTF-8 with a byte order mark, so that Excel reads it. An existing file is replaced.
    table : Table
        What is written, with the names of the columns; a missing cell is empty.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    text = table.to_frame().to_csv(index=False, lineterminator="\n")
    write_atomically(path, [text.encode("utf-8-sig")])


def require_table(path: Path) -> None:
    """Check that a table can be written under this name.

    Parameters
    ----------
    path : Path
        The file to write.

    Raises
    ------
    OutputError
        If it is neither CSV nor Excel.
    MissingLibraryError
        If a workbook is wanted, and openpyxl is not installed.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise OutputError(
            f"{path} is not the name of a table", hint=f"let it end in {' or '.join(SUFFIXES)}"
        )
    if path.suffix.lower() == ".xlsx" and importlib.util.find_spec("openpyxl") is None:
        raise MissingLibraryError(
            "a workbook needs openpyxl, which is not installed",
            hint="pip install 'neuropose[excel]', or let its name end in .csv",
        )


def _measures(reports: Mapping[str, Report]) -> pd.DataFrame:
    frames = []
    for name, report in reports.items():
        frame = report.to_frame().reset_index()
        frame.insert(0, "recording", name)
        frame.insert(1, "task", report.task)
        frames.append(frame)
    return _joined(frames)


def frames_of(report: Report) -> dict[str, pd.DataFrame]:
    """Return what a report has beside its measures as data frames.

    Parameters
    ----------
    report : Report
        The report.

    Returns
    -------
    dict of str to pandas.DataFrame
        Each of its tables; ``events`` and ``warnings``; ``assumptions`` and ``choices``, which the
        numbers rest on; and ``units`` of the columns of its tables. Several warnings of one event
        or choice are joined by "; ". A frame of what there is not has no rows.

    Examples
    --------
    >>> from neuropose.analyzer import analyze_gait, gait_report
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> frames = frames_of(gait_report(analyze_gait(walker_sequence(simulate_walk()))))
    >>> frames["units"].set_index(["table", "column"]).loc[("strides", "stride_length"), "unit"]
    'mm'
    """
    import pandas as pd

    def rows(of: Mapping[str, Contract], named: str) -> pd.DataFrame:
        return pd.DataFrame([{named: name, **_plain(each)} for name, each in of.items()])

    units = [
        {"table": kind, "column": column.name, "unit": column.unit}
        for kind, table in report.tables.items()
        for column in table.columns
        if column.unit is not None
    ]
    return {
        **{kind: table.to_frame() for kind, table in report.tables.items()},
        "events": pd.DataFrame([_plain(event) for event in report.events]),
        "warnings": pd.DataFrame({"warning": list(report.warnings)}),
        "assumptions": rows(report.assumptions, "assumption"),
        "choices": rows(report.choices, "choice"),
        "units": pd.DataFrame(units),
    }


def _plain(contract: Contract) -> dict[str, object]:
    """Return its fields as cells."""
    cells = contract.model_dump(mode="json")
    if "warnings" in cells:
        cells["warnings"] = "; ".join(cells["warnings"]) or None
    return cells


def _workbook(reports: Mapping[str, Report]) -> bytes:
    import pandas as pd

    sheets: dict[str, list[pd.DataFrame]] = {}
    for name, report in reports.items():
        for kind, frame in frames_of(report).items():
            frame.insert(0, "recording", name)
            sheets.setdefault(kind, []).append(frame)
    content = io.BytesIO()
    with pd.ExcelWriter(content, engine="openpyxl") as book:
        _measures(reports).to_excel(book, sheet_name="measures", index=False)
        for kind, frames in sheets.items():
            whole = _joined(frames)
            whole.to_excel(book, sheet_name=kind[:_LONGEST_SHEET_NAME], index=False)
    return content.getvalue()


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    filled = [frame for frame in frames if len(frame)]  # empty ones would spoil the types
    return pd.concat(filled, ignore_index=True) if filled else frames[0]
