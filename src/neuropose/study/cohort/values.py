"""Measurements of each recording of a cohort, and tables with a row per recording or segment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose.data import Report, Table
from neuropose.features import FEATURES
from neuropose.study.cohort.table import CohortTrial
from neuropose.study.cohort.trials import TrialOutcome
from neuropose.study.trial.mean_curves import PERCENT, curves_of

Array = NDArray[np.float64]
Row = dict[str, Any]

WHO = ("trial", "subject", "group", "session", "condition")
"""Columns that identify the subject of a row."""

UNITS = {each.column: each.unit for each in FEATURES.values()} | {
    each.spread_column: each.unit for each in FEATURES.values()
}
"""Units of every column of features, and of their spreads."""


@dataclass(frozen=True, eq=False)
class MeasuredTrial:
    """A recording with its measurements.

    Parameters
    ----------
    trial : CohortTrial
        Row of the cohort's table.
    report : Report
        Measures, tables and warnings.
    features : mapping of str to float
        Means, then standard deviations over the segments that count, by column. NaN: missing.
        Empty: none were requested.
    curves : mapping of str to ndarray, shape (POINTS,)
        Mean curves, degrees. NaN: no cycle is complete.
    """

    trial: CohortTrial
    report: Report
    features: Mapping[str, float]
    curves: Mapping[str, Array]


def measured_trials(outcomes: Sequence[TrialOutcome]) -> tuple[MeasuredTrial, ...]:
    """Return the measurements of the recordings that did not fail.

    Parameters
    ----------
    outcomes : sequence of TrialOutcome
        Outcome of each trial.

    Returns
    -------
    tuple of MeasuredTrial
        In the same order.
    """
    found = []
    for each in outcomes:
        if each.report is None:
            continue
        tables = each.report.tables
        features = _features(tables["feature_summary"]) if "feature_summary" in tables else {}
        curves = curves_of(tables["curves"]) if "curves" in tables else {}
        found.append(MeasuredTrial(each.trial, each.report, features, curves))
    return tuple(found)


def trial_features(trials: Sequence[MeasuredTrial]) -> Table:
    """Build a table of the features, with a row per recording.

    Parameters
    ----------
    trials : sequence of MeasuredTrial
        Trials with their reports.

    Returns
    -------
    Table
    """
    return rows_table([{**who(each.trial), **each.features} for each in trials], [*WHO, *UNITS])


def feature_gaps(trials: Sequence[MeasuredTrial]) -> Table:
    """Build a table of the features without a mean in some recordings.

    Parameters
    ----------
    trials : sequence of MeasuredTrial
        Trials with their reports.

    Returns
    -------
    Table
        A row per feature and reason, with the number of recordings; that of most first.
    """
    counts = Counter(
        row for each in trials for row in each.report.tables["feature_gaps"].rows
    ).most_common()
    names = ("feature", "reason")
    rows = [{**dict(zip(names, row, strict=True)), "trials": count} for row, count in counts]
    return rows_table(rows, [*names, "trials"])


def trial_measures(trials: Sequence[MeasuredTrial]) -> Table:
    """Build a table of the measures, with a row per measure of a recording.

    Parameters
    ----------
    trials : sequence of MeasuredTrial
        Trials with their reports.

    Returns
    -------
    Table
    """
    names = ("value", "unit", "n", "sd", "confidence", "reason")
    rows = [
        {**who(each.trial), "measure": name, **{key: getattr(measure, key) for key in names}}
        for each in trials
        for name, measure in each.report.measures.items()
    ]
    return rows_table(rows, [*WHO, "measure", *names])


def segment_features(trials: Sequence[MeasuredTrial]) -> Table | None:
    """Concatenate the features of the segments of every recording.

    Parameters
    ----------
    trials : sequence of MeasuredTrial
        Trials with their reports.

    Returns
    -------
    Table or None
        None if there is no recording.
    """
    rows: list[Row] = []
    columns: list[str] = []
    for each in trials:
        table = each.report.tables["features"]
        columns = [column.name for column in table.columns]
        rows += [{**who(each.trial), **dict(zip(columns, row, strict=True))} for row in table.rows]
    return rows_table(rows, [*WHO, *columns]) if trials else None


def curve_columns(curves: Mapping[str, Array]) -> list[Row]:
    """Return mean curves as rows, one per percent of the cycle.

    Parameters
    ----------
    curves : mapping of str to ndarray, shape (POINTS,)
        Mean curve by name.

    Returns
    -------
    list of dict
        ``percent``, and a cell per curve.
    """
    return [
        {"percent": float(percent), **{name: float(curves[name][row]) for name in curves}}
        for row, percent in enumerate(PERCENT)
    ]


def trial_curves(trials: Sequence[MeasuredTrial]) -> Table:
    """Build a table of the mean curves, with a row per percent of the cycle of each recording.

    Parameters
    ----------
    trials : sequence of MeasuredTrial
        Trials; those without any curve are left out.

    Returns
    -------
    Table
    """
    names = dict.fromkeys(name for each in trials for name in each.curves)
    rows = [
        {**who(each.trial), **row}
        for each in trials
        if each.curves
        for row in curve_columns(each.curves)
    ]
    return rows_table(rows, [*WHO, "percent", *names])


def who(trial: CohortTrial) -> Row:
    """Return the subject of a row, with group and session.

    Parameters
    ----------
    trial : CohortTrial
        Row of the cohort's table.

    Returns
    -------
    dict
        Cells by the names of `WHO`.
    """
    cells = (trial.row, trial.subject, trial.group, trial.session, trial.condition)
    return dict(zip(WHO, cells, strict=True))


def rows_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Table:
    """Build a table of rows that may lack cells.

    Parameters
    ----------
    rows : sequence of mapping of str to cell
        Cells by column, one mapping per row.
    columns : sequence of str
        Names of the columns; those of features get their unit.

    Returns
    -------
    Table
    """
    return Table.from_columns(
        {
            name: (UNITS.get(name), np.array([row.get(name) for row in rows], dtype=object))
            for name in columns
        }
    )


def _features(summary: Table) -> dict[str, float]:
    names, means, spreads = (summary.column(name) for name in ("feature", "mean", "sd"))
    found = dict(zip(names, map(float, means), strict=True))
    return found | {
        FEATURES[name].spread_column: float(sd) for name, sd in zip(names, spreads, strict=True)
    }
