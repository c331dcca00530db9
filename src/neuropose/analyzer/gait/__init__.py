"""Gait: events, strides, spatiotemporal parameters, turns, cycles and symmetry."""

from neuropose.analyzer.gait.analysis import GaitAnalysis, analyze_gait
from neuropose.analyzer.gait.cycles import Cycles, normalise_cycles
from neuropose.analyzer.gait.definitions import STRIDE_MEASURES
from neuropose.analyzer.gait.events import FootEvent
from neuropose.analyzer.gait.footprints import Ground
from neuropose.analyzer.gait.report import gait_report
from neuropose.analyzer.gait.settings import GaitSettings, Surface
from neuropose.analyzer.gait.strides import Stride
from neuropose.analyzer.gait.summary import (
    summarise,
    symmetry_index,
    symmetry_ratio,
    variability,
)
from neuropose.analyzer.turns import Turn

__all__ = [
    "STRIDE_MEASURES",
    "Cycles",
    "FootEvent",
    "GaitAnalysis",
    "GaitSettings",
    "Ground",
    "Stride",
    "Surface",
    "Turn",
    "analyze_gait",
    "gait_report",
    "normalise_cycles",
    "summarise",
    "symmetry_index",
    "symmetry_ratio",
    "variability",
]
