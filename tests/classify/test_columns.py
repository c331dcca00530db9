"""What can be a feature: noise stays at chance whatever else a sorted table holds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from neuropose.classify import (
    ClassifierSettings,
    Trials,
    train,
    trials_from_table,
    validate,
)
from neuropose.classify.columns import doubt_of_name, doubts_of_values
from neuropose.errors import FeatureTableError
from neuropose.features import FEATURES
from neuropose.features.table import KEYS
from neuropose.study.cohort.table import COLUMNS
from neuropose.study.cohort.values import WHO

SUBJECTS, EACH = 40, 2
ROWS = SUBJECTS * EACH
PLAIN = ClassifierSettings(model="logistic", permutations=0, resamples=200)


def sorted_table() -> pd.DataFrame:
    """Noise of subjects, those of one group before those of the other."""
    rng = np.random.default_rng(7)
    whose = np.repeat(np.arange(SUBJECTS), EACH)
    return pd.DataFrame(
        {
            "subject": [f"s{number:02}" for number in rng.permutation(SUBJECTS)[whose]],
            "group": np.where(whose < SUBJECTS // 2, "control", "patient"),
            "noise": rng.normal(size=ROWS),
        }
    )


def shuffled(values: np.ndarray) -> np.ndarray:
    return np.random.default_rng(3).permutation(values)


NUMBER = np.arange(ROWS)
WHOSE = NUMBER // EACH
OTHERS: dict[str, tuple[str, Callable[[], object]]] = {
    "the pipelines' own trial": ("trial", lambda: NUMBER + 1),
    "pandas' unnamed first column": ("", lambda: NUMBER),
    "pandas' unnamed first column, read by pandas": ("Unnamed: 0", lambda: NUMBER),
    "a row": ("row", lambda: NUMBER.astype(float)),
    "an index": ("Index", lambda: NUMBER),
    "a counter of another name": ("zaehler", lambda: NUMBER + 1000),
    "a counter in steps": ("tick", lambda: 0.25 * NUMBER),
    "a counter with holes": ("laufnr", lambda: NUMBER + NUMBER // 7),
    "a counter that falls": ("countdown", lambda: -NUMBER),
    "a counter with a missing cell": ("nth", lambda: np.where(NUMBER == 5, np.nan, NUMBER)),
    "whole numbers of its own": ("mrn", lambda: shuffled(NUMBER**2 + 7)),
    "a number of the subject": ("patient_number", lambda: WHOSE),
    "a number of the subject, of another name": ("proband", lambda: 3 * WHOSE + WHOSE % 2),
    "a repeated number of the recording": ("aufnahme", lambda: NUMBER // 4),
    "a number within the subject": ("versuch", lambda: NUMBER % EACH + 1),
    "times that rise": ("uhr", lambda: 1.7e9 + NUMBER**1.5),
    "a path": ("where", lambda: [f"lab/{number}/walk.trc" for number in NUMBER]),
    "a path of Windows": ("where", lambda: [rf"C:\lab\{number}" for number in NUMBER]),
    "a file": ("clip", lambda: [f"{number}.mp4" for number in NUMBER]),
    "names": ("called", lambda: [f"walk {number}" for number in NUMBER]),
    "a date": ("day", lambda: pd.Timestamp("2024-01-01") + pd.to_timedelta(NUMBER, "D")),
    "a constant": ("height", lambda: 1.0),
    "a constant where it is known": ("height", lambda: np.where(NUMBER < 9, np.nan, 1.0)),
    "nothing": ("height", lambda: np.nan),
    "one text": ("site", lambda: "Bern"),
    "the group by a number": ("klasse", lambda: (NUMBER >= ROWS // 2).astype(int)),
    "the mark of the settings": ("measured_with", lambda: "5f0c"),
}


@pytest.mark.parametrize(("name", "cells"), OTHERS.values(), ids=OTHERS)
def test_what_is_not_a_feature_is_left_out_with_a_reason(
    name: str, cells: Callable[[], object]
) -> None:
    table = sorted_table()
    table.insert(0, name, cells())
    trials = trials_from_table(table, subject="subject", label="group")
    assert trials.features == ("noise",)
    assert list(trials.left_out) == [name]
    assert trials.left_out[name]


def test_noise_in_a_sorted_table_stays_at_chance() -> None:
    table = sorted_table().assign(trial=NUMBER + 1, session="first", measured_with="5f0c")
    for name in ("", "row", "path"):
        table[name] = NUMBER if name != "path" else [f"{number}.trc" for number in NUMBER]
    trials = trials_from_table(table, subject="subject", label="group")
    classifier = train(trials, PLAIN)
    score = classifier.card.report.by_trial.balanced_accuracy.value
    assert score is not None
    assert 0.35 < score < 0.65
    assert dict(classifier.card.left_out) == dict(trials.left_out)
    assert set(classifier.card.left_out) == {"trial", "session", "measured_with", "", "row", "path"}


def test_the_number_of_the_row_would_have_told_the_groups_apart() -> None:
    """That the canary sings: the same column as a plain number, shuffled in place of its order."""
    table = sorted_table()
    values = np.column_stack([table["noise"], NUMBER + np.random.default_rng(0).normal(0, 9, ROWS)])
    trials = Trials(
        "features",
        values,
        ("noise", "drift"),
        tuple(map(str, NUMBER)),
        tuple(table["subject"]),
        tuple(table["group"]),
    )
    score = validate(trials, PLAIN).by_trial.balanced_accuracy.value
    assert score is not None
    assert score > 0.85


@pytest.mark.parametrize("name", ["trial", "Unnamed: 0", "zaehler", "height"])
def test_what_is_asked_for_and_never_a_feature_is_refused(name: str) -> None:
    table = sorted_table().assign(**{name: NUMBER if name != "height" else 1.0})
    with pytest.raises(FeatureTableError, match=f"'{name}' cannot be a feature: it ") as caught:
        trials_from_table(table, subject="subject", label="group", features=["noise", name])
    assert "leave it out" in str(caught.value.hint)


def test_what_only_looks_like_an_identifier_is_taken_if_asked_for_and_doubted() -> None:
    table = sorted_table().assign(steps=shuffled(NUMBER**2 + 7), shoe="left")
    asked = trials_from_table(table, subject="subject", label="group", features=["noise", "steps"])
    assert asked.features == ("noise", "steps")
    assert dict(asked.left_out) == {"shoe": "not asked for"}
    warnings = validate(asked, PLAIN).warnings
    assert any(each.startswith("feature 'steps' is another whole number") for each in warnings)


def test_measurements_stay() -> None:
    rng = np.random.default_rng(1)
    table = sorted_table().assign(
        path_mm=shuffled(NUMBER**2),  # whole millimetres
        stride_time_left_s=np.sort(rng.normal(1.1, 0.1, ROWS)),  # sorted by it
        symmetry_index=rng.normal(size=ROWS),
        falls=rng.poisson(2.0, ROWS),
        cane=rng.integers(0, 2, ROWS).astype(bool),
        age=rng.integers(50, 80, SUBJECTS)[WHOSE],
    )
    trials = trials_from_table(table, subject="subject", label="group")
    assert not trials.left_out
    assert len(trials.features) == 7


@pytest.mark.parametrize(
    ("column", "value"), [("trial", NUMBER + 1.0), ("x", NUMBER + 1.0), ("x", np.ones(ROWS))]
)
def test_arrays_are_looked_at_too(column: str, value: np.ndarray) -> None:
    table = sorted_table()
    trials = Trials(
        "features",
        np.column_stack([table["noise"], value]),
        ("noise", column),
        tuple(map(str, NUMBER)),
        tuple(table["subject"]),
        tuple(table["group"]),
    )
    with pytest.raises(FeatureTableError, match=f"'{column}' cannot be a feature: it "):
        train(trials, PLAIN)


def test_channels_of_series() -> None:
    names, samples = [f"walk {number}" for number in range(8)], 20
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "walk": np.repeat(names, samples),
            "who": np.repeat(list("abcdefgh"), samples),
            "group": np.repeat(list("xxxxyyyy"), samples),
            "knee": rng.normal(size=8 * samples),
            "cycle_share": np.tile(np.linspace(0.0, 1.0, samples), 8),
            "line": np.arange(8 * samples),
            "order": np.repeat(np.arange(8), samples),
            "trial": np.repeat(np.arange(8), samples),
            "percent": np.tile(np.arange(samples), 8),
        }
    )
    trials = trials_from_table(table, subject="who", label="group", trial="walk", kind="series")
    assert trials.features == ("knee",)
    assert dict(trials.left_out) == {
        "cycle_share": "is the same in every trial",
        "line": "counts the samples",
        "order": "numbers the rows",
        "trial": "says what or whom a row is of",
        "percent": "says when a row was recorded",
    }


def test_distances_to_trials_are_taken_whatever_they_look_like() -> None:
    names = [str(number) for number in range(6)]
    distances = np.abs(np.subtract.outer(np.arange(6.0), np.arange(6.0)))
    table = pd.DataFrame(dict(zip(names, distances, strict=True)))
    table = table.assign(trial=names, who=list("abcdef"), group=list("xxxyyy"), row=range(6))
    trials = trials_from_table(table, subject="who", label="group", trial="trial", kind="distances")
    assert trials.features == tuple(names)
    assert list(trials.left_out) == ["row"]


def test_new_trials_are_judged_by_names_alone() -> None:
    table = pd.DataFrame({"subject": ["x"], "trial": [1], "speed": [1.0], "steps": [3]})
    trials = trials_from_table(table, subject="subject", label=None)
    assert trials.features == ("speed", "steps")
    assert list(trials.left_out) == ["trial"]


def test_a_column_has_one_meaning() -> None:
    for options in ({"features": ["subject"]}, {"features": ["noise"], "ignore": ["noise"]}):
        with pytest.raises(FeatureTableError, match="it is the subject, the group, the trial or"):
            trials_from_table(sorted_table(), subject="subject", label="group", **options)


def test_every_column_of_our_own_tables_that_is_not_a_feature_is_known_by_name() -> None:
    own = {*WHO, *KEYS, *COLUMNS, "measured_with", "percent", "sha256", "segments", "reason"}
    assert not [name for name in own if doubt_of_name(name) is None]
    columns = [name for each in FEATURES.values() for name in (each.column, each.spread_column)]
    assert not [name for name in columns if doubt_of_name(name) is not None]


def test_few_rows_are_not_judged_by_their_values() -> None:
    found = doubts_of_values(np.arange(5.0)[:, None], ["x"], list("abcde"), list("xxyyy"))
    assert not found
