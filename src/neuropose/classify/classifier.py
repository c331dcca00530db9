"""A classifier from training to prediction, and its storage in a folder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from neuropose._version import __version__
from neuropose.classify.card import (
    CARD_SCHEMA_VERSION,
    ModelCard,
    Predictions,
    TableColumns,
    TrialPrediction,
)
from neuropose.classify.fitting import fit, scores_of
from neuropose.classify.folds import group
from neuropose.classify.matching import in_order
from neuropose.classify.models import MODELS
from neuropose.classify.neighbours import (
    PairProgress,
    decode_series,
    distances_to,
    encode_series,
)
from neuropose.classify.permuting import Progress
from neuropose.classify.safe_model import decode_model, encode_model
from neuropose.classify.same_settings import check_settings
from neuropose.classify.settings import ClassifierSettings
from neuropose.classify.trials import Trials
from neuropose.classify.validation import check_kind, validated
from neuropose.cores import Workers
from neuropose.errors import (
    FileFormatError,
    OutputError,
    UntrustedModelError,
)
from neuropose.io.atomic import write_atomically
from neuropose.io.strict_json import parse, read_bytes, refuse_newer
from neuropose.provenance import CLASSIFIER_LIBRARIES, library_versions

CARD_FILE = "card.json"
_CARD = TypeAdapter(ModelCard)


@dataclass(frozen=True, eq=False, slots=True)
class Classifier:
    """A trained classifier.

    Parameters
    ----------
    card : ModelCard
        Description of the classifier and its validation.
    pipeline : sklearn Pipeline
        Fitted preprocessing steps and classifier.
    data : bytes
        The pipeline as it is saved.
    series : ndarray of float64, shape (N, F, T), or None
        Series that it was trained on, if it compares new ones with them.
    """

    card: ModelCard
    pipeline: Any
    data: bytes
    series: NDArray[np.float64] | None = None

    def predict(
        self, trials: Trials, *, workers: int = 1, progress: PairProgress | None = None
    ) -> Predictions:
        """Predict the group of trials.

        Parameters
        ----------
        trials : Trials
            Trials with the features that it was trained on, in any order.
        workers : int
            CPU cores for the distances between series; does not change the result.
        progress : callable, optional
            Called with the number of pairs of series done and the total.

        Returns
        -------
        Predictions

        Raises
        ------
        FeatureMismatchError
            If the features differ, or were measured with other settings.
        FeatureTableError
            If a value is missing that is not filled.
        """
        card = self.card
        values = in_order(card, trials)
        unknown = check_settings(card.measured_with, trials.measured_with)
        check_kind(trials, card.settings)
        if self.series is not None:
            values = distances_to(
                self.series, values, card.settings, workers=workers, progress=progress
            )
        scores = scores_of(self.pipeline, values, len(card.classes))
        known = {result.subject for result in card.report.subject_results} & set(trials.subjects)
        warnings = [] if unknown is None else [unknown]
        if known:
            warnings.append(
                f"{len(known)} of these subjects are of the training: what is predicted for them "
                "says nothing of how well it does"
            )
        return Predictions(
            classes=card.classes,
            probabilities=MODELS[card.settings.model].probabilities,
            trials=tuple(
                TrialPrediction(
                    trial=trials.names[row],
                    subject=trials.subjects[row],
                    predicted=card.classes[int(scores[row].argmax())],
                    scores=tuple(scores[row]),
                )
                for row in range(len(trials))
            ),
            model_sha256=card.model_sha256,
            warnings=tuple(warnings),
        )


def train(
    trials: Trials,
    settings: ClassifierSettings,
    *,
    columns: TableColumns | None = None,
    workers: Workers = 1,
    progress: Progress | None = None,
    pair_progress: PairProgress | None = None,
) -> Classifier:
    """Validate a classifier by subject, then train it on all trials.

    Parameters
    ----------
    trials : Trials
        Features, distances or series, with the group and subject of each trial.
    settings : ClassifierSettings
        The classifier and how it is validated.
    columns : TableColumns, optional
        Columns that the trials come from, for the card.
    workers : int or Pool
        CPU cores, or workers elsewhere, for the distances and the permutations; does not change
        the result.
    progress, pair_progress : callable, optional
        See `validate`.

    Returns
    -------
    Classifier
        Bit-identical for the same trials, settings and versions.

    Raises
    ------
    FeatureTableError, LeakageError, MissingLibraryError
        See `validate`.
    """
    report, learned = validated(trials, settings, workers, progress, pair_progress)
    grouped = group(trials)
    fitted = fit(learned, grouped, np.arange(len(trials)), settings)
    data = encode_model(fitted.pipeline)
    sha256 = hashlib.sha256(data).hexdigest()
    series, series_sha256 = None, None
    if learned is not trials:
        series = trials.values
        series_sha256 = hashlib.sha256(encode_series(series)).hexdigest()
    card = ModelCard(
        model_file=f"model-{sha256[:12]}.skops",
        model_sha256=sha256,
        series_file=series_sha256 and f"series-{series_sha256[:12]}.npy",
        series_sha256=series_sha256,
        settings=settings,
        parameters=fitted.parameters,
        kind=trials.kind,
        features=trials.features,
        classes=grouped.classes,
        samples=trials.values.shape[2] if trials.kind == "series" else None,
        columns=columns,
        left_out=trials.left_out,
        measured_with=trials.measured_with,
        report=report,
        neuropose_version=__version__,
        versions=library_versions(CLASSIFIER_LIBRARIES),
    )
    # What predicts is what is saved.
    return Classifier(card, decode_model(data, settings.model), data, series)


def save_classifier(folder: Path, classifier: Classifier, *, replace: bool = False) -> None:
    """Write a classifier and its card into a folder, which is created if necessary.

    Parameters
    ----------
    folder : Path
        Folder to write to.
    classifier : Classifier
        A trained classifier.
    replace : bool
        Whether an existing classifier may be replaced.

    Raises
    ------
    OutputError
        If there is one already, or it cannot be written; an existing one is left untouched.
    """
    path = Path(folder) / CARD_FILE
    if path.exists() and not replace:
        raise OutputError(f"{folder} holds a classifier already", hint="choose another folder")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be made: {(error.strerror or str(error)).lower()}",
            hint="choose another folder",
        ) from error
    card = classifier.card
    # The card goes last: until then the one that was there belongs to the model that was there.
    write_atomically(path.parent / card.model_file, [classifier.data])
    if card.series_file is not None and classifier.series is not None:
        write_atomically(path.parent / card.series_file, [encode_series(classifier.series)])
    write_atomically(path, [card.model_dump_json(indent=1).encode(), b"\n"])
    for pattern, own in (("model-*.skops", card.model_file), ("series-*.npy", card.series_file)):
        for old in path.parent.glob(pattern):
            if old.name != own:
                old.unlink(missing_ok=True)


def load_card(folder: Path) -> ModelCard:
    """Read the card of a saved classifier, and check that the classifier beside it is unchanged.

    Parameters
    ----------
    folder : Path
        Folder of the saved classifier.

    Returns
    -------
    ModelCard

    Raises
    ------
    FileMissingError, FileReadError
        If a file does not exist or cannot be read.
    FileFormatError
        If the card is damaged.
    UntrustedModelError
        If the classifier, or the series that it compares with, do not match the card.
    """
    return _load(folder)[0]


def load_classifier(folder: Path) -> Classifier:
    """Read a saved classifier, and the series beside it if it compares new ones with them.

    Its SHA-256 is compared with that on the card, then the types in it with those that such a
    classifier has, before anything in it is instantiated. The hash detects damage, and a classifier
    that was replaced on its own; even someone who changes both files cannot have code run.

    Parameters
    ----------
    folder : Path
        Folder of the saved classifier.

    Returns
    -------
    Classifier

    Raises
    ------
    FileMissingError, FileReadError
        If a file does not exist or cannot be read.
    FileFormatError
        If the card is damaged, or the classifier is of another version of scikit-learn.
    UntrustedModelError
        If the classifier was changed, or contains types that are not allowed.
    """
    card, data, stored = _load(folder)
    here = library_versions(CLASSIFIER_LIBRARIES)
    for name in ("scikit-learn", *(("aeon",) if card.settings.model == "minirocket" else ())):
        saved = card.versions.get(name, "none")
        found = here.get(name, "none")
        if _minor(saved) != _minor(found):
            raise FileFormatError(
                f"the classifier was trained with {name} {saved}, but here is {found}, which could "
                "predict something else",
                hint=f"pip install '{name}=={_minor(saved)}.*', or train again",
            )
    pipeline = decode_model(data, card.settings.model)
    width = getattr(pipeline, "n_features_in_", None)
    trained, channels = card.report.trials, len(card.features)
    if card.compares_series and width != trained:
        raise UntrustedModelError(
            f"the classifier takes distances to {width} series, its card says {trained}",
            hint="train again",
        )
    if card.kind != "series" and width != channels:
        raise UntrustedModelError(
            f"the classifier takes {width} features, its card names {channels}",
            hint="train again",
        )
    series = None
    if stored is not None:
        series = decode_series(stored, (trained, channels, card.samples or 0))
    return Classifier(card, pipeline, data, series)


def _load(folder: Path) -> tuple[ModelCard, bytes, bytes | None]:
    raw = read_bytes(Path(folder) / CARD_FILE)
    try:
        refuse_newer(raw, CARD_SCHEMA_VERSION, "the card")
        card = parse(raw, _CARD, "")
    except FileFormatError as error:
        error.hint = error.hint or f"{folder} holds no classifier, or it is damaged: train again"
        raise
    data = _unchanged(folder, card.model_file, card.model_sha256, "is not the classifier")
    series = None
    if card.series_file is not None and card.series_sha256 is not None:
        series = _unchanged(folder, card.series_file, card.series_sha256, "are not the series")
    return card, data, series


def _unchanged(folder: Path, name: str, sha256: str, otherwise: str) -> bytes:
    data = read_bytes(Path(folder) / name)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise UntrustedModelError(
            f"{name} {otherwise} that the card describes: its SHA-256 differs",
            hint="take all files from where they were made, or train again",
        )
    return data


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])
