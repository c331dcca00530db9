"""``neuropose compare``: what changed beyond error, from reports, recordings and jobs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.study.person.reports import report
from tests.study.rooms import write_walk
from tests.trc_files import write_trc

from neuropose.cli import main
from neuropose.data import JobResults
from neuropose.io import load_report, save_job_results, save_report
from neuropose.testing import simulate_walk, synthetic_predictions, walker_sequence

Captured = pytest.CaptureFixture[str]
DATES = "2026-01-01,2026-03-01,2026-05-01"


@pytest.fixture
def reports(tmp_path: Path) -> list[str]:
    paths = [tmp_path / f"{name}.gait.json" for name in ("may", "june", "july")]
    for path, speed in zip(paths, (1.0, 1.3, 1.4), strict=True):
        save_report(path, report(speed))
    return list(map(str, paths))


def test_the_summary(reports: list[str], capsys: Captured) -> None:
    assert main(["compare", *reports[:2]]) == 0
    said = capsys.readouterr().out
    assert "1 of 1 measures changed beyond error" in said
    assert "walking speed: 1.00 ± 0.01 → 1.30 ± 0.01 m/s, change +0.30 ± 0.02" in said
    assert "no minimal detectable change was given" in said


@pytest.mark.parametrize("suffix", ["html", "pdf", "json"])
def test_files(reports: list[str], tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"change.{suffix}"
    arguments = ["compare", *reports[:2], "-o", str(out), "--dates", "2026-01-01,2026-03-01"]
    assert main(arguments) == 0
    content = out.read_bytes()
    assert main(arguments) == 12
    assert main([*arguments, "--force"]) == 0
    assert out.read_bytes() == content
    if suffix == "json":
        assert load_report(out).parameters["recordings"] == ["2026-01-01", "2026-03-01"]
    if suffix == "html":
        assert b"2026-03-01" in content


def test_a_file_that_is_not_there(reports: list[str], capsys: Captured) -> None:
    assert main(["compare", reports[0], "nosuch.json"]) == 5
    assert "there is no file nosuch.json" in capsys.readouterr().err


def test_the_labs_own_error(reports: list[str], tmp_path: Path, capsys: Captured) -> None:
    retest = tmp_path / "ours.csv"
    retest.write_text("measure,unit,mdc95,source\nwalking_speed,m/s,0.5,our lab\n")
    assert main(["compare", *reports[:2], "--retest", str(retest), "--json"]) == 0
    rows = {row["measure"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["walking_speed"]["verdict"] == "within error"
    assert rows["walking_speed"]["basis"] == "our lab"


STUDY = """\
version: 1
inputs:
  cohort: {table: table.csv, up: y}
segmentation: {kind: bilateral}
analysis:
  measures: [{task: gait}]
  statistics:
    reliability: "2,1"
    features: [stride_time_left_s]
    measures: [gait_cadence, gait_walking_speed]
