"""Groups differ in their subjects, not in which sessions of them are missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from tests.study.cohorts import BUMP, STRIDE_TIME, trial

from neuropose.study.cohort.balance import balanced_means
from neuropose.study.cohort.curve_groups import compare_group_curves
from neuropose.study.cohort.groups import compare_groups
from neuropose.study.cohort.table import CohortTrial
from neuropose.study.cohort.values import UNITS
from neuropose.study.contract.cohort import Statistics

Row = tuple[str, str, str | None, str | None, float]
BEFORE, AFTER = "before", "after"


def statistics(**keys: object) -> Statistics:
    given = {"groups": ["a", "b"], "features": [STRIDE_TIME], "permutations": 999, **keys}
    return Statistics.model_validate(given)


def values_of(rows: Sequence[Row]) -> list[tuple[CohortTrial, np.ndarray]]:
    return [
        (
            replace(trial(number, subject, group, session).trial, condition=condition),
            np.array(value),
        )
        for number, (subject, group, session, condition, value) in enumerate(rows)
    ]


def alike(lacking: dict[str, tuple[str, int]], *, count: int = 8, seed: int = 0) -> list[Row]:
    """Two groups of the same truth, everybody 0.2 longer after; some lack a session."""
    random = np.random.default_rng(seed)
    rows: list[Row] = []
    for group, (session, lost) in lacking.items():
        for number in range(count):
            own = random.normal(1.0, 0.05)
            for level, shift in ((BEFORE, 0.0), (AFTER, 0.2)):
                if level != session or number >= lost:
                    rows.append((f"{group}{number}", group, level, None, own + shift))
    return rows


def compared(rows: Sequence[Row], how: Statistics) -> dict[str, object]:
    values = [(who, {STRIDE_TIME: float(value)}) for who, value in values_of(rows)]
    table = compare_groups(values, how, UNITS)
    return dict(zip([column.name for column in table.columns], table.rows[0], strict=True))


@pytest.mark.parametrize("stated", [None, [BEFORE, AFTER]])
def test_sessions_that_are_missing_are_no_difference(stated: list[str] | None) -> None:
    rows = alike({"a": (AFTER, 4), "b": (BEFORE, 4)}, count=16)
    found = compared(rows, statistics(sessions=stated))
    assert (found["n_first"], found["n_second"], found["dropped"]) == (12, 12, 8)
    assert found["means_of"] == ("before, after" if stated else "after, before")
    assert found["p_value"] > 0.05
    assert abs(found["difference"]) < 0.05
    said = str(found["warnings"])
    assert "are left out: 4 of 16 of a and 4 of 16 of b" in said
    assert "missing unequally: after is not known of 4 of 16 of a and 0 of 16 of b" in said
    assert "missing unequally: before is not known of 0 of 16 of a and 4 of 16 of b" in said


def test_groups_that_share_no_session_are_not_compared() -> None:
    for lost, dropped in ((7, 14), (8, 16)):
        found = compared(alike({"a": (AFTER, lost), "b": (BEFORE, lost)}), statistics())
        assert found["difference"] is None
        assert found["p_value"] is None
        assert found["reason"]
        assert found["dropped"] == dropped
        assert "missing unequally" in str(found["warnings"])


def test_nothing_is_found_in_noise_whatever_is_missing() -> None:
    lacking = {"a": (AFTER, 5), "b": (BEFORE, 5)}
    found = [
        compared(alike(lacking, count=12, seed=seed), statistics(permutations=199))["p_value"]
        for seed in range(60)
    ]
    assert np.mean(np.array(found) < 0.05) == pytest.approx(0.05, abs=0.06)


def test_missing_alike_is_no_more_than_counted() -> None:
    said = str(compared(alike({"a": (AFTER, 2), "b": (AFTER, 1)}), statistics())["warnings"])
    assert "are left out: 2 of 8 of a and 1 of 8 of b" in said
    assert "unequally" not in said


def test_a_session_counts_once_however_many_trials_it_has() -> None:
    rows = [
        ("p", "a", BEFORE, None, 1.0),
        ("p", "a", BEFORE, None, 2.0),
        ("p", "a", AFTER, "on", 4.0),
        ("p", "a", AFTER, "off", 6.0),
        ("q", "b", BEFORE, None, 3.0),
        ("q", "b", AFTER, "on", 3.0),
        ("q", "b", AFTER, "off", 3.0),
    ]
    found = balanced_means(values_of(rows), statistics())
    assert found.first.tolist() == [pytest.approx((1.5 + 4.0 + 6.0) / 3.0)]
    assert found.second.tolist() == [3.0]
    assert (found.dropped, found.warnings) == (0, ())
    assert found.means_of == "after off, after on, before"


def test_what_few_have_leaves_nobody_out_and_does_not_count() -> None:
    rows = [(f"{group}{n}", group, BEFORE, "on", 1.0) for group in "ab" for n in range(3)]
    found = balanced_means(values_of([*rows, ("a0", "a", BEFORE, "off", 9.0)]), statistics())
    assert found.first.tolist() == [1.0] * 3
    assert found.dropped == 0
    [said] = found.warnings
    assert said == "fewer than half of the subjects have before off: it does not count"


def test_sessions_that_the_study_does_not_state_do_not_count() -> None:
    rows = [("p", "a", s, None, v) for s, v in ((BEFORE, 1.0), (AFTER, 3.0), ("later", 50.0))]
    rows += [("q", "b", s, None, v) for s, v in ((BEFORE, 1.0), (AFTER, 3.0), ("later", 50.0))]
    assert balanced_means(values_of(rows), statistics()).first.tolist() == [18.0]
    stated = balanced_means(values_of(rows), statistics(sessions=[BEFORE, AFTER]))
    assert stated.first.tolist() == [2.0]
    assert stated.means_of == "before, after"


def test_sessions_of_each_subjects_own_are_said_not_to_be_shared() -> None:
    rows = [(f"{group}{n}", group, f"{group}-day{n}", None, 1.0) for group in "ab" for n in "123"]
    found = balanced_means(values_of(rows), statistics())
    assert (found.first.tolist(), found.second.tolist()) == ([1.0] * 3, [1.0] * 3)
    assert found.means_of is None
    assert "no session is shared by half of the subjects" in found.warnings[0]


def test_without_sessions_all_trials_of_a_subject_are_one_value() -> None:
    rows = [("p", "a", None, None, 1.0), ("p", "a", None, None, 2.0), ("q", "b", None, None, 1.0)]
    found = balanced_means(values_of([*rows, ("r", "b", None, None, np.nan)]), statistics())
    assert (found.first.tolist(), found.second.tolist()) == ([1.5], [1.0])
    assert (found.means_of, found.dropped) == (None, 1)
    assert found.warnings == ("subjects without a value are left out: 0 of 1 of a and 1 of 2 of b",)


def test_curves_are_balanced_as_well() -> None:
    rows = alike({"a": (AFTER, 3), "b": (BEFORE, 3)}, count=12)
    curves = [(who, {"knee_flexion_left": value * BUMP + 1.0}) for who, value in values_of(rows)]
    table = compare_group_curves(curves, statistics(features=(), curves=True))["curve_comparison"]
    [found] = [dict(zip([c.name for c in table.columns], row, strict=True)) for row in table.rows]
    assert (found["n_first"], found["n_second"], found["dropped"]) == (9, 9, 6)
    assert found["means_of"] == "after, before"
    assert found["p_value"] > 0.05
    assert "missing unequally" in found["warnings"]
