"""Groups and sessions of a cohort, feature by feature: one value per subject and session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neuropose.data import Table
from neuropose.errors import StatisticsError
from neuropose.statistics import (
    CurveTest,
    Estimate,
    PermutationTest,
    adjust,
    bland_altman,
    hedges_g,
    icc,
    measurement_error,
    two_sample_test,
)
from neuropose.study.cohort.balance import balanced_means
from neuropose.study.cohort.table import CohortTrial
from neuropose.study.cohort.values import rows_table
from neuropose.study.contract.cohort import Statistics

SEVERAL = "trials of one session are one value, their mean: single trials differ by more"
POOLED = "all groups together: where groups differ, subjects seem more reliable than within one"
_SMALL_P = 0.05
Column = Literal["session", "condition"]
AnyTest = PermutationTest | CurveTest
Values = Sequence[tuple[CohortTrial, Mapping[str, float]]]


def compare_groups(values: Values, how: Statistics, units: Mapping[str, str]) -> Table:
    """Compare two groups of subjects, feature by feature.

    Parameters
    ----------
    values : sequence of (CohortTrial, mapping)
        Features of each trial.
    how : Statistics
        Which statistics to compute, and at which level.
    units : mapping of str to str
        Unit by feature.

    Returns
    -------
    Table
        A row per feature: the difference of the means of the subjects' means and its p-value
        (permutation of Welch's t), adjusted for all features; Hedges' g with its interval; or the
        reason why there is none. Subjects who lack a session that most have are left out and
        counted (``dropped``); ``means_of`` names the sessions: see `balanced_means`.
    """
    one, other = how.groups or ("", "")
    rows: list[dict[str, Any]] = []
    for name in how.names:
        means = balanced_means(
            [(trial, np.array(each.get(name, np.nan))) for trial, each in values], how
        )
        first, second = means.first, means.second
        row: dict[str, Any] = {
            "feature": name,
            "unit": units.get(name),
            "first": one,
            "second": other,
            "n_first": len(first),
            "n_second": len(second),
            "dropped": means.dropped,
            "means_of": means.means_of,
            "warnings": join_warnings(means.warnings),
        }
        try:
            test = two_sample_test(first, second, permutations=how.permutations, seed=how.seed)
            effect = hedges_g(first, second)
        except StatisticsError as error:
            rows.append({**row, "reason": error.message})
            continue
        rows.append(
            {
                **row,
                **estimate_cells("difference", test),
                "p_value": None if test.value is None else test.p_value,
                **estimate_cells("hedges_g", effect),
                "reason": test.reason or effect.reason,
                "warnings": join_warnings(
                    means.warnings,
                    few_labellings(len(first), len(second), test),
                    test.warnings,
                    effect.warnings,
                ),
            }
        )
    adjust_rows(rows, how)
    columns = ("feature", "unit", "first", "second", "n_first", "n_second", "dropped", "means_of",
               "difference", "difference_low", "difference_high", "p_value", "p_value_adjusted",
               "hedges_g", "hedges_g_low", "hedges_g_high", "reason", "warnings")  # fmt: skip
    return rows_table(rows, columns)


def adjust_rows(rows: Sequence[dict[str, Any]], how: Statistics) -> None:
    """Add ``p_value_adjusted`` to each row with a ``p_value``, for multiple testing.

    Parameters
    ----------
    rows : sequence of dict
        Rows to extend; those without a p-value do not count.
    how : Statistics
        Which statistics to compute, and at which level.
    """
    p_values = [np.nan if row.get("p_value") is None else row["p_value"] for row in rows]
    if np.isfinite(p_values).any():
        adjusted = adjust(p_values, how.adjustment, missing="drop").adjusted
        for row, value in zip(rows, adjusted, strict=True):
            row["p_value_adjusted"] = value


def reliability(values: Values, how: Statistics, units: Mapping[str, str]) -> Table:
    """Compute the reliability between sessions of the same subjects, feature by feature.

    Parameters
    ----------
    values : sequence of (CohortTrial, mapping)
        Rows of the cohort with their values by feature.
    how : Statistics
        Which statistics to compute, and at which level.
    units : mapping of str to str
        Unit by feature.

    Returns
    -------
    Table
        A row per feature, of all subjects and of each group: ICC with its interval, SEM and MDC95
        in the feature's unit; or the reason why there is none. The sessions are those that
        ``sessions`` states, or else ``agreement``, or else all. Subjects who lack a session are
        left out, and counted. Several trials of a session are one value, their mean.
    """
    form = how.reliability or "2,1"
    definition = "agreement" if form == "2,1" else "consistency"
    measured = {trial.session for trial, _ in values if trial.session is not None}
    stated = how.sessions or how.agreement
    sessions = sorted(measured) if stated is None else [each for each in stated if each in measured]
    rows: list[dict[str, Any]] = []
    groups = sorted({trial.group for trial, _ in values if trial.group is not None})
    for name in how.names:
        for group in (None, *(groups if len(groups) > 1 else ())):
            chosen = [each for each in values if group in (None, each[0].group)]
            row: dict[str, Any] = {"feature": name, "unit": units.get(name), "group": group}
            try:
                ratings, several = subject_ratings(chosen, name, sessions)
                found = icc(ratings, form, missing="drop")
                error = measurement_error(ratings, definition, missing="drop")  # type: ignore[arg-type]
            except StatisticsError as problem:
                rows.append({**row, "reason": problem.message})
                continue
            rows.append(
                {
                    **row,
                    "n": found.n,
                    "dropped": found.dropped,
                    "sessions": found.sessions,
                    **estimate_cells("icc", found),
                    "sem": error.sem.value,
                    "mdc95": error.mdc95.value,
                    "method": found.method,
                    "reason": found.reason,
                    "warnings": join_warnings(_pooled(chosen), several, found.warnings),
                }
            )
    columns = ("feature", "unit", "group", "n", "dropped", "sessions", "icc", "icc_low",
               "icc_high", "sem", "mdc95", "method", "reason", "warnings")  # fmt: skip
    return rows_table(rows, columns)


def agreement(values: Values, how: Statistics, units: Mapping[str, str]) -> Table:
    """Compute the agreement of two sessions of the same subjects, feature by feature.

    Parameters
    ----------
    values : sequence of (CohortTrial, mapping)
        Rows of the cohort with their values by feature.
    how : Statistics
        Which statistics to compute, and at which level.
    units : mapping of str to str
        Unit by feature.

    Returns
    -------
    Table
        A row per feature, in the feature's unit: bias (mean of first − second) and the limits of
        agreement, each with its interval (Bland & Altman 1999, Stat Methods Med Res 8:135), and the
        slope of the difference over the mean; or the reason why there are none. Subjects who lack
        a session are left out, and counted. Several trials of a session are one value, their mean.
    """
    sessions = how.agreement or ("", "")
    pooled = _pooled(values)
    rows: list[dict[str, Any]] = []
    for name in how.names:
        ratings, several = subject_ratings(values, name, sessions)
        row: dict[str, Any] = {
            "feature": name,
            "unit": units.get(name),
            "first": sessions[0],
            "second": sessions[1],
        }
        try:
            found = bland_altman(*ratings.T, missing="drop")
        except StatisticsError as error:
            rows.append({**row, "reason": error.message})
            continue
        rows.append(
            {
                **row,
                "n": found.n,
                "dropped": found.dropped,
                **estimate_cells("bias", found.bias),
                **estimate_cells("lower_limit", found.lower),
                **estimate_cells("upper_limit", found.upper),
                "sd": found.sd,
                **estimate_cells("slope", found.slope),
                "slope_p_value": found.slope_p_value,
                "method": found.method,
                "warnings": join_warnings(pooled, several, found.warnings),
            }
        )
    columns = ("feature", "unit", "first", "second", "n", "dropped", "bias", "bias_low",
               "bias_high", "lower_limit", "lower_limit_low", "lower_limit_high", "upper_limit",
               "upper_limit_low", "upper_limit_high", "sd", "slope", "slope_low", "slope_high",
               "slope_p_value", "method", "reason", "warnings")  # fmt: skip
    return rows_table(rows, columns)


def few_labellings(first: int, second: int, test: AnyTest) -> tuple[str, ...]:
    """Return a warning if two groups are too small for any p-value below 0.05.

    Parameters
    ----------
    first, second : int
        Number of subjects in each group.
    test : PermutationTest or CurveTest
        Result of the permutation test.

    Returns
    -------
    tuple of str
    """
    # Of groups of one size, exchanging them all is another labelling that is as extreme.
    least = (2.0 if first == second else 1.0) / test.permutations
    if not test.exact or least <= _SMALL_P:
        return ()
    return (f"with {test.permutations} labellings no p-value can be below {least:.2g}",)


def join_warnings(*warnings: Sequence[str]) -> str | None:
    """Join warnings into one cell, each of them once.

    Parameters
    ----------
    *warnings : sequence of str
        Warnings to join.

    Returns
    -------
    str or None
        None: there are none.
    """
    return "; ".join(dict.fromkeys(each for some in warnings for each in some)) or None


def _pooled(values: Values) -> tuple[str, ...]:
    groups = {trial.group for trial, _ in values}
    return (POOLED,) if len(groups) > 1 else ()


def estimate_cells(name: str, found: Estimate) -> dict[str, float | None]:
    """Return the cells of an estimate and its interval.

    Parameters
    ----------
    name : str
        Column of the estimate.
    found : Estimate
        The estimate.

    Returns
    -------
    dict of str to float or None
        By column; those of the interval end in ``_low`` and ``_high``.
    """
    interval = found.interval
    return {
        name: found.value,
        f"{name}_low": None if interval is None else interval.low,
        f"{name}_high": None if interval is None else interval.high,
    }


def subject_ratings(
    values: Values, name: str, levels: Sequence[str], column: Column = "session"
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Return one value of every subject in each session or condition.

    Parameters
    ----------
    values : sequence of (CohortTrial, mapping)
        Rows of the cohort with their values by feature.
    name : str
        Feature or measure.
    levels : sequence of str
        Sessions or conditions.
    column : {"session", "condition"}
        Which of the two they are.

    Returns
    -------
    ratings : ndarray, shape (subjects, levels)
        Means over the conditions of a session, or the sessions of a condition, each of which is the
        mean over its trials. NaN: none.
    warnings : tuple of str
        Whether trials were averaged, and who has conditions in one session that they lack in
        another: these do not count, since they would pass for a change from session to session.

    Raises
    ------
    StatisticsError
        If there are fewer than two levels.
    """
    subjects = sorted({trial.subject for trial, _ in values if getattr(trial, column) in levels})
    if len(levels) < 2:
        only = f"only {column} {levels[0]!r} has one" if levels else f"no {column} has one"
        raise StatisticsError(
            f"two {column}s with a recording that was measured are needed: {only}"
        )
    other: Column = "condition" if column == "session" else "session"
    known: dict[str, dict[str, dict[str | None, list[float]]]] = {each: {} for each in subjects}
    for trial, features in values:
        level = getattr(trial, column)
        if level in levels and np.isfinite(features.get(name, np.nan)):
            within = known[trial.subject].setdefault(level, {})
            within.setdefault(getattr(trial, other), []).append(features[name])
    ratings = np.full((len(subjects), len(levels)), np.nan)
    most = unlike = 0
    for row, by_level in zip(ratings, known.values(), strict=True):
        all_others = [set(within) for within in by_level.values()]
        shared = set.intersection(*all_others) if all_others else set()
        unlike += any(others != shared for others in all_others)
        for level, within in by_level.items():
            trials = [each for what, each in within.items() if what in shared]
            if trials:
                row[levels.index(level)] = np.mean([np.mean(each) for each in trials])
            most = max(most, sum(map(len, trials)))
    warnings = [SEVERAL] if most > 1 else []
    if unlike:
        warnings.append(
            f"{unlike} of {len(subjects)} subjects have {other}s in one {column} that they lack in "
            "another: only those that they have in all count"
        )
    return ratings, tuple(warnings)
