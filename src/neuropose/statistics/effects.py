"""Effect sizes with their intervals: how large a difference is, on a scale of its own."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike

from neuropose.errors import StatisticsError
from neuropose.statistics.records import Estimate, Floats, Interval, Missing, interval_of
from neuropose.statistics.samples import as_pairs, as_sample, check_level, too_few

_FEW = 10  # pairs, or values of a group
_RESAMPLES = 9999
_APART = "the rank-biserial correlation has no interval: all differences have the same sign"


def hedges_g(
    first: ArrayLike, second: ArrayLike, *, level: float = 0.95, missing: Missing = "raise"
) -> Estimate:
    """Compute Hedges' g of two groups: the difference of their means over their pooled SD.

    Parameters
    ----------
    first, second : array_like, shape (N,) and (M,)
        One value per subject. NaN: missing.
    level : float
        Confidence level of the interval.
    missing : {"raise", "drop"}

    Returns
    -------
    Estimate
        In standard deviations; above 0: first is larger.

    Raises
    ------
    StatisticsError
        If a group has fewer than 2 complete values, or something is missing.

    Notes
    -----
    Hedges 1981, J Educ Stat 6:107, with the exact correction for small samples. Interval from the
    noncentral t distribution (Steiger & Fouladi 1997), times the same correction.

    Examples
    --------
    >>> effect = hedges_g([1.2, 1.3, 1.1, 1.4, 1.2], [1.0, 1.1, 0.9, 1.2, 1.0])
    >>> round(effect.value, 2), round(effect.interval.low, 2), round(effect.interval.high, 2)
    (1.58, 0.2, 2.9)
    """
    check_level(level)
    one = as_sample(first, "first values", least=2, missing=missing)
    other = as_sample(second, "second values", least=2, missing=missing)
    n, m = len(one.values), len(other.values)
    df = n + m - 2
    squares = sum(
        float(((group - group.mean()) ** 2).sum()) for group in (one.values, other.values)
    )
    return _standardised(
        float(one.values.mean() - other.values.mean()),
        float(np.sqrt(squares / df)),
        np.sqrt(1.0 / n + 1.0 / m),
        df,
        level,
        factor=_small_sample(df),
        n=n + m,
        dropped=one.dropped + other.dropped,
        method="Hedges g, pooled SD (Hedges 1981), noncentral t interval",
        warnings=too_few(min(n, m), _FEW, "values of a group"),
    )


def cohens_dz(
    first: ArrayLike, second: ArrayLike, *, level: float = 0.95, missing: Missing = "raise"
) -> Estimate:
    """Compute Cohen's d_z of pairs: the mean of their differences over the SD of the differences.

    Parameters
    ----------
    first, second : array_like, shape (N,)
        Values, pair by pair. NaN: missing.
    level : float
        Confidence level of the interval.
    missing : {"raise", "drop"}

    Returns
    -------
    Estimate
        In standard deviations of the difference, not of the measurements: the more alike the two
        sides of a pair are, the larger. Not to be compared with `hedges_g`.

    Raises
    ------
    StatisticsError
        If there are fewer than 2 complete pairs, or something is missing.

    Notes
    -----
    Cohen 1988, section 2.3.5; Lakens 2013, Front Psychol 4:863, eq. 6. No correction for small
    samples. Interval from the noncentral t distribution (Steiger & Fouladi 1997).

    Examples
    --------
    >>> round(cohens_dz([0.8, 0.9, 0.7, 1.0], [0.7, 0.7, 0.6, 0.8]).value, 2)
    2.6
    """
    check_level(level)
    rows = as_pairs(first, second, least=2, missing=missing)
    differences = rows.values[:, 0] - rows.values[:, 1]
    n = len(differences)
    return _standardised(
        float(differences.mean()),
        float(differences.std(ddof=1)),
        1.0 / np.sqrt(n),
        n - 1,
        level,
        factor=1.0,
        n=n,
        dropped=rows.dropped,
        method="Cohen d_z (Lakens 2013), noncentral t interval",
        warnings=too_few(n, _FEW, "pairs"),
    )


def cliffs_delta(
    first: ArrayLike, second: ArrayLike, *, level: float = 0.95, missing: Missing = "raise"
) -> Estimate:
    """Compute Cliff's delta of two groups, which is also their rank-biserial correlation.

    The probability that a value of the first group is the larger one, minus the probability that it
    is the smaller one: −1 to 1. It depends only on the order of the values.

    Parameters
    ----------
    first, second : array_like, shape (N,) and (M,)
        One value per subject. NaN: missing.
    level : float
        Confidence level of the interval.
    missing : {"raise", "drop"}

    Returns
    -------
    Estimate
        Without an interval if the groups do not overlap.

    Raises
    ------
    StatisticsError
        If a group has fewer than 2 complete values, or something is missing.

    Notes
    -----
    Cliff 1993, Psychol Bull 114:494: the unbiased variance, and the asymmetric interval that stays
    within −1 to 1, with Student's t of N + M − 2 degrees of freedom (Feng & Cliff 2004, J Mod Appl
    Stat Methods 3:322).

    Examples
    --------
    >>> cliffs_delta([1, 3, 4, 6], [2, 2, 5, 1]).value
    0.3125
    """
    check_level(level)
    one = as_sample(first, "first values", least=2, missing=missing)
    other = as_sample(second, "second values", least=2, missing=missing)
    n, m = len(one.values), len(other.values)
    dominance = np.sign(one.values[:, None] - other.values)
    delta = float(dominance.mean())
    rest = dominance - delta
    # Of rows, columns and cells.
    variance = (
        m**2 * (rest.mean(axis=1) ** 2).sum()
        + n**2 * (rest.mean(axis=0) ** 2).sum()
        - (rest**2).sum()
    ) / (n * m * (n - 1.0) * (m - 1.0))
    # The estimate can be too small, even negative; this is the least that it can be.
    variance = max(float(variance), (1.0 - delta**2) / (n * m - 1.0))
    warnings = list(too_few(min(n, m), _FEW, "values of a group"))
    tied = int((dominance == 0).sum())
    if tied:
        warnings.append(f"{tied} of {n * m} comparisons are ties")
    interval = None
    if abs(delta) == 1.0:
        warnings.append("no interval: the groups do not overlap")
    else:
        t = float(scipy.stats.t.ppf(0.5 + 0.5 * level, n + m - 2))
        scaled = t**2 * variance
        half = t * np.sqrt(variance) * np.sqrt((1.0 - delta**2) ** 2 + scaled)
        below, centre = 1.0 - delta**2 + scaled, delta - delta**3
        interval = interval_of((centre - half) / below, (centre + half) / below, level)
    return Estimate(
        value=delta,
        interval=interval,
        n=n + m,
        dropped=one.dropped + other.dropped,
        method="Cliff's delta = rank-biserial correlation (Cliff 1993; Feng & Cliff 2004)",
        warnings=tuple(warnings),
    )


def rank_biserial(
    first: ArrayLike,
    second: ArrayLike,
    *,
    level: float = 0.95,
    seed: int = 0,
    missing: Missing = "raise",
) -> Estimate:
    """Compute the matched-pairs rank-biserial correlation: −1 to 1.

    The sum of the ranks of positive differences minus that of negative ones, over the sum of all;
    what belongs to Wilcoxon's signed-rank test.

    Parameters
    ----------
    first, second : array_like, shape (N,)
        Values, pair by pair. NaN: missing. Pairs without a difference have no sign: they are left
        out, and a warning counts them.
    level : float
        Confidence level of the interval.
    seed : int
        Seed of the bootstrap.
    missing : {"raise", "drop"}

    Returns
    -------
    Estimate
        Without an interval if all differences have the same sign.

    Raises
    ------
    StatisticsError
        If there are fewer than 2 complete pairs, or something is missing.

    Notes
    -----
    Kerby 2014, Compr Psychol 3:1. Interval: bias-corrected and accelerated bootstrap over pairs,
    9,999 samples (Efron 1987, J Am Stat Assoc 82:171).

    Examples
    --------
    >>> rank_biserial([5, 7, 6, 9, 8], [4, 5, 7, 5, 3]).value
    0.8
    """
    check_level(level)
    rows = as_pairs(first, second, least=2, missing=missing)
    differences = rows.values[:, 0] - rows.values[:, 1]
    signed = differences[differences != 0.0]
    method = "matched-pairs rank-biserial correlation (Kerby 2014), BCa bootstrap"
    warnings = list(too_few(len(signed), _FEW, "pairs"))
    if len(signed) < len(differences):
        warnings.append(f"{len(differences) - len(signed)} pairs without a difference are left out")
    if not len(signed):
        return Estimate(
            value=None,
            n=0,
            dropped=rows.dropped,
            method=method,
            warnings=tuple(warnings),
            reason="no pair differs",
        )
    value = float(_signed_ranks(signed))
    interval = None
    if abs(value) == 1.0:
        warnings.append(_APART)
    else:
        interval = _bootstrap(signed, level, seed)
    return Estimate(
        value=value,
        interval=interval,
        n=len(signed),
        dropped=rows.dropped,
        method=method,
        warnings=tuple(warnings),
    )


def _small_sample(df: int) -> float:
    """Correct the bias of a standardised difference, exactly (Hedges 1981)."""
    logs = scipy.special.gammaln(0.5 * df) - scipy.special.gammaln(0.5 * (df - 1.0))
    return float(np.exp(logs) / np.sqrt(0.5 * df))


def _standardised(
    difference: float,
    sd: float,
    scale: float,
    df: int,
    level: float,
    *,
    factor: float,
    n: int,
    dropped: int,
    method: str,
    warnings: tuple[str, ...],
) -> Estimate:
    """Difference over SD, times a factor; the interval from that of the noncentrality of t."""
    if sd <= np.finfo(np.float64).eps * abs(difference):
        reason = "the values do not vary: there is no SD to measure the difference by"
        return Estimate(
            value=None, n=n, dropped=dropped, method=method, warnings=warnings, reason=reason
        )
    t = difference / sd / scale
    tails = 0.5 + 0.5 * level, 0.5 - 0.5 * level
    low, high = (_noncentrality(t, df, tail) * scale * factor for tail in tails)
    return Estimate(
        value=factor * difference / sd,
        interval=interval_of(low, high, level),
        n=n,
        dropped=dropped,
        method=method,
        warnings=warnings,
    )


def _noncentrality(t: float, df: int, tail: float) -> float:
    """Noncentrality with which t or less has the chance `tail`."""

    def miss(noncentrality: float) -> float:
        return float(scipy.stats.nct.cdf(t, df, noncentrality)) - tail

    reach = 1.0
    while miss(t - reach) < 0.0 or miss(t + reach) > 0.0:
        reach *= 2.0
        if reach > 1e6:
            raise StatisticsError(
                f"t = {t:g} is too large for an interval", hint="check the values"
            )
    return float(scipy.optimize.brentq(miss, t - reach, t + reach, xtol=1e-10))


def _signed_ranks(differences: Floats, axis: int = -1) -> Floats:
    ranks = scipy.stats.rankdata(np.abs(differences), axis=axis)
    total = ranks.sum(axis=axis)
    return np.asarray((np.sign(differences) * ranks).sum(axis=axis) / total)


def _bootstrap(differences: Floats, level: float, seed: int) -> Interval | None:
    bounds = scipy.stats.bootstrap(
        (differences,),
        _signed_ranks,
        n_resamples=_RESAMPLES,
        confidence_level=level,
        method="BCa",
        vectorized=True,
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return interval_of(bounds.low, bounds.high, level)
