"""A complete pipeline: from its contract to the report, the tables and the classifier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from neuropose.classify import Classifier, Trials, save_classifier
from neuropose.classify.permuting import Progress
from neuropose.cores import Workers
from neuropose.data import Report, Table
from neuropose.errors import Caller, told_to
from neuropose.io import save_report
from neuropose.io.atomic import write_atomically
from neuropose.study.cohort.classification import classify_trials
from neuropose.study.cohort.report import cohort_report
from neuropose.study.cohort.table import cohort_trials
from neuropose.study.cohort.trials import TrialOutcome, TrialProgress, run_trials
from neuropose.study.cohort.values import (
    curve_columns,
    measured_trials,
    rows_table,
    segment_features,
    trial_curves,
    trial_features,
)
from neuropose.study.contract.pipeline import Pipeline
from neuropose.study.trial.mean_curves import curves_of
from neuropose.study.trial.measured_with import marked, measured_with
from neuropose.study.trial.report import run_trial

WORK_SUFFIX = ".work"
"""Suffix of the folder beside the report of a cohort that keeps finished trials."""


@dataclass(frozen=True)
class PipelineResult:
    """Result of a pipeline.

    Parameters
    ----------
    report : Report
        Measures, tables and warnings.
    features : Table or None
        A row per segment, with the trial's subject, group and session in a cohort.
    trials : Table or None
        For a cohort, a row per recording: means and standard deviations of its features, and the
        mark of the settings, see `measured_with`.
    curves : Table or None
        A row per percent of the cycle, a column per mean curve, and the mark of the settings.
    classifier : Classifier or None
        The trained classifier. None: none was trained.
    outcomes : tuple of TrialOutcome
        For a cohort, outcomes in the order of its table.
    """

    report: Report
    features: Table | None = None
    trials: Table | None = None
    curves: Table | None = None
    classifier: Classifier | None = None
    outcomes: tuple[TrialOutcome, ...] = ()


def run_pipeline(
    pipeline: Pipeline,
    *,
    workers: Workers | None = None,
    progress: TrialProgress | None = None,
    permuting: Progress | None = None,
    chosen: Callable[[Trials], None] | None = None,
) -> PipelineResult:
    """Run a pipeline; only the finished trials of a cohort are written, for resuming.

    Parameters
    ----------
    pipeline : Pipeline
        Pipeline from `neuropose.study.load_pipeline`.
    workers : int or Pool, optional
        Number of processes for a cohort, or workers elsewhere; default: all cores. The result does
        not depend on it.
    progress : callable, optional
        Called with the number of trials of a cohort done and the total.
    permuting : callable, optional
        Called with the number of permutations of a classification done and the total.
    chosen : callable, optional
        Called before a classifier is trained, with the features that it is trained on.

    Returns
    -------
    PipelineResult
        The same for the same files, settings and versions.

    Raises
    ------
    NeuroPoseError
        If the recording, or the table of the cohort, cannot be used; see `cohort_trials`.
    """
    with told_to(Caller.PIPELINE_FILE):
        if pipeline.inputs.cohort is not None:
            return _run_cohort(pipeline, workers, progress, permuting, chosen)
        report = run_trial(pipeline)
    curves = None
    if "curves" in report.tables:
        means = curves_of(report.tables["curves"])
        table = rows_table(curve_columns(means), ["percent", *means])
        curves = marked(table, measured_with(pipeline))
    return PipelineResult(report, report.tables.get("features"), curves=curves)


def _run_cohort(
    pipeline: Pipeline,
    workers: Workers | None,
    progress: TrialProgress | None,
    permuting: Progress | None,
    chosen: Callable[[Trials], None] | None,
) -> PipelineResult:
    analysis = pipeline.analysis
    work = work_folder(pipeline.output.report)
    outcomes = run_trials(
        pipeline, cohort_trials(pipeline), work, workers=workers, progress=progress
    )
    trials, mark = measured_trials(outcomes), measured_with(pipeline)
    classified = None
    if analysis.classification is not None:
        classified = classify_trials(
            trials,
            analysis.classification,
            measured_with=mark,
            workers=workers,
            progress=permuting,
            chosen=chosen,
        )
    return PipelineResult(
        cohort_report(pipeline, outcomes, trials, classified),
        features=segment_features(trials) if analysis.features else None,
        trials=marked(trial_features(trials), mark) if analysis.features else None,
        curves=marked(trial_curves(trials), mark) if analysis.curves else None,
        classifier=None if classified is None else classified.classifier,
        outcomes=outcomes,
    )


def work_folder(report: Path) -> Path:
    """Return the folder that keeps the trials of a cohort.

    Parameters
    ----------
    report : Path
        Path of the report.

    Returns
    -------
    Path

    Examples
    --------
    >>> work_folder(Path("results/cohort.json")).name
    'cohort.json.work'
    """
    return report.with_name(f"{report.name}{WORK_SUFFIX}")


def save_result(pipeline: Pipeline, result: PipelineResult) -> tuple[Path, ...]:
    """Write the results of a pipeline to its output files.

    Parameters
    ----------
    pipeline : Pipeline
        The validated pipeline file.
    result : PipelineResult
        Report and classifier to write.

    Returns
    -------
    tuple of Path
        Files that were written, the report last. Tables or a classifier that do not exist, for
        example because every recording of a cohort failed, are not included.

    Raises
    ------
    OutputError
        If a file cannot be written; each is written whole or not at all, the report last.
    """
    output = pipeline.output
    written = []
    for path, table in (
        (output.features, result.features),
        (output.trials, result.trials),
        (output.curves, result.curves),
    ):
        if path is not None and table is not None:
            write_atomically(path, [_csv(table)])
            written.append(path)
    if output.model is not None and result.classifier is not None:
        save_classifier(output.model, result.classifier, replace=True)
        written.append(output.model)
    save_report(output.report, result.report)
    return (*written, output.report)


def _csv(table: Table) -> bytes:
    import pandas as pd

    frame = pd.DataFrame(list(table.rows), columns=[column.name for column in table.columns])
    return str(frame.to_csv(index=False, lineterminator="\n")).encode()
