"""Filters for trajectories: each returns the new values, and records what it changed.

Time runs along the first axis, (T,) or (T, J, 3) alike; everything else is a column of its
own. Missing is NaN, before and after: no filter invents a number without data to support it.
"""

from neuropose.filters.butterworth import LowPassed, low_pass, single_pass_cutoff_hz
from neuropose.filters.derivatives import differentiate
from neuropose.filters.gaps import FilledGaps, fill_gaps
from neuropose.filters.outliers import WithoutOutliers, hampel
from neuropose.filters.preparation import (
    Preparation,
    PreparationRecord,
    Prepared,
    prepare,
)
from neuropose.filters.resampling import (
    Resampled,
    even_rate_hz,
    resample,
    usual_rate_hz,
)
from neuropose.filters.scaling import min_max

__all__ = [
    "FilledGaps",
    "LowPassed",
    "Preparation",
    "PreparationRecord",
    "Prepared",
    "Resampled",
    "WithoutOutliers",
    "differentiate",
    "even_rate_hz",
    "fill_gaps",
    "hampel",
    "low_pass",
    "min_max",
    "prepare",
    "resample",
    "single_pass_cutoff_hz",
    "usual_rate_hz",
]
