"""How much two groups differ: effects and their intervals, one below the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from neuropose.page.figures.axes import number
from neuropose.page.figures.drawing import Dot, Drawing, Label, Line, Mark
from neuropose.page.plots import Scale, ticks
from neuropose.page.wording import rounded, words

if TYPE_CHECKING:
    from neuropose.data import Report

ROW, WIDTH = 22, 720
_NAMES, _NUMBERS, _FOOT = 250, 130, 36  # places of the names and the numbers; of the axis


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect.

    Parameters
    ----------
    name : str
        Of the feature, in words.
    value, low, high : float
        Hedges' g, and its 95 % interval.
    """

    name: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Forest:
    """The effects of one comparison.

    Parameters
    ----------
    first, second : str
        The groups; an effect is the first less the second.
    effects : tuple of Effect
        In the order of the report.
    """

    first: str
    second: str
    effects: tuple[Effect, ...]


def forest(report: Report) -> Forest | None:
    """Return the effects between two groups.

    Parameters
    ----------
    report : Report
        Its table ``group_comparison`` holds them.

    Returns
    -------
    Forest or None
        None if it has no effect with an interval.

    Examples
    --------
    >>> from neuropose.data import Report, ReportProvenance, Table
    >>> table = Table.from_columns(
    ...     {
    ...         "feature": (None, ["stride_time"]),
    ...         "first": (None, ["patients"]),
    ...         "second": (None, ["controls"]),
    ...         "hedges_g": ("1", [0.8]),
    ...         "hedges_g_low": ("1", [0.1]),
    ...         "hedges_g_high": ("1", [1.5]),
    ...     }
    ... )
    >>> provenance = ReportProvenance(neuropose_version="0.1.0")
    >>> report = Report(
    ...     task="cohort", measures={}, tables={"group_comparison": table}, provenance=provenance
    ... )
    >>> forest(report).effects[0].name
    'stride time'
    """
    table = report.tables.get("group_comparison")
    if table is None:
        return None
    names = [column.name for column in table.columns]
    rows = [dict(zip(names, row, strict=True)) for row in table.rows]
    known = [row for row in rows if _has_effect(row)]
    if not known:
        return None
    return Forest(
        first=str(known[0]["first"]),
        second=str(known[0]["second"]),
        effects=tuple(
            Effect(
                words(str(row["feature"])),
                *(float(str(row[f"hedges_g{end}"])) for end in ("", "_low", "_high")),
            )
            for row in known
        ),
    )


def _has_effect(row: Mapping[str, object]) -> bool:
    return all(isinstance(row.get(f"hedges_g{end}"), (int, float)) for end in ("", "_low", "_high"))


def height(plot: Forest) -> int:
    """Return the height of the plot, of the width `WIDTH`.

    Parameters
    ----------
    plot : Forest
        What is plotted.

    Returns
    -------
    int
    """
    return ROW * len(plot.effects) + _FOOT


def scale(plot: Forest) -> Scale:
    """Return the axis of the effects, which has 0 on it.

    Parameters
    ----------
    plot : Forest
        What is plotted.

    Returns
    -------
    Scale
    """
    low = min(0.0, *(each.low for each in plot.effects))
    high = max(0.0, *(each.high for each in plot.effects))
    room = 0.05 * (high - low) or 1.0
    return Scale(low - room, high + room, _NAMES, WIDTH - _NUMBERS)


def drawing(plot: Forest) -> Drawing:
    """Draw the effects with their intervals, and with the numbers beside them.

    Parameters
    ----------
    plot : Forest
        What is plotted.

    Returns
    -------
    Drawing
    """
    said = "; ".join(f"{each.name} {_numbers(each)}" for each in plot.effects)
    return Drawing(
        title="",
        said=f"Hedges' g of {plot.first} less {plot.second}: {said}",
        width=WIDTH,
        height=height(plot),
        marks=(*_axis(plot), *_rows(plot)),
        kind="forest",
    )


def _axis(plot: Forest) -> Iterator[Mark]:
    along, bottom = scale(plot), ROW * len(plot.effects)
    for value in ticks(along.low, along.high):
        x = float(along(value))
        yield Line(((x, 0.0), (x, bottom)), "zero" if value == 0.0 else "grid")
        yield Label(x, bottom + 15, number(value), "middle")
    middle = (along.first + along.last) / 2
    yield Label(middle, bottom + 31, f"Hedges' g, {plot.first} less {plot.second}", "middle")


def _rows(plot: Forest) -> Iterator[Mark]:
    along = scale(plot)
    for place, each in enumerate(plot.effects):
        y = ROW * (place + 0.5)
        yield Label(0.0, y + 4, each.name)
        yield Line(((float(along(each.low)), y), (float(along(each.high)), y)), "line middle")
        yield Dot(float(along(each.value)), y, 4, "dot")
        yield Label(WIDTH, y + 4, _numbers(each), "end")


def _numbers(effect: Effect) -> str:
    value, low, high = (rounded(each, 2) for each in (effect.value, effect.low, effect.high))
    return f"{value} ({low} to {high})"
