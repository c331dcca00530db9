"""Groups and sessions of cohorts whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from tests.study.cohorts import CADENCE, STRIDE_TIME, cohort, trial

from neuropose.statistics import bland_altman
from neuropose.study.cohort.curve_groups import compare_group_curves
from neuropose.study.cohort.groups import (
    POOLED,
    SEVERAL,
    agreement,
    compare_groups,
    reliability,
)
from neuropose.study.cohort.values import UNITS
from neuropose.study.contract.cohort import Statistics

GROUPS = ("patients", "controls")


def statistics(**keys: object) -> Statistics:
    return Statistics.model_validate(
        {"groups": GROUPS, "features": (STRIDE_TIME, CADENCE), "permutations": 999, **keys}
    )


def test_the_feature_that_differs_is_found_and_the_other_is_not() -> None:
    values = [(each.trial, each.features) for each in cohort(3.0)]
    table = compare_groups(values, statistics(), UNITS)
    p_values = dict(zip(table.column("feature"), table.column("p_value_adjusted"), strict=True))
    assert p_values[STRIDE_TIME] < 0.01
    assert p_values[CADENCE] > 0.05
    assert table.column("n_first").tolist() == [8, 8]  # subjects


def test_groups_too_small_for_any_finding_are_told() -> None:
    few = [(each.trial, each.features) for each in cohort(9.0, subjects=3)]
    compared = compare_groups(few, statistics(), UNITS)
    told = "with 20 labellings no p-value can be below 0.1"
    assert all(told in each for each in compared.column("warnings"))
    curves = [(each.trial, each.curves) for each in cohort(9.0, subjects=3)]
    tests = compare_group_curves(curves, statistics(features=(), curves=True))["curve_comparison"]
    assert all(told in each for each in tests.column("warnings"))
    assert tests.column("p_value").min() == pytest.approx(0.1)


def test_reliability_over_several_groups_is_told() -> None:
    trials = [
        trial(row, f"s{row // 2}", group, session, {STRIDE_TIME: 1.0 + row % 5})
        for row, (group, session) in enumerate(
            [("a", "x"), ("a", "y")] * 4 + [("b", "x"), ("b", "y")] * 4
        )
    ]
    how = statistics(groups=None, reliability="2,1", features=(STRIDE_TIME,))
    for count, told in ((16, True), (8, False)):
        values = [(each.trial, each.features) for each in trials[:count]]
        table = reliability(values, how, UNITS)
        assert (POOLED in (table.column("warnings")[0] or "")) is told
        groups = [None, "a", "b"] if told else [None]
        assert [each[2] for each in table.rows] == groups
        assert not any(POOLED in (each or "") for each in table.column("warnings")[1:])


@pytest.mark.parametrize(
    ("sessions", "told"),
    [(("x", "x"), "only session 'x' has one"), ((None,), "no session has one")],
)
def test_sessions_of_which_no_recording_was_measured_are_not_said_to_be_none(
    sessions: tuple[str | None, ...], told: str
) -> None:
    """The table of the cohort has two: the recordings of the other one failed."""
    values = [
        (trial(row, f"s{row}", "a", session).trial, {STRIDE_TIME: 1.0 + row})
        for row, session in enumerate(sessions)
    ]
    how = statistics(groups=None, reliability="2,1", features=(STRIDE_TIME,))
    [reason] = reliability(values, how, UNITS).column("reason")
    assert reason == f"two sessions with a recording that was measured are needed: {told}"


class TestAgreement:
    FIRST, SECOND = np.array([1.0, 1.1, 1.2, 1.3, 1.4]), np.array([1.02, 1.08, 1.25, 1.31, 1.49])

    def values(self) -> list:
        sessions = (("before", self.FIRST), ("after", self.SECOND))
        trials = [
            trial(1 + number, f"s{subject}", None, session, {STRIDE_TIME: value})
            for number, (session, all_values) in enumerate(sessions)
            for subject, value in enumerate(all_values)
        ]
        trials.append(trial(99, "alone", None, "before", {STRIDE_TIME: 9.0}))
        trials.append(trial(100, "s0", None, "later", {STRIDE_TIME: 7.0}))
        return [(each.trial, each.features) for each in trials]

    def test_it_is_bland_altman_of_the_subjects_who_have_both(self) -> None:
        how = statistics(groups=None, agreement=("before", "after"), features=(STRIDE_TIME,))
        table = agreement(self.values(), how, UNITS)
        expected = bland_altman(self.FIRST, self.SECOND)
        [row] = [dict(zip((c.name for c in table.columns), row, strict=True)) for row in table.rows]
        assert row["bias"] == pytest.approx(expected.bias.value)
        assert row["lower_limit"] == pytest.approx(expected.lower.value)
        assert row["upper_limit_high"] == pytest.approx(expected.upper.interval.high)
        assert (row["n"], row["dropped"], row["unit"]) == (5, 1, "s")
        assert SEVERAL not in (row["warnings"] or "")
        again = [*self.values(), *self.values()]
        assert SEVERAL in agreement(again, how, UNITS).column("warnings")[0]

    def test_a_feature_that_nobody_has(self) -> None:
        how = statistics(groups=None, agreement=("before", "after"), features=(CADENCE,))
        table = agreement(self.values(), how, UNITS)
        assert np.isnan(table.column("bias")).all()
        assert table.column("reason")[0]

    def test_several_trials_of_a_session_are_one_value(self) -> None:
        values = [(trial(0, f"s{n}", None, session, {STRIDE_TIME: n + shift}).trial,
                   {STRIDE_TIME: n + shift})
                  for n in range(4) for session in ("before", "after")
                  for shift in (-0.5, 0.5)]  # fmt: skip
        how = statistics(groups=None, reliability="2,1", features=(STRIDE_TIME,))
        table = reliability(values, how, UNITS)
        assert table.column("n").tolist() == [4]
        assert SEVERAL in table.column("warnings")[0]
        values[::2] = [(who, {STRIDE_TIME: np.nan}) for who, _ in values[::2]]
        table = reliability(values, how, UNITS)
        assert table.column("n").tolist() == [4]
        assert SEVERAL not in (table.column("warnings")[0] or "")


class TestCurves:
    def test_where_they_differ_is_found(self) -> None:
        how = statistics(features=(), curves=True)
        tables = compare_group_curves([(e.trial, e.curves) for e in cohort(3.0, seed=1)], how)
        found = tables["curve_comparison"]
        assert found.column("curve").tolist() == ["hip_flexion_left", "knee_flexion_left"]
        hip, knee = found.column("p_value_adjusted")
        assert knee < 0.01 < 0.05 < hip
        assert found.column("n_first").tolist() == [8, 8]  # subjects
        regions = tables["curve_regions"]
        assert set(regions.column("curve")) == {"knee_flexion_left"}
        start, end = regions.column("start_percent")[0], regions.column("end_percent")[-1]
        assert 50.0 < start < 70.0 < end < 90.0
        assert set(regions.column("direction")) == {"lower"}
        differences = tables["curve_differences"]
        rows = differences.column("curve") == "knee_flexion_left"
        low, middle, high = (
            differences.column(name)[rows]
            for name in ("difference_low", "difference", "difference_high")
        )
        assert (low < middle).all()
        assert (middle < high).all()
        means = [differences.column(f"mean_{which}")[rows] for which in ("first", "second")]
        np.testing.assert_allclose(means[0] - means[1], middle)

    def test_alike_groups_have_no_region(self) -> None:
        how = statistics(features=(), curves=True)
        tables = compare_group_curves([(e.trial, e.curves) for e in cohort(0.0, seed=1)], how)
        assert tables["curve_regions"].rows == ()

    def test_a_group_without_curves_gives_the_reason(self) -> None:
        how = statistics(features=(), curves=True)
        patients = [(e.trial, e.curves) for e in cohort(1.0) if e.trial.group == "patients"]
        table = compare_group_curves(patients, how)["curve_comparison"]
        assert all(table.column("reason"))
