"""The same subjects in two sessions or conditions, feature by feature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose.data import Table
from neuropose.errors import StatisticsError
from neuropose.statistics import (
    cohens_dz,
    hedges_g,
    measurement_error,
    paired_test,
    rank_biserial,
    two_sample_test,
)
from neuropose.statistics.importance import quoted_differences
from neuropose.study.cohort.groups import (
    Values,
    adjust_rows,
    estimate_cells,
    few_labellings,
    join_warnings,
    subject_ratings,
)
from neuropose.study.cohort.values import rows_table
from neuropose.study.contract.cohort import Repeated, Statistics

TRUE_CHANGES = (
    "SEM and MDC95 are of these two: where subjects truly change by different amounts, "
    "they are too large"
)
Array = NDArray[np.float64]


def compare_repeated(values: Values, how: Statistics, units: Mapping[str, str]) -> Table:
    """Compare two sessions, or two conditions, of the same subjects.

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
        A row per feature and pair of levels: the mean difference (second − first) of the subjects
        who have both, with its interval, and its p-value (permutation of the signs of the
        differences), adjusted for all rows; Cohen's d_z and the rank-biserial correlation with
        their intervals; SEM, MDC95 and how many subjects changed by more than it; a published
        important difference with its source; or the reason why there is none.
    """
    rows: list[dict[str, Any]] = []
    for repeated in how.repeated:
        for name in how.names:
            row: dict[str, Any] = {
                "feature": name,
                "unit": units.get(name),
                "compared": repeated.column,
                "first": repeated.first,
                "second": repeated.second,
                "important_difference": quoted_differences(name),
            }
            try:
                rows.append({**row, **_paired(values, name, repeated, how)})
            except StatisticsError as error:
                rows.append({**row, "reason": error.message})
    adjust_rows(rows, how)
    columns = ("feature", "unit", "compared", "first", "second", "n", "dropped", "mean_first",
               "mean_second", "difference", "difference_low", "difference_high", "p_value",
               "p_value_adjusted", "cohens_dz", "cohens_dz_low", "cohens_dz_high", "rank_biserial",
               "rank_biserial_low", "rank_biserial_high", "sem", "mdc95", "n_beyond_mdc95",
               "important_difference", "reason", "warnings")  # fmt: skip
    return rows_table(rows, columns)


def compare_changes(values: Values, how: Statistics, units: Mapping[str, str]) -> Table:
    """Compare how much two groups change from one session, or condition, to another.

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
        A row per feature and pair of levels: the difference (first group − second) of the mean
        changes and its p-value, adjusted for all rows; Hedges' g of the changes. In a design of
        two groups and two levels that is the interaction.
    """
    one, other = how.groups or ("", "")
    rows: list[dict[str, Any]] = []
    for repeated in how.repeated:
        for name in how.names:
            row: dict[str, Any] = {
                "feature": name,
                "unit": units.get(name),
                "compared": repeated.column,
                "from_level": repeated.first,
                "to_level": repeated.second,
                "first": one,
                "second": other,
            }
            changes = []
            several: list[str] = []
            try:
                for group in (one, other):
                    chosen = [each for each in values if each[0].group == group]
                    ratings, told = subject_ratings(chosen, name, repeated.levels, repeated.column)
                    several += [each for each in told if each not in several]
                    change = ratings[:, 1] - ratings[:, 0]
                    changes.append(change[np.isfinite(change)])
                row |= {"n_first": len(changes[0]), "n_second": len(changes[1])}
                test = two_sample_test(*changes, permutations=how.permutations, seed=how.seed)
                effect = hedges_g(*changes)
            except StatisticsError as error:
                rows.append({**row, "reason": error.message})
                continue
            sizes = len(changes[0]), len(changes[1])
            rows.append(
                {
                    **row,
                    "change_first": float(changes[0].mean()),
                    "change_second": float(changes[1].mean()),
                    **estimate_cells("difference", test),
                    "p_value": None if test.value is None else test.p_value,
                    **estimate_cells("hedges_g", effect),
                    "reason": test.reason or effect.reason,
                    "warnings": join_warnings(
                        several, few_labellings(*sizes, test), test.warnings, effect.warnings
                    ),
                }
            )
    adjust_rows(rows, how)
    columns = ("feature", "unit", "compared", "from_level", "to_level", "first", "second",
               "n_first", "n_second", "change_first", "change_second", "difference",
               "difference_low", "difference_high", "p_value", "p_value_adjusted", "hedges_g",
               "hedges_g_low", "hedges_g_high", "reason", "warnings")  # fmt: skip
    return rows_table(rows, columns)


def _paired(values: Values, name: str, repeated: Repeated, how: Statistics) -> dict[str, Any]:
    ratings, several = subject_ratings(values, name, repeated.levels, repeated.column)
    first, second = ratings.T
    test = paired_test(second, first, permutations=how.permutations, seed=how.seed, missing="drop")
    effect = cohens_dz(second, first, missing="drop")
    ranks = rank_biserial(second, first, seed=how.seed, missing="drop")
    error = measurement_error(ratings, "consistency", missing="drop")
    both = np.isfinite(ratings).all(axis=1)
    changes: Array = np.abs(second - first)[both]
    limit = error.mdc95.value
    return {
        "n": test.n,
        "dropped": test.dropped,
        "mean_first": float(first[both].mean()),
        "mean_second": float(second[both].mean()),
        **estimate_cells("difference", test),
        "p_value": None if test.value is None else test.p_value,
        **estimate_cells("cohens_dz", effect),
        **estimate_cells("rank_biserial", ranks),
        "sem": error.sem.value,
        "mdc95": limit,
        "n_beyond_mdc95": None if limit is None else int((changes > limit).sum()),
        "reason": test.reason or effect.reason or ranks.reason,
        "warnings": join_warnings(
            several, test.warnings, effect.warnings, ranks.warnings, (TRUE_CHANGES,)
        ),
    }
