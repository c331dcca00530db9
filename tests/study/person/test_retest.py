"""The lab's own reliability: from a table, or from the report of a cohort."""

from __future__ import annotations

from pathlib import Path

import pytest

from neuropose.analyzer.tasks.registry import TASKS, Task
from neuropose.data import Measure, Report, ReportProvenance, Table
from neuropose.errors import FileFormatError, FileMissingError
from neuropose.io import save_report
from neuropose.study.person import Retest, read_retest
from neuropose.study.person.retest import of_task
from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence

HEAD = "measure,unit,mdc95,source\n"


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "retest.csv"
    path.write_text(text)
    return path


def named(task: str, *names: str) -> Report:
    return Report(
        task=task,
        measures={name: Measure(value=1.0, unit="s", n=1) for name in names},
        provenance=ReportProvenance(neuropose_version="0.1.0"),
    )


def test_a_table(tmp_path: Path) -> None:
    found = read_retest(table(tmp_path, f"{HEAD}walking_speed,m/s,0.1,ours\nstance,%,2,ours\n"))
    assert {name: each.mdc95 for name, each in found.items()} == {"walking_speed": 0.1, "stance": 2}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not a table"),
        ("measure,mdc95\na,1\n", "is not a table"),
        (f"{HEAD}walking_speed,m/s,-1,ours\n", "walking_speed: mdc95"),
        (f"{HEAD}walking_speed,m/s,nan,ours\n", "walking_speed: mdc95"),
        (f"{HEAD}walking_speed,m/s,,ours\n", "walking_speed: mdc95"),
        (f"{HEAD}walking_speed,m/s,1,\n", "walking_speed: source"),
        (f"{HEAD}a,s,1,ours\na,s,2,ours\n", "has a twice"),
        (HEAD, "is not a table"),
    ],
)
def test_what_is_no_such_table(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(FileFormatError, match=why):
        read_retest(table(tmp_path, text))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError):
        read_retest(tmp_path / "none.csv")


def test_the_report_of_a_cohort(tmp_path: Path) -> None:
    columns = {
        "feature": (None, ["walking_speed", "walking_speed", "stance"]),
        "unit": (None, ["m/s", "m/s", "%"]),
        "group": (None, [None, "patients", None]),
        "n": (None, [12, 6, 12]),
        "sessions": (None, [2, 2, 2]),
        "mdc95": (None, [0.1, 0.2, None]),
    }
    report = Report(
        task="pipeline_cohort",
        measures={},
        tables={"reliability": Table.from_columns(columns)},
        provenance=ReportProvenance(neuropose_version="0.1.0"),
    )
    path = tmp_path / "cohort.json"
    save_report(path, report)
    [found] = read_retest(path).values()
    assert (found.measure, found.mdc95, found.source) == (
        *("walking_speed", 0.1),
        "12 subjects, 2 sessions",
    )
    assert read_retest(path, group="patients")["walking_speed"].mdc95 == 0.2
    with pytest.raises(FileFormatError, match="holds no minimal detectable change"):
        read_retest(path, group="controls")
    save_report(path, report.model_copy(update={"tables": {}}))
    with pytest.raises(FileFormatError, match="without reliability"):
        read_retest(path)


def test_a_cohorts_names_are_those_of_the_task_that_is_compared() -> None:
    given = {
        name: Retest(measure=name, unit="s", mdc95=mdc95, source="ours")
        for name, mdc95 in (
            ("stride_time_left_s", 1.0),
            ("stride_time_right_s", 2.0),
            ("gait_stride_time_left", 3.0),
            ("gait_speed", 4.0),
            ("speed", 5.0),
            ("sway_speed", 6.0),
            ("gait_lost", 7.0),
        )
    }
    found = of_task(given, named("gait", "stride_time_left", "speed"), named("gait", "gait_pause"))
    assert {name: (each.measure, each.mdc95) for name, each in found.items()} == {
        "stride_time_left": ("stride_time_left", 3.0),  # the measure, not the feature
        "speed": ("speed", 5.0),
        **{name: (name, given[name].mdc95) for name in ("sway_speed", "gait_lost")},
        "stride_time_right_s": ("stride_time_right_s", 2.0),  # neither report has it
    }
    assert list(of_task(given, named("sway", "sway_speed", "stride_time_left"))) == [
        "sway_speed",
        *(name for name in given if name != "sway_speed"),
    ]


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_every_task_is_known_by_what_studies_call_it(task: Task) -> None:
    walk = walker_sequence(simulate_walk(WalkerParameters(duration_s=2.0)))
    name = next(iter(task.run(walk).measures))
    in_study = f"{task.name.replace('-', '_')}_{name}"
    given = {in_study: Retest(measure=in_study, unit="s", mdc95=1.0, source="ours")}
    assert list(of_task(given, task.run(walk))) == [name]
