"""Exact dynamic time warping: of two movements, of all pairs, within a recording, and averages."""

from neuropose.analyzer.compare.dtw.average import DtwAverage, dtw_average
from neuropose.analyzer.compare.dtw.matches import Match, dtw_matches, dtw_open_end
from neuropose.analyzer.compare.dtw.matrix import DtwMatrix, dtw_matrix
from neuropose.analyzer.compare.dtw.movements import dtw_all, dtw_per_joint, dtw_relation
from neuropose.analyzer.compare.dtw.reference import ReferenceMovement, reference_movement
from neuropose.analyzer.compare.dtw.result import DtwResult
from neuropose.analyzer.compare.dtw.settings import ComparisonSettings, DtwSettings
from neuropose.analyzer.compare.dtw.warping import dtw

__all__ = [
    "ComparisonSettings",
    "DtwAverage",
    "DtwMatrix",
    "DtwResult",
    "DtwSettings",
    "Match",
    "ReferenceMovement",
    "dtw",
    "dtw_all",
    "dtw_average",
    "dtw_matches",
    "dtw_matrix",
    "dtw_open_end",
    "dtw_per_joint",
    "dtw_relation",
    "reference_movement",
]
