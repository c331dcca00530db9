"""What changed between two recordings of one person, beyond the error of measuring it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

from neuropose import __version__
from neuropose.data import Choice, Column, Measure, Report, ReportProvenance, Table
from neuropose.errors import StatisticsError
from neuropose.statistics.change import FEW, DetectableChange, Measured, detectable_change
from neuropose.statistics.importance import quoted_differences
from neuropose.study.person.cycles import both_curves, both_cycles
from neuropose.study.person.retest import Retest, of_task
from neuropose.study.person.same_way import differences, other_definition

Verdict = Literal["increase", "decrease", "within error", "not known"]

OF_RECORDINGS = "errors of the two recordings"
OF_SPREAD = "spread between repetitions only"
OF_MEASURING = "errors of measuring only"
"""What a detectable change rests on, unless its source was given."""
ALIKE = (
    f"fewer than {FEW} repetitions in a recording: repetitions are assumed to vary alike in those "
    "that are compared"
)
TOTAL_ERROR = (
    "standard error of measuring, and of how the person varies from one stride or repetition to "
    "the next (sd²/n)"
)
"""What the errors of compared values hold; those of one recording's report are of measuring."""
OWN = (OF_RECORDINGS, OF_SPREAD, OF_MEASURING)

_COLUMNS = ("measure", "unit", "first", "first_total_error", "second", "second_total_error",
            "change", "change_total_error", "detectable", "basis", "verdict",
            "important_difference", "reason")  # fmt: skip
_NORMAL_95 = 1.96
_ONLY_FOR_STATISTICS = "_log_ratio"


@dataclass(frozen=True, slots=True)
class Change:
    """How one measure changed.

    Parameters
    ----------
    change : float or None
        Second less first, in the unit of the measure. None: see `reason`.
    error : float or None
        Standard error of the change, as far as the two recordings tell it.
    detectable : float or None
        The change that a person who did not change stays below, with 95 % probability. None: no
        error is known.
    basis : str or None
        Where `detectable` is from.
    verdict : {"increase", "decrease", "within error", "not known"}
    reason : str or None
        Why there is no change, or no verdict.
    alike : bool
        Whether repetitions are assumed to vary alike in both recordings.
    """

    change: float | None
    error: float | None
    detectable: float | None
    basis: str | None
    verdict: Verdict
    reason: str | None
    alike: bool = False


def change_report(
    first: Report,
    second: Report,
    *,
    retest: Mapping[str, Retest] = MappingProxyType({}),
    names: tuple[str, str] = ("first", "second"),
) -> Report:
    """Compare two reports of one person, measure by measure and cycle by cycle.

    Parameters
    ----------
    first, second : Report
        Of the same task, in order of time.
    retest : mapping of str to Retest
        Minimal detectable changes of a test–retest study, by measure, or as a cohort names them
        (``gait_cadence``). Default: none; a change is then held against the errors of the two
        recordings alone.
    names : tuple of str
        What the recordings are called: dates, for example; no names of people.

    Returns
    -------
    Report
        A measure for every measure of either report: its change. Tables: ``change`` (both values,
        the change, the detectable change with its basis, and the verdict), ``cycle_values`` (of
        every stride or repetition) and ``cycle_means`` (mean curves of both), as far as there are
        any. Columns that end in ``total_error`` hold `TOTAL_ERROR`.

    Raises
    ------
    StatisticsError
        If the reports are of different tasks, or a detectable change has another unit than its
        measure.

    Notes
    -----
    Without `retest`, see `neuropose.statistics.change.detectable_change`: what varies from day to
    day, with how a camera or markers are placed for example, is not in the errors of two
    recordings. A change within them is not shown; one beyond them can still be within what the same
    person shows on another day. The report says which of the two was used, measure by measure.

    Examples
    --------
    >>> from neuropose.analyzer import analyze_gait, gait_report
    >>> from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence
    >>> def gait(speed_m_s):
    ...     walk = simulate_walk(WalkerParameters(speed_m_s=speed_m_s)).with_noise(1.0)
    ...     return gait_report(analyze_gait(walker_sequence(walk)))
    >>> found = change_report(gait(0.9), gait(1.2))
    >>> found.tables["change"].to_frame().set_index("measure").loc["walking_speed", "verdict"]
    'increase'
    """
    if first.task != second.task:
        raise StatisticsError(
            f"a report of {first.task} and one of {second.task}",
            hint="compare reports of the same task",
        )
    retest = of_task(retest, first, second)
    measures: dict[str, Measure] = {}
    rows = []
    for name in dict.fromkeys((*first.measures, *second.measures)):
        if name.endswith(_ONLY_FOR_STATISTICS):
            continue
        one, other = (report.measures.get(name) for report in (first, second))
        found = _change(name, one, other, retest.get(name))
        redefined = other_definition(name, first, second)
        if found.change is not None and redefined is not None:
            found = replace(
                found,
                detectable=None,
                basis=None,
                verdict="not known",
                reason=redefined,
                alike=False,
            )
        unit = next(each.unit for each in (one, other) if each is not None)
        measures[name] = _measure(found, unit, one, other)
        rows.append(_row(name, unit, one, other, found))
    return Report(
        task=f"change_of_{first.task}",
        measures=measures,
        tables={
            "change": _table(rows),
            **both_cycles(first, second),
            **both_curves(first, second),
        },
        parameters={
            "recordings": list(names),
            "level": 0.95,
            "retest": {name: each.model_dump() for name, each in retest.items()},
        },
        choices={"total_error": Choice(method=TOTAL_ERROR)},
        warnings=tuple(_warnings(first, second, retest, rows, names)),
        provenance=ReportProvenance(
            neuropose_version=__version__,
            versions={**first.provenance.versions, **second.provenance.versions},
            inputs=(*first.provenance.inputs, *second.provenance.inputs),
        ),
    )


