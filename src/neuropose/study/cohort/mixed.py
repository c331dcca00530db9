"""Mixed models of a cohort: two sessions or conditions, one group or two, gaps allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from neuropose.data import Table
from neuropose.errors import StatisticsError
from neuropose.statistics.mixed import mixed_model
from neuropose.study.cohort.groups import (
    Values,
    adjust_rows,
    estimate_cells,
    join_warnings,
    subject_ratings,
)
from neuropose.study.cohort.values import rows_table
from neuropose.study.contract.cohort import Repeated, Statistics

_EFFECTS = ("level", "group", "interaction")


def fit_mixed_models(values: Values, how: Statistics, units: Mapping[str, str]) -> Table:
    """Fit a mixed model to each feature and pair of levels.

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
        A row per feature, pair of levels and effect (``level``: second − first; ``group``: first −
        second; ``interaction``: how much more the first group changes), with its interval and
        p-value, adjusted for all rows, and the standard deviations of the model; or the reason why
        there is none. Several trials of one subject at one level count as their mean.
    """
    rows: list[dict[str, Any]] = []
    for repeated in how.repeated:
        for name in how.names:
            row: dict[str, Any] = {
                "feature": name,
                "unit": units.get(name),
                "compared": repeated.column,
                "from_level": repeated.first,
                "to_level": repeated.second,
            }
            try:
                rows += [row | found for found in _effects(values, name, repeated, how)]
            except StatisticsError as error:
                rows.append({**row, "reason": error.message})
    adjust_rows(rows, how)
    columns = ("feature", "unit", "compared", "from_level", "to_level", "effect", "estimate",
               "estimate_low", "estimate_high", "p_value", "p_value_adjusted", "subjects",
               "incomplete", "sd_subjects", "sd_rest", "reason", "warnings")  # fmt: skip
    return rows_table(rows, columns)


def _effects(
    values: Values, name: str, repeated: Repeated, how: Statistics
) -> list[dict[str, Any]]:
    parts, several = [], list[str]()
    for group in how.groups or (None,):
        chosen = [each for each in values if group in (None, each[0].group)]
        ratings, warnings = subject_ratings(chosen, name, repeated.levels, repeated.column)
        parts.append(ratings)
        several += [warning for warning in warnings if warning not in several]
    in_first = np.repeat([True, False], [len(part) for part in parts]) if how.groups else None
    model = mixed_model(np.concatenate(parts), in_first)
    found = (model.level, model.group, model.interaction)
    estimates = [(what, each) for what, each in zip(_EFFECTS, found, strict=True) if each]
    return [
        {
            "effect": effect,
            **estimate_cells("estimate", estimate),
            "p_value": p_value,
            "subjects": model.complete + model.incomplete,
            "incomplete": model.incomplete,
            "sd_subjects": model.sd_subjects,
            "sd_rest": model.sd_rest,
            "warnings": join_warnings(several, estimate.warnings),
        }
        for (effect, estimate), p_value in zip(estimates, model.p_values, strict=True)
    ]
