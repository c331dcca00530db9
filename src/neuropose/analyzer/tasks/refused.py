"""Tables without the values of measures whose error is too large for them to be given."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from neuropose.data import Table
from neuropose.data.report import OF_ERRORS


def without_refused(table: Table, refused: Collection[str]) -> Table:
    """Leave out the values of refused measures: a single stride is known no better than the mean.

    Parameters
    ----------
    table : Table
        A row per stride or repetition and a column per measure, or a row per ``measure``; the
        column ``side``, if there is one, says which side a row is of.
    refused : collection of str
        Names of the measures, with their side if they have one.

    Returns
    -------
    Table
        With None in the place of these values and their standard errors, and without the rows of
        these measures.

    Examples
    --------
    >>> cells = {"side": (None, ["left", "right"]), "step_width": ("mm", [120.0, 130.0])}
    >>> without_refused(Table.from_columns(cells), {"step_width_left"}).rows
    (('left', None), ('right', 130.0))
    """
    names = [column.name for column in table.columns]
    rows = []
    for cells in table.rows:
        row: dict[str, Any] = dict(zip(names, cells, strict=True))
        end = f"_{row['side']}" if row.get("side") else ""
        if f"{row.get('measure')}{end}" in refused:
            continue
        rows.append(
            tuple(
                None if f"{name.removesuffix(OF_ERRORS)}{end}" in refused else row[name]
                for name in names
            )
        )
    return Table(columns=table.columns, rows=tuple(rows))