def measured(measure: Measure) -> Measured | None:
    """Return a measure with its errors.

    Parameters
    ----------
    measure : Measure
        Of a report.

    Returns
    -------
    Measured or None
        None if it has no value. A measure that has an interval instead of a standard error has
        the error that a normal distribution with this interval has. An error of exactly 0, of a
        count that no draw changed for example, is not known.
    """
    if measure.value is None:
        return None
    error = measure.standard_error
    if error is None and measure.interval is not None:
        low, high = measure.interval
        error = (high - low) / (2.0 * _NORMAL_95)
    return Measured(measure.value, error or None, measure.sd, measure.n)


def own_error(measure: Measure) -> float | None:
    """Return the standard error of a value: of measuring it, and of its few repetitions.

    Parameters
    ----------
    measure : Measure
        Of a report.

    Returns
    -------
    float or None
        In the unit of the measure; None if nothing is known of it.
    """
    known = measured(measure)
    if known is None:
        return None
    parts = [0.0 if known.standard_error is None else known.standard_error**2]
    if known.sd is not None and known.n > 1:
        parts.append(known.sd**2 / known.n)
    elif known.standard_error is None:
        return None
    return float(sum(parts) ** 0.5) or None


def held_against_errors(first: Measure, second: Measure) -> DetectableChange | str:
    """Return the change that two values can tell from their own errors.

    Parameters
    ----------
    first, second : Measure
        Both with a value.

    Returns
    -------
    DetectableChange or str
        The reason if there is none: a value without any error tells nothing of how much it may be
        off, however well the other one is known.
    """
    before, after = measured(first), measured(second)
    found = None if before is None or after is None else detectable_change(before, after)
    if found is not None and found.least:
        return found
    known = [own_error(each) is not None for each in (first, second)]
    if any(known) and not all(known):
        return f"no error of the {'second' if known[0] else 'first'} value is known"
    return "no error of the values is known"


def _change(name: str, one: Measure | None, other: Measure | None, retest: Retest | None) -> Change:
    if one is None or other is None:
        which = "first" if one is None else "second"
        return _unknown(f"the {which} recording has no such measure")
    if one.unit != other.unit:
        return _unknown(f"the units are {one.unit} and {other.unit}")
    before, after = measured(one), measured(other)
    if before is None or after is None:
        return _unknown(f"first: {one.reason}" if before is None else f"second: {other.reason}")
    change = after.value - before.value
    found = held_against_errors(one, other)
    error = None if isinstance(found, str) else found.standard_error
    if retest is not None:
        if retest.unit != one.unit:
            raise StatisticsError(
                f"the detectable change of {name} is in {retest.unit}, the measure in {one.unit}",
                hint="give it in the unit of the measure",
            )
        return Change(
            change, error, retest.mdc95, retest.source, verdict(change, retest.mdc95), None
        )
    if isinstance(found, str):
        return Change(change, error, None, None, "not known", found)
    return Change(
        change,
        error,
        found.least,
        basis_of(found),
        verdict(change, found.least),
        None,
        alike=found.alike,
    )


