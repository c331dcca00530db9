"""How the groups and sessions of a cohort differ, in lines for a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuropose.data import Report, Table

_Row = dict[str, Any]


def cohort_lines(report: Report) -> Iterator[str]:
    """Return what was compared, a line a feature or curve; why something was not, in its place.

    Parameters
    ----------
    report : Report
        Of a cohort.

    Yields
    ------
    str
    """
    regions = _rows(report.tables.get("curve_regions"))
    for name, title, line in (
        ("group_comparison", "{first} less {second}", _difference),
        ("curve_comparison", "{first} against {second}, over the cycle", _curve(regions)),
        ("reliability", "sessions: reliability", _reliability),
        ("agreement", "session {first} less {second}: agreement", _agreement),
    ):
        rows = _rows(report.tables.get(name))
        if not rows:
            continue
        yield ""
        yield title.format(**rows[0]) if "first" in rows[0] else title
        key = "curve" if name == "curve_comparison" else "feature"
        width = max(len(row[key]) for row in rows)
        yield from (f"  {row[key]:<{width}}  {row['reason'] or line(row)}" for row in rows)
        yield from _warnings(rows, key)


def _warnings(rows: Sequence[_Row], key: str) -> Iterator[str]:
    """Return each warning once, with what it is of unless it is of all."""
    of: dict[str, list[str]] = {}
    for row in rows:
        for warning in (row["warnings"] or "").split("; "):
            of.setdefault(warning, []).append(row[key])
    for warning, names in of.items():
        if warning:
            whose = "" if len(names) == len(rows) else f"{', '.join(names)}: "
            yield f"  - {whose}{warning}"


def _difference(row: _Row) -> str:
    return (
        f"{_interval(row, 'difference')}{_unit(row)}, {_p(row)}, g {_interval(row, 'hedges_g')}, "
        f"n {row['n_first']} + {row['n_second']}"
    )


def _curve(regions: Sequence[_Row]) -> Callable[[_Row], str]:
    def line(row: _Row) -> str:
        where = [
            f"{each['direction']} from {each['start_percent']:g} to {each['end_percent']:g} %"
            for each in regions
            if each["curve"] == row["curve"]
        ]
        counts = f"n {row['n_first']} + {row['n_second']}"
        return f"{_p(row)}: {'; '.join(where) or 'no difference found'}; {counts}"

    return line


def _reliability(row: _Row) -> str:
    unit = _unit(row)
    return (
        f"ICC {_interval(row, 'icc')}, SEM {_number(row['sem'])}{unit}, "
        f"MDC95 {_number(row['mdc95'])}{unit}, n {row['n']}"
    )


def _agreement(row: _Row) -> str:
    limits = f"{_number(row['lower_limit'])} to {_number(row['upper_limit'])}"
    return f"bias {_interval(row, 'bias')}{_unit(row)}, limits {limits}, n {row['n']}"


def _p(row: _Row) -> str:
    return f"p {_number(row['p_value_adjusted'])} adjusted, {_number(row['p_value'])} alone"


def _interval(row: _Row, name: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    value = _number(row[name])
    return value if low is None else f"{value} ({_number(low)} to {_number(high)})"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}".replace("-", "−")


def _unit(row: _Row) -> str:
    return "" if row["unit"] == "1" else f" {row['unit']}"


def _rows(table: Table | None) -> list[_Row]:
    if table is None:
        return []
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]
