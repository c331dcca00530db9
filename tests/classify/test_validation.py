"""The report of a validation: scikit-learn's numbers, known truth, properties, warnings."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics
from tests.classify.synthetic import as_distances, make_trials

from neuropose.classify import (
    ClassificationReport,
    ClassifierSettings,
    Trials,
    validate,
)
from neuropose.classify.calibration import calibration
from neuropose.classify.folds import Grouped, group, outer_folds
from neuropose.classify.models import candidates
from neuropose.classify.performance import draw_subjects, performance
from neuropose.errors import FeatureTableError
from neuropose.statistics import Estimate

PLAIN = ClassifierSettings(model="svm", permutations=0)


def numbers(estimate: Estimate) -> tuple[float, float, float]:
    assert estimate.value is not None
    assert estimate.interval is not None
    return estimate.value, estimate.interval.low, estimate.interval.high


def scored(
    count: int = 3, subjects: int = 12, repeats: int = 5, seed: int = 0
) -> tuple[Grouped, np.ndarray]:
    """Random scores that know something."""
    rng = np.random.default_rng(seed)
    whose = np.repeat(np.arange(subjects), repeats)
    labels = (np.arange(subjects) % count)[whose]
    scores = rng.normal(size=(len(labels), count)) + 1.5 * np.eye(count)[labels]
    names = tuple(f"s{number:02}" for number in range(subjects))
    return Grouped(labels, whose, tuple("abc"[:count]), names), scores


@pytest.mark.parametrize("count", [2, 3])
def test_scores_as_scikit_learn(count: int) -> None:
    grouped, scores = scored(count)
    found = performance(grouped, scores, PLAIN, "trial")
    predicted = scores.argmax(axis=1)
    expected = metrics.balanced_accuracy_score(grouped.labels, predicted)
    assert found.balanced_accuracy.value == pytest.approx(expected)
    np.testing.assert_array_equal(
        found.confusion, metrics.confusion_matrix(grouped.labels, predicted)
    )
    recalls = metrics.recall_score(grouped.labels, predicted, average=None)
    assert [one.sensitivity.value for one in found.classes] == pytest.approx(list(recalls))
    for place, one in enumerate(found.classes):
        negative = grouped.labels != place
        assert one.specificity.value == pytest.approx((predicted[negative] != place).mean())
    areas = [
        metrics.roc_auc_score(grouped.labels == place, scores[:, place])
        for place in (range(1, 2) if count == 2 else range(count))
    ]
    assert found.auc.value == pytest.approx(np.mean(areas))


def test_ties_count_half() -> None:
    grouped, scores = scored(2)
    rounded = np.round(scores)
    found = performance(grouped, rounded, PLAIN, "trial")
    expected = metrics.roc_auc_score(grouped.labels, rounded[:, 1])
    assert found.auc.value == pytest.approx(expected)


def test_one_trial_each_has_wilson_intervals() -> None:
    # 9 of 10: Wilson 1927, 0.596 to 0.982 (as R's prop.test(9, 10, correct = FALSE)).
    labels = np.repeat([0, 1], [10, 5])
    scores = np.eye(2)[labels]
    scores[0] = [0.0, 1.0]
    names = tuple(map(str, range(15)))
    found = performance(Grouped(labels, np.arange(15), ("a", "b"), names), scores, PLAIN, "subject")
    assert numbers(found.classes[0].sensitivity) == pytest.approx((0.9, 0.5958, 0.9821), abs=1e-4)
    assert found.classes[0].sensitivity.method == "Wilson interval"
    # 5 of 5: 0.566 to 1.
    assert numbers(found.classes[1].sensitivity) == pytest.approx((1.0, 0.5655, 1.0), abs=1e-4)
    low = 0.95 - 0.5 * np.hypot(0.9 - 0.5958, 1.0 - 0.5655)
    high = 0.95 + 0.5 * np.hypot(0.9821 - 0.9, 0.0)
    assert numbers(found.balanced_accuracy) == pytest.approx((0.95, low, high), abs=1e-4)


def test_without_a_mistake_there_is_still_an_interval() -> None:
    grouped, _ = scored(2, subjects=10)
    found = performance(grouped, np.eye(2)[grouped.labels], PLAIN, "trial")
    value, low, high = numbers(found.balanced_accuracy)
    assert (value, high) == (1.0, 1.0)
    assert 0.5 < low < 0.9
    assert numbers(found.classes[0].sensitivity)[1] == pytest.approx(0.5655, abs=1e-4)
    assert "as many trials as subjects" in found.classes[0].sensitivity.method
    assert found.auc.interval is None
    assert found.auc.warnings == ("no interval: no resample differs",)


def test_intervals_know_that_trials_of_a_subject_are_alike() -> None:
    # Subjects are wholly right or wholly wrong: 200 trials say no more than 20 subjects.
    whose = np.repeat(np.arange(20), 10)
    labels = (np.arange(20) % 2)[whose]
    right = (np.arange(20) >= 6)[whose]
    scores = np.eye(2)[np.where(right, labels, 1 - labels)]
    names = tuple(map(str, range(20)))
    many = performance(Grouped(labels, whose, ("a", "b"), names), scores, PLAIN, "trial")
    value, low, high = numbers(many.balanced_accuracy)
    assert value == pytest.approx(0.7)
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(0.7 * 0.3 / 20), rel=0.15)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    held = 0
    settings = ClassifierSettings(model="svm", resamples=500)
    for seed in range(200):
        rng = np.random.default_rng(seed)
        whose = np.repeat(np.arange(40), 4)
        labels = (np.arange(40) % 2)[whose]
        # Ability of a subject varies; a trial is right with 75 % on the whole.
        ability = rng.beta(3.0, 1.0, 40)[whose]
        right = rng.uniform(size=160) < ability
        scores = np.eye(2)[np.where(right, labels, 1 - labels)]
        names = tuple(map(str, range(40)))
        found = performance(Grouped(labels, whose, ("a", "b"), names), scores, settings, "trial")
        _, low, high = numbers(found.balanced_accuracy)
        held += low <= 0.75 <= high
    assert held / 200 == pytest.approx(0.95, abs=0.06)


def test_resamples_draw_within_groups() -> None:
    grouped, _ = scored(3)
    weights = draw_subjects(grouped, PLAIN)
    of_subject = np.arange(12) % 3
    for place in range(3):
        assert (weights[:, of_subject == place].sum(axis=1) == 4).all()


def test_calibration_as_scikit_learn() -> None:
    grouped, scores = scored(2, subjects=20)
    odds = np.exp(scores)
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    settings = ClassifierSettings(model="logistic", folds=4)
    folds = outer_folds(grouped, settings)
    found = calibration(grouped, probabilities, folds, settings)
    expected = metrics.brier_score_loss(grouped.labels, probabilities[:, 1])
    assert found.brier.value == pytest.approx(expected)
    assert found.brier_of_base_rate == pytest.approx(0.25, abs=0.01)
    [curve] = found.classes
    assert curve.label == "b"
    assert sum(each.trials for each in curve.bins) == 100
    for each in curve.bins:
        assert each.low <= each.predicted <= each.high
    three, scores = scored(3, subjects=12)
    odds = np.exp(scores)
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    found = calibration(three, probabilities, outer_folds(three, settings), settings)
    squares = ((probabilities - np.eye(3)[three.labels]) ** 2).sum(axis=1)
    assert found.brier.value == pytest.approx(squares.mean())
    assert [each.label for each in found.classes] == ["a", "b", "c"]


@pytest.mark.parametrize("model", ["logistic", "forest", "svm"])
def test_a_difference_is_found(model: str) -> None:
    trials = make_trials(effect=4.0)
    settings = ClassifierSettings(model=model, permutations=19)  # type: ignore[arg-type]
    report = validate(trials, settings)
    value, low, _ = numbers(report.by_trial.balanced_accuracy)
    assert value > 0.85
    assert low > 0.6
    assert report.permutation is not None
    assert report.permutation.p_value == 0.05
    assert report.permutation.exchanged == "between subjects"
    assert report.by_subject is not None
    assert report.by_subject.unit == "subject"
    assert sum(map(sum, report.by_subject.confusion)) == 20
    if model == "svm":
        assert report.calibration is None
        assert report.calibration_reason == "svm gives no probabilities"
    else:
        assert report.calibration is not None
        assert report.calibration.brier.value is not None
        assert report.calibration.brier.value < report.calibration.brier_of_base_rate


def test_neighbours_find_a_difference() -> None:
    trials = as_distances(make_trials(effect=4.0, features=1))
    report = validate(trials, ClassifierSettings(model="knn-dtw", permutations=19))
    value, low, _ = numbers(report.by_trial.balanced_accuracy)
    assert value > 0.85
    assert low > 0.6
    assert {fold.parameters["n_neighbors"] for fold in report.folds} <= {1.0, 3.0, 5.0}


def test_the_report_is_complete() -> None:
    trials = make_trials(effect=3.0)
    report = validate(trials, ClassifierSettings(model="logistic", permutations=0))
    assert (report.trials, report.subjects, report.classes) == (100, 20, ("control", "patient"))
    assert report.data_sha256 == trials.sha256
    tested = [subject for fold in report.folds for subject in fold.test_subjects]
    assert sorted(tested) == sorted(set(trials.subjects))
    assert sum(fold.test_trials for fold in report.folds) == 100
    assert all(fold.tuned and fold.train_trials + fold.test_trials == 100 for fold in report.folds)
    correct = sum(each.correct for each in report.subject_results)
    assert correct == sum(report.by_trial.confusion[place][place] for place in range(2))
    assert report.permutation is None
    assert ClassificationReport.model_validate_json(report.model_dump_json()) == report


def test_the_same_seed_gives_the_same_with_any_number_of_workers() -> None:
    trials = make_trials(subjects=8, repeats=3)
    settings = ClassifierSettings(model="svm", permutations=8, folds=4, seed=3)
    seen: list[tuple[int, int]] = []
    one = validate(trials, settings, progress=lambda done, total: seen.append((done, total)))
    assert one == validate(trials, settings, workers=2)
    assert seen == [(number, 8) for number in range(1, 9)]
    assert one.folds != validate(trials, settings.model_copy(update={"seed": 4})).folds


def test_subjects_with_trials_of_both_groups() -> None:
    trials = make_trials(subjects=10, repeats=6, effect=0.0, within=0.3)
    labels = tuple(np.tile(["affected", "other"], 30))
    values = trials.values.copy()
    values[::2, 0] += 3.0
    sides = Trials("features", values, trials.features, trials.names, trials.subjects, labels)
    report = validate(sides, ClassifierSettings(model="logistic", permutations=19))
    assert report.by_subject is None
    assert report.permutation is not None
    assert report.permutation.exchanged == "within subjects"
    assert report.permutation.p_value == 0.05
    assert {each.label for each in report.subject_results} == {None}


def test_parameters_can_be_given() -> None:
    trials = make_trials(effect=3.0)
    settings = ClassifierSettings(model="svm", permutations=0, parameters={"C": 7.0})
    report = validate(trials, settings)
    assert {fold.parameters["C"] for fold in report.folds} == {7.0}
    assert not any(fold.tuned for fold in report.folds)
    with pytest.raises(FeatureTableError, match="svm has no parameters gamma"):
        validate(trials, settings.model_copy(update={"parameters": {"gamma": 1.0}}))


@pytest.mark.parametrize(
    ("model", "name", "value"),
    [
        ("logistic", "C", 0.0),
        ("svm", "C", -1.0),
        ("forest", "min_samples_leaf", 1.5),
        ("knn-dtw", "n_neighbors", 2.7),
        ("knn-dtw", "n_neighbors", 0.0),
        ("minirocket", "alpha", -0.5),
    ],
)
def test_parameters_that_cannot_be_are_refused(model: str, name: str, value: float) -> None:
    settings = ClassifierSettings(model=model, parameters={name: value})
    with pytest.raises(FeatureTableError, match=f"{name} is {value:g}"):
        candidates(settings)


def test_missing_features_are_refused_or_filled_and_counted() -> None:
    trials = make_trials(effect=4.0)
    holed = trials.values.copy()
    holed[7, 2] = holed[50, 1] = np.nan
    other = Trials("features", holed, trials.features, trials.names, trials.subjects, trials.labels)
    settings = ClassifierSettings(model="logistic", permutations=0)
    message = "2 of 100 trials have missing values, the first is 'feature_2' of 'trial 7'"
    with pytest.raises(FeatureTableError, match=message):
        validate(other, settings)
    report = validate(other, settings.model_copy(update={"missing": "median"}))
    assert report.missing_values == 2


def test_a_feature_that_is_hardly_ever_there() -> None:
    trials = make_trials(effect=4.0)
    values = np.column_stack([trials.values, np.full(100, np.nan)])
    settings = ClassifierSettings(model="logistic", permutations=0, missing="median")

    def others() -> Trials:
        names = (*trials.features, "rare")
        return Trials("features", values, names, trials.names, trials.subjects, trials.labels)

    with pytest.raises(FeatureTableError, match="'rare' is missing in every trial"):
        validate(others(), settings)
    values[:5, 4] = 1.0  # and constant where it is there: it tells nothing
    with pytest.raises(FeatureTableError, match="'rare' cannot be a feature: it is the same in"):
        validate(others(), settings)
    # Of a single subject: the fold that tests it is trained without the feature.
    values[:5, 4] = 1.1, 0.7, 1.4, 0.9, 1.2
    report = validate(others(), settings)
    assert report.missing_values == 95
    assert report.by_trial.balanced_accuracy.value > 0.9


def test_distances_to_other_trials_are_refused() -> None:
    trials = as_distances(make_trials())
    renamed = tuple(f"other {name}" for name in trials.names)
    others = Trials(
        "distances", trials.values, renamed, trials.names, trials.subjects, trials.labels
    )
    with pytest.raises(FeatureTableError, match="not those between the trials themselves"):
        validate(others, ClassifierSettings(model="knn-dtw"))


def test_other_kinds_are_refused() -> None:
    trials = make_trials()
    with pytest.raises(FeatureTableError, match="knn-dtw takes distances or series, not features"):
        validate(trials, ClassifierSettings(model="knn-dtw"))
    with pytest.raises(FeatureTableError, match="svm takes features, not distances"):
        validate(as_distances(trials), PLAIN)


def test_what_a_reader_should_know() -> None:
    labels = np.repeat(["a", "b"], [30, 4])
    subjects = [*np.repeat([f"a{number}" for number in range(3)], 10), "b0", "b1", "b2", "b2"]
    trials = Trials(
        "features",
        np.random.default_rng(0).normal(size=(34, 2)),
        ("x", "y"),
        tuple(map(str, range(34))),
        tuple(subjects),
        tuple(labels),
    )
    settings = ClassifierSettings(
        model="logistic", permutations=0, validation="leave-one-subject-out"
    )
    assert validate(trials, settings).warnings == (
        "few subjects: 3 of group 'a', fewer than 10",
        "few subjects: 3 of group 'b', fewer than 10",
        "unequal groups: trials 30 of 'a', 4 of 'b'",
        "probabilities are those of groups of equal size (class_weight balanced)",
        "subjects have 1 to 10 trials: scores by trial are of the many",
        "6 of 6 folds test a single group: only all folds together count",
        "the AUC compares scores of as many classifiers as subjects: it can be too low",
    )
    two = Trials(
        "features",
        np.random.default_rng(0).normal(size=(4, 1)),
        ("x",),
        tuple("1234"),
        tuple("pqrs"),
        tuple("aabb"),
    )
    few = validate(two, ClassifierSettings(model="svm", folds=2, permutations=0))
    assert "too few subjects to choose parameters in 2 of 2 folds" in few.warnings
    wide = Trials(
        "features",
        np.random.default_rng(0).normal(size=(4, 5)),
        tuple("vwxyz"),
        two.names,
        two.subjects,
        two.labels,
    )
    many = validate(wide, ClassifierSettings(model="svm", folds=2, permutations=0))
    assert "5 features, but 4 subjects: some separate the groups by chance" in many.warnings


def test_permuted_labels_may_leave_a_single_group_to_train_with() -> None:
    from neuropose.classify.fitting import out_of_fold

    trials = make_trials(subjects=4, repeats=1)
    grouped = group(trials)._replace(labels=np.array([0, 0, 0, 1]))
    scores, fitted = out_of_fold(trials, grouped, (np.array([0, 1, 2]), np.array([3])), PLAIN)
    assert fitted is None
    assert scores.tolist() == [[1.0, 0.0]]
    three = group(trials)._replace(labels=np.array([0, 0, 2, 1]), classes=("a", "b", "c"))
    scores, _ = out_of_fold(trials, three, (np.array([0, 1, 2]), np.array([3])), PLAIN)
    assert scores[0, 1] == -np.inf
