"""A whole pipeline: from its contract to the report and the table of features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neuropose._version import __version__
from neuropose.analyzer.features import FEATURES
from neuropose.analyzer.pipeline.cohort import TrialOutcome, TrialProgress, run_trials
from neuropose.analyzer.pipeline.cohort_table import CohortTrial, cohort_trials
from neuropose.analyzer.pipeline.contract import Pipeline
from neuropose.analyzer.pipeline.groups import compare_groups, reliability
from neuropose.analyzer.pipeline.trial import TASK, configuration, run_trial, versions
from neuropose.assets.workspace import sha256_of
from neuropose.io import InputFile, Measure, Report, ReportProvenance, Table, save_report
from neuropose.io.atomic import write_atomically

WORK_SUFFIX = ".work"
"""Of the folder beside the report of a cohort that keeps what is done."""


@dataclass(frozen=True)
class PipelineResult:
    """What a pipeline gave.

    Parameters
    ----------
    report : Report
    features : Table or None
        A row a segment, with the trial's subject, group and session if it is of a cohort.
    outcomes : tuple of TrialOutcome
        Of a cohort, in the order of its table.
    """

    report: Report
    features: Table | None
    outcomes: tuple[TrialOutcome, ...] = ()


def run_pipeline(
    pipeline: Pipeline, *, workers: int | None = None, progress: TrialProgress | None = None
) -> PipelineResult:
    """Run a pipeline, and write nothing but what a cohort keeps to be resumed.

    Parameters
    ----------
    pipeline : Pipeline
        Of `neuropose.analyzer.pipeline.load_pipeline`.
    workers : int, optional
        Processes for a cohort. Default: all cores. The result does not depend on it.
    progress : callable, optional
        Called with the trials of a cohort that are done, and how many there are.

    Returns
    -------
    PipelineResult
        The same for the same files, settings and versions.

    Raises
    ------
    NeuroPoseError
        If the recording, or the table of the cohort, cannot be used; see `cohort_trials`.
    """
    if pipeline.inputs.cohort is None:
        report = run_trial(pipeline)
        return PipelineResult(report, report.tables.get("features"))
    trials = cohort_trials(pipeline)
    work = work_folder(pipeline.output.report)
    outcomes = run_trials(pipeline, trials, work, workers=workers, progress=progress)
    features = _all_features(outcomes) if pipeline.analysis.features else None
    return PipelineResult(_cohort_report(pipeline, outcomes), features, outcomes)


def work_folder(report: Path) -> Path:
    """Give the folder that keeps the trials of a cohort.

    Parameters
    ----------
    report : Path

    Returns
    -------
    Path

    Examples
    --------
    >>> work_folder(Path("results/cohort.json")).name
    'cohort.json.work'
    """
    return report.with_name(f"{report.name}{WORK_SUFFIX}")


def save_result(pipeline: Pipeline, result: PipelineResult) -> None:
    """Write what a pipeline gave where it says.

    Parameters
    ----------
    pipeline : Pipeline
    result : PipelineResult

    Raises
    ------
    OutputError
        If a file cannot be written; each is written whole or not at all.
    """
    if pipeline.output.features is not None and result.features is not None:
        write_atomically(pipeline.output.features, [_csv(result.features)])
    save_report(pipeline.output.report, result.report)


def _csv(table: Table) -> bytes:
    import pandas as pd

    frame = pd.DataFrame(list(table.rows), columns=[column.name for column in table.columns])
    return str(frame.to_csv(index=False, lineterminator="\n")).encode()


def _cohort_report(pipeline: Pipeline, outcomes: Sequence[TrialOutcome]) -> Report:
    good = [each for each in outcomes if each.report is not None]
    hashes = {
        each.sha256: each for one in good if one.report for each in one.report.provenance.inputs
    }
    tables = {"trials": _trial_table(outcomes)}
    warnings = []
    failed = len(outcomes) - len(good)
    if failed:
        warnings.append(f"{failed} of {len(outcomes)} trials failed; the table trials has why")
    if pipeline.analysis.features:
        tables["trial_features"] = _trial_features(good)
    if any(one.report and one.report.measures for one in good):
        tables["trial_measures"] = _trial_measures(good)
    tables |= _statistics(pipeline, good)
    cohort = pipeline.inputs.cohort
    listed = () if cohort is None else (InputFile(kind="cohort", sha256=sha256_of(cohort.table)),)
    return Report(
        task=f"{TASK}_cohort",
        measures=_counts(outcomes),
        tables=tables,
        parameters=configuration(pipeline),
        warnings=tuple(warnings),
        provenance=ReportProvenance(
            neuropose_version=__version__,
            versions=versions(),
            inputs=(*listed, *hashes.values()),
        ),
    )


def _counts(outcomes: Sequence[TrialOutcome]) -> dict[str, Measure]:
    good = [each for each in outcomes if each.report is not None]
    counts = {
        "trials": len(outcomes),
        "trials_failed": len(outcomes) - len(good),
        "subjects": len({each.trial.subject for each in good}),
    }
    return {
        name: Measure(value=float(count), unit="1", n=len(outcomes))
        for name, count in counts.items()
    }


def _statistics(pipeline: Pipeline, good: Sequence[TrialOutcome]) -> dict[str, Table]:
    how = pipeline.analysis.statistics
    if how is None:
        return {}
    values = [(each.trial, _summary(each)) for each in good]
    units = {each.column: each.unit for each in FEATURES.values()}
    units |= {each.spread_column: each.unit for each in FEATURES.values()}
    tables = {}
    if how.groups is not None:
        tables["group_comparison"] = compare_groups(values, how, units)
    if how.reliability is not None:
        tables["reliability"] = reliability(values, how, units)
    return tables


def _summary(outcome: TrialOutcome) -> dict[str, float]:
    """Means and spreads of a trial, by column."""
    assert outcome.report is not None
    table = outcome.report.tables["feature_summary"]
    means, spreads = table.column("mean"), table.column("sd")
    found = {}
    for name, mean, spread in zip(table.column("feature"), means, spreads, strict=True):
        found[name] = float(mean)
        found[FEATURES[name].spread_column] = float(spread)
    return found


def _who(trial: CohortTrial) -> dict[str, Any]:
    return {
        "trial": trial.row,
        "subject": trial.subject,
        "group": trial.group,
        "session": trial.session,
    }


def _trial_table(outcomes: Sequence[TrialOutcome]) -> Table:
    rows = [
        {
            **_who(each.trial),
            "sha256": None if each.report is None else each.report.provenance.inputs[0].sha256,
            "segments": None if each.report is None else each.report.measures["segments"].value,
            "reason": each.reason
            if each.report is None
            else each.report.measures["segments"].reason,
        }
        for each in outcomes
    ]
    return _rows(rows, ["trial", "subject", "group", "session", "sha256", "segments", "reason"])


def _trial_features(good: Sequence[TrialOutcome]) -> Table:
    rows = [{**_who(each.trial), **_summary(each)} for each in good]
    spreads = [each.spread_column for each in FEATURES.values()]
    units = {each.column: each.unit for each in FEATURES.values()}
    units |= {each.spread_column: each.unit for each in FEATURES.values()}
    names = ["trial", "subject", "group", "session", *FEATURES, *spreads]
    return _rows(rows, names, units)


def _trial_measures(good: Sequence[TrialOutcome]) -> Table:
    rows = [
        {
            **_who(each.trial),
            "measure": name,
            "value": measure.value,
            "unit": measure.unit,
            "n": measure.n,
            "sd": measure.sd,
            "confidence": measure.confidence,
            "reason": measure.reason,
        }
        for each in good
        if each.report is not None
        for name, measure in each.report.measures.items()
    ]
    names = ["trial", "subject", "group", "session", "measure", "value", "unit", "n", "sd"]
    return _rows(rows, [*names, "confidence", "reason"])


def _all_features(outcomes: Sequence[TrialOutcome]) -> Table | None:
    """Give the segments of every trial, below one another."""
    good = [each for each in outcomes if each.report is not None]
    rows: list[dict[str, Any]] = []
    columns: dict[str, str | None] = {}
    for each in good:
        assert each.report is not None
        table = each.report.tables["features"]
        columns = {column.name: column.unit for column in table.columns}
        rows += [{**_who(each.trial), **dict(zip(columns, row, strict=True))} for row in table.rows]
    names = ["trial", "subject", "group", "session", *columns]
    units = {name: unit for name, unit in columns.items() if unit is not None}
    return _rows(rows, names, units) if good else None


def _rows(
    rows: Sequence[dict[str, Any]], names: Sequence[str], units: dict[str, str] | None = None
) -> Table:
    return Table.from_columns(
        {
            name: ((units or {}).get(name), np.array([row[name] for row in rows], dtype=object))
            for name in names
        }
    )
