"""Permuted labels: each labelling is learned once, with the forest that was validated."""

from __future__ import annotations

import numpy as np
import pytest
from tests.classify.synthetic import make_trials

from neuropose.classify import ClassifierSettings, permuting
from neuropose.classify.folds import group
from neuropose.classify.models import build_classifier
from neuropose.classify.permuting import exchange, permutation_test


def test_the_same_labels_are_learned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four of one group among eight subjects: 70 labellings, so that 60 draws repeat some."""
    trials = make_trials(subjects=8, repeats=2)
    grouped = group(trials)
    settings = ClassifierSettings(model="svm", permutations=60, folds=2, parameters={"C": 1.0})
    labellings = [exchange(grouped, [0, number]).labels.tobytes() for number in range(60)]
    score, learned = permuting._score, []

    def counted(*given: object) -> float:
        learned.append(given[-1])
        return score(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(permuting, "_score", counted)
    found = permutation_test(trials, grouped, 0.5, settings, workers=1, progress=None)
    assert len(learned) == len(set(labellings)) < 60
    every = np.array([score(trials, grouped, settings, number) for number in range(60)])
    assert found.mean == every.mean()
    assert found.percentile_95 == np.quantile(every, 0.95)
    assert found.p_value == (1 + (every >= 0.5 - 1e-12).sum()) / 61


@pytest.mark.parametrize("weight", ["balanced", "none"])
def test_a_forest_that_is_only_scored_has_the_same_trees(weight: str) -> None:
    settings = ClassifierSettings(model="forest", class_weight=weight, seed=3)  # type: ignore[arg-type]
    random = np.random.default_rng(5)
    values, labels = random.normal(size=(21, 7)), np.arange(21) % 3
    kept, scored = (
        build_classifier(settings, {"min_samples_leaf": 2.0}, kept=kept).fit(values, labels)
        for kept in (True, False)
    )
    new = random.normal(size=(40, 7))
    np.testing.assert_array_equal(kept.predict_proba(new), scored.predict_proba(new))
    for one, other in zip(kept.estimators_, scored.estimators_, strict=True):
        np.testing.assert_array_equal(one.tree_.feature, other.tree_.feature)
        np.testing.assert_array_equal(one.tree_.threshold, other.tree_.threshold)
    assert type(kept.estimators_[0]).__module__.startswith("sklearn.")
