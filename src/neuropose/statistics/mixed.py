"""A mixed model of subjects with two levels each, of one group or two: missing values allowed."""

from __future__ import annotations

import warnings as python_warnings
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import ArrayLike

from neuropose.errors import MissingLibraryError, StatisticsError
from neuropose.statistics.records import Bools, Estimate, Floats, interval_of
from neuropose.statistics.samples import check_level, too_few

LEAST_SUBJECTS = 20
"""With fewer, the variance between subjects is known badly."""

_NOTHING = 0.15  # of what is left; the fit ends near 0, not at it
_ROUNDING = 1e-12  # of the values: what differs by less does not
_METHOD = "linear mixed model, random intercept of subjects, REML; t with between-within df"


class MixedModel(NamedTuple):
    """Effects in a design of two levels within subjects, and of two groups between them.

    Parameters
    ----------
    level : Estimate
        Second level less the first, mean of both groups.
    group : Estimate or None
        First group less the second, mean of both levels. None: one group.
    interaction : Estimate or None
        How much more the first group changes than the second. None: one group.
    p_values : tuple of float
        Two-sided, in the order of the effects that there are.
    sd_subjects, sd_rest : float
        Standard deviations between subjects and of what is left.
    complete, incomplete : int
        Number of subjects with both levels, and with one alone.
    """

    level: Estimate
    group: Estimate | None
    interaction: Estimate | None
    p_values: tuple[float, ...]
    sd_subjects: float
    sd_rest: float
    complete: int
    incomplete: int


def mixed_model(
    ratings: ArrayLike, in_first_group: ArrayLike | None = None, *, level: float = 0.95
) -> MixedModel:
    """Fit a linear mixed model to one value of every subject at two levels.

    Parameters
    ----------
    ratings : array_like, shape (N, 2)
        A row per subject: its value at the first and at the second level. NaN: missing; a subject
        with one value counts with that.
    in_first_group : array_like of bool, shape (N,), optional
        Whether each subject is of the first group. Default: there is one group.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    MixedModel

    Raises
    ------
    StatisticsError
        If there are fewer than 3 subjects with both values, of each group, or all change by the
        same.
    MissingLibraryError
        If statsmodels is not installed (extra ``mixed``).

    Notes
    -----
    Laird & Ware 1982, Biometrics 38:963. Degrees of freedom within subjects for the level and the
    interaction, between them for the group (Schluchter & Elashoff 1990, J Stat Comput Simul 37:69).
    Where every subject has both values it is the paired t test, and the interaction the t test of
    the changes of both groups; it is the right tool where some have one alone, for a reason that
    has nothing to do with the value.

    Examples
    --------
    >>> before_after = [[1.0, 1.2], [0.9, 1.1], [1.1, 1.2], [0.8, np.nan], [1.2, 1.5]]
    >>> model = mixed_model(before_after)
    >>> round(model.level.value, 2)
    0.21
    """
    check_level(level)
    values = np.asarray(ratings, dtype=np.float64)
    groups = None if in_first_group is None else np.asarray(in_first_group, dtype=bool)
    _check(values, groups)
    model = _statsmodels()
    subject, second = np.nonzero(np.isfinite(values))
    observed = values[subject, second]
    columns = [np.ones(len(observed)), second - 0.5]
    if groups is not None:
        own = np.where(groups[subject], 0.5, -0.5)
        columns += [own, own * (second - 0.5)]
    # In units of their own: numbers far from 1 would not converge.
    centre, width = float(observed.mean()), float(observed.std()) or 1.0
    with python_warnings.catch_warnings(record=True):
        python_warnings.simplefilter("always")  # of a variance at 0, which is told below
        fit = model((observed - centre) / width, np.stack(columns, axis=1), groups=subject).fit()
    sd_subjects = width * float(np.sqrt(max(0.0, float(np.asarray(fit.cov_re)[0, 0]))))
    sd_rest = width * float(np.sqrt(fit.scale))
    complete = int(np.isfinite(values).all(axis=1).sum())
    subjects = int(np.isfinite(values).any(axis=1).sum())
    told = list(too_few(subjects, LEAST_SUBJECTS, "subjects"))
    if sd_subjects < _NOTHING * sd_rest:
        told.append("subjects hardly differ beyond what is left: their variance is next to 0")
    within_df = len(observed) - subjects - (len(columns) // 2)
    between_df = subjects - len(columns) // 2
    estimates, p_values = [], []
    for place in range(1, len(columns)):
        found = width * float(fit.fe_params[place])
        error = width * float(fit.bse_fe[place])
        df = between_df if place == 2 else within_df
        p_values.append(float(2.0 * scipy.stats.t.sf(abs(found / error), df)))
        half = float(scipy.stats.t.ppf(0.5 + 0.5 * level, df)) * error
        estimates.append(
            Estimate(
                value=found,
                interval=interval_of(found - half, found + half, level),
                n=subjects,
                method=_METHOD,
                warnings=tuple(told),
            )
        )
    group, interaction = (estimates[1], estimates[2]) if groups is not None else (None, None)
    return MixedModel(
        estimates[0],
        group,
        interaction,
        tuple(p_values),
        sd_subjects,
        sd_rest,
        complete,
        subjects - complete,
    )


def _check(values: Floats, groups: Bools | None) -> None:
    if values.ndim != 2 or values.shape[1] != 2:
        raise StatisticsError(
            f"values of shape {values.shape}", hint="give a row per subject, with two values"
        )
    both: Bools = np.asarray(np.isfinite(values).all(axis=1))
    parts = [both] if groups is None else [both & groups, both & ~groups]
    least = min(int(part.sum()) for part in parts)
    if least < 3:
        raise StatisticsError(
            f"too few subjects with both values: {least}", hint="3 or more are needed, per group"
        )
    spread = max(float(np.ptp(values[part, 1] - values[part, 0])) for part in parts)
    if spread <= _ROUNDING * float(np.nanmax(np.abs(values))):
        raise StatisticsError("all subjects change by the same: nothing tells the change's error")


def _statsmodels() -> type:
    try:
        from statsmodels.regression.mixed_linear_model import MixedLM
    except ImportError as error:
        raise MissingLibraryError(
            "a mixed model needs statsmodels, which is not installed",
            hint="pip install 'neuropose[mixed]'",
        ) from error
    found: type = MixedLM
    return found
