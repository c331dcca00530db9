"""How large a change between two measurements must be to exceed their error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from neuropose.errors import StatisticsError

FEW = 5
"""Of fewer repetitions a standard deviation is hardly known. Welch's test then finds changes in
noise: 12 % of the time with 2 repetitions against 20, where it should be 5 %."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A value with what is known of its error.

    Parameters
    ----------
    value : float
        The mean of `n` repetitions, or a single number.
    standard_error : float or None
        Error of measuring it, in the unit of the value. None: not known.
    sd : float or None
        Standard deviation between the repetitions. None: there is one only, or it is not known.
    n : int
        Number of repetitions.
    """

    value: float
    standard_error: float | None = None
    sd: float | None = None
    n: int = 1


@dataclass(frozen=True, slots=True)
class DetectableChange:
    """The change that exceeds the error of two measurements.

    Parameters
    ----------
    least : float
        Of a person who did not change, 95 % of changes are smaller.
    standard_error : float
        Of the change.
    includes_measuring, includes_repetitions : bool
        Whether the errors of measuring of both, and the spread between repetitions, are in it.
    alike : bool
        Whether repetitions are assumed to vary alike in both, as one has few of them.
    """

    least: float
    standard_error: float
    includes_measuring: bool
    includes_repetitions: bool
    alike: bool = False


def detectable_change(
    first: Measured, second: Measured, *, level: float = 0.95
) -> DetectableChange | None:
    """Return the change that two measurements of one person can tell from their own errors.

    Parameters
    ----------
    first, second : Measured
        The measurements.
    level : float
        Of those who did not change, the share that is below it.

    Returns
    -------
    DetectableChange or None
        None if nothing is known of the spread, and the error of measuring not of both.

    Raises
    ------
    StatisticsError
        If the level is not between 0 and 1.

    Notes
    -----
    The variance of the change is the sum of the squared standard errors of measuring and of the
    variances of both means, sd²/n; what measuring adds to the spread counts twice, so that the
    number is rather too large. Repetitions count as independent. Where both have at least `FEW`,
    the degrees of freedom are those of Welch 1947, Biometrika 34:28. Where one has fewer, or a
    single one, which says nothing of its spread, both are assumed to vary alike: the standard
    deviation is the pooled one, with its n₁ + n₂ − 2 degrees of freedom (Student's t). Errors of
    measuring have infinitely many. How a person varies from day to day is not in two recordings,
    and so not in this number: the minimal detectable change of a test–retest study
    (`measurement_error`) is larger.

    Examples
    --------
    >>> found = detectable_change(Measured(61.0, 0.8, 1.2, 12), Measured(64.0, 0.9, 1.5, 15))
    >>> round(found.least, 2)
    2.57
    """
    if not 0.0 < level < 1.0:
        raise StatisticsError(f"a level of {level}", hint="give a level between 0 and 1")
    both = (first, second)
    measuring = [each.standard_error**2 for each in both if each.standard_error is not None]
    spreads = [(each.sd**2, each.n - 1) for each in both if each.sd is not None and each.n > 1]
    if not spreads and len(measuring) < 2:
        return None
    alike = bool(spreads) and not (len(spreads) == 2 and min(each.n for each in both) >= FEW)
    if alike:
        total = sum(df for _, df in spreads)
        pooled = sum(squared * df for squared, df in spreads) / total
        parts = [(pooled * sum(1.0 / max(each.n, 1) for each in both), total)]
    else:
        parts = [(squared / (df + 1), df) for squared, df in spreads]
    variance = sum(measuring) + sum(part for part, _ in parts)
    freedom = sum(part**2 / df for part, df in parts)
    df = variance**2 / freedom if freedom else np.inf
    error = float(np.sqrt(variance))
    quantile = (
        stats.t.ppf(0.5 + 0.5 * level, df) if np.isfinite(df) else stats.norm.ppf(0.5 + 0.5 * level)
    )
    return DetectableChange(
        least=float(quantile) * error,
        standard_error=error,
        includes_measuring=len(measuring) == 2,
        includes_repetitions=bool(spreads),
        alike=alike,
    )
