"""Features: a tidy table with a row per trial, stride or repetition, and its definitions."""

from neuropose.features.definitions import FEATURES, Feature
from neuropose.features.summary import counted_values, summarise_features
from neuropose.features.table import (
    FeatureTable,
    Segment,
    movement_features,
)

__all__ = [
    "FEATURES",
    "Feature",
    "FeatureTable",
    "Segment",
    "counted_values",
    "movement_features",
    "summarise_features",
]
