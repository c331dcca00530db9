"""A validation in lines for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from neuropose.grammar import counted

if TYPE_CHECKING:
    from neuropose.data import Report
    from neuropose.study.validation.pairing import Pairing

_MOST_REASONS = 12
_WITH_INTERVAL = ("bias", "icc", "rmse")
_TITLES = {
    "event": ("events", ("bias", "sd", "within_20_ms", "within_50_ms", "precision", "recall")),
    "measure": ("strides", ("mean_reference", "bias", "lower_limit", "upper_limit", "icc")),
    "angle": ("angles", ("rmse", "rmse_centred", "bias", "range_difference", "correlation")),
}
_Cell = Mapping[str, Any]


def pairing_lines(pairing: Pairing) -> Iterator[str]:
    """Return which recordings belong together, and which do not.

    Parameters
    ----------
    pairing : Pairing
        What two folders have in common.

    Yields
    ------
    str
    """
    for pair in pairing.pairs:
        yield f"{pair.subject}  {pair.name}: {pair.test.file} | {pair.reference.file}"
    for each in pairing.exclusions:
        yield f"{each.subject}  {each.trial}: left out, {each.reason}"
    yield f"{len(pairing.pairs)} pairs, subjects by {pairing.subjects.value}"


def validation_lines(report: Report) -> Iterator[str]:
    """Return the statistics of all subjects, and what was left out.

    Parameters
    ----------
    report : Report
        Of a validation.

    Yields
    ------
    str
    """
    pairs, subjects = (
        counted(int(report.measures[f"{name}s"].value or 0), name) for name in ("pair", "subject")
    )
    yield f"{pairs} of {subjects}; test less reference [95 % interval]"
    found: dict[str, dict[str, dict[str, _Cell]]] = {}
    for row in _rows(report, "results"):
        if row["subject"] == "all":
            names = found.setdefault(row["what"], {})
            names.setdefault(row["name"], {})[row["statistic"]] = row
    for what, (title, statistics) in _TITLES.items():
        rows = [
            [_words(name), *(_cell(each, cells.get(each)) for each in statistics), _unit(cells)]
            for name, cells in found.get(what, {}).items()
            if any(cell["value"] is not None for cell in cells.values())
        ]
        if rows:
            yield ""
            yield from _aligned([[title, *map(_words, statistics), "unit"], *rows])
    yield from _exclusions(report)
    if report.warnings:
        yield ""
        yield "Warnings:"
        yield from (f"- {warning}" for warning in report.warnings)


def _exclusions(report: Report) -> Iterator[str]:
    totals: dict[tuple[str, str], int] = {}
    for row in _rows(report, "exclusions"):
        key = row["what"], row["reason"]
        totals[key] = totals.get(key, 0) + int(row["count"])
    if not totals:
        return
    yield ""
    yield "Left out:"
    ranked = sorted(totals.items(), key=lambda each: (each[0][0] != "recording", -each[1]))
    for (what, reason), count in ranked[:_MOST_REASONS]:
        yield f"- {_words(what)}, {count}: {reason}"
    if len(ranked) > _MOST_REASONS:
        yield f"- and {len(ranked) - _MOST_REASONS} reasons more: the table exclusions has all"


def _rows(report: Report, table: str) -> Iterator[_Cell]:
    names = [column.name for column in report.tables[table].columns]
    for row in report.tables[table].rows:
        yield dict(zip(names, row, strict=True))


def _cell(statistic: str, cell: _Cell | None) -> str:
    if cell is None or cell["value"] is None:
        return "–"
    text = _number(cell["value"])
    if statistic in _WITH_INTERVAL and cell["low"] is not None:
        text += f" [{_number(cell['low'])}, {_number(cell['high'])}]"
    return text


def _number(value: float) -> str:
    rounded = f"{value:.0f}" if abs(value) >= 1000.0 else f"{value + 0.0:.3g}"
    return rounded.replace("-", "−")


def _unit(cells: Mapping[str, _Cell]) -> str:
    units = [cell["unit"] for cell in cells.values() if cell["unit"] not in ("1", "%")]
    return str(units[0] if units else next(cell["unit"] for cell in cells.values()))


def _aligned(rows: list[list[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        first, *rest = (
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join([first, *rest]).rstrip()
        if number == 0:
            yield "─" * (sum(widths) + 2 * (len(widths) - 1))


def _words(name: str) -> str:
    return name.replace("_", " ")
