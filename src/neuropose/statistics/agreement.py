"""Agreement of two methods: bias and limits of agreement, after Bland and Altman."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray
from pydantic import FiniteFloat

from neuropose.data.metadata import Contract, NonNegativeInt
from neuropose.errors import StatisticsError
from neuropose.statistics.records import (
    Bools,
    Estimate,
    Floats,
    Missing,
    Share,
    Text,
    interval_of,
)
from neuropose.statistics.samples import as_pairs, check_level, too_few

LEAST_PAIRS = 40
"""With fewer pairs, Bland and Altman's own intervals are too narrow (Carkeet & Goh 2018)."""

_LIMIT = 1.96
_TREND = 0.05

Bounds = tuple[float, float]


class BlandAltman(Contract):
    """Agreement of two methods.

    Parameters
    ----------
    bias : Estimate
        Mean of first − second, unit of the measurements.
    lower, upper : Estimate
        Limits of agreement, bias ∓ 1.96 SD: where 95 % of the differences lie.
    sd : float
        Standard deviation of the differences, between and within subjects together.
    slope : Estimate
        Change of the difference per unit of the mean of both. Not 0: proportional bias.
    slope_p_value : float or None
        Two-sided p-value of the slope. None: there is no slope.
    n : int
        Number of pairs.
    subjects : int
        Number of subjects; fewer than `n` if there are several pairs of one subject.
    dropped : int
        Number of pairs that were left out because a value is missing.
    method : str
        How the limits were computed, with the reference.
    warnings : tuple of str
        What limits the use of the limits of agreement.
    """

    bias: Estimate
    lower: Estimate
    upper: Estimate
    sd: FiniteFloat
    slope: Estimate
    slope_p_value: Share | None
    n: NonNegativeInt
    subjects: NonNegativeInt
    dropped: NonNegativeInt
    method: Text
    warnings: tuple[Text, ...] = ()


class _Limits(NamedTuple):
    bias: float
    sd: float
    bias_bounds: Bounds
    lower_bounds: Bounds
    upper_bounds: Bounds
    method: str


