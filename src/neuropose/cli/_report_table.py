"""A report as a table that a clinician can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neuropose.io import Measure, Report

_NONE = "–"
_SIDES = ("left", "right")
_COMPARISONS = {"symmetry_index": "L−R index %", "symmetry_ratio": "aff./unaff."}
_WIDEST = 100


def report_lines(report: Report) -> list[str]:
    """Give a report in lines: who, the measures in a table, then every doubt in words.

    Parameters
    ----------
    report : Report

    Returns
    -------
    list of str
    """
    return [*_head(report), "", *_table(report.measures), *_reasons(report), *_warnings(report)]


def _head(report: Report) -> Iterator[str]:
    yield f"task      {_words(report.task)}"
    if report.subject is not None:
        yield f"subject   track {report.subject.track_id}, {report.subject.reason}"
    for name, choice in report.choices.items():
        sure = "" if choice.confidence is None else f" (confidence {choice.confidence:.2f})"
        yield f"{_words(name):<9} {choice.method}{sure}"


def _table(measures: Mapping[str, Measure]) -> list[str]:
    bases = list(dict.fromkeys(_base(name, measures)[0] for name in measures))
    columns = ["", *_SIDES, *_COMPARISONS]
    found = {
        base: {part: _member(measures, base, part) for part in columns} for base in bases
    }
    used = [part for part in columns if any(each[part] is not None for each in found.values())]
    heading = {"": "value" if used == [""] else "all"} | _COMPARISONS
    rows = [["measure", *(heading.get(part, part) for part in used), "unit", "n", "confidence"]]
    for base, members in found.items():
        shown = [members[part] for part in used]
        main = [each for part, each in members.items() if each and part in ("", *_SIDES)]
        rows.append(
            [
                _words(base),
                *(_NONE if each is None else _number(each) for each in shown),
                next((each.unit for each in main if each.unit != "1"), ""),
                _counts(members),
                _confidence(main),
            ]
        )
    return _aligned(rows)


def _base(name: str, measures: Mapping[str, Measure]) -> tuple[str, str]:
    """Split a measure's name into what it is of, and the side or comparison."""
    for part in (*_SIDES, *_COMPARISONS):
        base = name.removesuffix(f"_{part}")
        if base != name and (part in _SIDES or f"{base}_left" in measures):
            return base, part
    return name, ""


def _member(measures: Mapping[str, Measure], base: str, part: str) -> Measure | None:
    return measures.get(f"{base}_{part}" if part else base)


def _number(measure: Measure) -> str:
    if measure.value is None:
        return _NONE
    value = _rounded(measure.value)
    return value if measure.sd is None else f"{value} ± {_rounded(measure.sd, 2)}"


def _rounded(value: float, digits: int = 4) -> str:
    """Give so many significant digits, but never fewer than the whole number has."""
    if value == 0.0:
        return "0"
    whole = len(str(int(abs(value))))
    text = f"{value:.{max(digits, whole)}g}"
    return text.replace("-", "−")


def _counts(members: Mapping[str, Measure | None]) -> str:
    both, left, right = (members[part] for part in ("", *_SIDES))
    if both is not None:
        return str(both.n)
    return " + ".join(str(each.n) for each in (left, right) if each is not None)


def _confidence(measures: Sequence[Measure]) -> str:
    known = [each.confidence for each in measures if each.confidence is not None]
    return f"{min(known):.2f}" if known else _NONE


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if column in (0, len(row) - 3) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return [lines[0], "─" * max(map(len, lines)), *lines[1:]]


def _reasons(report: Report) -> Iterator[str]:
    """Group what has no value by the reason."""
    by_reason: dict[str, list[str]] = {}
    for name, measure in report.measures.items():
        if measure.reason is not None:
            by_reason.setdefault(measure.reason, []).append(_words(name))
    if not by_reason:
        return
    yield ""
    yield "No value:"
    for reason, names in by_reason.items():
        everything = len(names) == len(report.measures)
        yield from _bullet(f"{'all measures' if everything else ', '.join(names)}: {reason}")


def _warnings(report: Report) -> Iterator[str]:
    by_warning: dict[str, list[str]] = {warning: [] for warning in report.warnings}
    for name, choice in report.choices.items():
        for warning in choice.warnings:
            by_warning.setdefault(warning, []).append(_words(name))
    for name, measure in report.measures.items():
        for warning in measure.warnings:
            by_warning.setdefault(warning, []).append(_words(name))
    if not by_warning:
        return
    yield ""
    yield "Warnings:"
    for warning, names in by_warning.items():
        about = "" if len(names) == len(report.measures) else ", ".join(names)
        yield from _bullet(f"{about}: {warning}" if about else warning)


def _bullet(text: str) -> Iterator[str]:
    import textwrap

    yield from textwrap.wrap(text, _WIDEST, initial_indent="- ", subsequent_indent="  ")


def _words(name: str) -> str:
    return name.replace("_", " ")
