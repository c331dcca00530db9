"""One person: what changed beyond error, every cycle of two recordings, and values over months."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from neuropose.data import Report, Table
from neuropose.page.figures.axes import HEIGHT, WIDTH, Axes
from neuropose.page.figures.drawing import Area, Dot, Drawing, Label, Line, Mark
from neuropose.page.plots import CyclePlot, MeanCurve, Scale
from neuropose.page.wording import decimals_of, rounded, rounded_error, words

_WIDE, _ROW, _NAMES, _NUMBERS, _FOOT = 720, 22, 230, 120, 36
_FURTHEST = 4.0  # detectable changes; what is further off is drawn there, and said
_BESIDE = 0.16  # of first and second beside one another
_MOST_PLOTS = 24


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """How a measure changed, as numbers and in words.

    Parameters
    ----------
    measure, unit, verdict : str
        In words; the unit is empty for a plain number.
    first, second, change, detectable : str
        With their errors, as far as they are known.
    basis : str
        Where `detectable` is from.
    important : str
        Published differences that matter, with their source.
    ratio : float or None
        The change in detectable changes.
    ratio_error : float or None
        Its standard error.
    """

    measure: str
    unit: str
    verdict: str
    first: str
    second: str
    change: str
    detectable: str
    basis: str
    important: str
    ratio: float | None
    ratio_error: float | None


def names_of(report: Report) -> tuple[str, ...]:
    """Return what the recordings of one person are called.

    Parameters
    ----------
    report : Report
        Of `change_report` or `history_report`.

    Returns
    -------
    tuple of str
    """
    return tuple(map(str, report.parameters.get("recordings", ("first", "second"))))


def when(report: Report) -> str | None:
    """Return when the recordings of one person are from.

    Parameters
    ----------
    report : Report
        Any report.

    Returns
    -------
    str or None
        What they are called; None for a report of something else.
    """
    if report.tables.keys().isdisjoint(("change", "history")):
        return None
    return ", ".join(names_of(report))


def change_rows(report: Report) -> tuple[ChangeRow, ...]:
    """Return the changes whose values are known, those beyond error first.

    Parameters
    ----------
    report : Report
        Its table ``change`` holds them.

    Returns
    -------
    tuple of ChangeRow
        Empty if it has none.
    """
    rows = [row for row in _rows(report.tables.get("change")) if row["change"] is not None]
    rows.sort(key=lambda row: row["verdict"] not in ("increase", "decrease"))
    return tuple(map(_change_row, rows))


def _change_row(row: Mapping[str, Any]) -> ChangeRow:
    decimals = decimals_of(None if row["unit"] == "1" else row["unit"])
    least, error = row["detectable"], row.get("change_total_error")

    def with_error(name: str, of: float | None) -> str:
        shown = rounded(row[name], decimals)
        return shown if of is None else f"{shown} ± {rounded_error(of, decimals)}"

    return ChangeRow(
        measure=words(row["measure"]),
        unit="" if row["unit"] == "1" else row["unit"],
        verdict=row["verdict"],
        first=with_error("first", row.get("first_total_error")),
        second=with_error("second", row.get("second_total_error")),
        change=("+" if row["change"] > 0.0 else "") + with_error("change", error),
        detectable="" if least is None else rounded_error(least, decimals),
        basis=row["basis"] or row["reason"] or "",
        important=row["important_difference"] or "",
        ratio=None if least is None else row["change"] / least,
        ratio_error=None if least is None or error is None else error / least,
    )


def change_drawing(report: Report) -> Drawing | None:
    """Draw every change in detectable changes: what is beyond −1 or 1 is beyond error.

    Parameters
    ----------
    report : Report
        Of `change_report`.

    Returns
    -------
    Drawing or None
        None if no change has one.
    """
    rows = [row for row in change_rows(report) if row.ratio is not None]
    if not rows:
        return None
    along = Scale(-_FURTHEST - 0.3, _FURTHEST + 0.3, _NAMES, _WIDE - _NUMBERS)
    bottom = _ROW * len(rows)
    marks: list[Mark] = [
        Area(_box(float(along(-1.0)), float(along(1.0)), bottom), "band middle"),
        *(
            Line(((x, 0.0), (x, bottom)), "zero" if value == 0 else "grid")
            for value in range(-4, 5)
            for x in [float(along(value))]
        ),
        *(
            Label(float(along(value)), bottom + 15, f"{value}".replace("-", "−"), "middle")
            for value in range(-4, 5)
        ),
        Label((along.first + along.last) / 2, bottom + 31, "detectable changes", "middle"),
    ]
    for number, row in enumerate(rows):
        marks += _change_marks(row, along, _ROW * (number + 0.5))
    beyond = [f"{row.measure} {row.change} {row.unit}" for row in rows if abs(row.ratio or 0) > 1.0]
    said = "; ".join(beyond) or "none"
    return Drawing(
        "", f"Changes beyond error: {said}", _WIDE, bottom + _FOOT, tuple(marks), "forest"
    )


def _change_marks(row: ChangeRow, along: Scale, y: float) -> Iterator[Mark]:
    assert row.ratio is not None
    shown = min(max(row.ratio, -_FURTHEST), _FURTHEST)
    yield Label(0.0, y + 4, row.measure)
    if row.ratio_error is not None:
        ends = (row.ratio - 1.96 * row.ratio_error, row.ratio + 1.96 * row.ratio_error)
        low, high = (float(along(min(max(end, -_FURTHEST), _FURTHEST))) for end in ends)
        if high > low:
            yield Line(((low, y), (high, y)), "line middle")
    yield Dot(float(along(shown)), y, 4, "dot beyond" if abs(row.ratio) > 1.0 else "dot")
    further = "" if shown == row.ratio else f" ({rounded(abs(row.ratio), 0)} ×)"
    yield Label(_WIDE, y + 4, f"{row.change.partition(' ')[0]} {row.unit}{further}", "end")


def cycle_drawings(report: Report) -> Iterator[Drawing]:
    """Draw the values of every cycle of two recordings, side by side.

    Parameters
    ----------
    report : Report
        Its table ``cycle_values`` holds them.

    Yields
    ------
    Drawing
        Of each value: one dot a cycle, a line at the mean.
    """
    table = report.tables.get("cycle_values")
    rows = _rows(table)
    if table is None or not rows:
        return
    names = names_of(report)
    sides = list(dict.fromkeys(row["side"] for row in rows))
    for column in table.columns[3:][:_MOST_PLOTS]:
        known = [row for row in rows if row[column.name] is not None]
        if {row["session"] for row in known} == {"first", "second"}:
            yield _cycles(column.name, column.unit or "", known, sides, names)


def _cycles(
    name: str,
    unit: str,
    rows: Sequence[Mapping[str, Any]],
    sides: Sequence[Any],
    names: Sequence[str],
) -> Drawing:
    columns = [(side, session) for side in sides for session in ("first", "second")]
    axes = Axes.around((0.0, float(len(columns))), [row[name] for row in rows], room=0.06)
    middles = [(2.0 * place + 1.0, side or "") for place, side in enumerate(sides)]
    marks: list[Mark] = [*axes.marks(f"{names[0]} and {names[1]}", "", named=middles)]
    said = []
    for place, (side, session) in enumerate(columns):
        values = [row[name] for row in rows if (row["side"], row["session"]) == (side, session)]
        if not values:
            continue
        mean = float(np.mean(values))
        said.append(f"{side or ''} {session} {mean:.3g}".strip())
        across = np.linspace(-0.28, 0.28, len(values)) if len(values) > 1 else [0.0]
        marks += [
            Dot(*axes.at(place + 0.5 + float(offset), value), 2.6, f"dot {session}")
            for offset, value in zip(across, values, strict=True)
        ]
        marks.append(
            Line(
                (axes.at(place + 0.14, mean), axes.at(place + 0.86, mean)), f"line solid {session}"
            )
        )
    title = f"{words(name)}, {unit}" if unit not in ("", "1") else words(name)
    return Drawing(
        title,
        f"Every cycle of {words(name)}; means: {', '.join(said)}",
        WIDTH,
        HEIGHT,
        tuple(marks),
    )


def mean_curve_plots(report: Report) -> tuple[CyclePlot, ...]:
    """Return the mean curves of two recordings, over one another.

    Parameters
    ----------
    report : Report
        Its table ``cycle_means`` holds them.

    Returns
    -------
    tuple of CyclePlot
        Of each curve and side.
    """
    table = report.tables.get("cycle_means")
    if table is None or not table.rows:
        return ()
    curves, sides = table.column("curve"), table.column("side")
    plots = []
    for name, side in dict.fromkeys(zip(curves, sides, strict=True)):
        rows = (curves == name) & np.array([each == side for each in sides])
        plots.append(
            CyclePlot(
                title=words(f"{name} {side}" if side else str(name)),
                unit="deg",
                percent=table.column("percent")[rows],
                curves=tuple(
                    MeanCurve(
                        which, *(table.column(f"{of}_{which}")[rows] for of in ("mean", "sd"))
                    )
                    for which in ("first", "second")
                ),
            )
        )
    return tuple(plots)


def history_drawings(report: Report) -> Iterator[Drawing]:
    """Draw measures over time, with the band that a change must leave.

    Parameters
    ----------
    report : Report
        Its table ``history`` holds them.

    Yields
    ------
    Drawing
        Of each measure that has two values or more, in the order of the report; a value with its
        error as a dot, filled dark where it is beyond the band.
    """
    measures: dict[str, list[dict[str, Any]]] = {}
    for row in _rows(report.tables.get("history")):
        measures.setdefault(row["measure"], []).append(row)
    for name, rows in measures.items():
        known = [row for row in rows if row["value"] is not None]
        if len(known) > 1 and len({row["value"] for row in known}) > 1:
            yield _history(name, known)


def _history(name: str, rows: Sequence[Mapping[str, Any]]) -> Drawing:
    days = [date.fromisoformat(row["date"]).toordinal() for row in rows]
    ends = [
        row["value"] + sign * 1.96 * (row.get("total_error") or 0.0)
        for row in rows
        for sign in (-1.0, 1.0)
    ]
    ends += [row[end] for row in rows for end in ("low", "high") if row[end] is not None]
    axes = Axes.around(days, ends)
    named = _dates(days)
    marks: list[Mark] = []
    banded = [(day, row) for day, row in zip(days, rows, strict=True) if row["low"] is not None]
    if banded:
        if banded[0][0] != days[0]:
            banded.insert(0, (days[0], banded[0][1]))
        outline = [axes.at(day, row["high"]) for day, row in banded]
        outline += [axes.at(day, row["low"]) for day, row in reversed(banded)]
        marks.append(Area(tuple(outline), "band middle"))
    marks += axes.marks("", "", named=named)
    marks.append(
        Line(
            tuple(axes.at(day, row["value"]) for day, row in zip(days, rows, strict=True)),
            "line middle",
        )
    )
    said = []
    for day, row in zip(days, rows, strict=True):
        half = 1.96 * (row.get("total_error") or 0.0)
        if half:
            ends_of = (axes.at(day, row["value"] - half), axes.at(day, row["value"] + half))
            marks.append(Line(ends_of, "zero"))
        beyond = row["verdict"] in ("increase", "decrease")
        marks.append(Dot(*axes.at(day, row["value"]), 4.5, "dot beyond" if beyond else "dot"))
        said.append(f"{row['date']} {row['value']:.3g}" + (" beyond error" if beyond else ""))
    unit = f", {rows[0]['unit']}" if rows[0]["unit"] not in (None, "1") else ""
    return Drawing(
        f"{words(name)}{unit}", f"{words(name)}: {'; '.join(said)}", WIDTH, HEIGHT, tuple(marks)
    )


def _dates(days: Sequence[int]) -> list[tuple[float, str]]:
    """Return the days that are named: not so many that they would lie over one another."""
    step = max(1, math.ceil((days[-1] - days[0]) / 3)) if days[-1] > days[0] else 1
    found: list[tuple[float, str]] = []
    for day in days:
        if not found or day - found[-1][0] >= step:
            found.append((float(day), date.fromordinal(day).isoformat()))
    return found


def _box(left: float, right: float, bottom: float) -> tuple[tuple[float, float], ...]:
    return ((left, 0.0), (right, 0.0), (right, bottom), (left, bottom))


def _rows(table: Table | None) -> list[dict[str, Any]]:
    if table is None:
        return []
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]
