"""A report in words: its measures as rows of cells, and every doubt as a sentence.

The table at a terminal, the page and the PDF are made from these, so that they say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from neuropose.skeletons.sides import SIDES

if TYPE_CHECKING:
    from neuropose.data import Choice, Measure, Report

NO_VALUE = "–"
"""Stands for a value whose absence has a reason; a cell is empty if there is no such measure."""
INTERVALS = "[from, to]: 95 % interval of what is not known well enough; see below."
TOTAL_ERROR = (
    "value ± standard error of measuring and of how the person varies from one stride or "
    "repetition to the next; in the report of one recording, ± is the error of measuring only"
)
"""Of compared values."""
NOT_IN_TABLES = "The tables leave out their values in single strides or repetitions, too (–)."
FOR_STATISTICS = "_log_ratio"
"""Measures whose names end like this are for statistics, and not shown."""
COMPARISONS = {"symmetry_index": "L−R index %", "symmetry_ratio": "aff./unaff."}

_ERROR = "; standard error "
_PARTS = (*(f"_{side}" for side in SIDES), *(f"_{each}" for each in COMPARISONS), FOR_STATISTICS)
_DECIMALS = {"mm": 1, "mm/s": 0, "m/s": 2, "mm²": 0, "deg": 1, "deg/s": 0, "%": 1, "steps/min": 1}
_OTHER_DECIMALS = 2
_MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """A measure with its sides and comparisons.

    Parameters
    ----------
    base : str
        Its name without a side.
    members : mapping of str to Measure or None
        By part: ``""`` (the whole body), the sides, and `COMPARISONS`.
    unit : str
        Empty if it has none.
    counts : str
        How many strides or repetitions there were; of each side, if it has no value of both.
    confidence : str
        The lowest one of its values; empty if not known.
    """

    base: str
    members: Mapping[str, Measure | None]
    unit: str
    counts: str
    confidence: str


@dataclass(frozen=True, slots=True)
class MeasureTable:
    """The measures of a report as rows.

    Parameters
    ----------
    titles : mapping of str to str
        Titles of the parts that any row has a number for, by part.
    rows : tuple of MeasureRow
        In the order of the report; none if no measure has a number.
    """

    titles: Mapping[str, str]
    rows: tuple[MeasureRow, ...]


def measure_table(report: Report) -> MeasureTable:
    """Arrange the measures of a report in rows, those for statistics left out.

    Parameters
    ----------
    report : Report
        The report.

    Returns
    -------
    MeasureTable
        Without rows if nothing was measured but that there is nothing to count.

    Examples
    --------
    >>> from neuropose.data import Measure, Report, ReportProvenance
    >>> measures = {
    ...     f"stance_{side}": Measure(value=61.0, unit="%", n=9) for side in ("left", "right")
    ... }
    >>> report = Report(
    ...     task="gait",
    ...     measures=measures,
    ...     provenance=ReportProvenance(neuropose_version="0.1.0"),
    ... )
    >>> table = measure_table(report)
    >>> table.rows[0].base, list(table.titles), table.rows[0].counts
    ('stance', ['left', 'right'], '9 + 9')
    """
    measures = {
        name: measure
        for name, measure in report.measures.items()
        if not name.endswith(FOR_STATISTICS)
    }
    parts = ["", *SIDES, *COMPARISONS]
    members = {
        base: {part: measures.get(f"{base}_{part}" if part else base) for part in parts}
        for base in dict.fromkeys(_base(name, measures) for name in measures)
    }
    used = [part for part in parts if any(has_number(each[part]) for each in members.values())]
    # Counts of what there is not are no numbers to look at.
    says = any(has_number(each) and each.value != 0.0 for each in measures.values())
    alone = not set(used) & set(SIDES)
    titles = {"": "value" if alone else "all"} | COMPARISONS
    return MeasureTable(
        titles={part: titles.get(part, part) for part in used},
        rows=tuple(_row(base, each) for base, each in members.items()) if says else (),
    )


def _row(base: str, members: Mapping[str, Measure | None]) -> MeasureRow:
    known = [each for part in ("", *SIDES) if (each := members[part]) is not None]
    both = members[""]
    return MeasureRow(
        base,
        members,
        unit=next((measure.unit for measure in known if measure.unit != "1"), ""),
        counts=str(both.n) if both is not None else " + ".join(str(each.n) for each in known),
        confidence=_confidence(known),
    )


def _base(name: str, measures: Iterable[str]) -> str:
    """Return what a measure is of, without its side or comparison."""
    for side in SIDES:
        if name.endswith(f"_{side}"):
            return name.removesuffix(f"_{side}")
    for comparison in COMPARISONS:
        base = name.removesuffix(f"_{comparison}")
        if base != name and f"{base}_left" in measures:
            return base
    return name


def has_number(measure: Measure | None) -> bool:
    """Return whether there is a value, or an interval in its place.

    Parameters
    ----------
    measure : Measure or None
        None: there is no such measure.

    Returns
    -------
    bool
    """
    return measure is not None and (measure.value is not None or measure.interval is not None)


def number(measure: Measure | None) -> str:
    """Return a measure as a cell: value ± standard error (SD), or its interval, or a dash.

    Parameters
    ----------
    measure : Measure or None
        None: there is no such measure; its cell is empty.

    Returns
    -------
    str

    Examples
    --------
    >>> from neuropose.data import Measure
    >>> number(Measure(value=1.0834, unit="s", n=24, sd=0.0213, standard_error=0.006))
    '1.08 ± 0.01 (SD 0.02)'
    """
    if measure is None:
        return ""
    decimals = decimals_of(measure.unit)
    if measure.value is None:
        ends = (rounded(end, decimals) for end in measure.interval or ())
        return f"[{', '.join(ends)}]" if measure.interval else NO_VALUE
    counts = measure.unit == "1" and measure.sd is None and measure.value == int(measure.value)
    if counts and not measure.standard_error:
        decimals = 0
    cell = rounded(measure.value, decimals)
    if measure.standard_error is not None and not (counts and not measure.standard_error):
        cell += f" ± {rounded_error(measure.standard_error, decimals)}"
    return cell if measure.sd is None else f"{cell} (SD {rounded(measure.sd, decimals)})"


def decimals_of(unit: str | None) -> int:
    """Return how many decimals of a number in this unit are shown.

    Parameters
    ----------
    unit : str or None
        The unit; None for plain counts.

    Returns
    -------
    int
    """
    return _OTHER_DECIMALS if unit is None else _DECIMALS.get(unit, _OTHER_DECIMALS)


def rounded(value: float, decimals: int) -> str:
    """Return a number with a true minus sign, and no sign of zero.

    Parameters
    ----------
    value : float
        The number.
    decimals : int
        How many decimals.

    Returns
    -------
    str
    """
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")


def rounded_error(standard_error: float, decimals: int) -> str:
    """Return an error, which is never 0 because few decimals are shown.

    Parameters
    ----------
    standard_error : float
        The error.
    decimals : int
        How many decimals.

    Returns
    -------
    str
    """
    least = 10.0**-decimals
    if standard_error and standard_error < 0.5 * least:  # no error is none at all
        return f"<{least:.{decimals}f}"
    return rounded(standard_error, decimals)


def _confidence(found: Sequence[Measure | Choice]) -> str:
    known = [each.confidence for each in found if each.confidence is not None]
    return f"{min(known):.2f}" if known else ""


def assumed(report: Report) -> dict[str, str]:
    """Return what nobody has said and no file states, once for all numbers.

    Parameters
    ----------
    report : Report
        The report.

    Returns
    -------
    dict of str to str
        By ``assumed`` and ``not recorded``.
    """
    found: dict[str, list[str]] = {}
    for name, each in report.assumptions.items():
        if each.source.value not in ("assumed", "not_recorded"):
            continue
        # The subject has a line of its own, and so has the vertical, which lacks the reason.
        known = {"subject": [], "vertical": [each.detail]}.get(name, [each.value, each.detail])
        said = ", ".join(word for word in known if word is not None)
        found.setdefault(words(each.source.value), []).append(f"{name}: {said}".rstrip(": "))
    return {source: "; ".join(each) for source, each in found.items()}


def methods(report: Report) -> dict[str, str]:
    """Return what was chosen; once where it is the same for both sides.

    Parameters
    ----------
    report : Report
        The report.

    Returns
    -------
    dict of str to str
    """
    choices = dict(report.choices)
    found = {}
    for name, choice in report.choices.items():
        base = name.removeprefix("left_")
        other = choices.get(f"right_{base}")
        if base != name and other is not None and _without_error(other) == _without_error(choice):
            found[base] = _method([choice, choices.pop(f"right_{base}")])
        elif name in choices:
            found[name] = _method([choice])
    return found


def _method(choices: Sequence[Choice]) -> str:
    sure = _confidence(choices)
    about = f" (confidence {sure})" if sure else ""
    errors = [choice.method.partition(_ERROR)[2] for choice in choices]
    error = f"{_ERROR}{' and '.join(dict.fromkeys(errors))}" if any(errors) else ""
    return f"{words(_without_error(choices[0]))}{error}{about}"


def _without_error(choice: Choice) -> str:
    return choice.method.partition(_ERROR)[0]


def reasons(report: Report) -> list[tuple[str, str]]:
    """Return what has no value, those with the same reason together.

    Parameters
    ----------
    report : Report
        The report.

    Returns
    -------
    list of tuple of str
        The measures, none left out, and the reason.
    """
    by_reason: dict[str, list[str]] = {}
    for name, measure in report.measures.items():
        if measure.reason is not None:
            by_reason.setdefault(measure.reason, []).append(name)
    return [(_all_named(names, report), reason) for reason, names in by_reason.items()]


def warnings(report: Report) -> list[tuple[str, str]]:
    """Return every warning once, with what it is of.

    Parameters
    ----------
    report : Report
        The report.

    Returns
    -------
    list of tuple of str
        The measures in few words, empty if it is of the whole report; and the warning.
    """
    by_warning: dict[str, list[str]] = {warning: [] for warning in report.warnings}
    for found in (report.choices, report.measures):
        for name, each in found.items():
            for warning in each.warnings:
                by_warning.setdefault(warning, []).append(name)
    return [
        (_named(names, report) if names else "", warning) for warning, names in by_warning.items()
    ]


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
        ", ".join(map(words, bases))
        + (f" ({', '.join(words(part).strip() or 'all' for part in parts)})" if parts else "")
        for parts, bases in together.items()
    )


def _named(names: Sequence[str], report: Report) -> str:
    """Name measures in few words; both sides of one as one."""
    if len(names) > 1 and len(names) == len(report.measures):
        return "all measures"
    of: dict[str, list[str]] = {}
    for name in names:
        of.setdefault(_base(name, names), []).append(name)
    # Of one side only: say which.
    said = [found[0] if len(found) == 1 else base for base, found in of.items()]
    few = [words(each) for each in said[:_MOST_NAMES]]
    more = len(said) - len(few)
    return ", ".join(few) + (f" and {more} more" if more else "")


def words(name: str) -> str:
    """Return a name as words.

    Parameters
    ----------
    name : str
        Such as ``step_length``.

    Returns
    -------
    str
    """
    return name.replace("_", " ")
