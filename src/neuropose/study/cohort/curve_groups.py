"""Mean curves of two groups of a cohort, compared over the whole cycle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose.data import Table
from neuropose.errors import StatisticsError
from neuropose.statistics import CurveTest, compare_curves
from neuropose.study.cohort.balance import balanced_means
from neuropose.study.cohort.groups import adjust_rows, few_labellings, join_warnings
from neuropose.study.cohort.table import CohortTrial
from neuropose.study.cohort.values import rows_table
from neuropose.study.contract.cohort import Statistics
from neuropose.study.trial.mean_curves import PERCENT

Array = NDArray[np.float64]
Curves = Sequence[tuple[CohortTrial, Mapping[str, Array]]]
Row = dict[str, Any]
_NONE = np.full(len(PERCENT), np.nan)


def compare_group_curves(curves: Curves, how: Statistics) -> dict[str, Table]:
    """Compare the mean curves of two groups of subjects.

    Parameters
    ----------
    curves : sequence of (CohortTrial, mapping of str to ndarray)
        Mean curves of each trial. NaN: not available.
    how : Statistics
        Which statistics to compute, and at which level.

    Returns
    -------
    dict of str to Table
        ``curve_comparison``, a row per curve: p-value of the whole curve, corrected for its
        samples, and adjusted for the number of curves; or the reason why there is none.
        ``dropped`` counts subjects without that curve, or who lack a session that most have, and
        ``means_of`` names the sessions: see `neuropose.study.cohort.balance.balanced_means`.
        ``curve_regions``, a row per part of the cycle in which the groups differ, for each curve
        separately; like the bands, not adjusted for the number of curves.
        ``curve_differences``, a row per percent of each curve: both means, their difference with
        its band, and t.

    Notes
    -----
    One curve a subject, the mean over its sessions. See `neuropose.statistics.compare_curves`.
    """
    one, other = how.groups or ("", "")
    tests: list[Row] = []
    regions: list[Row] = []
    differences: list[Row] = []
    for name in sorted({name for _, each in curves for name in each}):
        means = balanced_means([(trial, each.get(name, _NONE)) for trial, each in curves], how)
        first, second = (part.reshape(-1, len(PERCENT)) for part in (means.first, means.second))
        row: Row = {
            "curve": name,
            "first": one,
            "second": other,
            "n_first": len(first),
            "n_second": len(second),
            "dropped": means.dropped,
            "means_of": means.means_of,
            "warnings": join_warnings(means.warnings),
        }
        try:
            found = compare_curves(
                first, second, paired=False, permutations=how.permutations, seed=how.seed
            )
        except StatisticsError as error:
            tests.append({**row, "reason": error.message})
            continue
        tests.append(
            {
                **row,
                "p_value": found.p_value,
                "threshold": found.threshold,
                "alpha": found.alpha,
                "method": found.method,
                "warnings": join_warnings(
                    means.warnings, few_labellings(len(first), len(second), found), found.warnings
                ),
            }
        )
        regions += _regions(name, found)
        differences += _differences(name, first.mean(axis=0), second.mean(axis=0), found)
    adjust_rows(tests, how)
    return {
        "curve_comparison": rows_table(tests, (
            "curve", "first", "second", "n_first", "n_second", "dropped", "means_of", "p_value",
            "p_value_adjusted", "threshold", "alpha", "method", "reason", "warnings",
        )),
        "curve_regions": rows_table(regions, (
            "curve", "start_percent", "end_percent", "direction", "peak_t", "peak_percent",
            "p_value",
        )),
        "curve_differences": rows_table(differences, (
            "curve", "percent", "mean_first", "mean_second", "difference", "difference_low",
            "difference_high", "t", "p_value",
        )),
    }  # fmt: skip


def _regions(name: str, found: CurveTest) -> list[Row]:
    return [
        {
            "curve": name,
            "start_percent": float(PERCENT[each.first]),
            "end_percent": float(PERCENT[each.last]),
            "direction": each.direction,
            "peak_t": each.peak,
            "peak_percent": float(PERCENT[each.peak_sample]),
            "p_value": each.p_value,
        }
        for each in found.regions
        if each.significant
    ]


def _differences(name: str, first: Array, second: Array, found: CurveTest) -> list[Row]:
    [difference] = found.difference
    nothing = (None,) * len(PERCENT)
    columns = {
        "percent": PERCENT.tolist(),
        "mean_first": first.tolist(),
        "mean_second": second.tolist(),
        "difference": difference,
        "difference_low": found.low or nothing,
        "difference_high": found.high or nothing,
        "t": found.statistic,
        "p_value": found.p_values or nothing,
    }
    cells = zip(*columns.values(), strict=True)
    return [{"curve": name, **dict(zip(columns, row, strict=True))} for row in cells]