def basis_of(found: DetectableChange) -> str:
    """Say which errors of two recordings a detectable change rests on.

    Parameters
    ----------
    found : DetectableChange
        Of their measures.

    Returns
    -------
    str
    """
    if not found.includes_measuring:
        return OF_SPREAD
    return OF_RECORDINGS if found.includes_repetitions else OF_MEASURING


def _unknown(reason: str) -> Change:
    return Change(None, None, None, None, "not known", reason)


def verdict(change: float, detectable: float) -> Verdict:
    """Hold a change against the one that can be detected.

    Parameters
    ----------
    change, detectable : float
        In the same unit.

    Returns
    -------
    {"increase", "decrease", "within error"}

    Examples
    --------
    >>> verdict(-0.2, 0.1), verdict(0.05, 0.1)
    ('decrease', 'within error')
    """
    if abs(change) <= detectable:
        return "within error"
    return "increase" if change > 0.0 else "decrease"


def _measure(found: Change, unit: str, one: Measure | None, other: Measure | None) -> Measure:
    if found.change is None:
        return Measure.missing(unit, found.reason or "not known")
    assert one is not None
    assert other is not None
    return Measure(value=found.change, unit=unit, n=min(one.n, other.n), standard_error=found.error)


def _row(
    name: str, unit: str, one: Measure | None, other: Measure | None, found: Change
) -> dict[str, Any]:
    return {
        "measure": name,
        "unit": unit,
        "first": None if one is None else one.value,
        "first_total_error": None if one is None else own_error(one),
        "second": None if other is None else other.value,
        "second_total_error": None if other is None else own_error(other),
        "change": found.change,
        "change_total_error": found.error,
        "detectable": found.detectable,
        "basis": found.basis,
        "verdict": found.verdict,
        "important_difference": quoted_differences(name),
        "reason": found.reason,
        "alike": found.alike,
    }


def _table(rows: list[dict[str, Any]]) -> Table:
    return Table(
        columns=tuple(Column(name=name) for name in _COLUMNS),
        rows=tuple(tuple(row[name] for name in _COLUMNS) for row in rows),
    )


def _warnings(
    first: Report,
    second: Report,
    retest: Mapping[str, Retest],
    rows: list[dict[str, Any]],
    names: tuple[str, str],
) -> Iterator[str]:
    own = {each.sha256 for each in first.provenance.inputs}
    if own and own == {each.sha256 for each in second.provenance.inputs}:
        yield "both reports are of the same recording"
    yield from differences(first, second)
    redefined: dict[str, list[str]] = {}
    for row in rows:
        reason = other_definition(row["measure"], first, second)
        if reason is not None:
            redefined.setdefault(reason, []).append(row["measure"].replace("_", " "))
    for reason, measures in redefined.items():
        yield f"{', '.join(measures)}: {reason}"
    held = [row for row in rows if row["verdict"] != "not known"]
    alone = [row for row in held if row["basis"] in OWN]
    if alone:
        what = "" if len(alone) == len(held) else f"{len(alone)} of {len(held)} measures: "
        yield (
            f"{what}no minimal detectable change was given; changes are held against the errors of "
            "these two recordings, and how a person varies from day to day is not in them"
        )
    of_spread = sum(row["basis"] == OF_SPREAD for row in held)
    if of_spread:
        yield (
            f"the error of measuring is not known of {of_spread} of {len(held)} measures: what is "
            "detectable rests on the spread between repetitions alone, and is too small"
        )
    alike = sum(row["alike"] for row in held)
    if alike:
        yield f"{alike} of {len(held)} measures have {ALIKE}"
    if len(held) > 1:
        yield (
            f"{len(held)} measures were held against their error: of those that did not change, "
            "one in 20 goes beyond it by chance"
        )
    unused = sorted(retest.keys() - {row["measure"] for row in rows})
    if unused:
        yield f"detectable changes of what was not measured: {', '.join(unused)}"
    for name, report in zip(names, (first, second), strict=True):
        for warning in report.warnings:
            yield f"{name}: {warning}"
