"""How large a change between two measurements must be to exceed their error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from neuropose.errors import StatisticsError


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
        Whether the errors of measuring, and the spread between repetitions, are in it.
    """

    least: float
    standard_error: float
    includes_measuring: bool
    includes_repetitions: bool


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
        None if no error of either is known.

    Raises
    ------
    StatisticsError
        If the level is not between 0 and 1.

    Notes
    -----
    The variance of the change is the sum of the squared standard errors of measuring and of the
    variances of both means, sd²/n; what measuring adds to the spread counts twice, so that the
    number is rather too large. Repetitions count as independent. The degrees of freedom are
    those of Welch 1947, Biometrika 34:28, with infinitely many of the errors of measuring. How a
    person varies from day to day is not in two recordings, and so not in this number: the minimal
    detectable change of a test–retest study (`measurement_error`) is larger.

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
    spread = [
        (each.sd**2 / each.n, each.n - 1) for each in both if each.sd is not None and each.n > 1
    ]
    if not measuring and not spread:
        return None
    variance = sum(measuring) + sum(part for part, _ in spread)
    freedom = sum(part**2 / df for part, df in spread)
    df = variance**2 / freedom if freedom else np.inf
    error = float(np.sqrt(variance))
    quantile = (
        stats.t.ppf(0.5 + 0.5 * level, df) if np.isfinite(df) else stats.norm.ppf(0.5 + 0.5 * level)
    )
    return DetectableChange(
        least=float(quantile) * error,
        standard_error=error,
        includes_measuring=len(measuring) == 2,
        includes_repetitions=len(spread) == 2,
    )
