"""Means and shares of values of which several are of one subject."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike

from neuropose.errors import StatisticsError
from neuropose.statistics.records import Estimate, Floats, interval_of
from neuropose.statistics.samples import check_level, complete_rows

ONE_SUBJECT = "one subject: no interval for others"


def clustered_mean(values: ArrayLike, subjects: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Compute a mean in which every subject counts once.

    Parameters
    ----------
    values : array_like, shape (N,)
        Numbers; NaN is left out and counted.
    subjects : array_like, shape (N,)
        Subject of each.
    level : float
        Confidence level of the interval.

    Returns
    -------
    Estimate
        Mean of the subjects' means, with the interval of Student's t over subjects; `n` is the
        number of values. Without a value, if none is known.

    Examples
    --------
    >>> round(clustered_mean([1.0, 1.0, 1.0, 3.0], ["a", "a", "a", "b"]).value, 1)
    2.0
    """
    check_level(level)
    method = "mean of the subjects' means, interval of t over subjects"
    kept, means, _ = _by_subject(values, subjects)
    dropped = len(np.asarray(values)) - kept
    if not kept:
        return Estimate(value=None, n=0, dropped=dropped, method=method, reason="no value is known")
    if len(means) == 1:
        return Estimate(
            value=float(means[0]), n=kept, dropped=dropped, method=method, warnings=(ONE_SUBJECT,)
        )
    half = scipy.stats.t.ppf(0.5 + 0.5 * level, len(means) - 1) * scipy.stats.sem(means)
    mean = float(means.mean())
    interval = interval_of(mean - half, mean + half, level)
    return Estimate(value=mean, interval=interval, n=kept, dropped=dropped, method=method)


def clustered_sd(values: ArrayLike, subjects: ArrayLike) -> float:
    """Compute the standard deviation of one value of a new subject.

    Parameters
    ----------
    values : array_like, shape (N,)
        Numbers; NaN is left out.
    subjects : array_like, shape (N,)
        Subject of each.

    Returns
    -------
    float
        √(variance between + variance within subjects). NaN: fewer than two values.

    Notes
    -----
    Bland & Altman 2007, J Biopharm Stat 17:571.

    Examples
    --------
    >>> round(clustered_sd([1.0, 3.0, 5.0], ["a", "b", "c"]), 1)
    2.0
    """
    kept, means, sizes = _by_subject(values, subjects)
    if kept < 2:
        return float("nan")
    known = ~np.isnan(np.asarray(values, np.float64))
    names, own = np.unique(np.asarray(subjects).astype(str)[known], return_inverse=True)
    rest = np.asarray(values, np.float64)[known] - means[own]
    between = float(means.var(ddof=1)) if len(names) > 1 else 0.0
    if kept == len(names):
        return float(np.sqrt(between))
    within = float((rest**2).sum()) / (kept - len(names))
    return float(np.sqrt(between + (1.0 - float((1.0 / sizes).mean()) * (len(names) > 1)) * within))


def clustered_share(successes: ArrayLike, subjects: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Compute a share of successes, with an interval that knows that those of a subject are alike.

    Parameters
    ----------
    successes : array_like of bool, shape (N,)
        Whether each trial succeeded.
    subjects : array_like, shape (N,)
        Subject of each.
    level : float
        Confidence level of the interval.

    Returns
    -------
    Estimate
        Share of all trials, 0 to 1. Without a value, if there is no trial.

    Notes
    -----
    Wilson's interval (1927, J Am Stat Assoc 22:209) with the effective number of trials, N over the
    design effect of clusters (Korn & Graubard 1998, Surv Methodol 24:193), never above N. If all
    or none succeeded the design effect is not known, and each subject counts as one trial.

    Examples
    --------
    >>> share = clustered_share([True, True, True, False], ["a", "a", "b", "b"])
    >>> share.value, share.interval.low > 0.1
    (0.75, True)
    """
    check_level(level)
    method = "share of all, Wilson's interval with the effective number of trials"
    hits = np.asarray(successes, dtype=np.float64)
    names = np.asarray(subjects).astype(str)
    if hits.shape != names.shape or hits.ndim != 1:
        raise StatisticsError(
            f"trials of shape {hits.shape}, subjects of shape {names.shape}",
            hint="give one subject per trial",
        )
    if not len(hits):
        return Estimate(value=None, n=0, method=method, reason="there is no trial")
    share, count = float(hits.mean()), len(hits)
    groups, own = np.unique(names, return_inverse=True)
    if len(groups) == 1:
        return Estimate(value=share, n=count, method=method, warnings=(ONE_SUBJECT,))
    simple = share * (1.0 - share) / count
    if simple == 0.0:
        effective = float(len(groups))
    else:
        sums = np.bincount(own, hits - share)
        clustered = len(groups) / (len(groups) - 1.0) * float((sums**2).sum()) / count**2
        effective = count / max(1.0, clustered / simple)
    z = float(scipy.stats.norm.ppf(0.5 + 0.5 * level))
    middle = (share + z**2 / (2.0 * effective)) / (1.0 + z**2 / effective)
    half = z * np.sqrt(share * (1.0 - share) / effective + (z / (2.0 * effective)) ** 2)
    half /= 1.0 + z**2 / effective
    interval = interval_of(max(0.0, middle - half), min(1.0, middle + half), level)
    return Estimate(value=share, interval=interval, n=count, method=method)


def _by_subject(values: ArrayLike, subjects: ArrayLike) -> tuple[int, Floats, Floats]:
    """Return how many values are known, and of every subject the mean and the number of them."""
    rows = complete_rows(values, "values", least=0, missing="drop")
    names = np.asarray(subjects).astype(str)
    if names.shape != rows.kept.shape:
        raise StatisticsError(
            f"{len(rows.kept)} values, but subjects of shape {names.shape}",
            hint="give one subject per value",
        )
    _, own = np.unique(names[rows.kept], return_inverse=True)
    sizes = np.bincount(own).astype(np.float64)
    return len(rows.values), np.bincount(own, rows.values) / sizes, sizes
