"""Slips in a cohort's table are said, and nothing is merged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.study.cohorts import STRIDE_TIME, trial
from tests.study.rooms import write_walk

from neuropose.cli import main
from neuropose.data import Measure
from neuropose.study import load_pipeline, run_pipeline
from neuropose.study.cohort.groups import reliability
from neuropose.study.cohort.naming import doubtful_names, unknown_measures
from neuropose.study.cohort.table import CohortTrial
from neuropose.study.cohort.values import UNITS
from neuropose.study.contract.cohort import Classification, Statistics
from neuropose.study.contract.pipeline import Analysis


def rows(*cells: tuple[str, str | None, str | None]) -> list[CohortTrial]:
    return [trial(row, *each).trial for row, each in enumerate(cells, start=1)]


def analysis(**keys: object) -> Analysis:
    given = {"features": [STRIDE_TIME], **keys}
    return Analysis(features=True, statistics=Statistics.model_validate(given))


@pytest.mark.parametrize(
    ("names", "differ"),
    [
        (("S04", "s04"), "upper and lower case"),
        (("S04", "S 04"), "spaces"),
        (("S04", "S\N{NO-BREAK SPACE}04"), "spaces"),
        (("S-04", "S_04"), "hyphens or underscores"),
        (("S\N{EN DASH}04", "S04"), "hyphens or underscores"),
        (("S_04", "s04"), "upper and lower case and hyphens or underscores"),
        (("Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}", "Zoe\N{COMBINING DIAERESIS}"), "how"),
    ],
)
@pytest.mark.parametrize("column", ["subject", "group", "session"])
def test_two_spellings(names: tuple[str, str], differ: str, column: str) -> None:
    cells = [
        (
            name if column == "subject" else f"p{number}",
            name if column == "group" else "a",
            name if column == "session" else "first",
        )
        for number, name in enumerate(names)
    ]
    [said] = doubtful_names(rows(*cells), Analysis(features=True))
    assert said.startswith(f"{column}s ")
    assert all(repr(name) in said for name in names)
    assert f"differ only in {differ}" in said
    assert said.endswith(": one person?" if column == "subject" else f": one {column}?")


def test_a_measure_that_no_recording_has() -> None:
    """Its comparison only says that there are too few values."""
    how = Analysis(
        measures=({"task": "gait"},),
        statistics=Statistics(measures=("gait_speed", "segments"), groups=("a", "b")),
    )
    measured = trial(1, "p1", "a", "first")
    report = measured.report.model_copy(
        update={
            "measures": dict.fromkeys(
                ("segments", "gait_walking_speed"), Measure(value=1.0, unit="1", n=1)
            )
        }
    )
    [said] = unknown_measures([replace(measured, report=report)], how)
    assert (
        said
        == "there is no measure 'gait_speed' in any recording: did you mean gait_walking_speed?"
    )


def test_names_that_are_two_are_not_doubted() -> None:
    cells = [("S04", "a", "first"), ("S14", "a", "second"), ("S4", "b", None)]
    assert doubtful_names(rows(*cells), Analysis(features=True)) == ()


def test_what_is_in_no_comparison() -> None:
    cells = [
        ("p1", "a", "before"),
        ("p1", "a", "After"),
        ("p2", "c", "after"),
        ("p3", None, "before"),
        ("p4", "b", None),
    ]
    how = analysis(groups=["a", "b"], sessions=["before", "after"])
    assert doubtful_names(rows(*cells), how) == (
        "sessions 'After' and 'after' differ only in upper and lower case: one session?",
        "group 'c' (1 of 5 trials) is in no comparison of groups: those are of 'a' and 'b'",
        "1 of 5 trials have no group, and are in no comparison of groups",
        "session 'After' (1 of 5 trials) is in no comparison of sessions: those are of "
        "'before' and 'after'",
        "1 of 5 trials have no session, and are in no comparison of sessions",
    )
    classified = how.model_copy(
        update={"classification": Classification(model="logistic", groups=("a", "c"))}
    )
    assert not any("group 'c'" in said for said in doubtful_names(rows(*cells), classified))
    everybody = how.model_copy(update={"classification": Classification(model="logistic")})
    assert not any("of groups" in said for said in doubtful_names(rows(*cells), everybody))


def test_reliability_is_of_the_sessions_that_the_study_states() -> None:
    random = np.random.default_rng(0)
    cells = [(f"p{n}", None, session) for n in range(8) for session in ("before", "after")]
    values = [(each, {STRIDE_TIME: random.normal(1.0, 0.1)}) for each in rows(*cells)]
    slip = [(trial(99, "p9", None, "After").trial, {STRIDE_TIME: 1.0})]
    for stated in ({"sessions": ["before", "after"]}, {"agreement": ["before", "after"]}):
        how = Statistics.model_validate(
            {"reliability": "2,1", "features": [STRIDE_TIME], "permutations": 99, **stated}
        )
        table = reliability([*values, *slip], how, UNITS)
        assert table.column("n").tolist() == [8]
        assert table.column("sessions").tolist() == [2]


def test_the_report_and_the_dry_run_say_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ["file,subject"]
    for name, subject in (("a", "S04"), ("b", "s04")):
        write_walk(tmp_path / f"{name}.trc", duration_s=2.5, fps=50.0)
        lines.append(f"{name}.trc,{subject}")
    (tmp_path / "table.csv").write_text("\n".join(lines) + "\n")
    study = tmp_path / "study.yaml"
    study.write_text(
        "version: 1\ninputs: {cohort: {table: table.csv, up: y}}\n"
        "segmentation: {kind: bilateral}\nanalysis: {features: true}\n"
        "output: {report: report.json}\n"
    )
    told = "subjects 'S04' and 's04' differ only in upper and lower case: one person?"
    assert main(["study", "run", str(study), "--dry-run"]) == 0
    assert told in capsys.readouterr().err
    report = run_pipeline(load_pipeline(study), workers=1).report
    assert told in report.warnings
    assert report.measures["subjects"].value == 2.0
