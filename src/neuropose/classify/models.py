"""The classifiers: their preprocessing, their parameters, and how they are built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neuropose.classify.settings import ClassifierSettings, ModelName
from neuropose.classify.trials import Kind
from neuropose.errors import FeatureTableError, MissingLibraryError

Parameters = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ModelKind:
    """One type of classifier.

    Parameters
    ----------
    kinds : tuple of {"features", "distances", "series"}
        Kinds of input that it takes, one at a time.
    candidates : tuple of mapping
        Parameters to choose among; the first is the default, and wins if several are equally good.
    probabilities : bool
        Whether its scores are probabilities.
    """

    kinds: tuple[Kind, ...]
    candidates: tuple[Parameters, ...]
    probabilities: bool


MODELS: dict[ModelName, ModelKind] = {
    "logistic": ModelKind(
        ("features",), tuple({"C": c} for c in (1.0, 0.1, 0.01)), probabilities=True
    ),
    "forest": ModelKind(("features",), ({"min_samples_leaf": 2.0},), probabilities=True),
    "svm": ModelKind(("features",), tuple({"C": c} for c in (1.0, 0.1, 10.0)), probabilities=False),
    "knn-dtw": ModelKind(
        ("distances", "series"),
        tuple({"n_neighbors": k} for k in (1.0, 3.0, 5.0)),
        probabilities=True,
    ),
    "minirocket": ModelKind(
        ("series",), tuple({"alpha": a} for a in (100.0, 1.0, 10_000.0)), probabilities=False
    ),
}
"""All classifiers, by name."""

_TREES = 100
_WHOLE = ("min_samples_leaf", "n_neighbors")


def candidates(settings: ClassifierSettings) -> tuple[Parameters, ...]:
    """Return the parameters to choose among.

    Parameters
    ----------
    settings : ClassifierSettings
        The classifier and how it is validated.

    Returns
    -------
    tuple of mapping

    Raises
    ------
    FeatureTableError
        If parameters are given that the model does not have, or with impossible values.
    """
    choice = MODELS[settings.model].candidates
    if settings.parameters is None:
        return choice
    if set(settings.parameters) != set(choice[0]):
        raise FeatureTableError(
            f"{settings.model} has no parameters {', '.join(settings.parameters)}",
            hint=f"it has {', '.join(choice[0])}",
        )
    for name, value in settings.parameters.items():
        if value <= 0.0 or (name in _WHOLE and value % 1.0):
            kind = "whole number above 0" if name in _WHOLE else "number above 0"
            raise FeatureTableError(f"{name} is {value:g}", hint=f"give a {kind}")
    return (dict(settings.parameters),)


def build_steps(settings: ClassifierSettings) -> list[tuple[str, Any]]:
    """Build the steps before the classifier, not yet fitted.

    Parameters
    ----------
    settings : ClassifierSettings
        The classifier and how it is validated.

    Returns
    -------
    list of (str, transformer)

    Raises
    ------
    MissingLibraryError
        If MiniRocket is requested but aeon is not installed.
    """
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import StandardScaler

    if settings.model == "knn-dtw":
        return []
    if settings.model == "minirocket":
        return [
            ("minirocket", _minirocket(settings.seed)),
            ("scale", StandardScaler(with_mean=False)),
        ]
    steps: list[tuple[str, Any]] = []
    if settings.missing == "median":
        steps.append(("impute", SimpleImputer(strategy="median")))
    if settings.model != "forest":
        steps.append(("scale", StandardScaler()))
    return steps


def build_classifier(
    settings: ClassifierSettings, parameters: Parameters, *, kept: bool = True
) -> Any:
    """Build the classifier, not yet fitted.

    Parameters
    ----------
    settings : ClassifierSettings
        The classifier and how it is validated.
    parameters : mapping of str to float
        One of `candidates`.
    kept : bool
        Whether it may be saved. One that is only scored is fitted faster, with the same result.

    Returns
    -------
    classifier
    """
    weight = "balanced" if settings.class_weight == "balanced" else None
    if settings.model == "logistic":
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=parameters["C"], class_weight=weight, max_iter=10_000)
    if settings.model == "forest":
        from sklearn.ensemble import RandomForestClassifier

        forest = RandomForestClassifier(
            n_estimators=_TREES,
            min_samples_leaf=int(parameters["min_samples_leaf"]),
            class_weight=weight,
            random_state=settings.seed,
        )
        if not kept:
            from neuropose.classify.trees import CopiedTree

            forest.estimator = CopiedTree()
        return forest
    if settings.model == "svm":
        from sklearn.svm import SVC

        return SVC(C=parameters["C"], class_weight=weight)
    if settings.model == "knn-dtw":
        from sklearn.neighbors import KNeighborsClassifier

        return KNeighborsClassifier(int(parameters["n_neighbors"]), metric="precomputed")
    from sklearn.linear_model import RidgeClassifier

    return RidgeClassifier(alpha=parameters["alpha"], class_weight=weight)


def _minirocket(seed: int) -> Any:
    try:
        from aeon.transformations.collection.convolution_based import MiniRocket
    except ImportError as error:
        raise MissingLibraryError(
            f"MiniRocket needs aeon, which cannot be imported: {error}",
            hint="pip install 'neuropose[timeseries]'",
        ) from error
    return MiniRocket(random_state=seed)
