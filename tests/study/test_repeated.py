"""The same subjects before and after, in two conditions, and in two groups."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.study.cohorts import CADENCE, STRIDE_TIME, trial
from tests.study.rooms import write_walk

from neuropose.study import load_pipeline, run_pipeline
from neuropose.study.cohort.groups import SEVERAL
from neuropose.study.cohort.mixed import fit_mixed_models
from neuropose.study.cohort.paired import TRUE_CHANGES, compare_changes, compare_repeated
from neuropose.study.cohort.values import UNITS
from neuropose.study.contract.cohort import Statistics

STUDY = """\
version: 1
inputs:
  cohort:
    table: table.csv
    up: [0, 1, 0]
segmentation:
  kind: bilateral
analysis:
  measures:
    - task: gait
  statistics:
    sessions: [before, after]
    conditions: [plain, cane]
    reliability: "3,1"
    features: [stride_time_left_s]
    measures: [gait_cadence, gait_walking_speed]
    permutations: 999
output:
  report: report.json
"""


def levels(
    changes: dict[str, list[float]], column: str = "session", noise: float = 0.0
) -> list[tuple[object, dict[str, float]]]:
    """Subjects of each group with a value first, and another after the change, twice each."""
    random = np.random.default_rng(3)
    found = []
    for group, each in changes.items():
        for number, change in enumerate(each):
            own = random.normal(1.1, 0.1)
            for level, value in (("first", own), ("second", own + change)):
                for _ in range(2):
                    one = trial(len(found) + 1, f"{group}{number}", group, None)
                    labelled = replace(one.trial, **{column: level})
                    values = {STRIDE_TIME: value + random.normal(0.0, noise), CADENCE: np.nan}
                    found.append((labelled, values))
    return found


def statistics(**keys: object) -> Statistics:
    return Statistics.model_validate(
        {"sessions": ["first", "second"], "features": [STRIDE_TIME], "permutations": 999, **keys}
    )


def row(table, number: int = 0) -> dict[str, object]:
    return dict(zip([c.name for c in table.columns], table.rows[number], strict=True))


CHANGES = [-0.05, -0.02, -0.06, -0.04, -0.05, -0.03, -0.07, -0.04]


@pytest.mark.parametrize("column", ["session", "condition"])
def test_the_difference_is_that_of_the_same_subjects(column: str) -> None:
    how = statistics(**{"sessions": None, f"{column}s": ["first", "second"]})
    found = row(compare_repeated(levels({"a": CHANGES}, column), how, UNITS))
    differences = np.array(CHANGES)
    assert found["compared"] == column
    assert found["n"] == 8
    assert found["difference"] == pytest.approx(differences.mean())
    assert found["difference_low"] < differences.mean() < found["difference_high"] < 0.0
    assert found["p_value"] == pytest.approx(2.0 / 2**8)  # all signs alike
    assert found["p_value_adjusted"] == found["p_value"]
    assert found["cohens_dz"] == pytest.approx(differences.mean() / differences.std(ddof=1))
    assert found["rank_biserial"] == pytest.approx(-1.0)
    sem = differences.std(ddof=1) / np.sqrt(2.0)
    assert found["sem"] == pytest.approx(sem)
    assert found["mdc95"] == pytest.approx(1.96 * np.sqrt(2.0) * sem, rel=1e-3)
    beyond = (np.abs(differences) > found["mdc95"]).sum()
    assert found["n_beyond_mdc95"] == beyond
    assert TRUE_CHANGES in found["warnings"]


def test_who_lacks_a_session_is_left_out_and_counted() -> None:
    values = levels({"a": CHANGES})[:-2]
    found = row(compare_repeated(values, statistics(), UNITS))
    assert (found["n"], found["dropped"]) == (7, 1)


def test_no_change_is_not_found() -> None:
    values = levels({"a": [0.0] * 8}, noise=0.05)
    found = row(compare_repeated(values, statistics(), UNITS))
    assert found["p_value"] > 0.05
    assert found["difference_low"] < 0.0 < found["difference_high"]


def test_what_cannot_be_told_of_a_change_says_why() -> None:
    """Cohen's d_z of changes that are all the same, ranks of subjects who did not change."""
    exact = [
        (each, {**found, STRIDE_TIME: round(64.0 * found[STRIDE_TIME]) / 64.0})
        for each, found in levels({"a": [0.25] * 4})
    ]
    found = row(compare_repeated(exact, statistics(), UNITS))
    assert (found["difference"], found["cohens_dz"]) == (0.25, None)
    assert "do not vary" in str(found["reason"])
    values = levels({"a": [0.0, 0.0, 0.0, 0.1, 0.2]})
    found = row(compare_repeated(values, statistics(), UNITS))
    told = str(found["warnings"]).split("; ")
    assert "3 pairs without a difference are left out" in told
    assert len(told) == len(set(told))


def test_a_measure_that_nobody_has_says_why() -> None:
    how = statistics(features=[], measures=["gait_cadense"])
    found = row(compare_repeated(levels({"a": CHANGES}), how, UNITS))
    assert found["difference"] is None
    assert found["reason"]


def test_the_groups_changes_are_compared() -> None:
    values = levels({"a": CHANGES, "b": [0.0, 0.01, -0.01, 0.02, -0.02, 0.0, 0.01, -0.01]})
    how = statistics(groups=["a", "b"])
    found = row(compare_changes(values, how, UNITS))
    assert (found["n_first"], found["n_second"]) == (8, 8)
    assert found["change_first"] == pytest.approx(np.mean(CHANGES))
    assert found["difference"] == pytest.approx(np.mean(CHANGES))
    assert found["p_value"] < 0.01
    assert found["hedges_g"] < -1.0


