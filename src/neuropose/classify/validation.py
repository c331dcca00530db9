"""Validation by subject: folds, predictions for subjects not trained on, and the report."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from neuropose.classify.calibration import calibration
from neuropose.classify.columns import doubt_of_name, doubts_of_values
from neuropose.classify.fitting import Fitted, balanced_accuracy, out_of_fold
from neuropose.classify.folds import Fold, Grouped, group, outer_folds
from neuropose.classify.models import MODELS
from neuropose.classify.neighbours import PairProgress, by_distances
from neuropose.classify.performance import performance
from neuropose.classify.permuting import Progress, permutation_test
from neuropose.classify.report import (
    Calibration,
    ClassificationReport,
    FoldResult,
    SubjectResult,
)
from neuropose.classify.settings import ClassifierSettings, SeriesDtwSettings
from neuropose.classify.trials import Trials, refused
from neuropose.cores import Workers
from neuropose.errors import FeatureTableError
from neuropose.grammar import counted
from neuropose.spellings import doubtful_spellings, quoted

Floats = NDArray[np.float64]

_FEW_SUBJECTS = 10
_FEW_NUMBERS = 3  # of a trial: fewer can be the same by rounding
_UNEQUAL = 2.0
_UNEVEN = 3.0


def validate(
    trials: Trials,
    settings: ClassifierSettings,
    *,
    workers: int = 1,
    progress: Progress | None = None,
    pair_progress: PairProgress | None = None,
) -> ClassificationReport:
    """Validate a classifier on subjects that it has not seen.

    Every step that depends on the values (medians, scaling, the choice of parameters) is repeated
    in every fold, with its training subjects only.

    Parameters
    ----------
    trials : Trials
        Features, distances or series, with the group and subject of each trial.
    settings : ClassifierSettings
        The classifier and how it is validated.
    workers : int
        CPU cores for the distances and the permutations; does not change the result.
    progress : callable, optional
        Called with the number of permutations done and the total.
    pair_progress : callable, optional
        Called with the number of pairs of series done and the total.

    Returns
    -------
    ClassificationReport

    Raises
    ------
    FeatureTableError
        If the trials are not what the model takes, something is missing, or a feature is an
        identifier, a counter or constant.
    LeakageError
        If subjects would be on both sides of a fold, or there are too few of them.
    MissingLibraryError
        If the model needs an extra that is not installed.

    Notes
    -----
    Folds by subject: Saeb et al. 2017, GigaScience 6:1. Nested choice of parameters: Varma & Simon
    2006, BMC Bioinformatics 7:91.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> subjects = np.repeat(np.arange(12), 4)
    >>> speed = np.where(subjects % 2, 1.2, 0.8) + rng.normal(0, 0.1, 12)[subjects]
    >>> trials = Trials(
    ...     "features",
    ...     (speed + rng.normal(0, 0.05, 48))[:, None],
    ...     ("walking_speed_m_s",),
    ...     tuple(f"trial {number}" for number in range(48)),
    ...     tuple(f"subject {number}" for number in subjects),
    ...     tuple(np.where(subjects % 2, "control", "patient")),
    ... )
    >>> settings = ClassifierSettings(model="logistic", folds=3, permutations=0)
    >>> report = validate(trials, settings)
    >>> round(report.by_trial.balanced_accuracy.value, 2)
    0.94
    """
    return validated(trials, settings, workers, progress, pair_progress)[0]


def validated(
    trials: Trials,
    settings: ClassifierSettings,
    workers: Workers,
    progress: Progress | None,
    pair_progress: PairProgress | None,
) -> tuple[ClassificationReport, Trials]:
    """Validate as `validate` does, and also return the trials as the model learns from them.

    Parameters
    ----------
    trials : Trials
        Features, distances or series, with the group and subject of each trial.
    settings : ClassifierSettings
        The classifier and how it is validated.
    workers : int or Pool
        CPU cores, or workers elsewhere, for the distances and the permutations.
    progress, pair_progress : callable or None
        Called with the number of permutations, or of pairs of series, done and the total.

    Returns
    -------
    tuple of ClassificationReport and Trials
        The report is about the given trials; the trials are those of `by_distances`.
    """
    check_kind(trials, settings)
    if trials.kind == "distances" and trials.features != trials.names:
        raise FeatureTableError(
            "the distances are not those between the trials themselves",
            hint="give the matrix of all distances between them, one column for each trial",
        )
    grouped = group(trials)
    folds = outer_folds(grouped, settings)
    doubts = _doubts_of_features(trials)
    learned = by_distances(trials, settings, workers=workers, progress=pair_progress)
    count = len(grouped.classes)
    scores = np.empty((len(trials), count))
    fitted: list[Fitted] = []
    for fold in folds:
        scores[fold.test], one = out_of_fold(learned, grouped, fold, settings)
        assert one is not None  # outer_folds has refused trainings of a single group
        fitted.append(one)
    predicted = scores.argmax(axis=1)
    observed = balanced_accuracy(grouped.labels, predicted, count)
    probabilities = MODELS[settings.model].probabilities
    calibrated: Calibration | None = None
    if probabilities:
        calibrated = calibration(grouped, scores, folds, settings)
    permutation = None
    if settings.permutations:
        permutation = permutation_test(
            learned, grouped, observed, settings, workers=workers, progress=progress
        )
    subjects, by_subject = _by_subject(grouped, scores)
    report = ClassificationReport(
        settings=settings,
        features=trials.features,
        classes=grouped.classes,
        trials=len(trials),
        subjects=len(grouped.names),
        by_trial=performance(grouped, scores, settings, "trial"),
        by_subject=by_subject and performance(*by_subject, settings, "subject"),
        calibration=calibrated,
        calibration_reason=None if probabilities else f"{settings.model} gives no probabilities",
        permutation=permutation,
        folds=tuple(_fold_results(grouped, folds, fitted, predicted)),
        subject_results=subjects,
        missing_values=int(np.isnan(trials.values).sum()),
        data_sha256=trials.sha256,
        warnings=(
            *doubts,
            *doubtful_spellings(trials.subjects, "subject", "person"),
            *_copies(trials),
            *_many_features(trials, grouped),
            *_warnings(grouped, folds, fitted, settings),
        ),
    )
    return report, learned


def _doubts_of_features(trials: Trials) -> tuple[str, ...]:
    """Refuse columns that are not features, and name those that look like identifiers."""
    if trials.kind == "distances" or trials.labels is None:
        return ()
    by_name = {name: doubt_of_name(name) for name in trials.features}
    by_value = doubts_of_values(trials.values, trials.features, trials.subjects, trials.labels)
    told = []
    for name in trials.features:
        doubt = by_name[name] or by_value.get(name)
        if doubt is not None and doubt.certain:
            raise refused(name, doubt)
        if doubt is not None:
            told.append(f"feature {name!r} {doubt.reason}: make sure that it is a measurement")
    return tuple(told)


def check_kind(trials: Trials, settings: ClassifierSettings) -> None:
    """Check that a model takes trials of this kind.

    Parameters
    ----------
    trials : Trials
        Features, distances or series, with the group and subject of each trial.
    settings : ClassifierSettings
        The classifier and how it is validated.

    Raises
    ------
    FeatureTableError
        If they are of another kind, or a value is missing that is not filled.
    """
    wanted = MODELS[settings.model].kinds
    if trials.kind not in wanted:
        raise FeatureTableError(
            f"{settings.model} takes {' or '.join(wanted)}, not {trials.kind}",
            hint="choose another model",
        )
    if trials.kind == "distances" and settings.dtw != SeriesDtwSettings():
        raise FeatureTableError(
            "the distances are given: dtw cannot change them", hint="leave dtw out, or give series"
        )
    cells = np.isnan(trials.values).reshape(len(trials), len(trials.features), -1)
    missing = np.asarray(cells.any(axis=2))
    if not missing.any():
        return
    if trials.kind == "features" and settings.missing == "median":
        nowhere = np.flatnonzero(missing.all(axis=0))
        if len(nowhere) and trials.labels is not None:
            name = trials.features[nowhere[0]]
            raise FeatureTableError(
                f"feature {name!r} is missing in every trial", hint="leave it out"
            )
        return
    row, column = np.argwhere(missing)[0]
    raise FeatureTableError(
        f"{int(missing.any(axis=1).sum())} of {len(trials)} trials have missing values, the first "
        f"is {trials.features[column]!r} of {trials.names[row]!r}",
        hint="leave those trials or features out"
        + (", or take the median of the training trials" if trials.kind == "features" else ""),
    )


def _by_subject(
    grouped: Grouped, scores: Floats
) -> tuple[tuple[SubjectResult, ...], tuple[Grouped, Floats] | None]:
    trials = np.bincount(grouped.subjects)
    right = scores.argmax(axis=1) == grouped.labels
    correct = np.bincount(grouped.subjects, right).astype(int)
    means = np.zeros((len(trials), scores.shape[1]))
    np.add.at(means, grouped.subjects, scores / trials[grouped.subjects, None])
    label = np.zeros(len(trials), dtype=np.int64)
    label[grouped.subjects] = grouped.labels
    known = grouped.constant
    results = tuple(
        SubjectResult(
            subject=name,
            label=grouped.classes[label[place]] if known else None,
            trials=int(trials[place]),
            correct=int(correct[place]),
            predicted=grouped.classes[int(means[place].argmax())] if known else None,
            scores=tuple(means[place]) if known and np.isfinite(means[place]).all() else None,
        )
        for place, name in enumerate(grouped.names)
    )
    if not known:
        return results, None
    everybody = np.arange(len(trials))
    return results, (grouped._replace(labels=label, subjects=everybody), means)


def _fold_results(
    grouped: Grouped, folds: list[Fold], fitted: list[Fitted], predicted: NDArray[np.int64]
) -> Iterator[FoldResult]:
    count = len(grouped.classes)
    for (train, test), one in zip(folds, fitted, strict=True):
        labels = grouped.labels[test]
        present = set(labels.tolist())
        yield FoldResult(
            test_subjects=tuple(
                grouped.names[place] for place in np.unique(grouped.subjects[test])
            ),
            train_trials=len(train),
            test_trials=len(test),
            parameters=one.parameters,
            tuned=one.tuned,
            balanced_accuracy=balanced_accuracy(labels, predicted[test], count),
            absent=tuple(
                name for place, name in enumerate(grouped.classes) if place not in present
            ),
        )


def _copies(trials: Trials) -> Iterator[str]:
    """Warn of trials of several subjects that are the same, number by number."""
    if trials.kind == "distances":
        return
    of_values: dict[bytes, set[str]] = {}
    copied = 0
    for values, subject in zip(trials.values, trials.subjects, strict=True):
        if np.unique(values[np.isfinite(values)]).size < _FEW_NUMBERS:
            continue
        subjects = of_values.setdefault(values.tobytes(), set())
        copied += bool(subjects - {subject})
        subjects.add(subject)
    if copied:
        both = next(sorted(each)[:2] for each in of_values.values() if len(each) > 1)
        yield (
            f"{counted(copied, 'trial has', 'trials have')} the numbers of another subject's, one "
            f"of {quoted(both)}: one person under two names is trained on and tested"
        )


def _many_features(trials: Trials, grouped: Grouped) -> Iterator[str]:
    count, subjects = len(trials.features), len(grouped.names)
    if trials.kind == "features" and count > subjects:
        yield f"{count} features, but {subjects} subjects: some separate the groups by chance"


def _warnings(
    grouped: Grouped, folds: list[Fold], fitted: list[Fitted], settings: ClassifierSettings
) -> Iterator[str]:
    trials = np.bincount(grouped.labels)
    for place, name in enumerate(grouped.classes):
        people = len(np.unique(grouped.subjects[grouped.labels == place]))
        if people < _FEW_SUBJECTS:
            yield f"few subjects: {people} of group {name!r}, fewer than {_FEW_SUBJECTS}"
    if trials.max() > _UNEQUAL * trials.min():
        counts = ", ".join(
            f"{n} of {name!r}" for n, name in zip(trials, grouped.classes, strict=True)
        )
        yield f"unequal groups: trials {counts}"
    weighted = settings.class_weight == "balanced" and settings.model in ("logistic", "forest")
    if weighted and trials.max() != trials.min():
        yield "probabilities are those of groups of equal size (class_weight balanced)"
    each = np.bincount(grouped.subjects)
    if each.max() > _UNEVEN * each.min():
        yield f"subjects have {each.min()} to {each.max()} trials: scores by trial are of the many"
    single = sum(len(set(grouped.labels[fold.test].tolist())) == 1 for fold in folds)
    if single:
        yield f"{single} of {len(folds)} folds test a single group: only all folds together count"
    if settings.parameters is None and len(MODELS[settings.model].candidates) > 1:
        plain = sum(not one.tuned for one in fitted)
        if plain:
            yield f"too few subjects to choose parameters in {plain} of {len(folds)} folds"
    if settings.validation == "leave-one-subject-out":
        yield "the AUC compares scores of as many classifiers as subjects: it can be too low"
