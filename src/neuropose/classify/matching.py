"""Trials to predict, in the layout that a classifier was trained on, or refused."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.classify.card import ModelCard
from neuropose.classify.trials import Trials
from neuropose.errors import FeatureMismatchError

_SHOWN = 5


def in_order(card: ModelCard, trials: Trials) -> NDArray[np.float64]:
    """Return the values of new trials in the order of the features that were trained on.

    Parameters
    ----------
    card : ModelCard
        Description of the classifier and its validation.
    trials : Trials
        The new trials.

    Returns
    -------
    ndarray of float64

    Raises
    ------
    FeatureMismatchError
        If their kind, features or number of samples differ.
    """
    if trials.kind != card.kind:
        raise FeatureMismatchError(
            f"the classifier takes {card.kind}, not {trials.kind}",
            hint="give a table like that of the training",
        )
    absent = [name for name in card.features if name not in trials.features]
    added = [name for name in trials.features if name not in card.features]
    if absent or added:
        said = [
            f"{_some(names)} {what}"
            for names, what in ((absent, "missing"), (added, "new"))
            if names
        ]
        raise FeatureMismatchError(
            f"other features than those trained on: {'; '.join(said)}",
            hint="give the same features, and ignore columns that are not features",
        )
    if card.samples is not None and trials.values.shape[2] != card.samples:
        raise FeatureMismatchError(
            f"series of {trials.values.shape[2]} samples, not {card.samples} as trained on",
            hint="bring all trials to the same number of samples",
        )
    return trials.values[:, [trials.features.index(name) for name in card.features]]


def _some(names: list[str]) -> str:
    shown = ", ".join(map(repr, names[:_SHOWN]))
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"
