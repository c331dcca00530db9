"""``neuropose study``, as a researcher meets it."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from tests.study.rooms import example, write_walk

from neuropose.cli import main
from neuropose.data import JobResults
from neuropose.io import load_report, save_job_results, save_video_predictions
from neuropose.testing import synthetic_predictions

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Four recordings in three files, a copy of one, and what is none."""
    folder = tmp_path / "results"
    (folder / "job_001").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    walk = synthetic_predictions(frame_count=90)
    save_video_predictions(folder / "mueller.poses.json", walk)
    save_video_predictions(folder / "mueller.poses.segmented.json", walk)
    save_video_predictions(folder / ".hidden" / "a.json", walk)
    other = synthetic_predictions(frame_count=100)
    job = JobResults(videos={"video_01": other, "video_02": synthetic_predictions(frame_count=95)})
    save_job_results(folder / "job_001" / "results.json", job)
    write_walk(folder / "walk, first.TRC")
    (folder / "report.json").write_text('{"task": "gait"}')
    (folder / "damaged.json").write_text("{")
    (folder / "notes.txt").write_text("nothing")
    return folder


def rows(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class TestInit:
    def test_what_it_writes_is_valid_as_it_stands(self, results: Path, capsys: Capture) -> None:
        study = results / "study.yaml"
        assert main(["study", "init", str(results), "-o", str(study)]) == 0
        assert "4 recordings, each file a subject of its own" in capsys.readouterr().out
        found = rows(results / "cohort.csv")
        assert [(row["file"], row["video"], row["subject"]) for row in found] == [
            ("job_001/results.json", "video_01", "s01"),
            ("job_001/results.json", "video_02", "s01"),
            ("mueller.poses.json", "", "s02"),
            ("walk, first.TRC", "", "s03"),
        ]
        assert {row["group"] + row["session"] for row in found} == {""}
        assert "mueller" not in study.read_text(encoding="utf-8")
        assert main(["study", "run", str(study), "--dry-run"]) == 0
        captured = capsys.readouterr()
        assert "input     4 recordings" in captured.out
        assert captured.err == ""

    def test_what_it_writes_can_be_run(self, results: Path, capsys: Capture) -> None:
        study = results.parent / "studies" / "first.yaml"
        assert main(["study", "init", str(results), "-o", str(study), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        table = study.with_name("cohort.csv")
        assert told == {"output": str(study), "table": str(table), "recordings": 4}
        assert all(Path(row["file"]).is_absolute() for row in rows(table))
        assert main(["study", "run", str(study), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["failed"] == []
        report = study.with_name("study-report.json")
        subjects = load_report(report).tables["trials"].column("subject")
        assert list(subjects) == ["s01", "s01", "s02", "s03"]
        assert "mueller" not in report.read_text(encoding="utf-8")
        assert "same recording" not in " ".join(load_report(report).warnings)

    def test_every_commented_line_is_valid_too(self, results: Path) -> None:
        """The lines without their marks, a segmentation at a time."""
        study = results / "study.yaml"
        assert main(["study", "init", str(results), "-o", str(study)]) == 0
        text = study.read_text(encoding="utf-8")
        for kind in ("bilateral", "gait_cycles", "repetitions"):
            tried = text.replace("  kind: trial", f"  kind: {kind}")
            if kind == "gait_cycles":
                tried = tried.replace("# side: left", "  side: left")
            if kind == "repetitions":
                tried = tried.replace("# signal: {distance", "  signal: {distance")
            else:
                tried = tried.replace("# measures:", "  measures:")
                tried = tried.replace("#   - task: gait", "    - task: gait")
                tried = tried.replace("# curves:", "  curves:")
            assert tried != text
            study.write_text(tried, encoding="utf-8")
            assert main(["study", "run", str(study), "--dry-run"]) == 0, kind

    def test_what_is_there_stays(self, results: Path, capsys: Capture) -> None:
        study = results / "study.yaml"
        (results / "cohort.csv").write_text("mine")
        command = ["study", "init", str(results), "-o", str(study)]
        assert main(command) == 12
        assert "cohort.csv is already there" in capsys.readouterr().err
        assert not study.exists()
        assert (results / "cohort.csv").read_text() == "mine"
        assert main([*command, "--force"]) == 0
        assert main(command) == 12
        assert main(["study", "init", str(results), "-o", str(results), "--force"]) == 12
        assert main(["study", "init", str(results), "-o", str(results / "cohort.csv")]) == 12

    def test_a_folder_without_recordings(self, tmp_path: Path, capsys: Capture) -> None:
        empty = tmp_path / "empty"
        empty.mkdir()
        assert main(["study", "init", str(empty), "-o", str(tmp_path / "study.yaml")]) == 5
        assert "there is no recording in" in capsys.readouterr().err
        assert main(["study", "init", str(tmp_path / "none"), "-o", str(tmp_path / "a.yaml")]) == 5
        assert not (tmp_path / "study.yaml").exists()


class TestRun:
    def test_it_is_what_analyze_does_with_a_config(self, tmp_path: Path, capsys: Capture) -> None:
        path = example("gait.yaml", tmp_path)
        assert main(["study", "run", str(path)]) == 0
        out = capsys.readouterr().out
        report = (tmp_path / "gait.json").read_bytes()
        assert main(["study", "run", str(path)]) == 12
        capsys.readouterr()
        assert main(["analyze", "--config", str(path), "--force"]) == 0
        assert capsys.readouterr().out == out
        assert (tmp_path / "gait.json").read_bytes() == report

    def test_dry_run_writes_nothing(self, tmp_path: Path, capsys: Capture) -> None:
        path = example("gait.yaml", tmp_path)
        before = sorted(tmp_path.iterdir())
        command = ["study", "run", str(path), "--dry-run", "--set", "preparation.cutoff_hz=8"]
        assert main([*command, "--json"]) == 0
        plan = json.loads(capsys.readouterr().out)
        assert plan["pipeline"]["preparation"]["cutoff_hz"] == 8.0
        assert sorted(tmp_path.iterdir()) == before

    def test_values_are_yaml_and_one_is_a_list(self, tmp_path: Path, capsys: Capture) -> None:
        path = example("gait.yaml", tmp_path)
        command = ["study", "run", str(path), "--dry-run", "--json"]
        sets = ["analysis.dtw.names=knee_flexion", "analysis.curves=knee_flexion,hip_flexion"]
        assert main([*command, *(word for each in sets for word in ("--set", each))]) == 0
        analysis = json.loads(capsys.readouterr().out)["pipeline"]["analysis"]
        assert analysis["dtw"]["names"] == ["knee_flexion"]
        assert analysis["curves"] == ["knee_flexion", "hip_flexion"]

    def test_every_mistake_is_told_in_one_run(self, tmp_path: Path, capsys: Capture) -> None:
        path = example("gait.yaml", tmp_path)
        path.write_text(path.read_text().replace("    band: 0.1", "    bnd: 0.1"))
        command = ["study", "run", str(path), "--set", "preparation.cutoff_hz=fast"]
        assert main([*command, "--set", "preparation.cutof=8"]) == 3
        [error, *_] = capsys.readouterr().err.splitlines()
        assert error.startswith("error: 3 mistakes: ")
        assert "there is no key 'analysis.dtw.bnd' (did you mean band?)" in error
        assert f"{path}, line " in error
        assert "--set preparation.cutoff_hz: 'fast' is not allowed" in error
        assert "(did you mean preparation.cutoff_hz?)" in error

    def test_one_of_two_videos_of_a_job(self, results: Path, capsys: Capture) -> None:
        study = results / "study.yaml"
        assert main(["study", "init", str(results), "-o", str(study)]) == 0
        table = results / "cohort.csv"
        lines = table.read_text(encoding="utf-8").splitlines()
        table.write_text("\n".join([*lines[:3], lines[1]]), encoding="utf-8")
        assert main(["study", "run", str(study), "--dry-run"]) == 5
        assert "results.json is there twice" in capsys.readouterr().err


def test_the_example_of_repetitions_in_both_spellings(tmp_path: Path) -> None:
    path = example("repetitions.yaml", tmp_path)
    older = tmp_path / "older.yaml"
    text = path.read_text(encoding="utf-8")
    said = "  signal:\n    distance: [right_wrist, right_shoulder]\n"
    assert said in text
    older.write_text(
        text.replace(said, "  distance: [right_wrist, right_shoulder]\n"), encoding="utf-8"
    )
    assert main(["study", "run", str(path)]) == 0
    first = (tmp_path / "repetitions.json").read_bytes()
    shutil.move(tmp_path / "repetitions.json", tmp_path / "first.json")
    assert main(["study", "run", str(older), "--force"]) == 0
    assert (tmp_path / "repetitions.json").read_bytes() == first