output: {report: report.json}
"""


def test_a_studys_own_reliability_is_what_a_change_is_held_against(
    tmp_path: Path, capsys: Captured
) -> None:
    """Four people on two days, then two recordings as of one person."""
    lines = ["file,subject,session"]
    for number in range(4):
        for day, cadence in (("first", 96.0 + 3.0 * number), ("second", 97.0 + 2.6 * number)):
            name = f"{number}-{day}.trc"
            write_walk(
                tmp_path / name,
                cadence_steps_min=cadence,
                speed_m_s=cadence / 90.0,
                duration_s=4.0,
                fps=50.0,
            )
            lines.append(f"{name},p{number},{day}")
    (tmp_path / "table.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "study.yaml").write_text(STUDY)
    assert main(["study", "run", str(tmp_path / "study.yaml")]) == 0
    study = tmp_path / "report.json"
    table = load_report(study).tables["reliability"]
    mdc95 = dict(zip(table.column("feature"), table.column("mdc95"), strict=True))
    capsys.readouterr()
    recordings = [str(tmp_path / f"{number}-first.trc") for number in (0, 1)]
    assert main(["compare", *recordings, "--task", "gait", "--retest", str(study), "--json"]) == 0
    rows = {row["measure"]: row for row in json.loads(capsys.readouterr().out)}
    for measure, name in (
        ("cadence", "gait_cadence"),
        ("walking_speed", "gait_walking_speed"),
        ("stride_time_left", "stride_time_left_s"),
    ):
        assert rows[measure]["detectable"] == mdc95[name]
        assert rows[measure]["basis"] == "4 subjects, 2 sessions"
    assert rows["cadence"]["verdict"] == "increase"
    assert rows["cadence_left"]["basis"] != "4 subjects, 2 sessions"
    assert main(["compare", *recordings, "--task", "gait", "--retest", str(study)]) == 0
    assert "of what was not measured" not in capsys.readouterr().out


def test_three_are_a_history(reports: list[str], tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "history.json"
    assert main(["compare", *reports, "--dates", DATES, "-o", str(out)]) == 0
    assert load_report(out).task == "history_of_gait"
    assert "beyond error at some visit: walking speed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["REPORT"], "two recordings or more"),
        (["REPORT", "REPORT", "REPORT"], "--dates"),
        (["REPORT", "REPORT", "--dates", "2026-01-01"], "there are 2 recordings"),
        (["REPORT", "REPORT", "--dates", "2026-03-01,2026-01-01"], "do not ascend"),
        (["REPORT", "REPORT", "--dates", "May,June"], "--dates"),
        (["REPORT", "REPORT", "--group", "patients"], "--retest"),
    ],
)
def test_a_wrong_command_line(
    reports: list[str], capsys: Captured, arguments: list[str], why: str
) -> None:
    given = [reports[0] if each == "REPORT" else each for each in arguments]
    assert main(["compare", *given]) == 2
    assert why in capsys.readouterr().err


def test_the_input_is_never_overwritten(reports: list[str]) -> None:
    content = Path(reports[0]).read_bytes()
    assert main(["compare", *reports[:2], "-o", reports[0], "--force"]) == 12
    assert Path(reports[0]).read_bytes() == content


def test_recordings_and_jobs(tmp_path: Path, reports: list[str], capsys: Captured) -> None:
    walk = tmp_path / "walk.trc"
    sequence = walker_sequence(simulate_walk())
    write_trc(walk, sequence.time_s, sequence.positions_mm, list(sequence.joints))
    job = tmp_path / "out" / "june"
    job.mkdir(parents=True)
    assert main(["compare", str(walk), str(job)]) == 2
    assert "--task" in capsys.readouterr().err
    save_report(job / "video_01.gait.json", report(1.3))
    assert main(["compare", str(walk), str(job), "--task", "gait", "--json"]) == 0
    rows = {row["measure"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["walking_speed"]["second"] == 1.3
    save_report(job / "video_02.gait.json", report(1.4))
    assert main(["compare", str(job), str(walk), "--task", "gait"]) == 2
    assert "2 reports of gait" in capsys.readouterr().err


def test_which_video_of_a_job(tmp_path: Path, reports: list[str], capsys: Captured) -> None:
    each = synthetic_predictions(frame_count=30)
    save_job_results(
        tmp_path / "results.json", JobResults(videos={"video_01": each, "video_02": each})
    )
    assert main(["compare", reports[0], str(tmp_path / "results.json"), "--task", "gait"]) == 2
    err = " ".join(capsys.readouterr().err.split())
    assert "compare a report of one, from neuropose analyze --video" in err


def test_a_report_without_the_corrections_beside_it(
    tmp_path: Path, reports: list[str], capsys: Captured
) -> None:
    job = tmp_path / "anna"
    job.mkdir()
    (job / "video_01.gait.json").write_bytes(Path(reports[1]).read_bytes())
    command = ["compare", reports[0], str(job), "--task", "gait"]
    assert main(command) == 0
    assert "rerun" not in capsys.readouterr().err
    (job / "results.corrected.json").write_text("{}")
    assert main(command) == 0
    assert "neuropose jobs rerun anna" in " ".join(capsys.readouterr().err.split())
