"""A report as a table that a clinician can read."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from neuropose.skeletons.sides import SIDES

if TYPE_CHECKING:
    from neuropose.data import Choice, Measure, Report

_ERROR = "; standard error "
_NO_VALUE = "–"  # and its reason below; a cell is empty if there is no such measure
_COMPARISONS = {"symmetry_index": "L−R index %", "symmetry_ratio": "aff./unaff."}
_FOR_STATISTICS = "_log_ratio"
_PARTS = (*(f"_{side}" for side in SIDES), *(f"_{each}" for each in _COMPARISONS), _FOR_STATISTICS)
_DECIMALS = {"mm": 1, "mm/s": 0, "m/s": 2, "mm²": 0, "deg": 1, "deg/s": 0, "%": 1, "steps/min": 1}
_OTHER_DECIMALS = 2
_MOST_NAMES = 4
_TRY = (
    "Is it in this recording? --from and --to choose the stretch of time, --subject the person, "
    "--task another movement; --set changes what counts as one."
)
_WIDEST = 100
_CONFIDENCE = "confidence"
_NO_BREAK = "\N{NO-BREAK SPACE}"


def report_lines(report: Report, width: int | None = None) -> list[str]:
    """Return a report in lines: who, the measures in a table, then every doubt in words.

    Parameters
    ----------
    report : Report
    width : int, optional
        Of the terminal, in characters. A table that is wider is given as a block a measure, in
        which no number is broken. Default: wide enough.

    Returns
    -------
    list of str
    """
    widest = _WIDEST if width is None else min(_WIDEST, width)
    lines = list(_head(report, widest))
    shown = {
        name: measure
        for name, measure in report.measures.items()
        if not name.endswith(_FOR_STATISTICS)
    }
    if any(_has_number(measure) and measure.value != 0.0 for measure in shown.values()):
        lines += ["", *_table(shown, width)]
        if any(measure.value is None and measure.interval for measure in shown.values()):
            lines += ["", "[from, to]: 95 % interval of what is not known well enough; see below."]
        if len(shown) < len(report.measures):
            lines += ["", "Log ratios, for statistics, are in the report."]
        lines += _reasons(report, widest)
    elif any(_has_number(measure) for measure in shown.values()):  # counts of what there is not
        lines += ["", "Nothing could be measured.", *_reasons(report, widest)]
    else:
        lines += _nothing(report, widest)
    return [*lines, *_warnings(report, widest)]


def _nothing(report: Report, widest: int) -> Iterator[str]:
    """Say plainly that what was to be measured is not there, why, and what to do."""
    from neuropose.analyzer.tasks.registry import TASKS

    event = TASKS[report.task].event if report.task in TASKS else _words(report.task)
    reasons = dict.fromkeys(each.reason for each in report.measures.values() if each.reason)
    text = f"No {event} was found" + (": " if reasons else "") + "; ".join(reasons)
    yield from ("", *textwrap.wrap(text, widest), *textwrap.wrap(_TRY, widest))


def _head(report: Report, widest: int) -> Iterator[str]:
    lines = {"task": _words(report.task)}
    if report.subject is not None:
        lines["subject"] = f"track {report.subject.track_id}, {report.subject.reason}"
    lines |= _assumed(report)
    for name, method in _methods(report).items():
        lines[_words(name)] = method
    width = max(map(len, lines)) + 2
    for name, text in lines.items():
        yield from textwrap.wrap(
            text, widest, initial_indent=name.ljust(width), subsequent_indent=" " * width
        )


def _assumed(report: Report) -> dict[str, str]:
    """Return what nobody has said and no file states, once for all numbers."""
    found: dict[str, list[str]] = {}
    for name, each in report.assumptions.items():
        if each.source.value not in ("assumed", "not_recorded"):
            continue
        # The subject has a line of its own, and so has the vertical, which lacks the reason.
        known = {"subject": [], "vertical": [each.detail]}.get(name, [each.value, each.detail])
        words = ", ".join(word for word in known if word is not None)
        found.setdefault(_words(each.source.value), []).append(f"{name}: {words}".rstrip(": "))
    return {source: "; ".join(each) for source, each in found.items()}


def _methods(report: Report) -> dict[str, str]:
    """Return what was chosen; once where it is the same for both sides."""
    choices = dict(report.choices)
    methods = {}
    for name, choice in report.choices.items():
        base = name.removeprefix("left_")
        other = choices.get(f"right_{base}")
        if base != name and other is not None and _without_error(other) == _without_error(choice):
            methods[base] = _method([choice, choices.pop(f"right_{base}")])
        elif name in choices:
            methods[name] = _method([choice])
    return methods


def _method(choices: Sequence[Choice]) -> str:
    sure = _confidence(choices)
    about = f" (confidence {sure})" if sure else ""
    errors = [choice.method.partition(_ERROR)[2] for choice in choices]
    error = f"{_ERROR}{' and '.join(dict.fromkeys(errors))}" if any(errors) else ""
    return f"{_words(_without_error(choices[0]))}{error}{about}"


def _without_error(choice: Choice) -> str:
    return choice.method.partition(_ERROR)[0]


def _table(measures: Mapping[str, Measure], width: int | None) -> list[str]:
    bases = list(dict.fromkeys(_base(name, measures) for name in measures))
    parts = ["", *SIDES, *_COMPARISONS]
    members = {
        base: {part: measures.get(f"{base}_{part}" if part else base) for part in parts}
        for base in bases
    }
    used = [part for part in parts if any(_has_number(each[part]) for each in members.values())]
    alone = not set(used) & set(SIDES)
    titles = {"": "value" if alone else "all"} | _COMPARISONS
    rows = [["measure", *(titles.get(part, part) for part in used), "unit", "n", _CONFIDENCE]]
    for base, each in members.items():
        main = [each[part] for part in ("", *SIDES) if each[part] is not None]
        known = [measure for measure in main if measure is not None]
        cells = [_number(each[part]) for part in used]
        if not any(cells):  # nothing of it is known, and what is not known has no column
            cells[0] = _NO_VALUE
        rows.append(
            [
                _words(base),
                *cells,
                next((measure.unit for measure in known if measure.unit != "1"), ""),
                _counts(each),
                _confidence(known),
            ]
        )
    if not any(row[-1] for row in rows[1:]):
        rows = [row[:-1] for row in rows]
    lines = _aligned(rows)
    if width is None or max(map(len, lines)) <= width:
        return lines
    return list(_stacked(rows, width))


def _base(name: str, measures: Iterable[str]) -> str:
    """Return what a measure is of, without its side or comparison."""
    for side in SIDES:
        if name.endswith(f"_{side}"):
            return name.removesuffix(f"_{side}")
    for comparison in _COMPARISONS:
        base = name.removesuffix(f"_{comparison}")
        if base != name and f"{base}_left" in measures:
            return base
    return name


def _has_number(measure: Measure | None) -> bool:
    return measure is not None and (measure.value is not None or measure.interval is not None)


def _number(measure: Measure | None) -> str:
    if measure is None:
        return ""
    decimals = _DECIMALS.get(measure.unit, _OTHER_DECIMALS)
    if measure.value is None:
        ends = (_rounded(end, decimals) for end in measure.interval or ())
        return f"[{', '.join(ends)}]" if measure.interval else _NO_VALUE
    counts = measure.unit == "1" and measure.sd is None and measure.value == int(measure.value)
    if counts and not measure.standard_error:
        decimals = 0
    cell = _rounded(measure.value, decimals)
    if measure.standard_error is not None and not (counts and not measure.standard_error):
        cell += f" ± {_error(measure.standard_error, decimals)}"
    return cell if measure.sd is None else f"{cell} (SD {_rounded(measure.sd, decimals)})"


def _error(standard_error: float, decimals: int) -> str:
    least = 10.0**-decimals
    if standard_error and standard_error < 0.5 * least:  # no error is none at all
        return f"<{least:.{decimals}f}"
    return _rounded(standard_error, decimals)


def _rounded(value: float, decimals: int) -> str:
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")


def _counts(members: Mapping[str, Measure | None]) -> str:
    both = members[""]
    if both is not None:
        return str(both.n)
    sides = (members[side] for side in SIDES)
    return " + ".join(str(each.n) for each in sides if each is not None)


def _confidence(found: Sequence[Measure | Choice]) -> str:
    known = [each.confidence for each in found if each.confidence is not None]
    return f"{min(known):.2f}" if known else ""


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    to_the_left = (0, rows[0].index("unit"))
    lines = [
        "  ".join(
            cell.ljust(width) if column in to_the_left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return [lines[0], "─" * max(map(len, lines)), *lines[1:]]


def _stacked(rows: list[list[str]], width: int) -> Iterator[str]:
    """Return a block of lines for each measure; 0.61 ± 0.02 (SD 0.04) stays in one piece."""
    (_, *titles), *others = rows
    for name, *cells in others:
        named = dict(zip(titles, cells, strict=True))
        unit = named.pop("unit")
        yield f"{name}, {unit}" if unit else name
        items = (f"{title} {cell}".replace(" ", _NO_BREAK) for title, cell in named.items() if cell)
        for line in textwrap.wrap(
            ", ".join(items),
            width,
            initial_indent="  ",
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        ):
            yield line.replace(_NO_BREAK, " ")


def _reasons(report: Report, widest: int) -> Iterator[str]:
    """Group what has no value by the reason."""
    by_reason: dict[str, list[str]] = {}
    for name, measure in report.measures.items():
        if measure.reason is not None:
            by_reason.setdefault(measure.reason, []).append(name)
    if by_reason:
        yield from ("", "No value:")
    for reason, names in by_reason.items():
        yield from _bullet(f"{_all_named(names, report)}: {reason}", widest)


def _warnings(report: Report, widest: int) -> Iterator[str]:
    by_warning: dict[str, list[str]] = {warning: [] for warning in report.warnings}
    for found in (report.choices, report.measures):
        for name, each in found.items():
            for warning in each.warnings:
                by_warning.setdefault(warning, []).append(name)
    if by_warning:
        yield from ("", "Warnings:")
    for warning, names in by_warning.items():
        yield from _bullet(f"{_named(names, report)}: {warning}" if names else warning, widest)


def _all_named(names: Sequence[str], report: Report) -> str:
    """Name measures, none left out: those of which the same is meant stand together."""
    if len(names) > 1 and len(names) == len(report.measures):
        return "all measures"
    meant: dict[str, list[str]] = {}
    for name in names:
        part = next((part for part in _PARTS if name.endswith(part)), "")
        base = name.removesuffix(part)
        if not any(f"{base}{side}" in report.measures for side in _PARTS[: len(SIDES)]):
            base, part = name, ""
        meant.setdefault(base, []).append(part)
    together: dict[tuple[str, ...], list[str]] = {}
    for base, parts in meant.items():
        every = {part for part in ("", *_PARTS) if f"{base}{part}" in report.measures}
        together.setdefault(() if set(parts) == every else tuple(parts), []).append(base)
    return "; ".join(
        ", ".join(map(_words, bases))
        + (f" ({', '.join(_words(part).strip() or 'all' for part in parts)})" if parts else "")
        for parts, bases in together.items()
    )


def _named(names: Sequence[str], report: Report) -> str:
    """Name measures in few words; both sides of one as one."""
    if len(names) > 1 and len(names) == len(report.measures):
        return "all measures"
    bases = list(dict.fromkeys(_base(name, names) for name in names))
    sides = [name for name in names if name.endswith(SIDES)]
    if len(names) == len(sides) == len(bases):
        bases = list(names)  # one side only: say which
    few = [_words(base) for base in bases[:_MOST_NAMES]]
    more = len(bases) - len(few)
    return ", ".join(few) + (f" and {more} more" if more else "")


def _bullet(text: str, widest: int) -> list[str]:
    return textwrap.wrap(text, widest, initial_indent="- ", subsequent_indent="  ")


def _words(name: str) -> str:
    return name.replace("_", " ")
