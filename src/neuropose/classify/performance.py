"""Balanced accuracy, sensitivity, specificity and AUC, with intervals that account for subjects."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from neuropose.classify.folds import Grouped, Ints
from neuropose.classify.report import ClassPerformance, Performance
from neuropose.classify.settings import ClassifierSettings
from neuropose.statistics.records import Estimate, interval_of

Floats = NDArray[np.float64]
Bounds = tuple[float, float]


class _Resamples(NamedTuple):
    """How often each subject is in each resample, shape (R, S)."""

    weights: Floats
    level: float


class _Share(NamedTuple):
    """A share with its bounds, and how these were made."""

    value: float
    bounds: Bounds
    method: str
    trials: int


def performance(
    grouped: Grouped,
    scores: Floats,
    settings: ClassifierSettings,
    unit: Literal["trial", "subject"],
) -> Performance:
    """Score predictions.

    Parameters
    ----------
    grouped : Grouped
        True labels.
    scores : ndarray, shape (N, K)
        Scores predicted out of fold.
    settings : ClassifierSettings
        Number of resamples, and the seed.
    unit : {"trial", "subject"}
        What a row represents.

    Returns
    -------
    Performance

    Notes
    -----
    Trials of a subject are alike. If every subject has one trial, intervals of shares are those of
    Wilson 1927 (J Am Stat Assoc 22:209), and that of their mean is put together from them (Newcombe
    1998, Stat Med 17:873). If not, they are percentiles of a bootstrap over subjects (Field & Welsh
    2007, J R Stat Soc B 69:369), drawn within groups where a subject has one; where no resample
    differs, as without any mistake, Wilson's for as many trials as there are subjects. All take the
    classifier as given: they do not include the variation from another training set.
    """
    count = len(grouped.classes)
    single = len(grouped.names) == len(grouped.labels)
    confusions = np.zeros((len(grouped.names), count, count))
    np.add.at(confusions, (grouped.subjects, grouped.labels, scores.argmax(axis=1)), 1.0)
    draws = _Resamples(draw_subjects(grouped, settings), settings.level)
    total = confusions.sum(axis=0)
    recalls, classes = [], []
    for place, label in enumerate(grouped.classes):
        own = np.zeros((count, count))
        own[place] = 1.0
        inside = grouped.labels == place
        hit, rest = np.zeros_like(own), 1.0 - own
        hit[place, place] = 1.0
        missed = rest.copy()
        missed[:, place] = 0.0
        recall = _share(confusions, hit, own, grouped.subjects[inside], draws, single=single)
        other = _share(confusions, missed, rest, grouped.subjects[~inside], draws, single=single)
        recalls.append(recall)
        classes.append(
            ClassPerformance(
                label=label,
                sensitivity=_estimate(recall, draws.level),
                specificity=_estimate(other, draws.level),
                trials=int(inside.sum()),
                subjects=len(np.unique(grouped.subjects[inside])),
                roc=_roc(inside, scores[:, place]),
            )
        )
    return Performance(
        unit=unit,
        balanced_accuracy=_balanced(confusions, recalls, draws, single=single),
        auc=_auc(grouped, scores, draws),
        classes=tuple(classes),
        confusion=tuple(tuple(int(cell) for cell in row) for row in total),
    )


def bootstrap(values: Floats, weights: Floats, draws: Floats, level: float) -> Bounds:
    """Return percentiles of a weighted mean over subjects.

    Parameters
    ----------
    values, weights : ndarray, shape (S,)
        Sum over the trials of each subject, and their number.
    draws : ndarray, shape (R, S)
        How often each subject is in each resample.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    tuple of float
    """
    return _percentiles((draws @ values) / (draws @ weights), level)


def draw_subjects(grouped: Grouped, settings: ClassifierSettings) -> Floats:
    """Draw resamples of the subjects, within groups where each subject has one.

    Parameters
    ----------
    grouped : Grouped
        Labels and subjects of the trials, as numbers.
    settings : ClassifierSettings
        Number of resamples, and the seed.

    Returns
    -------
    ndarray, shape (R, S)
        How often each subject is in each resample.
    """
    rng = np.random.default_rng(settings.seed)
    subjects = len(grouped.names)
    strata = np.zeros(subjects, dtype=np.int64)
    if grouped.constant:
        strata[grouped.subjects] = grouped.labels
    weights = np.zeros((settings.resamples, subjects))
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        share = np.full(len(members), 1.0 / len(members))
        weights[:, members] = rng.multinomial(len(members), share, settings.resamples)
    return weights


def _share(
    confusions: Floats,
    hit: Floats,
    among: Floats,
    subjects: Ints,
    draws: _Resamples,
    *,
    single: bool,
) -> _Share:
    hits = (confusions * hit).sum(axis=(1, 2))
    totals = (confusions * among).sum(axis=(1, 2))
    value = float(hits.sum() / totals.sum())
    trials = int(totals.sum())
    people = len(np.unique(subjects))
    if single:
        return _Share(value, _wilson(value, people, draws.level), "Wilson interval", trials)
    with np.errstate(invalid="ignore"):  # a resample without any of these subjects
        resampled = (draws.weights @ hits) / (draws.weights @ totals)
    bounds = _percentiles(resampled, draws.level)
    if bounds[0] == bounds[1]:
        method = "no resample differs: Wilson interval for as many trials as subjects"
        return _Share(value, _wilson(value, people, draws.level), method, trials)
    return _Share(value, bounds, "bootstrap over subjects", trials)


def _balanced(
    confusions: Floats, recalls: list[_Share], draws: _Resamples, *, single: bool
) -> Estimate:
    value = float(np.mean([recall.value for recall in recalls]))
    trials = sum(recall.trials for recall in recalls)
    totals = np.einsum("rs,sij->rij", draws.weights, confusions)
    with np.errstate(invalid="ignore"):
        resampled = (np.einsum("rii->ri", totals) / totals.sum(axis=2)).mean(axis=1)
    bounds, method = _percentiles(resampled, draws.level), "bootstrap over subjects"
    if single or bounds[0] == bounds[1]:
        down = [recall.value - recall.bounds[0] for recall in recalls]
        up = [recall.bounds[1] - recall.value for recall in recalls]
        half = np.sqrt(np.sum(np.square([down, up]), axis=1)) / len(recalls)
        bounds = max(value - float(half[0]), 0.0), min(value + float(half[1]), 1.0)
        method = "from Wilson intervals of the sensitivities (Newcombe 1998)"
    return _estimate(_Share(value, bounds, method, trials), draws.level)


def _auc(grouped: Grouped, scores: Floats, draws: _Resamples) -> Estimate:
    places = range(len(grouped.classes))
    if len(places) == 2:
        places = range(1, 2)
    areas = []
    for place in places:
        score = scores[:, place]
        pairs, positive, negative = _pairs(grouped, score, place)
        with np.errstate(invalid="ignore"):
            resampled = ((draws.weights @ pairs) * draws.weights).sum(axis=1) / (
                (draws.weights @ positive) * (draws.weights @ negative)
            )
        areas.append((pairs.sum() / (positive.sum() * negative.sum()), resampled))
    value = float(np.mean([area for area, _ in areas]))
    bounds = _percentiles(np.mean([resampled for _, resampled in areas], axis=0), draws.level)
    warnings = []
    interval = interval_of(*bounds, draws.level)
    if bounds[0] == bounds[1]:
        interval = None
        warnings.append("no interval: no resample differs")
    return Estimate(
        value=value,
        interval=interval,
        n=len(scores),
        method="area under the curve over all folds, bootstrap over subjects",
        warnings=tuple(warnings),
    )


def _roc(inside: NDArray[np.bool_], score: Floats) -> tuple[tuple[float, float], ...]:
    """Return the shares at or above each threshold; equal scores are one step."""
    order = np.argsort(-score, kind="stable")
    last = np.append(np.diff(score[order]) != 0.0, True)  # of those with the same score
    hits, others = (np.cumsum(each[order])[last] for each in (inside, ~inside))
    shares = zip(others / others[-1], hits / hits[-1], strict=True)
    return ((0.0, 0.0), *((float(other), float(hit)) for other, hit in shares))


def _pairs(grouped: Grouped, score: Floats, place: int) -> tuple[Floats, Floats, Floats]:
    """Of every two subjects, in how many pairs the one of the group has the higher score."""
    inside = grouped.labels == place
    count = len(grouped.names)
    pairs = np.zeros((count, count))
    order = np.argsort(grouped.subjects[~inside], kind="stable")
    others, other_subjects = score[~inside][order], grouped.subjects[~inside][order]
    for subject in np.unique(grouped.subjects[inside]):
        own = score[inside & (grouped.subjects == subject)]
        ranks = np.sort(own)
        above = len(own) - np.searchsorted(ranks, others, side="right")
        level = len(own) - np.searchsorted(ranks, others, side="left") - above
        pairs[subject] = np.bincount(other_subjects, above + 0.5 * level, minlength=count)
    positive = np.bincount(grouped.subjects[inside], minlength=count).astype(np.float64)
    negative = np.bincount(grouped.subjects[~inside], minlength=count).astype(np.float64)
    return pairs, positive, negative


def _wilson(share: float, n: int, level: float) -> Bounds:
    z = float(stats.norm.ppf(0.5 + 0.5 * level))
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def _percentiles(resampled: Floats, level: float) -> Bounds:
    tails = [0.5 - 0.5 * level, 0.5 + 0.5 * level]
    low, high = np.nanquantile(resampled, tails)
    return float(low), float(high)


def _estimate(share: _Share, level: float) -> Estimate:
    return Estimate(
        value=share.value,
        interval=interval_of(*share.bounds, level),
        n=share.trials,
        method=share.method,
    )
