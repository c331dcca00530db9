"""Several tests at once: p-values adjusted so that the errors among all of them stay bounded."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from neuropose.data.metadata import Contract, NonNegativeInt
from neuropose.errors import StatisticsError
from neuropose.statistics.records import Floats, Level, Missing, Share, Text
from neuropose.statistics.samples import as_numbers, check_level


class AdjustedPValues(Contract):
    """The p-values of several tests, adjusted together.

    Parameters
    ----------
    p_values, adjusted : tuple of (float or None)
        P-values in the order given. None: missing, not counted as a test.
    rejected : tuple of (bool or None)
        Whether the adjusted p-value is at most `alpha`.
    n : int
        Number of tests that were made.
    dropped : int
        Number of missing p-values.
    alpha : float
        Significance level.
    method : str
        ``holm`` or ``benjamini-hochberg``, with the reference.
    """

    p_values: tuple[Share | None, ...]
    adjusted: tuple[Share | None, ...]
    rejected: tuple[bool | None, ...]
    n: NonNegativeInt
    dropped: NonNegativeInt
    alpha: Level
    method: Text


def adjust(
    p_values: ArrayLike,
    method: Literal["holm", "benjamini-hochberg"] = "holm",
    *,
    alpha: float = 0.05,
    missing: Missing = "raise",
) -> AdjustedPValues:
    """Adjust p-values for multiple testing.

    Parameters
    ----------
    p_values : array_like, shape (N,)
        P-values of all tests that were made, including those that found nothing. NaN: missing.
    method : {"holm", "benjamini-hochberg"}
        Holm bounds the probability of any false rejection, under any dependence of the tests.
        Benjamini–Hochberg bounds the expected share of false ones among the rejections, for tests
        that are independent or depend on one another positively.
    alpha : float
        Bound of the error.
    missing : {"raise", "drop"}
        ``drop`` leaves out missing p-values as tests that were not made, and counts them.

    Returns
    -------
    AdjustedPValues

    Raises
    ------
    StatisticsError
        If something is not a p-value, or there are none.

    Notes
    -----
    Holm 1979, Scand J Stat 6:65; Benjamini & Hochberg 1995, J R Stat Soc B 57:289.

    Examples
    --------
    >>> adjust([0.01, 0.04, 0.03]).adjusted
    (0.03, 0.06, 0.06)
    """
    check_level(alpha, "alpha")
    values = as_numbers(p_values, "p-values")
    known = ~np.isnan(values)
    if (
        values.ndim != 1
        or not known.any()
        or (values[known] < 0).any()
        or (values[known] > 1).any()
    ):
        raise StatisticsError("not p-values", hint="give numbers from 0 to 1")
    if missing == "raise" and not known.all():
        raise StatisticsError(
            f"{int((~known).sum())} of {len(values)} p-values are missing",
            hint="missing='drop' leaves them out as tests that were not made, and counts them",
        )
    adjusted = np.full(len(values), np.nan)
    if method == "holm":
        adjusted[known] = _holm(values[known])
    elif method == "benjamini-hochberg":
        adjusted[known] = _benjamini_hochberg(values[known])
    else:
        raise StatisticsError(
            f"unknown method {method!r}", hint="give 'holm' or 'benjamini-hochberg'"
        )
    return AdjustedPValues(
        p_values=_optional(values),
        adjusted=_optional(adjusted),
        rejected=tuple(None if np.isnan(p) else bool(p <= alpha) for p in adjusted),
        n=int(known.sum()),
        dropped=int((~known).sum()),
        alpha=alpha,
        method="Holm 1979" if method == "holm" else "Benjamini & Hochberg 1995",
    )


def _holm(p_values: Floats) -> Floats:
    order = np.argsort(p_values, kind="stable")
    steps = np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * steps), 1.0)
    return adjusted


def _benjamini_hochberg(p_values: Floats) -> Floats:
    order = np.argsort(p_values, kind="stable")[::-1]
    steps = len(p_values) / np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(np.minimum.accumulate(p_values[order] * steps), 1.0)
    return adjusted


def _optional(values: Floats) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else float(value) for value in values)