def bland_altman(
    first: ArrayLike,
    second: ArrayLike,
    *,
    subjects: ArrayLike | None = None,
    intervals: Literal["exact", "approximate"] = "exact",
    level: float = 0.95,
    missing: Missing = "raise",
) -> BlandAltman:
    """Compute bias, limits of agreement with their intervals, and proportional bias.

    Parameters
    ----------
    first, second : array_like, shape (N,)
        Measurements by two methods, pair by pair, in the same unit. NaN: missing.
    subjects : array_like, shape (N,), optional
        Subject of each pair. Several pairs of one subject are alike: treated as independent they
        make the intervals too narrow. Default: every pair is from a different subject.
    intervals : {"exact", "approximate"}
        Intervals of the limits: exact, from the noncentral t distribution, or Bland and Altman's
        own approximation. With several pairs per subject they are always approximate (MOVER).
    level : float
        Confidence level of the intervals.
    missing : {"raise", "drop"}

    Returns
    -------
    BlandAltman

    Raises
    ------
    StatisticsError
        If there are fewer than 3 complete pairs or subjects, or something is missing.

    Notes
    -----
    Bland & Altman 1986, Lancet 327:307; 1999, Stat Methods Med Res 8:135: limits bias ∓ 1.96 SD,
    standard error of a limit √(1/n + 1.96² / (2 (n − 1))) SD, regression of the difference on the
    mean. Exact: Shieh 2018, BMC Med Res Methodol 18:45. Several
    pairs of a subject whose true value changes: Bland & Altman 2007, J Biopharm Stat 17:571 (the
    variance of a difference is that between plus that within subjects); intervals after Zou 2013,
    Stat Methods Med Res 22:630. The bias is then the mean over subjects, each counting once, and
    the slope is that of the subjects' means.

    Examples
    --------
    >>> camera = [1.02, 0.85, 1.21, 0.64, 1.10, 0.93]
    >>> markers = [1.00, 0.88, 1.17, 0.66, 1.05, 0.93]
    >>> agreement = bland_altman(camera, markers)
    >>> [round(each.value, 3) for each in (agreement.bias, agreement.lower, agreement.upper)]
    [0.01, -0.053, 0.073]
    """
    check_level(level)
    if intervals not in ("exact", "approximate"):
        raise StatisticsError(f"intervals is {intervals!r}", hint="give 'exact' or 'approximate'")
    rows = as_pairs(first, second, least=3, missing=missing)
    differences = rows.values[:, 0] - rows.values[:, 1]
    means = rows.values.mean(axis=1)
    groups = _groups(subjects, rows.kept)
    count = len(differences) if groups is None else int(groups.max()) + 1
    if groups is None or count == len(differences):
        limits = _independent(differences, intervals, level)
    else:
        limits = _repeated(differences, groups, level)
        sizes = np.bincount(groups)
        differences = np.bincount(groups, differences) / sizes
        means = np.bincount(groups, means) / sizes
    warnings = too_few(count, LEAST_PAIRS, "subjects")

    def estimate(value: float, bounds: Bounds, method: str) -> Estimate:
        return Estimate(
            value=value,
            interval=interval_of(*bounds, level),
            n=count,
            dropped=rows.dropped,
            method=method,
            warnings=warnings,
        )

    slope, p_value = _slope(differences, means, level, rows.dropped)
    trend = p_value is not None and p_value < _TREND
    spread = _LIMIT * limits.sd
    return BlandAltman(
        bias=estimate(limits.bias, limits.bias_bounds, "mean difference, first − second"),
        lower=estimate(
            limits.bias - spread, limits.lower_bounds, f"bias − 1.96 SD, {limits.method}"
        ),
        upper=estimate(
            limits.bias + spread, limits.upper_bounds, f"bias + 1.96 SD, {limits.method}"
        ),
        sd=limits.sd,
        slope=slope,
        slope_p_value=p_value,
        n=len(rows.values),
        subjects=count,
        dropped=rows.dropped,
        method=f"limits of agreement (Bland & Altman 1999), {limits.method}",
        warnings=(
            *warnings,
            *(("the difference changes with the size: the limits hold on average only",) * trend),
        ),
    )


def _groups(subjects: ArrayLike | None, kept: Bools) -> NDArray[np.int64] | None:
    if subjects is None:
        return None
    names = np.asarray(subjects)
    if names.shape != kept.shape:
        raise StatisticsError(
            f"{len(kept)} pairs, but subjects of shape {names.shape}", hint="give one name per pair"
        )
    missing = np.array([name is None or name != name for name in names.tolist()], dtype=bool)
    if (missing & kept).any():
        raise StatisticsError(
            f"{int((missing & kept).sum())} pairs have no subject",
            hint="say whose they are, or leave them out",
        )
    names, groups = np.unique(names[kept].astype(str), return_inverse=True)
    if len(names) < 3:
        raise StatisticsError(f"too few subjects: {len(names)}", hint="3 or more are needed")
    return np.asarray(groups)


def _independent(differences: Floats, intervals: str, level: float) -> _Limits:
    n = len(differences)
    bias, sd = float(differences.mean()), float(differences.std(ddof=1))
    tails = np.array([0.5 - 0.5 * level, 0.5 + 0.5 * level])
    t = float(scipy.stats.t.ppf(tails[1], n - 1))
    half = t * sd / np.sqrt(n)
    if intervals == "exact":
        inner, outer = limit_factors(n, level)
        method = "exact intervals (Shieh 2018)"
    else:
        error = t * np.sqrt(1.0 / n + _LIMIT**2 / (2.0 * (n - 1)))
        inner, outer = _LIMIT - error, _LIMIT + error
        method = "approximate intervals (Bland & Altman 1999)"
    return _Limits(
        bias,
        sd,
        (bias - half, bias + half),
        (bias - outer * sd, bias - inner * sd),
        (bias + inner * sd, bias + outer * sd),
        method,
    )


