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
        ("repeated", "{compared} {second} less {first}, subject by subject", _repeated),
        ("changes", "change from {from_level} to {to_level}, {first} less {second}", _change),
        ("mixed_models", "{compared} {from_level} to {to_level}, mixed models", _mixed),
        ("reliability", "sessions: reliability", _reliability),
        ("agreement", "session {first} less {second}: agreement", _agreement),
    ):
        blocks: dict[str, list[_Row]] = {}
        for row in _rows(report.tables.get(name)):
            blocks.setdefault(title.format(**row), []).append(row)
        for heading, rows in blocks.items():
            yield ""
            yield heading
            names = _names(rows)
            width = max(map(len, names))
            yield from (
                f"  {each:<{width}}  {row['reason'] or line(row)}"
                for each, row in zip(names, rows, strict=True)
            )
            yield from _warnings(rows, names)


def _names(rows: Sequence[_Row]) -> list[str]:
    """Return what each row is of: the feature or curve, with group or effect if there are any."""
    of = [row.get("feature") or row["curve"] for row in rows]
    if any(row.get("group") for row in rows):
        return [
            f"{each}, {row['group'] or 'all subjects'}" for each, row in zip(of, rows, strict=True)
        ]
    effects = [row.get("effect") for row in rows]
    return [each if not what else f"{each}, {what}" for each, what in zip(of, effects, strict=True)]


def _warnings(rows: Sequence[_Row], names: Sequence[str]) -> Iterator[str]:
    """Return each warning once, with what it is of unless it is of all."""
    of: dict[str, list[str]] = {}
    for row, name in zip(rows, names, strict=True):
        for warning in (row["warnings"] or "").split("; "):
            of.setdefault(warning, []).append(name)
    for warning, those in of.items():
        if warning:
            whose = "" if len(those) == len(rows) else f"{'; '.join(those)}: "
            yield f"  - {whose}{warning}"


def _difference(row: _Row) -> str:
    return (
        f"{_interval(row, 'difference')}{_unit(row)}, {_p(row)}, g {_interval(row, 'hedges_g')}, "
        f"{_sizes(row)}"
    )


def _curve(regions: Sequence[_Row]) -> Callable[[_Row], str]:
    def line(row: _Row) -> str:
        where = [
            f"{each['direction']} from {each['start_percent']:g} to {each['end_percent']:g} %"
            for each in regions
            if each["curve"] == row["curve"]
        ]
        return f"{_p(row)}: {'; '.join(where) or 'no difference found'}; {_sizes(row)}"

    return line


def _repeated(row: _Row) -> str:
    difference, effect = (_interval(row, name) for name in ("difference", "cohens_dz"))
    return f"{difference}{_unit(row)}, {_p(row)}, d_z {effect}, {_count(row)}"


def _change(row: _Row) -> str:
    each = f"{_number(row['change_first'])} less {_number(row['change_second'])}"
    return f"{each}: {_difference(row)}"


def _mixed(row: _Row) -> str:
    lacking = f", {row['incomplete']} of them incomplete" if row["incomplete"] else ""
    return f"{_interval(row, 'estimate')}{_unit(row)}, {_p(row)}, n {row['subjects']}{lacking}"


def _sizes(row: _Row) -> str:
    out = f", {row['dropped']} left out" if row.get("dropped") else ""
    of = f", means of {row['means_of']}" if row.get("means_of") else ""
    return f"n {row['n_first']} + {row['n_second']}{out}{of}"


def _count(row: _Row) -> str:
    return f"n {row['n']}" + (f", {row['dropped']} left out" if row["dropped"] else "")


def _reliability(row: _Row) -> str:
    unit = _unit(row)
    return (
        f"ICC {_interval(row, 'icc')}, SEM {_number(row['sem'])}{unit}, "
        f"MDC95 {_number(row['mdc95'])}{unit}, {_count(row)}"
    )


def _agreement(row: _Row) -> str:
    limits = f"{_number(row['lower_limit'])} to {_number(row['upper_limit'])}"
    return f"bias {_interval(row, 'bias')}{_unit(row)}, limits {limits}, {_count(row)}"


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
