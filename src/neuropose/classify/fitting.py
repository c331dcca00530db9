"""One classifier fitted to some trials, with parameters chosen within them, and its scores."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuropose.classify.folds import Grouped, Ints, inner_folds
from neuropose.classify.models import (
    Parameters,
    build_classifier,
    build_steps,
    candidates,
)
from neuropose.classify.settings import ClassifierSettings
from neuropose.classify.trials import Trials
from neuropose.errors import FeatureTableError

Floats = NDArray[np.float64]

_is_alone: ContextVar[bool] = ContextVar("is_alone", default=False)


class Fitted(NamedTuple):
    """A fitted pipeline, and how it was fitted.

    Parameters
    ----------
    pipeline : sklearn Pipeline
        Fitted preprocessing steps and classifier.
    parameters : mapping of str to float
        Parameters of the classifier.
    tuned : bool
        Whether the parameters were chosen. False: given, or too few subjects to choose.
    """

    pipeline: Any
    parameters: Parameters
    tuned: bool


def fit(
    trials: Trials,
    grouped: Grouped,
    train: Ints,
    settings: ClassifierSettings,
    *,
    kept: bool = True,
) -> Fitted:
    """Choose the parameters by validation within the training trials, and fit on all of these.

    Parameters
    ----------
    trials : Trials
        Features, distances or series, with the group and subject of each trial.
    grouped : Grouped
        Labels to learn, and subjects, as numbers.
    train : ndarray of int64
        Indices of the trials to train with.
    settings : ClassifierSettings
        The classifier and how it is validated.
    kept : bool
        Whether it may be saved, see `build_classifier`.

    Returns
    -------
    Fitted

    Raises
    ------
    FeatureTableError
        If more neighbours are requested than there are trials to train with.
    """
    from sklearn.pipeline import Pipeline

    with alone():
        parameters, tuned = _choose(trials, grouped, train, settings)
        model = build_classifier(settings, parameters, kept=kept)
        pipeline = Pipeline([*build_steps(settings), ("model", model)])
        pipeline.fit(trials.of(train, train), grouped.labels[train])
    return Fitted(pipeline, parameters, tuned)


def scores_of(pipeline: Any, values: Floats, count: int) -> Floats:
    """Return the scores of trials: probabilities if the classifier provides them.

    Parameters
    ----------
    pipeline : sklearn Pipeline or classifier
        Fitted preprocessing steps and classifier.
    values : ndarray
        Values of the trials, in the form that it was fitted to.
    count : int
        Number of groups, K.

    Returns
    -------
    ndarray, shape (N, K)
        The group with the largest score is predicted. −inf, or 0 for probabilities, for a group
        that it was not trained on.
    """
    with alone():
        if hasattr(pipeline, "predict_proba"):
            found, nothing = pipeline.predict_proba(values), 0.0
        else:
            found, nothing = pipeline.decision_function(values), -np.inf
    if found.ndim == 1:
        found = np.column_stack([-found, found])
    scores = np.full((len(values), count), nothing)
    scores[:, pipeline.classes_] = found
    return scores


def out_of_fold(
    trials: Trials, grouped: Grouped, fold: tuple[Ints, Ints], settings: ClassifierSettings
) -> tuple[Floats, Fitted | None]:
    """Fit on the training trials of a fold, and score its test trials.

    Parameters
    ----------
    trials : Trials
        Features, distances or series, with the group and subject of each trial.
    grouped : Grouped
        Labels and subjects of the trials, as numbers.
    fold : tuple of ndarray
        Indices of the training and test trials.
    settings : ClassifierSettings
        The classifier and how it is validated.

    Returns
    -------
    tuple of ndarray, shape (N, K), and Fitted or None
        None if there was a single group to train with, which is then predicted.
    """
    train, test = fold
    present = np.unique(grouped.labels[train])
    if len(present) == 1:  # only under permuted labels
        scores = np.zeros((len(test), len(grouped.classes)))
        scores[:, present[0]] = 1.0
        return scores, None
    fitted = fit(trials, grouped, train, settings, kept=False)
    return scores_of(fitted.pipeline, trials.of(test, train), len(grouped.classes)), fitted


def balanced_accuracy(labels: Ints, predicted: Ints, count: int) -> float:
    """Return the mean recall over the groups that occur.

    Parameters
    ----------
    labels, predicted : ndarray of int64, shape (N,)
        True and predicted groups, as numbers.
    count : int
        Number of groups.

    Returns
    -------
    float

    Examples
    --------
    >>> balanced_accuracy(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), 2)
    0.8333333333333333
    """
    totals = np.bincount(labels, minlength=count)
    hits = np.bincount(labels[labels == predicted], minlength=count)
    return float((hits[totals > 0] / totals[totals > 0]).mean())


def _choose(
    trials: Trials, grouped: Grouped, train: Ints, settings: ClassifierSettings
) -> tuple[Parameters, bool]:
    choice = candidates(settings)
    if len(choice) == 1:
        neighbours = choice[0].get("n_neighbors", 1.0)
        if neighbours > len(train):
            raise FeatureTableError(
                f"{neighbours:g} neighbours, but {len(train)} trials to train with",
                hint="take fewer neighbours",
            )
        return choice[0], False
    folds = inner_folds(grouped, train, settings.inner_folds, settings.seed)
    fewest = min((len(fold.train) for fold in folds), default=0)
    choice = (choice[0], *(each for each in choice[1:] if each.get("n_neighbors", 0) <= fewest))
    if not folds or len(choice) == 1:
        return choice[0], False
    truth = np.concatenate([grouped.labels[fold.test] for fold in folds])
    predicted: list[list[Ints]] = [[] for _ in choice]
    for inside, test in folds:
        values, new = trials.of(inside, inside), trials.of(test, inside)
        for _, step in build_steps(settings):
            values = step.fit_transform(values)
            new = step.transform(new)
        for place, parameters in enumerate(choice):
            model = build_classifier(settings, parameters, kept=False)
            model.fit(values, grouped.labels[inside])
            scores = scores_of(model, new, len(grouped.classes))
            predicted[place].append(scores.argmax(axis=1))
    accuracies = [
        balanced_accuracy(truth, np.concatenate(each), len(grouped.classes)) for each in predicted
    ]
    return choice[int(np.argmax(accuracies))], True


@contextmanager
def alone() -> Iterator[None]:
    """Compute in one thread: these are small, others would wait, and change the last bits of sums.

    A feature that is missing in all of the training trials of a fold is left out of it. Values were
    checked before (`check_kind`), and are not again for each of thousands of fits. Within another
    one it changes nothing: to look for the libraries' threads takes as long as to fit.

    Yields
    ------
    None
    """
    if _is_alone.get():
        yield
        return
    from sklearn import config_context
    from threadpoolctl import threadpool_limits

    entered = _is_alone.set(True)
    try:
        with (
            threadpool_limits(1),
            config_context(assume_finite=True, skip_parameter_validation=True),
            warnings.catch_warnings(),
        ):
            warnings.filterwarnings(
                "ignore", message="Skipping features without any observed values"
            )
            yield
    finally:
        _is_alone.reset(entered)
