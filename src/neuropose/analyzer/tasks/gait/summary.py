"""Summaries over many strides: mean, spread, and left compared with right."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuropose.data import Measure
from neuropose.errors import SequenceError, SignalError
from neuropose.skeletons.sides import Side

Array = NDArray[np.float64]

ENOUGH_STRIDES = 20
"""Too few strides for a coefficient of variation; Owings & Grabiner 2003 require hundreds."""


def variability(values: ArrayLike) -> tuple[float | None, float | None, tuple[str, ...]]:
    """Measure the variability of strides.

    Parameters
    ----------
    values : array-like, shape (N,)
        One value per stride, none missing.

    Returns
    -------
    sd : float or None
        Sample standard deviation. None: fewer than two strides.
    cv_percent : float or None
        100 · sd / mean. None: fewer than two strides, or the mean is not positive.
    warnings : tuple of str
        A warning if there are too few strides.

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
    """Return the mean of strides, and their variability.

    Parameters
    ----------
    values : array-like, shape (N,)
        One value per stride. NaN: missing; not counted.
    unit : str
        Unit of the values.
    confidence : array-like, shape (N,), optional
        Confidence of each value; the measure has their mean.
    standard_error : float, optional
        Standard error of the mean, in `unit`.
    reason : str
        Why there is no value, if there is none.
    warnings : tuple of str
        Warnings to attach to the mean.

    Returns
    -------
    Measure

    Raises
    ------
    SignalError
        If there is not one confidence per value.

    Examples
    --------
    >>> summarise([1.0, np.nan, 1.2], "s").n
    2
    """
    numbers = np.asarray(values, dtype=np.float64)
    known = np.isfinite(numbers)
    if confidence is not None and np.shape(confidence) != numbers.shape:
        raise SignalError(
            f"{numbers.size} values, but a confidence of shape {np.shape(confidence)}",
            hint="give one confidence per value",
        )
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
    """Compute the signed symmetry index of two sides.

    Parameters
    ----------
    left, right : float
        Means of the left and of the right side.

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
        Means of the left and of the right side.
    affected : {"left", "right"}
        The affected side.

    Returns
    -------
    float
        affected / unaffected. NaN if a side is not a positive number.

    Raises
    ------
    SequenceError
        If `affected` is neither side.

    Notes
    -----
    Patterson et al. 2010, Gait Posture 31:241. Its logarithm is symmetric about 0, and fit for
    statistics.

    Examples
    --------
    >>> symmetry_ratio(0.8, 1.0, "left")
    0.8
    """
    if affected not in ("left", "right"):
        raise SequenceError(f"{affected!r} is not a side", hint="the sides are left and right")
    one, two = (left, right) if affected == "left" else (right, left)
    return one / two if one > 0.0 and two > 0.0 else float("nan")
