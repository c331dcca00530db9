"""Calibration of predicted probabilities: Brier score and reliability bins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.classify.folds import Fold, Grouped
from neuropose.classify.performance import bootstrap, draw_subjects
from neuropose.classify.report import Calibration, ClassCalibration, ReliabilityBin
from neuropose.classify.settings import ClassifierSettings
from neuropose.statistics.records import Estimate, interval_of

Floats = NDArray[np.float64]
_EDGES = np.linspace(0.0, 1.0, 11)


def calibration(
    grouped: Grouped, probabilities: Floats, folds: list[Fold], settings: ClassifierSettings
) -> Calibration:
    """Compare probabilities, predicted out of fold, with the true groups.

    Parameters
    ----------
    grouped : Grouped
        Labels and subjects of the trials, as numbers.
    probabilities : ndarray, shape (N, K)
        Predicted probability of each of K groups.
    folds : list of Fold
        Folds of the validation, for the shares of the groups in their training.
    settings : ClassifierSettings
        Number of resamples, and the seed.

    Returns
    -------
    Calibration

    Notes
    -----
    Brier 1950, Mon Weather Rev 78:1; of two groups halved, as is usual. Bins of a tenth each.
    """
    count = len(grouped.classes)
    truth = np.eye(count)[grouped.labels]
    base = np.zeros_like(probabilities)
    for train, test in folds:
        base[test] = np.bincount(grouped.labels[train], minlength=count) / len(train)
    errors = _errors(probabilities, truth)
    people = len(grouped.names)
    sums = np.bincount(grouped.subjects, errors, minlength=people).astype(np.float64)
    trials = np.bincount(grouped.subjects, minlength=people).astype(np.float64)
    bounds = bootstrap(sums, trials, draw_subjects(grouped, settings), settings.level)
    brier = Estimate(
        value=float(errors.mean()),
        interval=interval_of(*bounds, settings.level),
        n=len(errors),
        method="Brier score (Brier 1950), bootstrap over subjects",
    )
    shown = range(1, 2) if count == 2 else range(count)
    return Calibration(
        brier=brier,
        brier_of_base_rate=float(_errors(base, truth).mean()),
        classes=tuple(
            ClassCalibration(
                label=grouped.classes[place],
                bins=_bins(probabilities[:, place], truth[:, place]),
            )
            for place in shown
        ),
    )


def _errors(probabilities: Floats, truth: Floats) -> Floats:
    squares = ((probabilities - truth) ** 2).sum(axis=1)
    return np.asarray(0.5 * squares if truth.shape[1] == 2 else squares)


def _bins(probability: Floats, truth: Floats) -> tuple[ReliabilityBin, ...]:
    place = np.clip(np.digitize(probability, _EDGES) - 1, 0, len(_EDGES) - 2)
    return tuple(
        ReliabilityBin(
            low=float(_EDGES[number]),
            high=float(_EDGES[number + 1]),
            predicted=min(float(probability[place == number].mean()), 1.0),
            observed=float(truth[place == number].mean()),
            trials=int((place == number).sum()),
        )
        for number in np.unique(place)
    )
