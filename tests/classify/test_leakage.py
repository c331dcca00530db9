"""No subject on both sides of a fold, and labels that mean nothing come out at chance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import KFold, cross_val_score
from tests.classify.synthetic import as_distances, make_trials

from neuropose.classify import ClassifierSettings, Trials, validate
from neuropose.classify.folds import Grouped, group, inner_folds, outer_folds
from neuropose.classify.permuting import exchange
from neuropose.errors import FeatureTableError, LeakageError


def test_plain_folds_would_find_what_is_not_there() -> None:
    # What this is all about: labels carry no signal at all, and yet.
    trials = make_trials(subjects=20, repeats=10, features=6)
    scores = cross_val_score(
        RandomForestClassifier(50, random_state=0),
        trials.values,
        trials.labels,
        cv=KFold(5, shuffle=True, random_state=0),
    )
    assert scores.mean() > 0.97


@pytest.mark.parametrize(
    ("model", "validation", "parameters"),
    [
        ("logistic", "group-k-fold", None),
        ("svm", "group-k-fold", {"C": 1.0}),
        ("svm", "leave-one-subject-out", {"C": 1.0}),
    ],
)
def test_labels_without_a_meaning_are_at_chance(
    model: str, validation: str, parameters: dict[str, float] | None
) -> None:
    settings = ClassifierSettings(
        model=model,  # type: ignore[arg-type]
        validation=validation,  # type: ignore[arg-type]
        parameters=parameters,
        permutations=19 if parameters else 9,
    )
    accuracies, p_values = [], []
    for seed in range(3):
        report = validate(make_trials(subjects=20, repeats=10, features=6, seed=seed), settings)
        assert report.permutation is not None
        accuracies.append(report.by_trial.balanced_accuracy.value)
        p_values.append(report.permutation.p_value)
    assert np.mean(accuracies) == pytest.approx(0.5, abs=0.15)
    # 5 % of all p-values are 0.05 or less: two of three come once in 140 times.
    assert np.median(p_values) > 0.05


def test_neighbours_without_a_meaning_are_at_chance() -> None:
    trials = as_distances(make_trials(subjects=20, repeats=10, features=6))
    report = validate(trials, ClassifierSettings(model="knn-dtw", permutations=19))
    assert report.permutation is not None
    assert report.by_trial.balanced_accuracy.value == pytest.approx(0.5, abs=0.2)
    assert report.permutation.p_value > 0.05


def test_plain_k_fold_is_refused() -> None:
    trials = make_trials(subjects=6, repeats=3)
    settings = ClassifierSettings(model="logistic", validation="k-fold", folds=3)
    with pytest.raises(LeakageError) as caught:
        validate(trials, settings)
    assert caught.value.message == (
        "18 trials of 6 subjects (s00: 3, s01: 3, s02: 3, s03: 3, s04: 3, …): k-fold would test on "
        "subjects that it was trained on"
    )
    assert caught.value.hint == "validate by subject: group-k-fold, or leave-one-subject-out"
    assert caught.value.exit_code == 11


def test_plain_k_fold_of_one_trial_each_is_no_other() -> None:
    trials = make_trials(subjects=20, repeats=1)
    plain = ClassifierSettings(model="svm", validation="k-fold", permutations=0)
    grouped = plain.model_copy(update={"validation": "group-k-fold"})
    one, other = validate(trials, plain), validate(trials, grouped)
    assert one.folds == other.folds
    assert one.by_trial == other.by_trial


@given(
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 2)), min_size=30, max_size=80),
    st.integers(0, 100),
    st.integers(2, 4),
)
@settings(max_examples=60, deadline=None)
def test_no_subject_is_on_both_sides(rows: list[tuple[int, int]], seed: int, folds: int) -> None:
    subjects, labels = np.array(rows).T
    if len(np.unique(labels)) < 2:
        return
    trials = Trials(
        "features",
        np.zeros((len(rows), 1)),
        ("x",),
        tuple(map(str, range(len(rows)))),
        tuple(map(str, subjects)),
        tuple(map(str, labels)),
    )
    grouped = group(trials)
    settings_ = ClassifierSettings(model="svm", folds=folds, seed=seed)
    try:
        found = outer_folds(grouped, settings_)
    except LeakageError:
        return
    tested = np.concatenate([fold.test for fold in found])
    assert sorted(tested) == list(range(len(rows)))
    for fold in found:
        inside = inner_folds(grouped, fold.train, 3, seed)
        for train, test in (fold, *inside):
            assert not set(subjects[train]) & set(subjects[test])
        for train, test in inside:
            assert not set(subjects[fold.test]) & {*subjects[train], *subjects[test]}


@pytest.mark.parametrize(("repeats", "mixed"), [(4, False), (4, True)])
def test_labels_are_exchanged_as_they_could_be(repeats: int, mixed: bool) -> None:
    trials = make_trials(subjects=8, repeats=repeats)
    grouped = group(trials)
    if mixed:  # every subject has both groups, as of an affected and another side
        grouped = grouped._replace(labels=np.tile([0, 1], 16))
    assert grouped.constant is not mixed
    different = 0
    for number in range(20):
        permuted = exchange(grouped, [0, number])
        different += not np.array_equal(permuted.labels, grouped.labels)
        assert permuted.constant is not mixed
        if mixed:
            for subject in range(8):
                own = permuted.labels[grouped.subjects == subject]
                assert sorted(own) == [0, 0, 1, 1]
        else:
            assert np.bincount(permuted.labels).tolist() == [16, 16]
    assert different > 15


@pytest.mark.parametrize(
    ("counts", "options", "message", "hint"),
    [
        ((6, 3), {"folds": 5}, "3 subjects of group 'b' are too few for 5 folds", "take 3 folds"),
        ((6, 1), {"folds": 2}, "1 subject of group 'b'", "record more subjects"),
        (
            (6, 1),
            {"validation": "leave-one-subject-out"},
            "too few for leaving one out",
            "record more subjects",
        ),
    ],
)
def test_too_few_subjects_are_refused(
    counts: tuple[int, int], options: dict[str, object], message: str, hint: str
) -> None:
    labels = np.repeat(["a", "b"], counts)
    trials = Trials(
        "features",
        np.arange(len(labels), dtype=float)[:, None],
        ("x",),
        tuple(map(str, range(len(labels)))),
        tuple(map(str, range(len(labels)))),
        tuple(labels),
    )
    with pytest.raises(LeakageError, match=message) as caught:
        validate(trials, ClassifierSettings(model="svm", **options))  # type: ignore[arg-type]
    assert (caught.value.hint or "").startswith(hint)


def test_a_single_group_is_refused() -> None:
    trials = make_trials(subjects=4, repeats=2)
    one = Trials(
        "features", trials.values, trials.features, trials.names, trials.subjects, ("a",) * 8
    )
    with pytest.raises(FeatureTableError, match="of one group, 'a'"):
        validate(one, ClassifierSettings(model="svm"))
    none = Trials("features", trials.values, trials.features, trials.names, trials.subjects, None)
    with pytest.raises(FeatureTableError, match="have no groups"):
        validate(none, ClassifierSettings(model="svm"))


def test_a_fold_without_a_group_to_train_with_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from neuropose.classify import folds

    trials = make_trials(subjects=6, repeats=2)
    grouped = group(trials)
    everything = np.arange(12)
    patients = np.flatnonzero(grouped.labels == 1)

    def lopsided(*_: object) -> list[folds.Fold]:
        return [folds.Fold(np.setdiff1d(everything, patients), patients)]

    monkeypatch.setattr(folds, "group_folds", lopsided)
    with pytest.raises(LeakageError, match="fold 1 would be trained without group 'patient'"):
        outer_folds(grouped, ClassifierSettings(model="svm", folds=2))


def test_what_is_prepared_looks_at_the_training_only() -> None:
    # A feature that is enormous in the test subjects only changes nothing that was trained.
    from neuropose.classify.fitting import fit

    trials = make_trials(subjects=12, repeats=3, effect=2.0)
    grouped: Grouped = group(trials)
    settings_ = ClassifierSettings(model="logistic", missing="median")
    [fold, *_] = outer_folds(grouped, settings_)
    spoiled = trials.values.copy()
    spoiled[fold.test] = 1e6
    other = Trials(
        "features", spoiled, trials.features, trials.names, trials.subjects, trials.labels
    )
    one = fit(trials, grouped, fold.train, settings_)
    two = fit(other, grouped, fold.train, settings_)
    assert one.parameters == two.parameters
    np.testing.assert_array_equal(
        one.pipeline.predict_proba(trials.values), two.pipeline.predict_proba(trials.values)
    )


def test_one_person_under_two_names_is_told() -> None:
    trials = make_trials(subjects=12, repeats=2)
    quick = ClassifierSettings(model="logistic", folds=3, permutations=0)
    assert not [each for each in validate(trials, quick).warnings if "one person" in each]
    twice = Trials(
        "features",
        np.concatenate([trials.values, trials.values]),
        trials.features,
        tuple(f"trial {number}" for number in range(2 * len(trials))),
        trials.subjects + tuple(f"p{name}" for name in trials.subjects),
        trials.labels * 2,
    )
    [copied] = [each for each in validate(twice, quick).warnings if "one person" in each]
    assert copied.startswith(f"{len(trials)} trials have the numbers of another subject's")
    spelled = replace(trials, subjects=tuple(_spelled(trials.subjects)))
    [two] = [each for each in validate(spelled, quick).warnings if "one person" in each]
    assert two.startswith("subjects 'S00' and 's00' differ only in upper and lower case")


def _spelled(subjects: tuple[str, ...]) -> Iterator[str]:
    for number, name in enumerate(subjects):
        yield name.upper() if number == subjects.index("s00") else name
