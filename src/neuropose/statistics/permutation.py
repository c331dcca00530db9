"""Permutation tests of the difference of two means, for pairs and for two samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from pydantic import FiniteFloat

from neuropose.data.metadata import NonNegativeInt
from neuropose.errors import StatisticsError
from neuropose.statistics.records import (
    Bools,
    Estimate,
    Floats,
    Interval,
    Missing,
    Share,
    interval_of,
)
from neuropose.statistics.relabelling import Relabelling, relabelling
from neuropose.statistics.samples import as_pairs, as_sample, check_level, too_few

Alternative = Literal["two-sided", "greater", "less"]

_FEW = 6  # pairs, or values of a group
_ROUNDING = 1e-12
_BEYOND = 1e9  # of the values: a bound so far off is not a bound


class PermutationTest(Estimate):
    """The difference of two means, and how often relabelling yields one as large.

    Parameters
    ----------
    value : float or None
        First − second, unit of the measurements.
    p_value : float
        Share of the labellings at least as extreme as the observed one.
    alternative : {"two-sided", "greater", "less"}
        Alternative hypothesis, first compared with second.
    permutations : int
        Number of labellings, including the observed one; the smallest possible p-value is 1 over
        that.
    exact : bool
        Whether these are all possible labellings.
    seed : int or None
        Seed of the random sample of labellings. None: exact.
    sizes : tuple of int
        Number of pairs, or the sizes of both groups.
    statistic : float
        Test statistic: the difference, or Welch's t.
    """

    p_value: Share
    alternative: Alternative
    permutations: NonNegativeInt
    exact: bool
    seed: int | None
    sizes: tuple[int, ...]
    statistic: FiniteFloat


class _Distribution(NamedTuple):
    """Of every labelling its statistic, and up to which shift it stays the more extreme one."""

    statistics: Floats
    shifts: Floats  # NaN: the labelling is as good as the observed one


def paired_test(
    first: ArrayLike,
    second: ArrayLike,
    *,
    alternative: Alternative = "two-sided",
    permutations: int = 9999,
    seed: int = 0,
    level: float = 0.95,
    missing: Missing = "raise",
) -> PermutationTest:
    """Test whether pairs differ, by swapping the two sides of pairs at random.

    Parameters
    ----------
    first, second : array_like, shape (N,)
        Values, pair by pair, one pair per subject. NaN: missing.
    alternative : {"two-sided", "greater", "less"}
    permutations : int
        Number of labellings; all 2^N are used if there are no more.
    seed : int
        Seed of the random generator.
    level : float
        Confidence level of the interval.
    missing : {"raise", "drop"}
        ``drop`` leaves out pairs with a missing value, and counts them.

    Returns
    -------
    PermutationTest
        Its interval contains every shift of the differences that the two-sided test would not
        reject.

    Raises
    ------
    StatisticsError
        If there are fewer than 2 complete pairs, or something is missing.

    Notes
    -----
    Fisher 1935, The design of experiments, section 21. The p-value of a random sample counts the
    observed labelling as one of them, (b + 1) / (m + 1): Phipson & Smyth 2010, Stat Appl Genet Mol
    Biol 9:39. Interval: Hartigan 1969, J Am Stat Assoc 64:1303. It holds for differences that are
    symmetric round their mean.

    Examples
    --------
    >>> before = [0.62, 0.71, 0.55, 0.80, 0.66, 0.59, 0.73, 0.68]
    >>> after = [0.70, 0.78, 0.57, 0.85, 0.75, 0.58, 0.83, 0.77]
    >>> test = paired_test(after, before)
    >>> round(test.value, 3), test.p_value, test.permutations
    (0.061, 0.015625, 256)
    """
    rows = as_pairs(first, second, least=2, missing=missing)
    differences = rows.values[:, 0] - rows.values[:, 1]
    _check(alternative, level)
    labels = relabelling(len(differences), 0, permutations, seed)

    def distribute(mask: Bools) -> _Distribution:
        exchanged = mask.sum(axis=1)
        total = mask @ differences
        means = (differences.sum() - 2.0 * total) / len(differences)
        return _Distribution(means, _divide(total, exchanged))

    both = _distribution(labels, distribute)
    return _result(
        float(differences.mean()),
        both,
        _inverted(both.shifts, level),
        labels,
        alternative,
        level,
        dropped=rows.dropped,
        method="sign flips of the mean difference of pairs",
        alike=not np.any(differences),
    )


def two_sample_test(
    first: ArrayLike,
    second: ArrayLike,
    *,
    statistic: Literal["welch", "mean"] = "welch",
    alternative: Alternative = "two-sided",
    permutations: int = 9999,
    seed: int = 0,
    level: float = 0.95,
    missing: Missing = "raise",
) -> PermutationTest:
    """Test whether two groups differ, by assigning values to groups at random.

    Parameters
    ----------
    first, second : array_like, shape (N,) and (M,)
        One value per subject. NaN: missing.
    statistic : {"welch", "mean"}
        Test statistic. ``welch``, the difference over its standard error, is also valid, in large
        groups, if one group varies more than the other, as patients do. ``mean``, the difference,
        tests that both groups have the same distribution: in groups of different size and spread
        it finds a difference where the means are equal.
    alternative : {"two-sided", "greater", "less"}
    permutations : int
        Number of labellings; all (N + M)! / (N! M!) are used if there are no more.
    seed : int
        Seed of the random generator.
    level : float
        Confidence level of the interval.
    missing : {"raise", "drop"}

    Returns
    -------
    PermutationTest
        Its interval, for ``mean``, holds every shift that the two-sided test would not reject; for
        ``welch`` it is difference ± standard error times the percentiles of the permuted t.

    Raises
    ------
    StatisticsError
        If a group has fewer than 2 complete values, or something is missing.

    Notes
    -----
    ``mean``: Pitman 1937, J R Stat Soc Suppl 4:119. ``welch``: Janssen 1997, Stat Probab Lett 36:9;
    Chung & Romano 2013, Ann Stat 41:484. p-value: Phipson & Smyth 2010, Stat Appl Genet Mol Biol
    9:39. Two-sided counts what is further from 0, to either side.

    Examples
    --------
    >>> test = two_sample_test([1.21, 1.34, 1.18, 1.29, 1.40], [0.95, 1.02, 1.10, 0.88])
    >>> round(test.value, 3), round(test.p_value, 4), test.exact
    (0.296, 0.0079, True)
    """
    if statistic not in ("welch", "mean"):
        raise StatisticsError(f"statistic is {statistic!r}", hint="give 'welch' or 'mean'")
    one = as_sample(first, "first values", least=2, missing=missing)
    other = as_sample(second, "second values", least=2, missing=missing)
    _check(alternative, level)
    sizes = len(one.values), len(other.values)
    together = np.concatenate([one.values, other.values])
    centre = together.mean()
    values = together - centre
    labels = relabelling(*sizes, permutations, seed)
    observed = np.arange(len(values)) < sizes[0]

    def distribute(mask: Bools) -> _Distribution:
        moved = (observed & ~mask).sum(axis=1)
        leaving, entering = (observed & ~mask) @ values, (~observed & mask) @ values
        shifts = _divide(leaving - entering, moved)
        means, errors = _means_and_errors(mask, values, sizes)
        if statistic == "mean":
            return _Distribution(means, shifts)
        return _Distribution(_ratio(means, errors), shifts)

    both = _distribution(labels, distribute)
    mean, error = (
        float(values_of[0]) for values_of in _means_and_errors(observed[None], values, sizes)
    )
    bounds = _inverted(both.shifts, level)
    if statistic == "welch":
        tails = np.array([0.5 + 0.5 * level, 0.5 - 0.5 * level])
        low, high = mean - error * np.quantile(both.statistics, tails)
        bounded = float(np.abs([low, high]).max()) < _BEYOND * float(np.abs(values).max())
        bounds = (float(low), float(high)) if bounded else (-np.inf, np.inf)
    return _result(
        mean,
        both,
        bounds,
        labels,
        alternative,
        level,
        dropped=one.dropped + other.dropped,
        method=f"permuted groups, {'Welch t' if statistic == 'welch' else 'difference of means'}",
        alike=not np.ptp(together),
    )


def _check(alternative: str, level: float) -> None:
    check_level(level)
    if alternative not in ("two-sided", "greater", "less"):
        raise StatisticsError(
            f"alternative is {alternative!r}", hint="give 'two-sided', 'greater' or 'less'"
        )


def _distribution(
    labels: Relabelling, distribute: Callable[[Bools], _Distribution]
) -> _Distribution:
    parts = [distribute(mask) for mask in labels.masks()]
    statistics, shifts = (np.concatenate(part) for part in zip(*parts, strict=True))
    return _Distribution(statistics, shifts)


def _means_and_errors(mask: Bools, values: Floats, sizes: tuple[int, int]) -> tuple[Floats, Floats]:
    """Differences of means, and their standard errors after Welch."""
    n, m = sizes
    total, squares = values.sum(), (values**2).sum()
    one, one_squares = mask @ values, mask @ values**2
    means = one / n - (total - one) / m
    spread = one_squares - one**2 / n, squares - one_squares - (total - one) ** 2 / m
    variance = np.maximum(spread[0], 0.0) / (n - 1) / n + np.maximum(spread[1], 0.0) / (m - 1) / m
    return means, np.sqrt(variance)


def _divide(total: Floats, count: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 0, total / count, np.nan)


def _ratio(means: Floats, errors: Floats) -> Floats:
    """Return t; without any spread it is 0 if there is no difference, else very large."""
    tiny = np.finfo(np.float64).tiny
    return np.where(means == 0.0, 0.0, means / np.maximum(errors, tiny**0.5))


def _inverted(shifts: Floats, level: float) -> tuple[float, float]:
    """Bounds of the shifts that the test does not reject.

    A labelling is at least as extreme as the observed one exactly for shifts from its own on, so
    that the bounds are order statistics of the shifts.
    """
    own = np.sort(shifts[~np.isnan(shifts)])
    needed = 0.5 * (1.0 - level) * len(shifts) - (len(shifts) - len(own))
    rank = int(np.floor(needed + 1e-9))
    if rank < 0 or rank >= len(own):
        return -np.inf, np.inf
    return float(own[rank]), float(own[-1 - rank])


def _result(
    value: float,
    both: _Distribution,
    bounds: tuple[float, float],
    labels: Relabelling,
    alternative: Alternative,
    level: float,
    *,
    dropped: int,
    method: str,
    alike: bool,
) -> PermutationTest:
    observed = float(both.statistics[0])
    # Not of the largest: where a labelling leaves no spread, that is beyond all measure.
    slack = _ROUNDING * (abs(observed) + float(np.median(np.abs(both.statistics))))
    extreme = {
        "two-sided": np.abs(both.statistics) >= abs(observed) - slack,
        "greater": both.statistics >= observed - slack,
        "less": both.statistics <= observed + slack,
    }[alternative]
    sizes = (labels.first, labels.second) if labels.second else (labels.first,)
    interval: Interval | None = interval_of(*bounds, level)
    warnings = list(too_few(min(sizes), _FEW, "values of a group" if labels.second else "pairs"))
    if interval is None:
        warnings.append(f"no interval: {labels.total} labellings are too few for {level:g}")
    if alike:
        warnings.append("all values are equal")
    drawn = "all labellings" if labels.exact else "random labellings (Phipson & Smyth 2010)"
    return PermutationTest(
        value=value,
        interval=interval,
        n=sum(sizes),
        dropped=dropped,
        method=f"{method}, {drawn}",
        warnings=tuple(warnings),
        p_value=float(extreme.mean()),
        alternative=alternative,
        permutations=labels.total,
        exact=labels.exact,
        seed=labels.seed,
        sizes=sizes,
        statistic=observed,
    )
