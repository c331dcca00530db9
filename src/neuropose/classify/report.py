"""How well a classifier does on unseen subjects: everything that a paper must report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from neuropose.classify.settings import ClassifierSettings
from neuropose.data.metadata import Contract, NonNegativeInt
from neuropose.statistics.records import Estimate, Share, Text

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ClassPerformance(Contract):
    """How well one group is distinguished from the others.

    Parameters
    ----------
    label : str
        Name of the group.
    sensitivity : Estimate
        Share of the group that is recognised.
    specificity : Estimate
        Share of the others that is not assigned to the group.
    trials, subjects : int
        Number of trials and of subjects in the group.
    roc : tuple of (float, float)
        Share of the others, and of the group, whose score is at least a threshold, for every
        threshold from the highest to the lowest: the receiver operating characteristic. Empty in
        files of earlier versions.
    """

    label: Text
    sensitivity: Estimate
    specificity: Estimate
    trials: NonNegativeInt
    subjects: NonNegativeInt
    roc: tuple[tuple[Share, Share], ...] = ()


class Performance(Contract):
    """Scores of predictions that were made for subjects that were not trained on.

    Parameters
    ----------
    unit : {"trial", "subject"}
        What is counted. A subject's score is the mean over the trials.
    balanced_accuracy : Estimate
        Mean of the sensitivities. Chance level: 1 over the number of groups.
    auc : Estimate
        Area under the curve: the probability that, of two, the right one has the higher score; for
        more than two groups the mean of each against the rest.
    classes : tuple of ClassPerformance
        Performance for each group.
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
        Number of trials in the bin.
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
        Name of the group.
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
        Mean squared error of the probabilities; with two groups, of one of them. Lower is better.
    brier_of_base_rate : float
        The same if the prediction is always the shares of the groups in the training.
    classes : tuple of ClassCalibration
        Calibration of each group; with two groups only of the second, as the first mirrors it.
    """

    brier: Estimate
    brier_of_base_rate: FiniteFloat
    classes: tuple[ClassCalibration, ...]


class PermutationResult(Contract):
    """Performance of the same training and validation with meaningless labels.

    Parameters
    ----------
    p_value : float
        Share of labellings with a balanced accuracy of at least the observed one, itself included.
    permutations : int
        Number of permutations, without the observed labelling.
    exchanged : {"between subjects", "within subjects"}
        Whether labels were exchanged between or within subjects.
    mean, percentile_95 : float
        Mean and 95th percentile of the balanced accuracy with permuted labels.
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
        Subjects that were tested.
    train_trials, test_trials : int
        Number of trials for training and for testing.
    parameters : mapping of str to float
        Parameters that were chosen within the training trials.
    tuned : bool
        Whether the parameters were chosen. False: given, or too few subjects to choose.
    balanced_accuracy : float
        Balanced accuracy over the groups among the test trials.
    absent : tuple of str
        Groups without test trials.
    """

    test_subjects: tuple[Text, ...]
    train_trials: NonNegativeInt
    test_trials: NonNegativeInt
    parameters: Mapping[str, FiniteFloat]
    tuned: bool
    balanced_accuracy: Share
    absent: tuple[Text, ...] = ()


class SubjectResult(Contract):
    """Predictions for one subject by classifiers not trained on that subject.

    Parameters
    ----------
    subject : str
        Pseudonym of the person.
    label : str or None
        True group. None: the subject has trials of several.
    trials : int
        Number of trials of the subject.
    correct : int
        Number of trials that were recognised.
    predicted : str or None
        Group with the highest mean score. None: as for `label`.
    scores : tuple of float or None
        Mean score of each group. None: as for `label`, or a group was not trained on.
    """

    subject: Text
    label: Text | None
    trials: NonNegativeInt
    correct: NonNegativeInt
    predicted: Text | None
    scores: tuple[FiniteFloat, ...] | None


class ClassificationReport(Contract):
    """A complete validation.

    Parameters
    ----------
    settings : ClassifierSettings
        The classifier and how it is validated.
    features, classes : tuple of str
        Names of the features and of the groups.
    trials, subjects : int
        Number of trials and of subjects.
    by_trial : Performance
        Scores counted by trial.
    by_subject : Performance or None
        Scores counted by subject. None: subjects have trials of several groups.
    calibration : Calibration or None
        Whether the probabilities can be believed. None: see the reason.
    calibration_reason : str or None
        Why there is no calibration.
    permutation : PermutationResult or None
        Result of the permutation test. None: not requested.
    folds : tuple of FoldResult
        Results of each fold.
    subject_results : tuple of SubjectResult
        Predictions for each subject.
    missing_values : int
        Number of missing values, filled with medians.
    data_sha256 : str
        SHA-256 of the values, labels and subjects.
    warnings : tuple of str
        What the reader should know before using the values.
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
