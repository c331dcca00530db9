"""How well a classifier does on subjects that it has not seen: all that a paper must say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from neuropose.classify.settings import ClassifierSettings
from neuropose.data.metadata import Contract, NonNegativeInt
from neuropose.statistics.records import Estimate, Share, Text

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ClassPerformance(Contract):
    """How well one group is told from the others.

    Parameters
    ----------
    label : str
    sensitivity : Estimate
        Share of its own that is recognised.
    specificity : Estimate
        Share of the others that is not taken for it.
    trials, subjects : int
    """

    label: Text
    sensitivity: Estimate
    specificity: Estimate
    trials: NonNegativeInt
    subjects: NonNegativeInt


class Performance(Contract):
    """Scores of predictions that were made for subjects that were not trained on.

    Parameters
    ----------
    unit : {"trial", "subject"}
        What is counted. A subject's score is the mean over the trials.
    balanced_accuracy : Estimate
        Mean of the sensitivities. By chance: 1 over the number of groups.
    auc : Estimate
        Area under the curve, the chance that of two the right one has the higher score; of more
        than two groups the mean of each against the rest.
    classes : tuple of ClassPerformance
    confusion : tuple of tuple of int
        Rows: true group; columns: predicted one; both in the order of `classes`.
    """

    unit: Literal["trial", "subject"]
    balanced_accuracy: Estimate
    auc: Estimate
    classes: tuple[ClassPerformance, ...]
    confusion: tuple[tuple[NonNegativeInt, ...], ...]


class ReliabilityBin(Contract):
    """Trials with a similar predicted probability.

    Parameters
    ----------
    low, high : float
        Bounds of the probability.
    predicted : float
        Mean probability.
    observed : float
        Share that was in the group.
    trials : int
    """

    low: Share
    high: Share
    predicted: Share
    observed: Share
    trials: NonNegativeInt


class ClassCalibration(Contract):
    """Whether the probabilities of one group can be believed.

    Parameters
    ----------
    label : str
    bins : tuple of ReliabilityBin
        Without those that are empty.
    """

    label: Text
    bins: tuple[ReliabilityBin, ...]


class Calibration(Contract):
    """Whether predicted probabilities can be believed.

    Parameters
    ----------
    brier : Estimate
        Mean squared error of the probabilities; of two groups, of one of them. Less is better.
    brier_of_base_rate : float
        The same, if everybody is given the shares of the groups in the training.
    classes : tuple of ClassCalibration
        Of two groups the second one only: the first is its mirror image.
    """

    brier: Estimate
    brier_of_base_rate: FiniteFloat
    classes: tuple[ClassCalibration, ...]


class PermutationResult(Contract):
    """How the same training and validation do where groups mean nothing.

    Parameters
    ----------
    p_value : float
        How often the balanced accuracy was at least the observed one, it included.
    permutations : int
        Without the observed one.
    exchanged : {"between subjects", "within subjects"}
        What the labels were exchanged between.
    mean, percentile_95 : float
        Of the balanced accuracy of permuted labels.
    """

    p_value: Share
    permutations: NonNegativeInt
    exchanged: Literal["between subjects", "within subjects"]
    mean: Share
    percentile_95: Share


class FoldResult(Contract):
    """One fold of the validation.

    Parameters
    ----------
    test_subjects : tuple of str
    train_trials, test_trials : int
    parameters : mapping of str to float
        That were chosen within the training.
    tuned : bool
        Whether they were chosen. False: given, or too few subjects to choose.
    balanced_accuracy : float
        Over the groups that the test holds.
    absent : tuple of str
        Groups that the test does not hold.
    """

    test_subjects: tuple[Text, ...]
    train_trials: NonNegativeInt
    test_trials: NonNegativeInt
    parameters: Mapping[str, FiniteFloat]
    tuned: bool
    balanced_accuracy: Share
    absent: tuple[Text, ...] = ()


class SubjectResult(Contract):
    """What was predicted for one subject while not being trained on.

    Parameters
    ----------
    subject : str
    label : str or None
        True group. None: the subject has trials of several.
    trials : int
    correct : int
        Trials that were recognised.
    predicted : str or None
        Group with the highest mean score. None as `label`.
    scores : tuple of float or None
        Mean score of each group. None as `label`, or a group was not trained on.
    """

    subject: Text
    label: Text | None
    trials: NonNegativeInt
    correct: NonNegativeInt
    predicted: Text | None
    scores: tuple[FiniteFloat, ...] | None


class ClassificationReport(Contract):
    """A validation, complete.

    Parameters
    ----------
    settings : ClassifierSettings
    features, classes : tuple of str
    trials, subjects : int
    by_trial : Performance
    by_subject : Performance or None
        None: subjects have trials of several groups.
    calibration : Calibration or None
    calibration_reason : str or None
        Why there is none.
    permutation : PermutationResult or None
        None: not asked for.
    folds : tuple of FoldResult
    subject_results : tuple of SubjectResult
    missing_values : int
        Filled with medians.
    data_sha256 : str
    warnings : tuple of str
    """

    settings: ClassifierSettings
    features: tuple[Text, ...]
    classes: tuple[Text, ...]
    trials: NonNegativeInt
    subjects: NonNegativeInt
    by_trial: Performance
    by_subject: Performance | None
    calibration: Calibration | None
    calibration_reason: Text | None
    permutation: PermutationResult | None
    folds: tuple[FoldResult, ...]
    subject_results: tuple[SubjectResult, ...]
    missing_values: NonNegativeInt
    data_sha256: Sha256
    warnings: tuple[Text, ...] = ()
