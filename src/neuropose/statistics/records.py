"""Results of statistics: a number with its interval, its sample size and its method."""

from __future__ import annotations

from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, FiniteFloat, model_validator

from neuropose.data.metadata import Contract, NonNegativeInt

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Text = Annotated[str, Field(min_length=1)]
Share = Annotated[FiniteFloat, Field(ge=0.0, le=1.0)]
Level = Annotated[FiniteFloat, Field(gt=0.0, lt=1.0)]
Missing = Literal["raise", "drop"]
"""How missing values are handled: refused, or left out and counted."""


class Interval(Contract):
    """A confidence interval.

    Parameters
    ----------
    low, high : float
        Bounds, in the unit of the number that the interval belongs to.
    level : float
        Confidence level. With 0.95, such an interval contains the true value in 95 of 100 studies
        like this one.
    """

    low: FiniteFloat
    high: FiniteFloat
    level: Level

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


class Estimate(Contract):
    """One number that was estimated from a sample, or the reason why there is none.

    Parameters
    ----------
    value : float or None
        The number. None if, and only if, there is a `reason`.
    interval : Interval or None
        Its confidence interval. None: not available; a warning states why.
    n : int
        Number of subjects, pairs or values behind it.
    dropped : int
        Number that were left out because a value is missing.
    method : str
        What was computed, with the reference.
    warnings : tuple of str
        What a reader of the number should know about it.
    reason : str or None
        Why there is no value.

    Examples
    --------
    >>> interval = Interval(low=0.34, high=0.95, level=0.95)
    >>> Estimate(value=0.71, interval=interval, n=6, method="ICC(3,1)").value
    0.71
    """

    value: FiniteFloat | None
    interval: Interval | None = None
    n: NonNegativeInt
    dropped: NonNegativeInt = 0
    method: Text
    warnings: tuple[Text, ...] = ()
    reason: Text | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.value is None) is (self.reason is None):
            raise ValueError("either a value or the reason why there is none")
        if self.value is None and self.interval is not None:
            raise ValueError("what has no value has no interval")
        return self


def interval_of(low: float, high: float, level: float) -> Interval | None:
    """Return an interval, or None if a bound is not a finite number.

    Parameters
    ----------
    low, high : float
        Bounds; low may not be above high.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    Interval or None
    """
    if not (np.isfinite(low) and np.isfinite(high)):
        return None
    return Interval(low=float(low), high=float(high), level=level)
