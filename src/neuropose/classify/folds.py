"""Folds in which no subject is on both sides; anything else is refused."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuropose.classify.settings import ClassifierSettings
from neuropose.classify.trials import Trials
from neuropose.errors import FeatureTableError, LeakageError
from neuropose.grammar import counted

Ints = NDArray[np.int64]
_SHOWN = 5


class Fold(NamedTuple):
    """One split: indices of the trials to train with, and of those to test with."""

    train: Ints
    test: Ints


class Grouped(NamedTuple):
    """Labels and subjects as numbers.

    Parameters
    ----------
    labels : ndarray of int64, shape (N,)
        Group of each trial, as an index into the names of the groups.
    subjects : ndarray of int64, shape (N,)
        Subject of each trial, as an index into the names of the subjects.
    classes : tuple of str
        Names of the groups, ascending.
    names : tuple of str
        Names of the subjects, ascending.
    """

    labels: Ints
    subjects: Ints
    classes: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def constant(self) -> bool:
        """Whether every subject is in one group only, as patients and controls are."""
        pairs = np.unique(np.stack([self.subjects, self.labels]), axis=1)
        return bool(pairs.shape[1] == len(self.names))


def group(trials: Trials) -> Grouped:
    """Convert labels and subjects to numbers.

    Parameters
    ----------
    trials : Trials
        Features, distances or series, with the group and subject of each trial.

    Returns
    -------
    Grouped

    Raises
    ------
    FeatureTableError
        If there are no labels, or only one.
    """
    if trials.labels is None:
        raise FeatureTableError("the trials have no groups", hint="name the column of the group")
    classes, labels = np.unique(trials.labels, return_inverse=True)
    names, subjects = np.unique(trials.subjects, return_inverse=True)
    if len(classes) < 2:
        raise FeatureTableError(
            f"all trials are of one group, {str(classes[0])!r}",
            hint="there is nothing to tell apart",
        )
    return Grouped(labels, subjects, tuple(map(str, classes)), tuple(map(str, names)))


def outer_folds(grouped: Grouped, settings: ClassifierSettings) -> list[Fold]:
    """Make the folds of the validation.

    Parameters
    ----------
    grouped : Grouped
        Labels and subjects of the trials, as numbers.
    settings : ClassifierSettings
        How to validate, and the seed.

    Returns
    -------
    list of Fold

    Raises
    ------
    LeakageError
        If plain k-fold is requested although subjects have several trials; if there are too few
        subjects of a group for the folds; or if a fold would train without one of the groups.
    """
    counts = Counter(grouped.subjects.tolist())
    if settings.validation == "k-fold" and len(counts) < len(grouped.subjects):
        raise LeakageError(
            f"{len(grouped.subjects)} trials of {len(counts)} subjects "
            f"({_most(grouped, counts)}): k-fold would test on subjects that it was trained on",
            hint="validate by subject: group-k-fold, or leave-one-subject-out",
        )
    smallest, name = min(
        (len(np.unique(grouped.subjects[grouped.labels == place])), name)
        for place, name in enumerate(grouped.classes)
    )
    loso = settings.validation == "leave-one-subject-out"
    if smallest < (2 if loso else settings.folds):
        raise LeakageError(
            f"{counted(smallest, 'subject of', 'subjects of')} group {name!r} "
            f"{'is' if smallest == 1 else 'are'} too few for "
            f"{'leaving one out' if loso else f'{settings.folds} folds'}",
            hint="record more subjects"
            if smallest < 2
            else f"take {smallest} folds at most, or leave-one-subject-out",
        )
    folds = group_folds(grouped, None if loso else settings.folds, settings.seed)
    for number, fold in enumerate(folds):
        absent = set(range(len(grouped.classes))) - set(grouped.labels[fold.train].tolist())
        if absent:
            raise LeakageError(
                f"fold {number + 1} would be trained without group "
                f"{grouped.classes[min(absent)]!r}",
                hint="take fewer folds, another seed, or leave-one-subject-out",
            )
    return folds


def group_folds(grouped: Grouped, folds: int | None, seed: int) -> list[Fold]:
    """Split by subject, stratified by group; None: each subject is a fold.

    Parameters
    ----------
    grouped : Grouped
        Labels and subjects of the trials, as numbers.
    folds : int or None
        Number of folds. None: leave one subject out.
    seed : int
        Seed of the random generator.

    Returns
    -------
    list of Fold
    """
    from sklearn.model_selection import LeaveOneGroupOut, StratifiedGroupKFold

    splitter = (
        LeaveOneGroupOut()
        if folds is None
        else StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    )
    dummy = np.zeros(len(grouped.labels))
    return [
        Fold(train, test)
        for train, test in splitter.split(dummy, grouped.labels, grouped.subjects)
        if len(test)
    ]


def inner_folds(grouped: Grouped, train: Ints, wanted: int, seed: int) -> list[Fold]:
    """Split the training trials of a fold again, for the choice of parameters.

    Parameters
    ----------
    grouped : Grouped
        Labels and subjects of the trials, as numbers.
    train : ndarray of int64
        Indices of the training trials.
    wanted : int
        Number of folds; fewer if a group has fewer subjects.
    seed : int
        Seed of the random generator.

    Returns
    -------
    list of Fold
        Indices among all trials. Empty if a group has a single subject.
    """
    part = grouped._replace(labels=grouped.labels[train], subjects=grouped.subjects[train])
    present = np.unique(part.labels)
    least = min(len(np.unique(part.subjects[part.labels == place])) for place in present)
    if least < 2:
        return []
    folds = group_folds(part, min(wanted, least), seed)
    return [Fold(train[fold.train], train[fold.test]) for fold in folds]


def _most(grouped: Grouped, counts: Counter[int]) -> str:
    most = counts.most_common(_SHOWN)
    shown = ", ".join(f"{grouped.names[subject]}: {count}" for subject, count in most)
    return shown if len(counts) <= _SHOWN else f"{shown}, …"
