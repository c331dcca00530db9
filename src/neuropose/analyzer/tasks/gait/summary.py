"""Many strides as one number: mean, spread, and left against right."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuropose.data import Measure
from neuropose.skeletons.sides import Side

Array = NDArray[np.float64]

ENOUGH_STRIDES = 20
"""Fewer do not tell a coefficient of variation; Owings & Grabiner 2003 ask for hundreds."""


def variability(values: ArrayLike) -> tuple[float | None, float | None, tuple[str, ...]]:
    """Measure how much strides differ.

    Parameters
    ----------
    values : array-like, shape (N,)
        One a stride, none missing.

    Returns
    -------
    sd : float or None
        Sample standard deviation. None: fewer than two strides.
    cv_percent : float or None
        100 · sd / mean. None: the same, or the mean is not positive.
    warnings : tuple of str
        That there are too few.

    Notes
    -----
    Hausdorff 2005, J Neuroeng Rehabil 2:19.

    Examples
    --------
    >>> variability([1.0, 1.2])[2]
    ('SD and CV of 2 strides: insufficient under 20',)
    """
    numbers = np.asarray(values, dtype=np.float64)
    if len(numbers) < 2:
        return None, None, ()
    sd, mean = float(numbers.std(ddof=1)), float(numbers.mean())
    few = len(numbers) < ENOUGH_STRIDES
    warning = f"SD and CV of {len(numbers)} strides: insufficient under {ENOUGH_STRIDES}"
    return sd, 100.0 * sd / mean if mean > 0.0 else None, (warning,) if few else ()


def summarise(
    values: ArrayLike,
    unit: str,
    *,
    confidence: ArrayLike | None = None,
    standard_error: float | None = None,
    reason: str = "no stride was found",
    warnings: tuple[str, ...] = (),
) -> Measure:
    """Give the mean of strides, and how much they differ.

    Parameters
    ----------
    values : array-like, shape (N,)
        One a stride. NaN: missing; not counted.
    unit : str
    confidence : array-like, shape (N,), optional
        Of each; their mean is given.
    standard_error : float, optional
        Of the mean, in `unit`.
    reason : str
        Why there is no value, if there is none.
    warnings : tuple of str

    Returns
    -------
    Measure

    Examples
    --------
    >>> summarise([1.0, np.nan, 1.2], "s").n
    2
    """
    numbers = np.asarray(values, dtype=np.float64)
    known = np.isfinite(numbers)
    if not known.any():
        return Measure.missing(unit, reason, warnings=warnings)
    sd, cv_percent, few = variability(numbers[known])
    sure = None if confidence is None else float(np.asarray(confidence)[known].mean())
    return Measure(
        value=float(numbers[known].mean()),
        unit=unit,
        n=int(known.sum()),
        sd=sd,
        cv_percent=cv_percent,
        confidence=sure,
        standard_error=standard_error if standard_error and np.isfinite(standard_error) else None,
        warnings=(*warnings, *few),
    )


def symmetry_index(left: float, right: float) -> float:
    """Compare two sides, with a sign.

    Parameters
    ----------
    left, right : float

    Returns
    -------
    float
        (left − right) / (0.5 (left + right)) · 100, %. NaN if a side is, or their sum is not
        positive.

    Notes
    -----
    Robinson et al. 1987, J Manipulative Physiol Ther 10:172.

    Examples
    --------
    >>> round(symmetry_index(1.1, 0.9), 1)
    20.0
    """
    middle = 0.5 * (left + right)
    return 100.0 * (left - right) / middle if middle > 0.0 else float("nan")


def symmetry_ratio(left: float, right: float, affected: Side) -> float:
    """Compare the affected side with the other.

    Parameters
    ----------
    left, right : float
    affected : {"left", "right"}

    Returns
    -------
    float
        affected / unaffected. NaN if a side is not a positive number.

    Notes
    -----
    Patterson et al. 2010, Gait Posture 31:241. Its logarithm is symmetric about 0, and fit for
    statistics.

    Examples
    --------
    >>> symmetry_ratio(0.8, 1.0, "left")
    0.8
    """
    one, two = (left, right) if affected == "left" else (right, left)
    return one / two if one > 0.0 and two > 0.0 else float("nan")
