"""Trials out of tables: what is taken, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.classify.synthetic import as_distances, make_trials

from neuropose.classify import Trials, kind_of_table, trials_from_table
from neuropose.errors import FeatureTableError

TABLE = pd.DataFrame(
    {
        "subject": ["007", "007", "012", "013"],
        "group": ["a", "a", "b", "b"],
        "shoe": ["left", "right", "left", "left"],
        "speed_m_s": [1.1, 1.0, 0.7, np.nan],
        "steps": [10, 11, 9, 12],
    }
)


def test_features() -> None:
    trials = trials_from_table(TABLE, subject="subject", label="group", ignore=["shoe"])
    assert trials.features == ("speed_m_s", "steps")
    assert trials.names == ("row 1", "row 2", "row 3", "row 4")
    assert trials.subjects == ("007", "007", "012", "013")
    assert trials.labels == ("a", "a", "b", "b")
    np.testing.assert_array_equal(trials.values[:, 1], [10, 11, 9, 12])
    assert np.isnan(trials.values[3, 0])
    with pytest.raises(ValueError, match="read-only"):
        trials.values[0, 0] = 1.0


def test_series_are_gathered_in_the_order_of_time() -> None:
    table = pd.DataFrame(
        {
            "trial": ["t1", "t2", "t1", "t2"],
            "subject": ["x", "y", "x", "y"],
            "group": ["a", "b", "a", "b"],
            "knee": [1.0, 10.0, 2.0, 20.0],
            "hip": [3.0, 30.0, 4.0, 40.0],
        }
    )
    trials = trials_from_table(
        table, subject="subject", label="group", trial="trial", kind="series"
    )
    assert trials.values.tolist() == [[[1.0, 2.0], [3.0, 4.0]], [[10.0, 20.0], [30.0, 40.0]]]
    assert (trials.features, trials.names) == (("knee", "hip"), ("t1", "t2"))
    with pytest.raises(FeatureTableError, match="series of 1 to 2 samples"):
        trials_from_table(table[:3], subject="subject", label="group", trial="trial", kind="series")
    table.loc[2, "subject"] = "z"
    with pytest.raises(FeatureTableError, match="trial 't1' has several of 'subject'"):
        trials_from_table(table, subject="subject", label="group", trial="trial", kind="series")


def test_distances_name_the_trials_twice() -> None:
    table = pd.DataFrame({"t": ["p", "q"], "s": ["1", "2"], "g": "x", "p": [0, 2.0], "q": [2.0, 0]})
    trials = trials_from_table(table, subject="s", label="g", trial="t", kind="distances")
    assert trials.features == trials.names == ("p", "q")
    with pytest.raises(FeatureTableError, match="in another order"):
        trials_from_table(
            table[["t", "s", "g", "q", "p"]], subject="s", label="g", trial="t", kind="distances"
        )
    with pytest.raises(FeatureTableError, match="need a column with the names"):
        trials_from_table(table, subject="s", label="g", kind="distances")


@pytest.mark.parametrize(
    ("trials", "columns", "kind"),
    [
        (["p", "q"], ["p", "q"], "distances"),
        (["p", "q"], ["q", "r"], "distances"),  # to be refused for what is missing
        (["p", "p", "q", "q"], ["hip", "knee"], "series"),
        (["p", "p", "q"], ["hip"], "series"),
    ],
)
def test_what_a_table_for_neighbours_holds(
    trials: list[str], columns: list[str], kind: str
) -> None:
    table = pd.DataFrame({"t": trials, "s": "1", **dict.fromkeys(columns, 1.0)})
    assert kind_of_table(table, ("distances", "series"), trial="t", roles=["s"]) == kind
    assert kind_of_table(table, ("features",), trial=None) == "features"


@pytest.mark.parametrize(
    ("trials", "columns", "trial", "message"),
    [
        (["p", "q"], ["hip"], "t", "neither series nor distances"),
        (["p", "p"], ["p"], "t", "several rows.*but columns are named like trials.*: p"),
        (["p", "p"], ["hip"], None, "distances and series need a column with the names"),
        (["p", "p"], ["hip"], "trial", "no column 'trial'"),
        (["p", None], ["hip"], "t", "1 rows have no 't'"),
    ],
)
def test_what_a_table_holds_is_not_guessed(
    trials: list[str], columns: list[str], trial: str | None, message: str
) -> None:
    table = pd.DataFrame({"t": trials, **dict.fromkeys(columns, 1.0)})
    with pytest.raises(FeatureTableError, match=message):
        kind_of_table(table, ("distances", "series"), trial=trial)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({(0, 1): 5.0}, "not symmetric"),
        ({(0, 0): 1.0}, "not symmetric, or not 0"),
        ({(0, 1): -1.0, (1, 0): -1.0}, "missing or negative"),
        ({(2, 1): np.nan}, "missing or negative"),
        ({(2, 1): np.inf}, "is infinite"),
    ],
)
def test_what_is_no_matrix_of_distances(change: dict[Any, float], message: str) -> None:
    good = as_distances(make_trials(subjects=4, repeats=1))
    values = good.values.copy()
    for cell, value in change.items():
        values[cell] = value
    with pytest.raises(FeatureTableError, match=message):
        Trials("distances", values, good.features, good.names, good.subjects, good.labels)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({}, {"label": "diagnosis"}, "no column 'diagnosis'"),
        ({}, {"subject": "who"}, "no column 'who'"),
        ({}, {}, "not numbers: shoe"),
        ({}, {"ignore": ["shoes"]}, "no column 'shoes'"),
        ({"group": ["a", None, "b", "b"]}, {"ignore": ["shoe"]}, "1 rows have no 'group'.*row 2"),
        ({"subject": [None, "a", "b", "c"]}, {"ignore": ["shoe"]}, "1 rows have no 'subject'"),
        ({"steps": [1, np.inf, 2, 3]}, {"ignore": ["shoe"]}, "'steps' of 'row 2' is infinite"),
        ({}, {"ignore": ["shoe", "steps", "speed_m_s"]}, "there are no features"),
    ],
)
def test_what_is_no_table_of_features(
    change: dict[str, Any], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(FeatureTableError, match=message):
        trials_from_table(
            TABLE.assign(**change), **{"subject": "subject", "label": "group", **options}
        )


def test_other_tables_that_are_none() -> None:
    with pytest.raises(FeatureTableError, match="no rows"):
        trials_from_table(TABLE[:0], subject="subject", label="group")
    twice = TABLE.set_axis(["subject", "group", "x", "x", "y"], axis=1)
    with pytest.raises(FeatureTableError, match="the same name"):
        trials_from_table(twice, subject="subject", label="group")
    with pytest.raises(FeatureTableError, match="2 features, but values of shape"):
        Trials("features", np.ones((3, 1)), ("a", "b"), ("x",) * 3, ("y",) * 3, None)
    with pytest.raises(FeatureTableError, match="3 trials, but 2"):
        Trials("features", np.ones((3, 1)), ("a",), ("x",) * 3, ("y",) * 2, None)


def test_the_hash_is_of_everything() -> None:
    trials = make_trials(subjects=4, repeats=2)
    same = make_trials(subjects=4, repeats=2)
    assert trials.sha256 == same.sha256
    fields = trials.kind, trials.values, trials.features, trials.names, trials.subjects
    assert trials.labels is not None
    others = [
        Trials(*fields, trials.labels[::-1]),
        Trials(*fields, None),
        Trials(*fields[:4], trials.subjects[::-1], trials.labels),
        Trials(*fields[:3], trials.names[::-1], trials.subjects, trials.labels),
        Trials("features", trials.values + 1e-12, *fields[2:], trials.labels),
        Trials(*fields[:2], trials.features[::-1], *fields[3:], trials.labels),
    ]
    assert len({trials.sha256, *(other.sha256 for other in others)}) == 7


@pytest.mark.parametrize(
    ("column", "names"),
    [
        ("subject", ["Ann", "Ann ", "Bob", "Cem"]),
        ("subject", ["J\N{LATIN SMALL LETTER U WITH DIAERESIS}rg", "Ju\u0308rg", "Bob", "Cem"]),
        ("subject", ["ann", "Ann", "Bob", "Cem"]),
        ("group", ["a", "a", "b", "b "]),
    ],
)
def test_a_person_or_group_that_is_spelled_in_two_ways_is_refused(
    column: str, names: list[str]
) -> None:
    """Else the same person would be both trained on and tested on."""
    table = TABLE.assign(**{column: names})
    with pytest.raises(FeatureTableError, match="differ only in spaces"):
        trials_from_table(table, subject="subject", label="group", ignore=["shoe"])
