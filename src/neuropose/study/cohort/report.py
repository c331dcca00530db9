"""The report of a cohort: its recordings, what was measured, and how groups and sessions differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from neuropose._version import __version__
from neuropose.analyzer.assumptions import doubts_of_report
from neuropose.checksums import sha256_of
from neuropose.data import InputFile, Measure, Report, ReportProvenance, Table
from neuropose.provenance import CLASSIFIER_LIBRARIES, library_versions
from neuropose.study.cohort.classification import Classified
from neuropose.study.cohort.curve_groups import compare_group_curves
from neuropose.study.cohort.groups import agreement, compare_groups, reliability
from neuropose.study.cohort.mixed import fit_mixed_models
from neuropose.study.cohort.naming import doubtful_names, unknown_measures
from neuropose.study.cohort.paired import compare_changes, compare_repeated
from neuropose.study.cohort.trials import TrialOutcome
from neuropose.study.cohort.values import (
    UNITS,
    WHO,
    MeasuredTrial,
    Row,
    feature_gaps,
    rows_table,
    trial_features,
    trial_measures,
    who,
)
from neuropose.study.contract.cohort import Statistics
from neuropose.study.contract.pipeline import Pipeline
from neuropose.study.trial.report import TASK, configuration, versions


def cohort_report(
    pipeline: Pipeline,
    outcomes: Sequence[TrialOutcome],
    trials: Sequence[MeasuredTrial],
    classified: Classified | None,
) -> Report:
    """Build the report of a cohort.

    Parameters
    ----------
    pipeline : Pipeline
        The validated pipeline file.
    outcomes : sequence of TrialOutcome
        Outcome of every row of the table.
    trials : sequence of MeasuredTrial
        Trials that did not fail.
    classified : Classified or None
        Result of the classification. None: not requested.

    Returns
    -------
    Report
    """
    hashes = {each.sha256: each for one in trials for each in one.report.provenance.inputs}
    tables = {"trials": _trials(outcomes)}
    measures = _counts(outcomes, trials)
    warnings: list[str] = []
    failed = len(outcomes) - len(trials)
    if failed:
        warnings.append(f"{failed} of {len(outcomes)} trials failed; the table trials has why")
    empty = [str(each.trial.row) for each in trials if not each.report.measures["segments"].value]
    if empty:
        warnings.append(f"trials {', '.join(empty)} have no segment; the table trials has why")
    warnings += doubtful_names([each.trial for each in outcomes], pipeline.analysis)
    warnings += unknown_measures(trials, pipeline.analysis)
    warnings += _copies(trials)
    warnings += _doubts(trials)
    if pipeline.analysis.features:
        tables["trial_features"] = trial_features(trials)
        tables["feature_gaps"] = feature_gaps(trials)
    if any(each.report.measures for each in trials):
        tables["trial_measures"] = trial_measures(trials)
    if pipeline.analysis.statistics is not None:
        tables |= statistics_tables(pipeline.analysis.statistics, trials)
    if classified is not None:
        tables |= classified.tables
        measures |= classified.measures
        warnings += classified.warnings
    cohort = pipeline.inputs.cohort
    listed = () if cohort is None else (InputFile(kind="cohort", sha256=sha256_of(cohort.table)),)
    of_classifier = {} if classified is None else library_versions(CLASSIFIER_LIBRARIES)
    return Report(
        task=f"{TASK}_cohort",
        measures=measures,
        tables=tables,
        parameters=configuration(pipeline),
        warnings=tuple(warnings),
        provenance=ReportProvenance(
            neuropose_version=__version__,
            versions=versions() | of_classifier,
            inputs=(*listed, *hashes.values()),
        ),
    )


def _counts(
    outcomes: Sequence[TrialOutcome], trials: Sequence[MeasuredTrial]
) -> dict[str, Measure]:
    counts = {
        "trials": len(outcomes),
        "trials_failed": len(outcomes) - len(trials),
        "subjects": len({each.trial.subject for each in trials}),
    }
    return {
        name: Measure(value=float(count), unit="1", n=len(outcomes))
        for name, count in counts.items()
    }


def _doubts(trials: Sequence[MeasuredTrial]) -> Iterator[str]:
    """Count the trials whose numbers scale with an assumption."""
    reports = [each.report for each in trials]
    counts = Counter(
        doubt
        for each in reports
        for doubt in doubts_of_report(each.measures, each.tables, each.assumptions)
    )
    for doubt, count in counts.items():
        yield f"{count} of {len(reports)} trials: {doubt}"


def _copies(trials: Sequence[MeasuredTrial]) -> Iterator[str]:
    """Tell the trials whose files hold the same, which would count, or be predicted, twice."""
    rows: dict[tuple[object, ...], list[str]] = {}
    for each in trials:
        sha256 = each.report.provenance.inputs[0].sha256
        of = each.trial.source
        part = (sha256, of.video, of.subject, of.start_s, of.end_s)
        rows.setdefault(part, []).append(str(each.trial.row))
    for same in rows.values():
        if len(same) > 1:
            yield f"the files of trials {', '.join(same)} contain the same recording"


def statistics_tables(how: Statistics, trials: Sequence[MeasuredTrial]) -> dict[str, Table]:
    """Build the tables of all statistics that are asked for.

    Parameters
    ----------
    how : Statistics
        Which.
    trials : sequence of MeasuredTrial
        Trials that did not fail.

    Returns
    -------
    dict of str to Table
        By name.
    """
    measures = [{name: each.report.measures.get(name) for name in how.measures} for each in trials]
    values = [
        (each.trial, {**each.features, **{name: _value(one) for name, one in found.items()}})
        for each, found in zip(trials, measures, strict=True)
    ]
    units = UNITS | {
        name: one.unit for found in measures for name, one in found.items() if one is not None
    }
    tables = {}
    if how.groups is not None and how.names:
        tables["group_comparison"] = compare_groups(values, how, units)
    if how.reliability is not None:
        tables["reliability"] = reliability(values, how, units)
    if how.agreement is not None:
        tables["agreement"] = agreement(values, how, units)
    if how.repeated:
        tables["repeated"] = compare_repeated(values, how, units)
        if how.groups is not None:
            tables["changes"] = compare_changes(values, how, units)
    if how.mixed_models:
        tables["mixed_models"] = fit_mixed_models(values, how, units)
    if how.curves:
        tables |= compare_group_curves([(each.trial, each.curves) for each in trials], how)
    return tables


def _value(measure: Measure | None) -> float:
    return float("nan") if measure is None or measure.value is None else measure.value


def _trials(outcomes: Sequence[TrialOutcome]) -> Table:
    rows = []
    for each in outcomes:
        found: Row = {"sha256": None, "segments": None, "reason": each.reason}
        if each.report is not None:
            segments = each.report.measures["segments"]
            sha256 = each.report.provenance.inputs[0].sha256
            found = {"sha256": sha256, "segments": segments.value, "reason": segments.reason}
        rows.append({**who(each.trial), **each.trial.covariates, **found})
    covariates = dict.fromkeys(name for each in outcomes for name in each.trial.covariates)
    return rows_table(rows, [*WHO, *covariates, "sha256", "segments", "reason"])
