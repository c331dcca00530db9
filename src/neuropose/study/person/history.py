"""Measures of one person over months, each beside the change that can be told from error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from neuropose import __version__
from neuropose.data import Choice, Column, Measure, Report, ReportProvenance, Table
from neuropose.errors import StatisticsError
from neuropose.grammar import counted
from neuropose.study.person.change import (
    ALIKE,
    OWN,
    TOTAL_ERROR,
    basis_of,
    held_against_errors,
    measured,
    own_error,
    verdict,
)
from neuropose.study.person.retest import Retest, of_task
from neuropose.study.person.same_way import differences, other_definition

_COLUMNS = ("measure", "unit", "visit", "date", "value", "total_error", "low", "high", "verdict",
            "basis", "reason")  # fmt: skip
_ONLY_FOR_STATISTICS = "_log_ratio"


@dataclass(frozen=True, eq=False)
class Visit:
    """One recording of a person.

    Parameters
    ----------
    day : date
        When it was recorded.
    report : Report
        What was measured.
    name : str or None
        What tells it from others of the same day: the video, for example; no name of a person.
    """

    day: date
    report: Report
    name: str | None = None


def history_report(
    visits: Sequence[Visit], *, retest: Mapping[str, Retest] = MappingProxyType({})
) -> Report:
    """Put the measures of one person in order of time.

    Parameters
    ----------
    visits : sequence of Visit
        Two or more, of one task, in any order.
    retest : mapping of str to Retest
        Minimal detectable changes of a test–retest study, by measure, or as a cohort names them
        (``gait_cadence``).

    Returns
    -------
    Report
        Its table ``history`` has a row per measure and visit: the value with its error; the band
        from ``low`` to ``high`` about the first value that is known, within which a change cannot
        be told from error; and the verdict. Measures: the change from the first to the last value.

    Raises
    ------
    StatisticsError
        If there are fewer than two visits, they are of several tasks, or a detectable change has
        another unit than its measure.

    Notes
    -----
    The band is that of `retest`, or else, at each visit, of the errors of that recording and the
    first: see `neuropose.study.person.change_report` for what these lack.

    Examples
    --------
    >>> from neuropose.analyzer import analyze_gait, gait_report
    >>> from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence
    >>> def visit(month, speed_m_s):
    ...     walk = simulate_walk(WalkerParameters(speed_m_s=speed_m_s)).with_noise(1.0)
    ...     return Visit(date(2026, month, 1), gait_report(analyze_gait(walker_sequence(walk))))
    >>> found = history_report([visit(1, 0.9), visit(3, 1.2), visit(5, 1.2)])
    >>> rows = found.tables["history"].to_frame().set_index("measure").loc["walking_speed"]
    >>> rows["verdict"].tolist()[1:]
    ['increase', 'increase']
    """
    visits = sorted(visits, key=lambda visit: visit.day)
    tasks = {visit.report.task for visit in visits}
    if len(visits) < 2:
        raise StatisticsError(
            f"{counted(len(visits), 'recording has', 'recordings have')} no history",
            hint="give two or more",
        )
    if len(tasks) > 1:
        raise StatisticsError(
            f"reports of {' and '.join(sorted(tasks))}", hint="give reports of the same task"
        )
    retest = of_task(retest, *(visit.report for visit in visits))
    names = dict.fromkeys(
        name
        for visit in visits
        for name in visit.report.measures
        if not name.endswith(_ONLY_FOR_STATISTICS)
    )
    rows = [row for name in names for row in _rows(name, visits, retest.get(name))]
    first = visits[0].report
    return Report(
        task=f"history_of_{first.task}",
        measures={name: _measure(name, visits) for name in names},
        tables={
            "history": Table(
                columns=tuple(Column(name=name) for name in _COLUMNS),
                rows=tuple(tuple(row[name] for name in _COLUMNS) for row in rows),
            )
        },
        parameters={
            "recordings": _called(visits),
            "level": 0.95,
            "retest": {name: each.model_dump() for name, each in retest.items()},
        },
        choices={"total_error": Choice(method=TOTAL_ERROR)},
        warnings=tuple(_warnings(visits, retest, rows)),
        provenance=ReportProvenance(
            neuropose_version=__version__,
            versions=dict(first.provenance.versions),
            inputs=tuple(each for visit in visits for each in visit.report.provenance.inputs),
        ),
    )


def _called(visits: Sequence[Visit]) -> list[str]:
    """Return what each visit is called: its day, and its own name where that day has several."""
    days = Counter(visit.day for visit in visits)
    return [
        visit.day.isoformat() + (f", {visit.name}" if visit.name and days[visit.day] > 1 else "")
        for visit in visits
    ]


def _rows(name: str, visits: Sequence[Visit], retest: Retest | None) -> list[dict[str, Any]]:
    """Return a row per visit; the first with a value is what the others are held against."""
    rows: list[dict[str, Any]] = []
    base: Measure | None = None
    before: Report | None = None
    for number, visit in enumerate(visits, start=1):
        found = visit.report.measures.get(name)
        row: dict[str, Any] = dict.fromkeys(_COLUMNS)
        row |= {"measure": name, "visit": number, "date": visit.day.isoformat()}
        rows.append(row)
        if found is None:
            row["reason"] = "there is no such measure"
            continue
        row |= {
            "unit": found.unit,
            "value": found.value,
            "total_error": own_error(found),
            "reason": found.reason,
        }
        if found.value is None:
            continue
        if retest is not None and retest.unit != found.unit:
            raise StatisticsError(
                f"the detectable change of {name} is in {retest.unit}, the measure in {found.unit}",
                hint="give it in the unit of the measure",
            )
        if base is None or before is None:
            base, before = found, visit.report
            if retest is not None:
                row |= _band(base, retest.mdc95, retest.source)
            continue
        if base.unit != found.unit:
            row["reason"] = f"the units are {base.unit} and {found.unit}"
            continue
        redefined = other_definition(name, before, visit.report)
        if redefined is not None:
            row |= {"verdict": "not known", "reason": redefined}
            continue
        row |= _held(base, found, retest)
    unit = next((row["unit"] for row in rows if row["unit"] is not None), "1")
    return [{**row, "unit": row["unit"] or unit} for row in rows]


def _held(base: Measure, found: Measure, retest: Retest | None) -> dict[str, Any]:
    before, after = measured(base), measured(found)
    assert before is not None
    assert after is not None
    alike = False
    if retest is not None:
        least, basis = retest.mdc95, retest.source
    else:
        known = held_against_errors(base, found)
        if isinstance(known, str):
            return {"verdict": "not known", "reason": known}
        least, basis, alike = known.least, basis_of(known), known.alike
    return {
        "alike": alike,
        **_band(base, least, basis),
        "verdict": verdict(after.value - before.value, least),
    }


def _band(base: Measure, least: float, basis: str) -> dict[str, Any]:
    assert base.value is not None
    return {"low": base.value - least, "high": base.value + least, "basis": basis}


def _measure(name: str, visits: Sequence[Visit]) -> Measure:
    found = [visit.report.measures.get(name) for visit in visits]
    known = [each for each in found if each is not None and each.value is not None]
    unit = next(each.unit for each in found if each is not None)
    if len(known) < 2 or known[0].unit != known[-1].unit:
        reasons = [each.reason for each in found if each is not None and each.reason]
        return Measure.missing(unit, reasons[-1] if reasons else "there are no two values of it")
    first, last = measured(known[0]), measured(known[-1])
    assert first is not None
    assert last is not None
    error = held_against_errors(known[0], known[-1])
    return Measure(
        value=last.value - first.value,
        unit=unit,
        n=len(known),
        standard_error=None if isinstance(error, str) else error.standard_error,
    )


def _warnings(
    visits: Sequence[Visit], retest: Mapping[str, Retest], rows: list[dict[str, Any]]
) -> list[str]:
    found = []
    days = [visit.day for visit in visits]
    if len(set(days)) < len(days):
        found.append("several recordings are of the same day")
    for visit in visits[1:]:
        found += [
            f"{visit.day.isoformat()} against {visits[0].day.isoformat()}: {each}"
            for each in differences(visits[0].report, visit.report)
        ]
    if any(row["basis"] in OWN for row in rows):
        found.append(
            "where no minimal detectable change was given, bands are the errors of two recordings; "
            "how a person varies from day to day is not in them"
        )
    alike = {row["measure"] for row in rows if row.get("alike")}
    if alike:
        found.append(
            f"{len(alike)} of {len({row['measure'] for row in rows})} measures have {ALIKE}"
        )
    unused = sorted(retest.keys() - {row["measure"] for row in rows})
    if unused:
        found.append(f"detectable changes of what was not measured: {', '.join(unused)}")
    for visit in visits:
        found += [f"{visit.day.isoformat()}: {each}" for each in visit.report.warnings]
    return found
