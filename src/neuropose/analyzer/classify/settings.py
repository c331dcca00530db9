"""What is decided before a classifier is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, FiniteFloat, model_validator

from neuropose.analyzer.dtw.settings import DtwSettings
from neuropose.io.metadata import Contract, NonNegativeInt

ModelName = Literal["logistic", "forest", "svm", "knn-dtw", "minirocket"]
Validation = Literal["group-k-fold", "leave-one-subject-out", "k-fold"]

ARCHIVE_DTW = DtwSettings(cost="squared", band=0.1, step_pattern="symmetric1")
"""Squared cost and the customary band, see `ClassifierSettings`."""


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
        Of the validation; stratified by group.
    inner_folds : int
        For the choice of parameters, within the training of each fold, by subject too.
    parameters : mapping of str to float, optional
        Given ones, instead of a choice.
    class_weight : {"balanced", "none"}
        Whether groups weigh the same however many trials they have (not for ``knn-dtw``).
    missing : {"raise", "median"}
        Missing features are refused, or take the median of the training trials.
    permutations : int
        For the p-value; 0: none. It cannot be below 1 / (permutations + 1).
    resamples : int
        Of the bootstrap over subjects.
    level : float
        Of the intervals.
    seed : int
        Of folds, forest, kernels, bootstrap and permutations.
    dtw : DtwSettings
        How ``knn-dtw`` compares series: by default with squared cost, a band of 10 % and
        ``symmetric1``. Given as a whole: what is left out is as in `DtwSettings`. Nothing else
        uses it: another one than the default is refused there, and where distances are given. So
        is a `nan_policy`, since series are complete.

    Notes
    -----
    1-NN DTW as what classifiers of series are measured by: Bagnall et al. 2017, Data Min Knowl Disc
    31:606. A band of 10 %: Ratanamahatana & Keogh 2005, Three myths about dynamic time warping data
    mining, SIAM SDM, 506.
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
    dtw: DtwSettings = ARCHIVE_DTW

    @model_validator(mode="after")
    def _check_dtw(self) -> Self:
        if self.model != "knn-dtw" and self.dtw != ARCHIVE_DTW:
            raise ValueError(f"{self.model} compares nothing by DTW: leave dtw out")
        if type(self.dtw) is not DtwSettings:
            raise ValueError("series are arrays: give DtwSettings")
        if self.dtw.nan_policy != "raise":
            raise ValueError("series must be complete: leave dtw.nan_policy at 'raise'")
        return self
