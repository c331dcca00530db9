"""Statistics for movement measures: every number with its interval, its n and its method.

Missing values are NaN, and refused unless ``missing="drop"`` is set: then rows with missing values
are left out and counted in the result. Everything that draws at random takes a seed, and returns
the same result for the same seed.
"""

from neuropose.statistics.agreement import BlandAltman, bland_altman
from neuropose.statistics.curves import CurveRegion, CurveTest, compare_curves
from neuropose.statistics.effects import cliffs_delta, cohens_dz, hedges_g, rank_biserial
from neuropose.statistics.importance import IMPORTANT_DIFFERENCES, ImportantDifference
from neuropose.statistics.multiple import AdjustedPValues, adjust
from neuropose.statistics.permutation import PermutationTest, paired_test, two_sample_test
from neuropose.statistics.records import Estimate, Interval
from neuropose.statistics.reliability import Icc, MeasurementError, icc, measurement_error

__all__ = [
    "IMPORTANT_DIFFERENCES",
    "AdjustedPValues",
    "BlandAltman",
    "CurveRegion",
    "CurveTest",
    "Estimate",
    "Icc",
    "ImportantDifference",
    "Interval",
    "MeasurementError",
    "PermutationTest",
    "adjust",
    "bland_altman",
    "cliffs_delta",
    "cohens_dz",
    "compare_curves",
    "hedges_g",
    "icc",
    "measurement_error",
    "paired_test",
    "rank_biserial",
    "two_sample_test",
]
