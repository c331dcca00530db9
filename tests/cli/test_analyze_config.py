"""``neuropose analyze --config``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.study.rooms import example

from neuropose.cli import main
from neuropose.io import load_report

Capture = pytest.CaptureFixture[str]


def test_writes_the_report_and_says_so(tmp_path: Path, capsys: Capture) -> None:
    path = example("gait.yaml", tmp_path)
    assert main(["analyze", "--config", str(path)]) == 0
    out = capsys.readouterr().out
    assert f"written   {tmp_path / 'gait.json'}" in out
    assert load_report(tmp_path / "gait.json").task == "pipeline"
    assert main(["analyze", "--config", str(path)]) == 12
    assert "already there" in capsys.readouterr().err
    arguments = ["analyze", "--config", str(path), "--force", "--json"]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["failed"] == []


def test_dry_run_reads_no_recording_and_writes_nothing(tmp_path: Path, capsys: Capture) -> None:
    path = example("gait.yaml", tmp_path)
    (tmp_path / "walk.trc").write_text("damaged")
    before = sorted(tmp_path.iterdir())
    assert main(["analyze", "--config", str(path), "--dry-run"]) == 0
    assert "nothing was run" in capsys.readouterr().out
    assert main(["analyze", "--config", str(path), "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["trials"] is None
    assert sorted(tmp_path.iterdir()) == before
    assert main(["analyze", "--config", str(path)]) == 5


def test_set(tmp_path: Path, capsys: Capture) -> None:
    path = example("gait.yaml", tmp_path)
    assert main(["analyze", "--config", str(path), "--set", "analysis.dtw.bad=1"]) == 3
    error = capsys.readouterr().err
    assert "there is no key 'analysis.dtw.bad'" in error
    assert "did you mean analysis.dtw.band?" in error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["walk.json", "--config", "p.yaml"], "with --config"),
        (["--task", "gait", "--config", "p.yaml"], "with --config"),
        (["walk.json"], "--task"),
        (["--task", "gait"], "RESULTS"),
        (["walk.json", "--task", "gait", "--dry-run"], "--dry-run is for --config"),
    ],
)
def test_what_does_not_go_together(arguments: list[str], message: str, capsys: Capture) -> None:
    assert main(["analyze", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_cohort_lists_what_failed_and_is_resumed(tmp_path: Path, capsys: Capture) -> None:
    path = example("cohort.yaml", tmp_path)
    lines = (tmp_path / "cohort.csv").read_text().splitlines()
    (tmp_path / "cohort.csv").write_text("\n".join([*lines[:3], *lines[7:9]]) + "\n")
    (tmp_path / "p1-first.trc").write_text("damaged")
    assert main(["analyze", "--config", str(path)]) == 0
    assert f"failed: {tmp_path / 'p1-first.trc'}: " in capsys.readouterr().err
    assert main(["analyze", "--config", str(path), "--force"]) == 0
    assert "resumed   3 trials of an earlier run" in capsys.readouterr().out


def test_a_classifier_that_could_not_be_trained_is_not_said_to_be_written(
    tmp_path: Path, capsys: Capture
) -> None:
    path = example("classification.yaml", tmp_path)
    quick = ["--set", "analysis.classification.permutations=0", "--force"]
    assert main(["analyze", "--config", str(path), *quick]) == 0
    assert f"written   {tmp_path / 'classifier'}" in capsys.readouterr().out
    for damaged in ("p1-first.trc", "p1-second.trc"):
        (tmp_path / damaged).write_text("damaged")
    assert main(["analyze", "--config", str(path), *quick]) == 0
    out, error = capsys.readouterr()
    assert f"written   {tmp_path / 'classifier'}\n" not in out
    assert f"not written: {tmp_path / 'classifier'}: there is no classifier; what is there" in error
    assert "2 subjects of group 'patients' are too few for 3 folds" in out


def test_a_table_of_which_there_is_nothing_is_not_said_to_be_written(
    tmp_path: Path, capsys: Capture
) -> None:
    path = example("cohort.yaml", tmp_path)
    for recording in tmp_path.glob("*.trc"):
        recording.write_text("damaged")
    features = tmp_path / "cohort-features.csv"
    command = ["analyze", "--config", str(path), "--set", f"output.features={features}", "--force"]
    for older in ("", "; what is there is of an earlier run"):
        assert main(command) == 11
        out, error = capsys.readouterr()
        said = [line.removeprefix("written").strip() for line in out.splitlines()]
        written = [Path(line) for line in said if line.startswith(str(tmp_path))]
        assert all(each.is_file() for each in written)
        assert written
        assert "error: all 12 trials failed" in error
        assert f"not written: {features}: there is no recording with such a table{older}" in error
        assert features.exists() is bool(older)
        features.write_text("of an earlier run")
    assert main([*command, "--json"]) == 11
    assert str(features) not in json.loads(capsys.readouterr().out)["outputs"]


def test_no_input_is_overwritten(tmp_path: Path, capsys: Capture) -> None:
    path = example("cohort.yaml", tmp_path)
    for output in ("c1-first.trc", "cohort.csv", "cohort.yaml"):
        before = (tmp_path / output).read_bytes()
        command = ["analyze", "--config", str(path), "--force", "--set", f"output.trials={output}"]
        assert main(command) == 12
        assert f"{tmp_path / output} is an input" in capsys.readouterr().err
        assert (tmp_path / output).read_bytes() == before


def test_dry_run_tells_recordings_that_are_not_there(tmp_path: Path, capsys: Capture) -> None:
    path = example("cohort.yaml", tmp_path)
    (tmp_path / "c1-first.trc").unlink()
    assert main(["analyze", "--config", str(path), "--dry-run"]) == 0
    assert "1 of 12 recordings are not there" in capsys.readouterr().err


def test_an_interruption_says_what_is_kept(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("neuropose.study.run_pipeline", interrupted)
    assert main(["analyze", "--config", str(example("cohort.yaml", tmp_path))]) == 130
    assert f"kept in {tmp_path / 'cohort.json.work'}" in capsys.readouterr().err


def test_doubts_are_on_the_screen(tmp_path: Path, capsys: Capture) -> None:
    assert main(["analyze", "--config", str(example("cohort.yaml", tmp_path))]) == 0
    out = capsys.readouterr().out
    assert "patients less controls" in out
    assert "  - with 20 labellings no p-value can be below 0.1" in out
    assert "  - all groups together" in out
