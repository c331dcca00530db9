"""Gait: events, strides, spatiotemporal parameters, turns, cycles and symmetry."""

from neuropose.analyzer.signals.turns import Turn
from neuropose.analyzer.tasks.gait.analysis import GaitAnalysis, analyze_gait
from neuropose.analyzer.tasks.gait.cycles import Cycles, normalise_cycles
from neuropose.analyzer.tasks.gait.definitions import STRIDE_MEASURES
from neuropose.analyzer.tasks.gait.foot_events.find import FootEvent
from neuropose.analyzer.tasks.gait.foot_placement import Ground
from neuropose.analyzer.tasks.gait.report import cycles_frame, gait_report
from neuropose.analyzer.tasks.gait.settings import GaitSettings, Surface
from neuropose.analyzer.tasks.gait.strides import Stride
from neuropose.analyzer.tasks.gait.summary import (
    summarise,
    symmetry_index,
    symmetry_ratio,
    variability,
)

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
    "cycles_frame",
    "gait_report",
    "normalise_cycles",
    "summarise",
    "symmetry_index",
    "symmetry_ratio",
    "variability",
]
