"""Classifiers over features, DTW distances or series, validated by subject or refused.

A validation in which a subject is on both sides shows how well subjects are recognised, not groups:
it gave 97 % for labels that meant nothing. There is no way to ask for one here.
"""

from neuropose.analyzer.classify.card import ModelCard, Predictions, TableColumns, TrialPrediction
from neuropose.analyzer.classify.classifier import (
    Classifier,
    load_card,
    load_classifier,
    save_classifier,
    train,
)
from neuropose.analyzer.classify.models import MODELS
from neuropose.analyzer.classify.report import ClassificationReport, Performance
from neuropose.analyzer.classify.settings import ClassifierSettings, SeriesDtwSettings
from neuropose.analyzer.classify.trials import Trials, kind_of_table, trials_from_table
from neuropose.analyzer.classify.validation import validate

__all__ = [
    "MODELS",
    "ClassificationReport",
    "Classifier",
    "ClassifierSettings",
    "ModelCard",
    "Performance",
    "Predictions",
    "SeriesDtwSettings",
    "TableColumns",
    "TrialPrediction",
    "Trials",
    "kind_of_table",
    "load_card",
    "load_classifier",
    "save_classifier",
    "train",
    "trials_from_table",
    "validate",
]