def limit_factors(n: int, level: float, limit: float = _LIMIT) -> Bounds:
    """Return the bounds of a limit in SD from the mean, from the noncentral t distribution.

    Parameters
    ----------
    n : int
        Number of values in the sample.
    level : float
        Confidence level of the two-sided interval.
    limit : float
        Limit in SD from the mean, in the population.

    Returns
    -------
    tuple of float
        Inner and outer bound: one-sided tolerance factors.

    Examples
    --------
    >>> round(limit_factors(10, 0.9, 1.6448536)[1], 3)  # Odeh & Owen 1980: 95 % of it, 95 % sure
    2.911
    """
    tails = [0.5 - 0.5 * level, 0.5 + 0.5 * level]
    inner, outer = scipy.stats.nct.ppf(tails, n - 1, limit * np.sqrt(n)) / np.sqrt(n)
    return float(inner), float(outer)


def _repeated(differences: Floats, groups: NDArray[np.int64], level: float) -> _Limits:
    sizes = np.bincount(groups).astype(np.float64)
    n, total = len(sizes), len(differences)
    by_subject = np.bincount(groups, differences) / sizes
    within = float(((differences - by_subject[groups]) ** 2).sum() / (total - n))
    between = float(by_subject.var(ddof=1))  # of means: holds a share of what is within
    share = 1.0 - float((1.0 / sizes).mean())
    variance = between + share * within
    bias, sd = float(by_subject.mean()), float(np.sqrt(variance))
    low, high = _variance_bounds(((between, n - 1), (share * within, total - n)), level)
    half = float(scipy.stats.t.ppf(0.5 + 0.5 * level, n - 1)) * np.sqrt(between / n)
    widen = np.hypot(half, _LIMIT * (np.sqrt(high) - sd))
    narrow = np.hypot(half, _LIMIT * (sd - np.sqrt(low)))
    lower, upper = bias - _LIMIT * sd, bias + _LIMIT * sd
    return _Limits(
        bias,
        sd,
        (bias - half, bias + half),
        (lower - widen, lower + narrow),
        (upper - narrow, upper + widen),
        f"{total} pairs of {n} subjects (Bland & Altman 2007), intervals by MOVER (Zou 2013)",
    )


def _variance_bounds(parts: tuple[tuple[float, int], ...], level: float) -> Bounds:
    """Bounds of a sum of variances from those of its parts, each with its degrees of freedom."""
    tails = [0.5 + 0.5 * level, 0.5 - 0.5 * level]
    total = sum(value for value, _ in parts)
    down = up = 0.0
    for value, df in parts:
        low, high = df / np.asarray(scipy.stats.chi2.ppf(tails, df))
        down += (value * (1.0 - low)) ** 2
        up += (value * (high - 1.0)) ** 2
    return max(total - float(np.sqrt(down)), 0.0), total + float(np.sqrt(up))


def _slope(
    differences: Floats, means: Floats, level: float, dropped: int
) -> tuple[Estimate, float | None]:
    method = "regression of the difference on the mean (Bland & Altman 1999)"
    n = len(means)
    if np.ptp(means) == 0.0:
        reason = "all pairs have the same mean"
        return Estimate(value=None, n=n, dropped=dropped, method=method, reason=reason), None
    # In units of their own, since squares of very small numbers are 0.
    width, height = float(np.ptp(means)), float(np.abs(differences).max()) or 1.0
    fit = scipy.stats.linregress((means - means.mean()) / width, differences / height)
    unit = height / width
    half = scipy.stats.t.ppf(0.5 + 0.5 * level, n - 2) * fit.stderr
    interval = interval_of(unit * (fit.slope - half), unit * (fit.slope + half), level)
    estimate = Estimate(
        value=unit * float(fit.slope), interval=interval, n=n, dropped=dropped, method=method
    )
    return estimate, float(fit.pvalue) if np.isfinite(fit.pvalue) else None
