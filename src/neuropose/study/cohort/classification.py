"""Classification of the groups of a cohort by the recordings' features or mean curves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose.classify import (
    ClassificationReport,
    Classifier,
    Performance,
    TableColumns,
    Trials,
    train,
)
from neuropose.classify.columns import MARK, NOT_ASKED_FOR
from neuropose.classify.permuting import Progress
from neuropose.classify.same_settings import MEASURED_WITH
from neuropose.cores import Workers, available_cores
from neuropose.data import Measure, Table
from neuropose.errors import FeatureTableError, LeakageError
from neuropose.grammar import counted
from neuropose.statistics import Estimate
from neuropose.study.cohort.values import UNITS, MeasuredTrial, rows_table
from neuropose.study.contract.cohort import Classification

_NEVER = {"session": "says what or whom a row is of", MEASURED_WITH: MARK}

Array = NDArray[np.float64]
Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Classified:
    """Result of a classification.

    Parameters
    ----------
    classifier : Classifier or None
        The trained classifier. None: there is none; every measure has the reason.
    measures : dict of str to Measure
        Measures by name.
    tables : dict of str to Table
        Tables by name.
    warnings : tuple of str
        What the reader should know before using the values.
    """

    classifier: Classifier | None
    measures: dict[str, Measure]
    tables: dict[str, Table] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def classify_trials(
    trials: Sequence[MeasuredTrial],
    how: Classification,
    *,
    measured_with: str | None = None,
    workers: Workers | None = None,
    progress: Progress | None = None,
    chosen: Callable[[Trials], None] | None = None,
) -> Classified:
    """Train a classifier of groups, validated by subject.

    Parameters
    ----------
    trials : sequence of MeasuredTrial
        Trials with their reports.
    how : Classification
        Settings of the classification.
    measured_with : str, optional
        Mark of the settings of the recordings, for the card.
    workers : int or Pool, optional
        Number of processes for the permutations, or workers elsewhere. The result does not depend
        on it.
    progress : callable, optional
        Called with the number of permutations done and the total.
    chosen : callable, optional
        Called before the training with the features to train on, and those left out.

    Returns
    -------
    Classified
        Measures ``classification_balanced_accuracy``, ``_auc``, ``_p_value`` and ``_brier``, by
        trial; tables ``classification`` (every score with its interval, by trial and by subject),
        ``classification_confusion``, ``_roc``, ``_calibration``, ``_folds`` and ``_subjects``. A
        cohort that cannot be validated has the reason instead of a classifier; the other results
        are not lost.

    Notes
    -----
    See `neuropose.classify.train`.
    """
    warnings: list[str] = []
    recordings = list(_of_groups(trials, how, warnings))
    try:
        data, ignored = (
            _curves(recordings, warnings) if how.of_curves else _features(recordings, how, warnings)
        )
        if chosen is not None:
            chosen(data)
        columns = TableColumns(subject="subject", label="group", trial="trial", ignored=ignored)
        classifier = train(
            replace(data, measured_with=measured_with),
            how.settings(),
            columns=columns,
            workers=workers or available_cores(),
            progress=progress,
        )
    except (FeatureTableError, LeakageError) as error:
        return Classified(None, _none(error.message), warnings=_named(warnings))
    report = classifier.card.report
    return Classified(
        classifier,
        _measures(report),
        {
            "classification": _scores(report),
            "classification_confusion": _confusion(report),
            "classification_roc": _roc(report),
            "classification_calibration": _calibration(report),
            "classification_folds": _folds(report),
            "classification_subjects": _subjects(report),
        },
        _named([*warnings, *report.warnings]),
    )


def _named(warnings: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"classification: {each}" for each in warnings)


def _of_groups(
    trials: Sequence[MeasuredTrial], how: Classification, warnings: list[str]
) -> Iterator[MeasuredTrial]:
    """Leave out subjects outside the compared groups, and recordings without a usable cycle."""
    others, empty = 0, 0
    for each in trials:
        group = each.trial.group
        if group is None or (how.groups is not None and group not in how.groups):
            others += 1
        elif not any(np.isfinite(cells).any() for cells in _cells(each, how)):
            empty += 1
        else:
            yield each
    if others:
        warnings.append(
            f"{counted(others, 'recording is', 'recordings are')} in none of the compared groups: "
            "left out"
        )
    if empty:
        lacking = "mean curve" if how.of_curves else "segment that counts"
        warnings.append(
            f"{counted(empty, 'recording has', 'recordings have')} no {lacking}: left out"
        )


def _cells(trial: MeasuredTrial, how: Classification) -> Iterable[float | Array]:
    return trial.curves.values() if how.of_curves else trial.features.values()


def _features(
    trials: Sequence[MeasuredTrial], how: Classification, warnings: list[str]
) -> tuple[Trials, tuple[str, ...]]:
    every = list(UNITS)
    table = np.array([[each.features[name] for name in every] for each in trials])
    table = table.reshape(len(trials), len(every))
    left_out = dict(_NEVER)
    if how.features is None:
        least = 0.5 if how.missing == "median" else 1.0
        where = "some recording" if least == 1.0 else "more than half of the recordings"
        known = np.isfinite(table)
        rare = [
            name
            for name, count in zip(every, known.sum(axis=0), strict=True)
            if count < least * len(trials)
        ]
        left_out |= dict.fromkeys(rare, f"is missing in {where}")
        if rare:
            warnings.append(
                f"{len(rare)} of {len(every)} features are missing in {where} and not used"
            )
        constant = [
            name
            for name, cells in zip(every, table.T, strict=True)
            if name not in left_out and len(np.unique(cells[np.isfinite(cells)])) == 1
        ]
        left_out |= dict.fromkeys(constant, "is the same in every recording")
        if constant:
            warnings.append(f"the same in every recording, and not used: {', '.join(constant)}")
    else:
        left_out |= {name: NOT_ASKED_FOR for name in every if name not in how.features}
    names = [name for name in how.features or every if name not in left_out]
    values = table[:, [every.index(name) for name in names]]
    ignored = ("session", *(name for name in every if name not in names))
    return _trials("features", values, names, trials, left_out), ignored


def _curves(trials: Sequence[MeasuredTrial], warnings: list[str]) -> tuple[Trials, tuple[str, ...]]:
    names = list(dict.fromkeys(name for each in trials for name in each.curves))
    whole = [
        each
        for each in trials
        if all(name in each.curves and np.isfinite(each.curves[name]).all() for name in names)
    ]
    if len(whole) < len(trials):
        warnings.append(
            f"{counted(len(trials) - len(whole), 'recording lacks', 'recordings lack')} a curve: "
            "left out"
        )
    values = np.array([[each.curves[name] for name in names] for each in whole])
    left_out = {**_NEVER, "percent": "says where in the cycle a sample is"}
    return _trials("series", values, names, whole, left_out), ("session", "percent")


def _trials(
    kind: Any,
    values: Array,
    names: Sequence[str],
    trials: Sequence[MeasuredTrial],
    left_out: Mapping[str, str],
) -> Trials:
    if not len(trials):
        raise FeatureTableError("no recording can be used", hint="see the warnings")
    return Trials(
        kind,
        values,
        tuple(names),
        tuple(str(each.trial.row) for each in trials),
        tuple(each.trial.subject for each in trials),
        tuple(str(each.trial.group) for each in trials),
        left_out=left_out,
    )


def _none(reason: str) -> dict[str, Measure]:
    names = ("balanced_accuracy", "auc", "p_value", "brier")
    return {f"classification_{name}": Measure.missing("1", reason) for name in names}


def _measures(report: ClassificationReport) -> dict[str, Measure]:
    scores, chance, calibration = report.by_trial, report.permutation, report.calibration
    found = {
        "balanced_accuracy": _measure(scores.balanced_accuracy),
        "auc": _measure(scores.auc),
        "p_value": Measure.missing("1", "no permutations were requested")
        if chance is None
        else Measure(value=chance.p_value, unit="1", n=report.subjects),
        "brier": Measure.missing("1", report.calibration_reason or "no probabilities")
        if calibration is None
        else _measure(calibration.brier),
    }
    return {f"classification_{name}": each for name, each in found.items()}


def _measure(found: Estimate) -> Measure:
    if found.value is None:
        return Measure.missing("1", str(found.reason), n=found.n, warnings=found.warnings)
    return Measure(value=found.value, unit="1", n=found.n, warnings=found.warnings)


def _scores(report: ClassificationReport) -> Table:
    rows: list[Row] = []
    for scores in filter(None, (report.by_trial, report.by_subject)):
        for name, group, found in _each_score(scores):
            interval = found.interval
            rows.append(
                {
                    "unit": scores.unit,
                    "score": name,
                    "group": group,
                    "value": found.value,
                    "low": None if interval is None else interval.low,
                    "high": None if interval is None else interval.high,
                    "n": found.n,
                    "method": found.method,
                    "reason": found.reason,
                }
            )
    return rows_table(rows, list(rows[0]))


def _each_score(scores: Performance) -> Iterator[tuple[str, str | None, Estimate]]:
    yield "balanced_accuracy", None, scores.balanced_accuracy
    yield "auc", None, scores.auc
    for each in scores.classes:
        yield "sensitivity", each.label, each.sensitivity
        yield "specificity", each.label, each.specificity


def _confusion(report: ClassificationReport) -> Table:
    rows = [
        {"unit": scores.unit, "group": group, "predicted": predicted, "count": count}
        for scores in filter(None, (report.by_trial, report.by_subject))
        for group, counts in zip(report.classes, scores.confusion, strict=True)
        for predicted, count in zip(report.classes, counts, strict=True)
    ]
    return rows_table(rows, ("unit", "group", "predicted", "count"))


def _roc(report: ClassificationReport) -> Table:
    classes = report.by_trial.classes
    shown = classes[1:] if len(classes) == 2 else classes  # of two, the first mirrors the second
    columns = ("group", "false_positive_rate", "sensitivity")
    rows = [
        dict(zip(columns, (one.label, *point), strict=True)) for one in shown for point in one.roc
    ]
    return rows_table(rows, columns)


def _calibration(report: ClassificationReport) -> Table:
    columns = ("group", "low", "high", "predicted", "observed", "trials")
    classes = () if report.calibration is None else report.calibration.classes
    rows = [{"group": one.label, **dict(each)} for one in classes for each in one.bins]
    return rows_table(rows, columns)


def _folds(report: ClassificationReport) -> Table:
    rows = [
        {
            "fold": number,
            "test_subjects": ", ".join(each.test_subjects),
            "train_trials": each.train_trials,
            "test_trials": each.test_trials,
            "parameters": ", ".join(f"{name} {value:g}" for name, value in each.parameters.items()),
            "tuned": each.tuned,
            "balanced_accuracy": each.balanced_accuracy,
        }
        for number, each in enumerate(report.folds, start=1)
    ]
    return rows_table(rows, list(rows[0]))


def _subjects(report: ClassificationReport) -> Table:
    columns = ("subject", "group", "trials", "correct", "predicted")
    rows = [{**dict(each), "group": each.label} for each in report.subject_results]
    return rows_table(rows, columns)
