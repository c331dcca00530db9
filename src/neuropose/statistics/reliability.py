"""Reliability of repeated measurements: intraclass correlation, measurement error, and MDC95."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import scipy
from numpy.typing import ArrayLike
from pydantic import FiniteFloat

from neuropose.data.metadata import Contract, NonNegativeInt
from neuropose.errors import StatisticsError
from neuropose.statistics.records import Estimate, Floats, Interval, Missing, interval_of
from neuropose.statistics.samples import check_level, complete_rows, too_few

LEAST_SUBJECTS = 30
"""Below that, a study of reliability is called poor (Terwee et al. 2012, Qual Life Res 21:651)."""

_MDC = 1.96 * np.sqrt(2.0)
_ROUNDING = 1e-12  # of the values: what differs by less does not


class Icc(Estimate):
    """An intraclass correlation coefficient.

    Parameters
    ----------
    form : {"2,1", "3,1"}
    sessions : int
        Number of measurements of each subject.
    ms_subjects, ms_sessions, ms_error : float
        Mean squares of the analysis of variance, unit² of the measurements.
    """

    form: Literal["2,1", "3,1"]
    sessions: NonNegativeInt
    ms_subjects: FiniteFloat
    ms_sessions: FiniteFloat
    ms_error: FiniteFloat


class MeasurementError(Contract):
    """Error of a measurement, and the smallest change that exceeds it.

    Parameters
    ----------
    sem : Estimate
        Standard error of measurement, unit of the measurements.
    mdc95 : Estimate
        Minimal detectable change, 1.96 · √2 · SEM: of subjects who did not change, 95 % differ by
        less between two measurements.
    definition : {"agreement", "consistency"}
        Whether systematic differences between sessions count as error.
    """

    sem: Estimate
    mdc95: Estimate
    definition: Literal["agreement", "consistency"]


class _Anova(NamedTuple):
    """Two ways without replicates: n subjects, k sessions."""

    n: int
    k: int
    subjects: float
    sessions: float
    error: float
    dropped: int
    warnings: tuple[str, ...]


def icc(
    ratings: ArrayLike,
    form: Literal["2,1", "3,1"],
    *,
    level: float = 0.95,
    missing: Missing = "raise",
) -> Icc:
    """Compute the intraclass correlation of single measurements, with its confidence interval.

    (2,1) is absolute agreement, with sessions (raters, systems) as a random sample: it answers
    whether the next session can be trusted to produce the same number. (3,1) is consistency over
    these sessions only: a constant difference between them does not count.

    Parameters
    ----------
    ratings : array_like, shape (N, K)
        One row per subject, one column per session, rater or system. NaN: missing.
    form : {"2,1", "3,1"}
    level : float
        Confidence level of the interval.
    missing : {"raise", "drop"}
        ``drop`` leaves out subjects with a missing measurement, and counts them.

    Returns
    -------
    Icc
        Without unit, 1 at most. It depends on how much the subjects differ: compare it between
        similar groups only. Below 0 is an estimate of 0 or a sign of something wrong, and has a
        warning.

    Raises
    ------
    StatisticsError
        If there are fewer than 2 complete subjects or 2 sessions, or something is missing.

    Notes
    -----
    Shrout & Fleiss 1979, Psychol Bull 86:420 (the coefficients); McGraw & Wong 1996, Psychol
    Methods 1:30, with the correction of 1:390, Table 7 (intervals, cases A,1 and C,1).

    Examples
    --------
    >>> ratings = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9]])
    >>> agreement = icc(ratings, "2,1")
    >>> round(agreement.value, 2), round(agreement.interval.high, 2)
    (0.33, 0.83)
    >>> round(icc(ratings, "3,1").value, 2)
    0.75
    """
    if form not in ("2,1", "3,1"):
        raise StatisticsError(f"unknown form ICC({form})", hint="give '2,1' or '3,1'")
    anova = _anova(ratings, level, missing)
    value, warnings = _coefficient(anova, form), list(anova.warnings)
    interval, reason = None, None
    if value is None:
        reason = "all measurements are equal: subjects cannot be told apart"
    elif value >= 1.0 - _ROUNDING:
        warnings.append("no interval: the sessions differ by nothing, or by a constant")
    else:
        interval = _interval(anova, value, form, level)
        if value <= 0.0:
            warnings.append("not positive: subjects differ no more than repeated measurements do")
    source = "Shrout & Fleiss 1979" if value is not None else "not defined"
    kind = "absolute agreement" if form == "2,1" else "consistency"
    return Icc(
        value=value,
        interval=interval,
        n=anova.n,
        dropped=anova.dropped,
        method=f"ICC({form}), {kind} of single measurements ({source})",
        warnings=tuple(warnings),
        reason=reason,
        form=form,
        sessions=anova.k,
        ms_subjects=anova.subjects,
        ms_sessions=anova.sessions,
        ms_error=anova.error,
    )


def measurement_error(
    ratings: ArrayLike,
    definition: Literal["agreement", "consistency"] = "agreement",
    *,
    level: float = 0.95,
    missing: Missing = "raise",
) -> MeasurementError:
    """Compute the standard error of measurement and the minimal detectable change.

    Both from the mean squares of the same analysis of variance as `icc`, not from a standard
    deviation times √(1 − ICC): that is the same only if both are of the same kind.

    Parameters
    ----------
    ratings : array_like, shape (N, K)
        One row per subject, one column per session, rater or system. NaN: missing.
    definition : {"agreement", "consistency"}
        ``agreement``: √(σ²_sessions + σ²_error), what belongs to ICC(2,1). ``consistency``:
        √σ²_error = √MS_error, what belongs to ICC(3,1), and is smaller if the sessions differ
        systematically.
    level : float
        Confidence level of the intervals.
    missing : {"raise", "drop"}

    Returns
    -------
    MeasurementError

    Raises
    ------
    StatisticsError
        See `icc`.

    Notes
    -----
    de Vet et al. 2006, J Clin Epidemiol 59:1033 (both definitions); Weir 2005, J Strength Cond Res
    19:231 (√MS_error; MDC = 1.96 · √2 · SEM). Intervals from the χ² distribution of the variance;
    for agreement with the degrees of freedom of Satterthwaite 1946, Biometrics Bull 2:110.

    Examples
    --------
    >>> speed = [[1.10, 1.14], [0.92, 0.90], [1.31, 1.36], [0.75, 0.79], [1.02, 1.01]]
    >>> error = measurement_error(speed)
    >>> round(error.sem.value, 3), round(error.mdc95.value, 3)
    (0.025, 0.069)
    """
    if definition not in ("agreement", "consistency"):
        raise StatisticsError(
            f"unknown definition {definition!r} of the measurement error",
            hint="give 'agreement' or 'consistency'",
        )
    anova = _anova(ratings, level, missing)
    n, k = anova.n, anova.k
    df_error = (n - 1.0) * (k - 1.0)
    if definition == "consistency":
        variance, df, what = anova.error, df_error, "√MS_error (Weir 2005)"
    else:
        parts = anova.sessions / n, anova.error * (n - 1.0) / n
        variance = sum(parts)
        squares = parts[0] ** 2 / (k - 1.0) + parts[1] ** 2 / df_error
        df = variance**2 / squares if squares else df_error
        what = "√(σ²_sessions + σ²_error) (de Vet 2006)"
    sem = float(np.sqrt(variance))
    tail = 0.5 * (1.0 - level)
    bounds = sem * np.sqrt(df / scipy.stats.chi2.ppf([1.0 - tail, tail], df))

    def estimate(factor: float, method: str) -> Estimate:
        return Estimate(
            value=factor * sem,
            interval=interval_of(factor * bounds[0], factor * bounds[1], level),
            n=n,
            dropped=anova.dropped,
            method=method,
            warnings=anova.warnings,
        )

    return MeasurementError(
        sem=estimate(1.0, f"SEM = {what}"),
        mdc95=estimate(float(_MDC), f"MDC95 = 1.96 · √2 · SEM, SEM = {what}"),
        definition=definition,
    )


def _anova(ratings: ArrayLike, level: float, missing: Missing) -> _Anova:
    check_level(level)
    rows = complete_rows(ratings, "subjects", least=2, missing=missing)
    values = rows.values
    if values.ndim != 2 or values.shape[1] < 2:
        raise StatisticsError(
            f"measurements of shape {np.shape(ratings)}",
            hint="give one row per subject and one column per session, 2 or more",
        )
    n, k = values.shape
    centred = values - values.mean()
    by_subject, by_session = centred.mean(axis=1), centred.mean(axis=0)
    rest: Floats = centred - by_subject[:, None] - by_session
    squares = (
        float(k * (by_subject**2).sum() / (n - 1)),
        float(n * (by_session**2).sum() / (k - 1)),
        float((rest**2).sum() / ((n - 1) * (k - 1))),
    )
    rounding = (_ROUNDING * float(np.abs(values).max())) ** 2
    subjects, sessions, error = (0.0 if square <= rounding else square for square in squares)
    return _Anova(
        n,
        k,
        subjects,
        sessions,
        error,
        rows.dropped,
        too_few(n, LEAST_SUBJECTS, "subjects"),
    )


def _coefficient(anova: _Anova, form: str) -> float | None:
    n, k, subjects, sessions, error = anova[:5]
    total = subjects + (k - 1) * error
    if form == "2,1":
        total += k * (sessions - error) / n
    if total <= 0.0:
        return None
    return (subjects - error) / total


def _interval(anova: _Anova, value: float, form: str, level: float) -> Interval | None:
    n, k, subjects, sessions, error = anova[:5]
    upper_tail = 0.5 + 0.5 * level
    if form == "3,1":
        f = subjects / error
        df = n - 1, (n - 1) * (k - 1)
        low = f / scipy.stats.f.ppf(upper_tail, *df)
        high = f * scipy.stats.f.ppf(upper_tail, *df[::-1])
        return interval_of((low - 1) / (low + k - 1), (high - 1) / (high + k - 1), level)
    a = k * value / (n * (1 - value))
    b = 1 + k * value * (n - 1) / (n * (1 - value))
    squares = (a * sessions) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1))
    df_rest = (a * sessions + b * error) ** 2 / squares
    f_low = scipy.stats.f.ppf(upper_tail, n - 1, df_rest)
    f_high = scipy.stats.f.ppf(upper_tail, df_rest, n - 1)
    rest = k * sessions + (k * n - k - n) * error
    low = n * (subjects - f_low * error) / (f_low * rest + n * subjects)
    high = n * (f_high * subjects - error) / (rest + n * f_high * subjects)
    return interval_of(low, high, level)
