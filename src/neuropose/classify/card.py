"""The card beside a saved classifier: how it was trained, how good it is, and what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, FiniteFloat, model_validator

from neuropose.classify.report import ClassificationReport, Sha256
from neuropose.classify.settings import ClassifierSettings
from neuropose.classify.trials import Kind
from neuropose.data.metadata import Contract, NonNegativeInt
from neuropose.statistics.records import Text

CARD_SCHEMA_VERSION: Literal[1] = 1


class TableColumns(Contract):
    """Columns of the table that a classifier was trained on, other than features.

    Parameters
    ----------
    subject, label : str
        Columns of the subject and of the group.
    trial : str or None
        Column of the trial's name. None: each row is a trial.
    ignored : tuple of str
        Columns left out as requested.
    """

    subject: Text
    label: Text
    trial: Text | None = None
    ignored: tuple[Text, ...] = ()


class ModelCard(Contract):
    """Everything to know about a saved classifier, without paths and file names of the data.

    It contains the names of the subjects as they were in the table: use pseudonyms.

    Parameters
    ----------
    schema_version : int
        Version of the card's format.
    model_file : str
        File of the classifier, beside the card.
    model_sha256 : str
        SHA-256 of that file; any other file is refused.
    series_file : str or None
        File beside the card with the series trained on, which ``knn-dtw`` compares new ones with;
        numbers without names. None: not needed.
    series_sha256 : str or None
        SHA-256 of that file; any other file is refused.
    settings : ClassifierSettings
        The classifier and how it is validated.
    parameters : mapping of str to float
        Parameters of the saved classifier, chosen with all subjects.
    kind : {"features", "distances", "series"}
        Kind of input.
    features, classes : tuple of str
        Names of the features and of the groups.
    samples : int or None
        Number of samples of each series. None: it does not take series.
    columns : TableColumns or None
        Columns of the table. None: it was not trained on a table.
    left_out : mapping of str to str
        Columns of the table that are not features, and why.
    measured_with : str or None
        Mark of the settings that the trials were measured with. None: not known.
    report : ClassificationReport
        Validation of the same settings on the same trials; of other classifiers than the one that
        is saved, since that has seen all subjects.
    neuropose_version : str
        Version of NeuroPose that trained it.
    versions : mapping of str to str
        Versions of the libraries that it depends on.
    """

    schema_version: Literal[1] = CARD_SCHEMA_VERSION
    model_file: Annotated[str, Field(pattern=r"^model-[0-9a-f]{12}\.skops$")]
    model_sha256: Sha256
    series_file: Annotated[str, Field(pattern=r"^series-[0-9a-f]{12}\.npy$")] | None = None
    series_sha256: Sha256 | None = None
    settings: ClassifierSettings
    parameters: Mapping[str, FiniteFloat]
    kind: Kind
    features: tuple[Text, ...]
    classes: tuple[Text, ...]
    samples: NonNegativeInt | None = None
    columns: TableColumns | None = None
    left_out: Mapping[str, Text] = {}
    measured_with: Text | None = None
    report: ClassificationReport
    neuropose_version: Text
    versions: Mapping[str, str]

    @property
    def compares_series(self) -> bool:
        """Whether it predicts from distances between new series and those trained on."""
        return self.settings.model == "knn-dtw" and self.kind == "series"

    @model_validator(mode="after")
    def _check_series(self) -> Self:
        for value in (self.series_file, self.series_sha256):
            if (value is not None) != self.compares_series:
                raise ValueError("series are kept if, and only if, knn-dtw was trained on series")
        return self


class TrialPrediction(Contract):
    """Prediction for one trial.

    Parameters
    ----------
    trial, subject : str
        Name of the trial, and its subject.
    predicted : str
        The group with the highest score.
    scores : tuple of float
        Score of each group, in their order; the group with the highest one is predicted.
    """

    trial: Text
    subject: Text
    predicted: Text
    scores: tuple[FiniteFloat, ...]


class Predictions(Contract):
    """Predictions of a classifier.

    Parameters
    ----------
    classes : tuple of str
        Names of the groups, in the order of the scores.
    probabilities : bool
        Whether the scores are probabilities.
    trials : tuple of TrialPrediction
        Prediction for each trial.
    model_sha256 : str
        SHA-256 of the classifier's file.
    warnings : tuple of str
        What the reader should know before using the values.
    """

    classes: tuple[Text, ...]
    probabilities: bool
    trials: tuple[TrialPrediction, ...]
    model_sha256: Sha256
    warnings: tuple[Text, ...] = ()
