"""Groups of a cohort told apart: known differences, labels without a meaning, what is left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.elsewhere import Elsewhere
from tests.study.cohorts import CADENCE, STRIDE_TIME, cohort, trial

from neuropose.study.cohort.classification import classify_trials
from neuropose.study.contract.cohort import Classification


def how(**keys: object) -> Classification:
    return Classification.model_validate({"model": "logistic", "permutations": 0, **keys})


def test_groups_that_differ_are_told_apart() -> None:
    found = classify_trials(cohort(5.0), how(permutations=19), workers=1)
    assert found.measures["classification_balanced_accuracy"].value > 0.9
    assert found.measures["classification_p_value"].value == pytest.approx(0.05)
    scores = found.tables["classification"]
    assert set(scores.column("unit")) == {"trial", "subject"}
    assert set(scores.column("score")) >= {"balanced_accuracy", "auc", "sensitivity", "specificity"}
    assert found.tables["classification_confusion"].column("count").sum() == 32 + 16
    assert found.classifier is not None
    assert set(found.classifier.card.features) == {STRIDE_TIME, CADENCE}
    assert any("features are missing in some recording" in each for each in found.warnings)


@pytest.mark.parametrize("effect", [0.5, 5.0])
def test_the_area_under_the_curve_is_the_auc(effect: float) -> None:
    found = classify_trials(cohort(effect), how(), workers=1)
    roc = found.tables["classification_roc"]
    others, hits = roc.column("false_positive_rate"), roc.column("sensitivity")
    assert np.trapezoid(hits, others) == pytest.approx(found.measures["classification_auc"].value)
    assert (others[0], hits[0], others[-1], hits[-1]) == (0.0, 0.0, 1.0, 1.0)
    assert len(set(roc.column("group"))) == 1


def test_no_subject_is_on_both_sides_of_a_fold() -> None:
    folds = classify_trials(cohort(1.0), how(folds=4), workers=1).tables["classification_folds"]
    tested = [set(cell.split(", ")) for cell in folds.column("test_subjects")]
    assert len(tested) == 4
    assert sum(map(len, tested)) == len(set.union(*tested)) == 16
    assert (folds.column("train_trials") + folds.column("test_trials") == 32).all()


@pytest.mark.parametrize("validation", ["group-k-fold", "leave-one-subject-out"])
def test_the_conditions_of_a_subject_stay_together(validation: str) -> None:
    """Who somebody is would tell the group: it must not be known from another condition."""
    levels = [("before", "plain"), ("before", "cane"), ("after", "plain"), ("after", "cane")]
    random = np.random.default_rng(4)
    trials = []
    for number in range(16):
        own = random.normal(0.0, 1.0)  # of the person, and not of the group
        for row, (session, condition) in enumerate(levels):
            features = {STRIDE_TIME: 1.0 + own + random.normal(0.0, 1e-3), CADENCE: 100.0 + own}
            group = "patients" if number % 2 else "controls"
            one = trial(4 * number + row, f"s{number}", group, session, features)
            trials.append(replace(one, trial=replace(one.trial, condition=condition)))
    found = classify_trials(trials, how(validation=validation, folds=4), workers=1)
    folds = found.tables["classification_folds"]
    tested = [set(cell.split(", ")) for cell in folds.column("test_subjects")]
    assert sum(map(len, tested)) == len(set.union(*tested)) == 16
    counts = folds.column("test_trials")
    assert all(count == 4 * len(subjects) for count, subjects in zip(counts, tested, strict=True))
    assert found.measures["classification_balanced_accuracy"].value < 0.75


def test_labels_without_a_meaning_come_out_at_chance() -> None:
    scores = [
        classify_trials(
            cohort(0.0, subjects=12, trials=6, seed=seed), how(), workers=1
        ).measures["classification_balanced_accuracy"].value
        for seed in range(8)
    ]  # fmt: skip
    assert 0.4 < np.mean(scores) < 0.6


@pytest.mark.parametrize("model", ["logistic", "knn-dtw"])
def test_workers_elsewhere_give_the_same(model: str) -> None:
    pool = Elsewhere()
    here, there = (
        classify_trials(
            cohort(1.0, subjects=11), how(model=model, permutations=23, folds=2), workers=w
        )
        for w in (1, pool)
    )
    assert here.classifier is not None
    assert there.classifier is not None
    assert here.classifier.card == there.classifier.card
    assert (here.measures, here.tables) == (there.measures, there.tables)
    wanted = {"_scores_of": 2} | ({"_distances": 3} if model == "knn-dtw" else {})
    assert {name: pool.calls.count(name) for name in pool.calls} == wanted


def test_the_number_of_workers_does_not_matter() -> None:
    one, two = (
        classify_trials(cohort(1.0), how(permutations=4, folds=2), workers=workers)
        for workers in (1, 2)
    )
    assert one.measures == two.measures
    assert one.tables == two.tables
    assert one.classifier.data == two.classifier.data


def test_features_that_are_named() -> None:
    found = classify_trials(cohort(5.0), how(features=[CADENCE]), workers=1)
    assert found.classifier.card.features == (CADENCE,)
    assert "stride_time_left_s" in found.classifier.card.columns.ignored
    assert found.measures["classification_balanced_accuracy"].value < 0.8


def test_what_is_trained_on_is_told_before_and_holds_nothing_constant() -> None:
    trials = [
        replace(each, features={**each.features, "step_length_left_mm": 600.0})
        for each in cohort(5.0)
    ]
    told = []
    found = classify_trials(trials, how(), workers=1, chosen=told.append)
    assert [each.features for each in told] == [(STRIDE_TIME, CADENCE)]
    left_out = found.classifier.card.left_out
    assert dict(told[0].left_out) == dict(left_out)
    assert left_out["step_length_left_mm"] == "is the same in every recording"
    assert left_out["session"] == "says what or whom a row is of"
    assert "step_length_left_mm" in found.classifier.card.columns.ignored
    text = "classification: the same in every recording, and not used: step_length_left_mm"
    assert text in found.warnings


def test_the_median_stands_in_for_features_that_half_of_the_recordings_have() -> None:
    trials = cohort(5.0)
    for number in range(0, len(trials), 3):
        features = {**trials[number].features, CADENCE: np.nan}
        trials[number] = replace(trials[number], features=features)
    whole, filled = (
        classify_trials(trials, how(missing=missing), workers=1).classifier.card
        for missing in ("raise", "median")
    )
    assert set(whole.features) == {STRIDE_TIME}
    assert set(filled.features) == {STRIDE_TIME, CADENCE}
    assert filled.report.missing_values == len(range(0, len(trials), 3))


def test_recordings_of_no_group_and_without_segments_are_left_out_and_counted() -> None:
    trials = [
        *cohort(5.0),
        trial(90, "x", None),
        trial(91, "y", "others"),
        trial(92, "z", "controls"),
    ]
    found = classify_trials(trials, how(groups=["patients", "controls"]), workers=1)
    assert found.classifier.card.report.trials == 32
    text = " ".join(found.warnings)
    assert "2 recordings are in none of the compared groups" in text
    assert "1 recording has no segment that counts" in text


def test_what_cannot_be_validated_has_the_reason_and_no_classifier() -> None:
    few = [each for each in cohort(1.0) if each.trial.subject in ("s0", "s1")]
    found = classify_trials(few, how(), workers=1)
    assert found.classifier is None
    assert found.measures["classification_balanced_accuracy"].reason
    without = [
        replace(each, features={**each.features, STRIDE_TIME: np.nan}) for each in cohort(1.0)
    ]
    missing = classify_trials(without, how(features=[STRIDE_TIME]), workers=1)
    assert "missing values" in missing.measures["classification_auc"].reason


@pytest.mark.parametrize(
    "keys", [{}, {"features": [CADENCE]}, {"missing": "median"}, {"model": "knn-dtw"}]
)
def test_a_cohort_of_which_nothing_can_be_used_has_the_reason(keys: dict[str, object]) -> None:
    for trials in ([], [trial(1, "x", "patients"), trial(2, "y", "controls")]):
        found = classify_trials(trials, how(**keys), workers=1)
        assert found.classifier is None
        assert found.measures["classification_auc"].reason == "no recording can be used"


class TestCurves:
    def test_a_recording_without_any_is_told_for_what_it_is(self) -> None:
        trials = cohort(5.0)
        trials[3] = replace(trials[3], curves={})  # its segments count
        found = classify_trials(trials, how(model="knn-dtw"), workers=1)
        assert "classification: 1 recording has no mean curve: left out" in found.warnings

    def test_groups_whose_curves_differ_are_told_apart_by_dtw(self) -> None:
        found = classify_trials(cohort(5.0), how(model="knn-dtw"), workers=1)
        assert found.measures["classification_balanced_accuracy"].value > 0.8
        assert found.classifier.card.kind == "series"

    def test_a_recording_that_lacks_one_is_left_out(self) -> None:
        trials = cohort(5.0)
        trials[3] = replace(trials[3], curves={"knee_flexion_left": np.full(101, np.nan),
                                               "hip_flexion_left": np.ones(101)})  # fmt: skip
        found = classify_trials(trials, how(model="knn-dtw"), workers=1)
        assert "classification: 1 recording lacks a curve: left out" in found.warnings
