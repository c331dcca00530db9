"""Single values of a report as text: cells of its tables, its settings, and what it is called."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from neuropose.data import Column, Report, Table
from neuropose.data.report import OF_ERRORS
from neuropose.page import wording

MOST_COLUMNS = 60
"""Columns of one table that are shown; the report has all."""
_CODE_DIGITS = 8
_OF_ALL = {("reliability", "group"): "all subjects"}
"""What an empty cell of a table and column means; elsewhere it is that none is known."""
_LEFT_OUT = ("excluded", "note")
"""Columns that say why a stride or repetition is in no mean."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table as it is shown.

    Parameters
    ----------
    text : str
        What is read; a number has its standard error beside it, if it is known.
    value : float or None
        The number itself; None: it is none.
    """

    text: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table as it is shown.

    Parameters
    ----------
    cells : tuple of Cell
        One a column.
    left_out : str or None
        Why it is in no mean. None: it is, or the table is of something else.
    """

    cells: tuple[Cell, ...]
    left_out: str | None = None


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table as it is shown.

    Parameters
    ----------
    columns : tuple of Column
        Without those of standard errors, which are beside their values.
    rows : tuple of Row
        In the order of the table.
    numeric : set of int
        Columns of numbers, from 0.
    has_errors : bool
        Whether any number has its standard error.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    numeric: set[int]
    has_errors: bool


def shown_table(table: Table) -> ShownTable:
    """Arrange a table for readers: standard errors beside values, rows that do not count marked.

    Parameters
    ----------
    table : Table
        A table of a report.

    Returns
    -------
    ShownTable

    Examples
    --------
    >>> time = {"time": ("s", [1.1, 1.9]), "time_standard_error": ("s", [0.02, None])}
    >>> cells = {"side": (None, ["left", "left"]), **time, "excluded": (None, [None, "turning"])}
    >>> for row in shown_table(Table.from_columns(cells)).rows:
    ...     print([cell.text for cell in row.cells], row.left_out)
    ['left', '1.10 ± 0.02', '–'] None
    ['left (excluded)', '1.90', 'turning'] turning
    """
    place = {column.name: at for at, column in enumerate(table.columns)}
    errors = {
        at: place[f"{name}{OF_ERRORS}"]
        for name, at in place.items()
        if f"{name}{OF_ERRORS}" in place
    }
    kept = [at for at in place.values() if at not in errors.values()]
    reasons = [place[name] for name in _LEFT_OUT if name in place]
    rows = []
    for row in table.rows:
        left_out = next((str(row[at]) for at in reasons if row[at] is not None), None)
        cells = [
            _shown(row[at], table.columns[at], row[errors[at]] if at in errors else None)
            for at in kept
        ]
        if left_out is not None:
            cells[0] = Cell(f"{cells[0].text} (excluded)", cells[0].value)
        rows.append(Row(tuple(cells), left_out))
    numeric = numeric_columns(table)
    return ShownTable(
        columns=tuple(table.columns[at] for at in kept),
        rows=tuple(rows),
        numeric={new for new, at in enumerate(kept) if at in numeric},
        has_errors=bool(errors),
    )


def _shown(value: object, column: Column, error: object) -> Cell:
    text = cell(value, column)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return Cell(text)
    if isinstance(error, int | float):
        text += f" ± {wording.rounded_error(float(error), wording.decimals_of(column.unit))}"
    return Cell(text, value)


def code_of(report: Report) -> str:
    """Return what a recording is called if nobody gives it a code.

    Parameters
    ----------
    report : Report
        Its report.

    Returns
    -------
    str
        The first digits of the hash of its file; of several, how many they are.
    """
    recordings = [each for each in report.provenance.inputs if each.kind != "force_plates"]
    if len(recordings) > 1:
        return f"{len(recordings)} files"
    return f"recording {recordings[0].sha256[:_CODE_DIGITS]}" if recordings else "no code"


def cell(value: object, column: Column) -> str:
    """Return a cell of a table as text.

    Parameters
    ----------
    value : object
        Number, text or None.
    column : Column
        Its column.

    Returns
    -------
    str
        Names of measures in words.

    Examples
    --------
    >>> time, count = Column(name="time", unit="s"), Column(name="count", unit="1")
    >>> cell(-1.0834, time), cell(None, time), cell(3.0, count)
    ('−1.08', '–', '3')
    >>> cell("step_length", Column(name="measure")), cell("left", Column(name="side"))
    ('step length', 'left')
    """
    unit = column.unit
    if value is None:
        return wording.NO_VALUE
    if isinstance(value, float) and unit in (None, "1") and value.is_integer():
        return wording.rounded(value, 0)
    if isinstance(value, float):
        return wording.rounded(value, wording.decimals_of(unit))
    return wording.words(str(value)) if column.name == "measure" else str(value)


def as_shown(name: str, table: Table) -> Table:
    """Return a table with words in those of its empty cells that mean something.

    Parameters
    ----------
    name : str
        Name of the table in its report.
    table : Table
        The table.

    Returns
    -------
    Table

    Examples
    --------
    >>> cells = Table.from_columns({"group": (None, [None, "patients"])})
    >>> as_shown("reliability", cells).rows
    (('all subjects',), ('patients',))
    """
    of_all = [_OF_ALL.get((name, column.name)) for column in table.columns]
    if not any(of_all):
        return table
    rows = tuple(
        tuple(word if value is None else value for value, word in zip(row, of_all, strict=True))
        for row in table.rows
    )
    return Table(columns=table.columns, rows=rows)


def numeric_columns(table: Table) -> set[int]:
    """Return which columns of a table hold numbers, and so are aligned to the right.

    Parameters
    ----------
    table : Table
        A table of a report.

    Returns
    -------
    set of int
        From 0. A column of missing values only is not among them.

    Examples
    --------
    >>> cells = {"side": (None, ["left", "right"]), "time": ("s", [1.1, float("nan")])}
    >>> numeric_columns(Table.from_columns(cells))
    {1}
    """
    known = (
        [row[at] for row in table.rows if row[at] is not None] for at in range(len(table.columns))
    )
    return {at for at, values in enumerate(known) if values and all(map(_is_number, values))}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def flat(settings: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Return settings in one level, each as text.

    Parameters
    ----------
    settings : mapping
        Plain values, and mappings of them.
    before : str
        What every name begins with.

    Yields
    ------
    tuple of str
        Name and value.

    Examples
    --------
    >>> list(flat({"turning": {"least_deg": 45.0}, "side": None}))
    [('turning.least_deg', '45.0'), ('side', 'none')]
    """
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", "none" if value in (None, "") else json.dumps(value).strip('"')
