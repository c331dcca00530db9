"""Strides, repetitions and mean curves of two reports, side by side."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from neuropose.data import Column, Report, Table
from neuropose.data.report import OF_ERRORS
from neuropose.skeletons.sides import mean_and_side

_CYCLES = ("strides", "repetitions", "rises")
"""Tables with a row for each cycle of a task."""
_LEFT_OUT = ("excluded", "note")
"""Columns that say why a cycle does not count."""
_NOT_COMPARED = ("start", "end", "confidence")


def both_cycles(first: Report, second: Report) -> dict[str, Table]:
    """Return the values of every cycle of two reports that counts.

    Parameters
    ----------
    first, second : Report
        Of one task.

    Returns
    -------
    dict of str to Table
        ``cycle_values``: columns ``session`` (``first`` or ``second``), ``side`` (None: neither),
        ``cycle`` (from 1, of its side) and a column per value; empty if either has none.
    """
    for name in _CYCLES:
        tables = [report.tables.get(name) for report in (first, second)]
        one, other = tables
        if one is None or other is None or not (one.rows and other.rows):
            continue
        columns = [
            column
            for column in one.columns
            if column.unit is not None
            and column.name not in _NOT_COMPARED
            and not column.name.endswith(OF_ERRORS)
            and column in other.columns
        ]
        heads = (Column(name="session"), Column(name="side"), Column(name="cycle"), *columns)
        rows: list[tuple[Any, ...]] = []
        for session, table in (("first", one), ("second", other)):
            counts: Counter[str | None] = Counter()
            names = [column.name for column in table.columns]
            for cells in table.rows:
                row = dict(zip(names, cells, strict=True))
                if any(row.get(reason) for reason in _LEFT_OUT):
                    continue
                side = str(row["side"]) if row.get("side") else None
                counts[side] += 1
                values = (row[column.name] for column in columns)
                rows.append((session, side, counts[side], *values))
        return {"cycle_values": Table(columns=heads, rows=tuple(rows))}
    return {}


def both_curves(first: Report, second: Report) -> dict[str, Table]:
    """Return the mean curves of two reports.

    Parameters
    ----------
    first, second : Report
        Of one task.

    Returns
    -------
    dict of str to Table
        ``cycle_means``: columns ``curve``, ``side``, ``percent``, and ``mean`` and ``sd`` of the
        first and the second in degrees; empty if they have no curve in common.
    """
    one, other = (report.tables.get("cycles") for report in (first, second))
    if one is None or other is None or len(one.rows) != len(other.rows):
        return {}
    percent = one.column("percent")
    parts: list[dict[str, Any]] = []
    for column in one.columns:
        curve, side = mean_and_side(column.name)
        if curve is None or column not in other.columns:
            continue
        end = f"_{side}" if side else ""
        found = {
            f"{kind}_{which}": table.numbers(f"{curve}_{kind}{end}")
            for which, table in (("first", one), ("second", other))
            for kind in ("mean", "sd")
        }
        if all(np.isfinite(found[f"mean_{which}"]).any() for which in ("first", "second")):
            parts.append({"curve": curve, "side": side or None, **found})
    if not parts:
        return {}
    count = len(percent)
    cells: dict[str, tuple[str | None, Any]] = {
        "curve": (None, [part["curve"] for part in parts for _ in range(count)]),
        "side": (None, [part["side"] for part in parts for _ in range(count)]),
        "percent": ("%", np.tile(percent, len(parts))),
    }
    for name in ("mean_first", "sd_first", "mean_second", "sd_second"):
        cells[name] = ("deg", np.concatenate([part[name] for part in parts]))
    return {"cycle_means": Table.from_columns(cells)}
