"""The lab's own reliability: from a table, or from the report of a cohort."""

from __future__ import annotations

from pathlib import Path

import pytest

from neuropose.data import Report, ReportProvenance, Table
from neuropose.errors import FileFormatError, FileMissingError
from neuropose.io import save_report
from neuropose.study.person import read_retest

HEAD = "measure,unit,mdc95,source\n"


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "retest.csv"
    path.write_text(text)
    return path


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
