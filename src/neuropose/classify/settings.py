"""Settings that are chosen before a classifier is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, FiniteFloat, model_validator

from neuropose.analyzer.compare.dtw.settings import Band, Cost, DtwSettings
from neuropose.data.metadata import Contract, NonNegativeInt

ModelName = Literal["logistic", "forest", "svm", "knn-dtw", "minirocket"]
Validation = Literal["group-k-fold", "leave-one-subject-out", "k-fold"]


class SeriesDtwSettings(DtwSettings):
    """How ``knn-dtw`` compares series: `DtwSettings` with the customary defaults.

    Parameters
    ----------
    cost : {"euclidean", "squared"}
        Default: squared.
    step_pattern : {"symmetric1", "symmetric2"}
    band, band_frames : float or None, int or None
        Default: a band of 10 % (Ratanamahatana & Keogh 2005, Three myths about dynamic time warping
        data mining, SIAM SDM, 506).
    nan_policy : {"raise"}
        Series are complete.

    Examples
    --------
    >>> SeriesDtwSettings(band_frames=5).band is None
    True
    """

    cost: Cost = "squared"
    band: Band | None = 0.1
    nan_policy: Literal["raise"] = "raise"

    @model_validator(mode="before")
    @classmethod
    def _one_band(cls, given: Any) -> Any:
        """Let a band in frames replace the default band."""
        if isinstance(given, Mapping) and given.get("band_frames") is not None:
            return {"band": None, **given}
        return given


class ClassifierSettings(Contract):
    """How a classifier is trained and validated.

    Parameters
    ----------
    model : {"logistic", "forest", "svm", "knn-dtw", "minirocket"}
        Logistic regression, random forest, and support vectors with a radial kernel, over features;
        nearest neighbours by DTW over series, or over a matrix of distances; MiniRocket over
        series.
    validation : {"group-k-fold", "leave-one-subject-out", "k-fold"}
        All trials of a subject are in one fold. ``k-fold`` is refused if a subject has several.
    folds : int
        Number of folds of the validation, stratified by group.
    inner_folds : int
        Number of folds for the choice of parameters, within the training of each fold, also by
        subject.
    parameters : mapping of str to float, optional
        Fixed parameters, instead of a choice.
    class_weight : {"balanced", "none"}
        Whether groups weigh the same however many trials they have (not for ``knn-dtw``).
    missing : {"raise", "median"}
        Missing features are refused, or replaced by the median of the training trials.
    permutations : int
        Number of permutations for the p-value, which cannot be below 1 / (permutations + 1). 0: no
        p-value.
    resamples : int
        Number of resamples of the bootstrap over subjects.
    level : float
        Confidence level of the intervals.
    seed : int
        Seed of folds, forest, kernels, bootstrap and permutations.
    dtw : SeriesDtwSettings
        How ``knn-dtw`` compares series. For other models, and for given distances, anything but
        the default is refused.

    Notes
    -----
    1-NN DTW as what classifiers of series are measured by: Bagnall et al. 2017, Data Min Knowl Disc
    31:606.
    """

    model: ModelName
    validation: Validation = "group-k-fold"
    folds: Annotated[int, Field(ge=2)] = 5
    inner_folds: Annotated[int, Field(ge=2)] = 3
    parameters: Mapping[str, FiniteFloat] | None = None
    class_weight: Literal["balanced", "none"] = "balanced"
    missing: Literal["raise", "median"] = "raise"
    permutations: NonNegativeInt = 199
    resamples: Annotated[int, Field(ge=200)] = 2000
    level: Annotated[FiniteFloat, Field(gt=0.0, lt=1.0)] = 0.95
    seed: NonNegativeInt = 0
    dtw: SeriesDtwSettings = SeriesDtwSettings()

    @model_validator(mode="after")
    def _check_dtw(self) -> Self:
        if self.model != "knn-dtw" and self.dtw != SeriesDtwSettings():
            raise ValueError(f"{self.model} compares nothing by DTW: leave dtw out")
        return self
