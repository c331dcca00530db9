"""The card beside a saved classifier: what it was made from, how good it is, and what it takes."""

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
    trial : str or None
    ignored : tuple of str
    """

    subject: Text
    label: Text
    trial: Text | None = None
    ignored: tuple[Text, ...] = ()


class ModelCard(Contract):
    """All that must be known of a saved classifier. No path and no file name of the data.

    The subjects' names are in here, as they were in the table: give pseudonyms.

    Parameters
    ----------
    schema_version : int
    model_file : str
        Beside the card.
    model_sha256 : str
        Of that file: another one is refused.
    series_file : str or None
        Beside the card: the series trained on, which ``knn-dtw`` compares new ones with; numbers
        without names. None: it needs none.
    series_sha256 : str or None
        Of that file: another one is refused.
    settings : ClassifierSettings
    parameters : mapping of str to float
        Of the classifier that is saved, chosen with all subjects.
    kind : {"features", "distances", "series"}
        What it takes.
    features, classes : tuple of str
    samples : int or None
        Of each series. None: it takes no series.
    columns : TableColumns or None
        None: it was not trained on a table.
    left_out : mapping of str to str
        Columns of the table that are not features, and why.
    measured_with : str or None
        Mark of the settings that the trials were measured with. None: not known.
    report : ClassificationReport
        Validation of the same settings on the same trials; of other classifiers than the one that
        is saved, since that has seen all subjects.
    neuropose_version : str
    versions : mapping of str to str
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
    """What is predicted for one trial.

    Parameters
    ----------
    trial, subject : str
    predicted : str
    scores : tuple of float
        Of each group, in their order; the highest one is predicted.
    """

    trial: Text
    subject: Text
    predicted: Text
    scores: tuple[FiniteFloat, ...]


class Predictions(Contract):
    """What a classifier says of trials.

    Parameters
    ----------
    classes : tuple of str
    probabilities : bool
        Whether the scores are probabilities.
    trials : tuple of TrialPrediction
    model_sha256 : str
    warnings : tuple of str
    """

    classes: tuple[Text, ...]
    probabilities: bool
    trials: tuple[TrialPrediction, ...]
    model_sha256: Sha256
    warnings: tuple[Text, ...] = ()