@pytest.mark.parametrize("single", ["a", "b", "ab"])
def test_several_trials_of_either_group_are_told(single: str) -> None:
    values = levels({"a": CHANGES, "b": CHANGES})
    once = [*values[::2]]
    kept = [each for each in values if each[0].group not in single or each in once]
    warnings = row(compare_changes(kept, statistics(groups=["a", "b"]), UNITS))["warnings"]
    assert (warnings or "").count(SEVERAL) == (0 if single == "ab" else 1)


def test_a_condition_that_a_session_lacks_passes_for_no_change() -> None:
    values = [
        (replace(each, condition="plain"), {STRIDE_TIME: 1.1 + 0.01 * int(each.subject[1:])})
        for each, _ in levels({"a": [0.0] * 8})[::2]
    ]
    slow = [(replace(each, condition="slow"), {STRIDE_TIME: 2.0}) for each, _ in values]
    before = [each for each in slow if each[0].session == "first"]
    found = row(compare_repeated([*values, *before], statistics(), UNITS))
    assert found["difference"] == pytest.approx(0.0, abs=1e-12)
    assert "8 of 8 subjects have conditions in one session that they lack" in found["warnings"]
    whole = row(compare_repeated([*values, *slow], statistics(), UNITS))
    assert whole["mean_first"] == pytest.approx(np.mean([found["mean_first"], 2.0]))
    assert "lack" not in whole["warnings"]
    other = [each for each in values if each[0].session == "second"]
    nothing = row(compare_repeated([*before, *other], statistics(), UNITS))
    assert (nothing["n"], nothing["difference"]) == (0, None) or nothing["reason"]


def test_a_mixed_model_counts_who_lacks_a_session_too() -> None:
    groups = {"a": CHANGES, "b": [0.0, 0.01, -0.01, 0.02, -0.02, 0.0, 0.01, -0.01]}
    values = levels(groups)[:-2]  # the last of b has no second session
    how = statistics(groups=["a", "b"], mixed_models=True)
    table = fit_mixed_models(values, how, UNITS)
    found = {row(table, number)["effect"]: row(table, number) for number in range(3)}
    assert found["level"]["subjects"] == 16
    assert found["level"]["incomplete"] == 1
    assert found["interaction"]["estimate"] == pytest.approx(np.mean(CHANGES), abs=0.005)
    assert found["interaction"]["p_value_adjusted"] < 0.01
    assert found["group"]["p_value"] > 0.05
    assert row(fit_mixed_models(values[:4], how, UNITS))["reason"]


def test_a_mixed_model_needs_two_levels() -> None:
    with pytest.raises(ValueError, match="mixed_models"):
        statistics(sessions=None, groups=["a", "b"], mixed_models=True)


def test_p_values_are_adjusted_for_all_that_is_compared() -> None:
    values = levels({"a": CHANGES}, noise=0.02)
    values = [(one, {**each, CADENCE: 120.0 / each[STRIDE_TIME]}) for one, each in values]
    table = compare_repeated(values, statistics(features=[STRIDE_TIME, CADENCE]), UNITS)
    for number in range(2):
        found = row(table, number)
        assert found["p_value_adjusted"] >= found["p_value"]


def test_a_published_difference_is_quoted_with_its_source() -> None:
    values = [(one, {"gait_walking_speed": 1.0}) for one, _ in levels({"a": CHANGES})]
    how = statistics(features=[], measures=["gait_walking_speed"])
    found = row(compare_repeated(values, how, {"gait_walking_speed": "m/s"}))
    assert "0.16 m/s" in found["important_difference"]
    assert "Tilson" in found["important_difference"]


def test_a_study_of_twelve_subjects_before_and_after(tmp_path: Path) -> None:
    """Everybody's cadence rises by 6 steps a minute; a cane slows by 4."""
    assert len(STUDY.splitlines()) <= 25
    random = np.random.default_rng(0)
    lines = ["file,subject,session,condition"]
    for number in range(12):
        usual = random.uniform(95.0, 115.0)
        for session, condition, cadence in (
            ("before", "plain", usual),
            ("after", "plain", usual + 6.0),
            ("before", "cane", usual - 4.0),
        ):
            name = f"{number}-{session}-{condition}.trc"
            write_walk(
                tmp_path / name, cadence_steps_min=cadence, speed_m_s=1.2, duration_s=4.0, fps=50.0
            )
            lines.append(f"{name},p{number:02},{session},{condition}")
    (tmp_path / "table.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "study.yaml").write_text(STUDY)
    report = run_pipeline(load_pipeline(tmp_path / "study.yaml"), workers=2).report
    assert report.measures["trials_failed"].value == 0.0
    table = report.tables["repeated"]
    cells = {(each[0], each[2]): row(table, number) for number, each in enumerate(table.rows)}
    conditions = cells["gait_cadence", "condition"]
    assert conditions["n"] == 12
    assert conditions["unit"] == "steps/min"
    assert conditions["p_value_adjusted"] < 0.05
    assert conditions["sem"] is not None
    assert conditions["mdc95"] > 0.0
    sessions = cells["gait_cadence", "session"]
    # Nobody has a cane afterwards: sessions are compared without it, conditions before.
    assert sessions["difference"] == pytest.approx(6.0, abs=0.4)
    assert conditions["difference"] == pytest.approx(-4.0, abs=0.4)
    assert cells["gait_walking_speed", "session"]["important_difference"] is not None
    assert report.tables["reliability"].column("n")[0] == 12
