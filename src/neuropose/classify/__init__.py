"""Classifiers over features, DTW distances or series, validated by subject or refused.

A validation in which a subject is on both sides shows how well subjects are recognised, not groups:
it reached 97 % for meaningless labels. Such a validation is not available here.
"""

from neuropose.classify.card import ModelCard, Predictions, TableColumns, TrialPrediction
from neuropose.classify.classifier import (
    Classifier,
    load_card,
    load_classifier,
    save_classifier,
    train,
)
from neuropose.classify.models import MODELS
from neuropose.classify.report import ClassificationReport, Performance
from neuropose.classify.settings import ClassifierSettings, SeriesDtwSettings
from neuropose.classify.trials import Trials, kind_of_table, trials_from_table
from neuropose.classify.validation import validate

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
