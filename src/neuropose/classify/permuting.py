"""The same training and validation with meaningless labels: the level of chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import numpy as np

from neuropose.classify.fitting import alone, balanced_accuracy, out_of_fold
from neuropose.classify.folds import Grouped, Ints, group_folds
from neuropose.classify.report import PermutationResult
from neuropose.classify.settings import ClassifierSettings
from neuropose.classify.trials import Trials
from neuropose.cores import Workers

_AT_ONCE = 20
"""Permutations that are one task for a worker elsewhere."""
Progress = Callable[[int, int], None]
"""Called with the number of permutations done and the total."""


def permutation_test(
    trials: Trials,
    grouped: Grouped,
    observed: float,
    settings: ClassifierSettings,
    *,
    workers: Workers,
    progress: Progress | None,
) -> PermutationResult:
    """Repeat the validation with exchanged labels, choice of parameters included.

    Where every subject is in one group, groups are exchanged between subjects, all trials of one
    together; where subjects have trials of several, within subjects.

    Parameters
    ----------
    trials : Trials
        Features, distances or series, with the group and subject of each trial.
    grouped : Grouped
        Labels and subjects of the trials, as numbers.
    observed : float
        Balanced accuracy with the true labels.
    settings : ClassifierSettings
        The classifier and how it is validated.
    workers : int or Pool
        Processes, or workers elsewhere; does not change the result.
    progress : callable, optional
        Called with the number of permutations done and the total.

    Returns
    -------
    PermutationResult

    Notes
    -----
    Ojala & Garriga 2010, J Mach Learn Res 11:1833, test 1; (b + 1) / (m + 1): Phipson & Smyth 2010,
    Stat Appl Genet Mol Biol 9:39.
    """
    count = settings.permutations
    exchanged: Literal["between subjects", "within subjects"] = (
        "between subjects" if grouped.constant else "within subjects"
    )
    scores = []
    for score in _scores(trials, grouped, settings, workers):
        scores.append(score)
        if progress is not None:
            progress(len(scores), count)
    permuted = np.array(scores)
    return PermutationResult(
        p_value=float((1 + (permuted >= observed - 1e-12).sum()) / (count + 1)),
        permutations=count,
        exchanged=exchanged,
        mean=float(permuted.mean()),
        percentile_95=float(np.quantile(permuted, 0.95)),
    )


def exchange(grouped: Grouped, seed: list[int]) -> Grouped:
    """Exchange labels, between or within subjects.

    Parameters
    ----------
    grouped : Grouped
        Labels and subjects of the trials, as numbers.
    seed : list of int
        Seed of the random generator.

    Returns
    -------
    Grouped
        With as many subjects, or trials of each subject, in every group as before.
    """
    rng = np.random.default_rng(seed)
    labels: Ints = grouped.labels.copy()
    if grouped.constant:
        of_subject = np.zeros(len(grouped.names), dtype=np.int64)
        of_subject[grouped.subjects] = grouped.labels
        return grouped._replace(labels=rng.permutation(of_subject)[grouped.subjects])
    for subject in range(len(grouped.names)):
        own = np.flatnonzero(grouped.subjects == subject)
        labels[own] = rng.permutation(labels[own])
    return grouped._replace(labels=labels)


def _scores(
    trials: Trials, grouped: Grouped, settings: ClassifierSettings, workers: Workers
) -> Iterator[float]:
    """Return the score of each permutation; the same labels are learned once."""
    labellings = [
        exchange(grouped, [settings.seed, number]).labels.tobytes()
        for number in range(settings.permutations)
    ]
    first = {labels: number for number, labels in reversed(list(enumerate(labellings)))}
    new = _scores_of_each(trials, grouped, settings, sorted(first.values()), workers)
    known: dict[bytes, float] = {}
    for labels in labellings:
        if labels not in known:
            known[labels] = next(new)
        yield known[labels]


def _scores_of_each(
    trials: Trials,
    grouped: Grouped,
    settings: ClassifierSettings,
    numbers: Sequence[int],
    workers: Workers,
) -> Iterator[float]:
    """Return the scores of these permutations, in their order."""
    if not isinstance(workers, int):
        parts = (numbers[place : place + _AT_ONCE] for place in range(0, len(numbers), _AT_ONCE))
        for scores in workers.map(
            _scores_of, ((trials, grouped, settings, part) for part in parts)
        ):
            if isinstance(scores, BaseException):
                raise scores
            yield from scores
        return
    if workers == 1:
        for number in numbers:
            yield _score(trials, grouped, settings, number)
        return
    from joblib import Parallel, delayed

    jobs: Any = (delayed(_score)(trials, grouped, settings, number) for number in numbers)
    yield from Parallel(n_jobs=workers, return_as="generator")(jobs)


def _scores_of(
    trials: Trials, grouped: Grouped, settings: ClassifierSettings, numbers: Sequence[int]
) -> list[float]:
    return [_score(trials, grouped, settings, number) for number in numbers]


def _score(trials: Trials, grouped: Grouped, settings: ClassifierSettings, number: int) -> float:
    permuted = exchange(grouped, [settings.seed, number])
    loso = settings.validation == "leave-one-subject-out"
    predicted = np.empty(len(trials), dtype=np.int64)
    with alone():
        for fold in group_folds(permuted, None if loso else settings.folds, settings.seed):
            scores, _ = out_of_fold(trials, permuted, fold, settings)
            predicted[fold.test] = scores.argmax(axis=1)
    return balanced_accuracy(permuted.labels, predicted, len(grouped.classes))
