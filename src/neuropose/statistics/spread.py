"""How well the variability of strides and the symmetry of sides are known from so many strides."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Interval = tuple[float, float]

_TAILS = (0.025, 0.975)


def sd_interval(values: ArrayLike) -> Interval | None:
    """Return the 95 % interval of the standard deviation of all strides that somebody makes.

    Parameters
    ----------
    values : array-like, shape (N,)
        One value per stride, none missing.

    Returns
    -------
    tuple of float or None
        In the unit of the values. None: fewer than two strides.

    Notes
    -----
    From the χ² distribution of a variance; strides are taken as independent and normal.

    Examples
    --------
    >>> [round(bound, 2) for bound in sd_interval([1.0, 1.1, 0.9, 1.05, 0.95])]
    [0.05, 0.23]
    """
    numbers = np.asarray(values, dtype=np.float64)
    if len(numbers) < 2:
        return None
    df = len(numbers) - 1
    low, high = numbers.std(ddof=1) * np.sqrt(df / scipy.stats.chi2.ppf(_TAILS[::-1], df))
    return float(low), float(high)


def cv_interval(values: ArrayLike) -> Interval | None:
    """Return the 95 % interval of the coefficient of variation.

    Parameters
    ----------
    values : array-like, shape (N,)
        One value per stride, none missing.

    Returns
    -------
    tuple of float or None
        %. None: fewer than two strides, the mean is not positive, or they vary too much (CV above
        33 %) for the approximation.

    Notes
    -----
    Vangel 1996, Am Stat 50:21, modified McKay interval.

    Examples
    --------
    >>> [round(bound, 1) for bound in cv_interval([1.0, 1.1, 0.9, 1.05, 0.95])]
    [4.7, 23.0]
    """
    numbers = np.asarray(values, dtype=np.float64)
    if len(numbers) < 2 or numbers.mean() <= 0.0:
        return None
    cv, df = float(numbers.std(ddof=1) / numbers.mean()), len(numbers) - 1
    if cv > 1.0 / 3.0:
        return None
    u = scipy.stats.chi2.ppf(_TAILS[::-1], df)
    inside = ((u + 2.0) / (df + 1.0) - 1.0) * cv**2 + u / df
    if np.min(inside) <= 0.0:
        return None
    low, high = 100.0 * cv / np.sqrt(inside)
    return float(low), float(high)


def log_ratio_interval(one: ArrayLike, other: ArrayLike) -> Interval | None:
    """Return the 95 % interval of the logarithm of the ratio of two sides' means.

    Parameters
    ----------
    one, other : array-like, shapes (N,) and (M,)
        Values of the strides of either side, none missing.

    Returns
    -------
    tuple of float or None
        Natural logarithm of one / other. None: a side has fewer than two strides, or a mean that
        is not positive.

    Notes
    -----
    Delta method: the variance of the logarithm of a mean is that of the mean over its square;
    degrees of freedom after Welch 1947, Biometrika 34:28.

    Examples
    --------
    >>> low, high = log_ratio_interval([1.0, 1.1, 0.9], [1.0, 1.05, 0.95])
    >>> low < 0.0 < high
    True
    """
    sides = [np.asarray(values, dtype=np.float64) for values in (one, other)]
    if any(len(side) < 2 or side.mean() <= 0.0 for side in sides):
        return None
    parts = np.array([side.var(ddof=1) / len(side) / side.mean() ** 2 for side in sides])
    middle = float(np.log(sides[0].mean() / sides[1].mean()))
    if not parts.any():
        return middle, middle
    df = parts.sum() ** 2 / sum(
        part**2 / (len(side) - 1) for part, side in zip(parts, sides, strict=True)
    )
    half = float(scipy.stats.t.ppf(_TAILS[1], df) * np.sqrt(parts.sum()))
    return middle - half, middle + half


def index_of_log_ratio(log_ratio: float) -> float:
    """Return the symmetry index that belongs to the logarithm of left / right.

    Parameters
    ----------
    log_ratio : float
        Natural logarithm of left / right.

    Returns
    -------
    float
        %.

    Examples
    --------
    >>> round(index_of_log_ratio(np.log(1.1 / 0.9)), 1)
    20.0
    """
    return 200.0 * float(np.tanh(0.5 * log_ratio))
