"""``neuropose migrate``, and a data directory of the original program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.interfacer.children import Obedient
from tests.io import original_files

from neuropose.cli import main
from neuropose.config import Settings
from neuropose.data import JobState
from neuropose.interfacer import Interfacer, Layout
from neuropose.io import (
    load_job_results,
    load_status,
    load_video_predictions,
    save_video_predictions,
)
from neuropose.testing import synthetic_predictions, write_numbered_video


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    for version in (None, 1, 2):
        content = original_files.predictions(version=version)
        original_files.write(folder / f"walk {version}.json", content)
    job = {"a.mp4": original_files.predictions()}
    original_files.write(folder / "anna" / "results.json", job)
    original_files.write(folder / "status.json", original_files.status(anna="completed"))
    original_files.write(folder / "notes.json", {"colour": "red"})
    save_video_predictions(folder / "new.json", synthetic_predictions(frame_count=5))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_dry_run_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(folder)
    assert main(["migrate", str(folder)]) == 0
    out = capsys.readouterr().out
    assert out.count("would convert") == 5
    assert "5 old files" in out
    assert contents(folder) == before


def test_each_is_converted_and_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(folder)
    assert main(["migrate", str(folder), "--write", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [entry["converted"] for entry in told] == [True] * 5
    after = contents(folder)
    assert after["notes.json"] == before["notes.json"]
    assert after["new.json"] == before["new.json"]
    assert after["anna/results.original.json"] == before["anna/results.json"]
    for name in ("walk 1.json", "walk 2.json"):
        walk = load_video_predictions(folder / name)
        assert set(walk.track_ids.tolist()) == {0, 1}
        assert json.loads(after[name])["skeleton"]["name"] == "berkeley_mhad_43"
    assert load_job_results(folder / "anna" / "results.json").videos["video_01"].people_count == 2
    assert load_status(folder / "status.json").jobs["anna"].state is JobState.COMPLETED
    assert main(["migrate", str(folder), "--write"]) == 0
    assert "0 old files" in capsys.readouterr().out
    assert contents(folder) == after


def test_one_that_is_damaged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damaged = original_files.predictions()
    damaged["frames"]["frame_000003"]["boxes"] = [[1.0]]
    path = original_files.write(folder / "damaged.json", damaged)
    before = path.read_bytes()
    assert main(["migrate", str(folder), "--write"]) == 5
    assert f"failed: {path}" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert not path.with_name("damaged.original.json").exists()


def test_no_folder(tmp_path: Path) -> None:
    assert main(["migrate", str(tmp_path / "nowhere")]) == 5


def test_finished_jobs_of_its_data_directory_are_left_as_they_are(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level("INFO", "neuropose")
    layout = Layout(tmp_path / "jobs")
    layout.make()
    for name in ("a", "b", "c"):
        (layout.inbox / name).mkdir()
        write_numbered_video(layout.inbox / name / "walk.mp4", 5)
        results = {"walk.mp4": original_files.predictions()}
        original_files.write(layout.out / name / "results.json", results)
    states = original_files.status(a="completed", b="completed", c="completed", d="failed")
    original_files.write(layout.status, states)
    (layout.failed / "d").mkdir()
    monkeypatch.setenv("NEUROPOSE_DATA_DIR", str(layout.root))
    assert main(["jobs", "list"]) == 0
    assert capsys.readouterr().out.count("completed") == 3
    before = {name: each for name, each in contents(layout.root).items() if "status" not in name}
    (layout.inbox / "new").mkdir()
    write_numbered_video(layout.inbox / "new" / "walk.mp4", 5)
    settings = Settings(data_dir=layout.root, settle_seconds=0)
    for processed in (1, 0):
        assert Interfacer(settings, Obedient()).run_once() == processed
    after = contents(layout.root)
    assert {name: after.get(name) for name in before if name != ".neuropose.lock"} == {
        name: each for name, each in before.items() if name != ".neuropose.lock"
    }
    jobs = load_status(layout.status).jobs
    assert {name: job.state for name, job in jobs.items()} == {
        **dict.fromkeys(("a", "b", "c", "new"), JobState.COMPLETED),
        "d": JobState.FAILED,
    }
    assert jobs["d"].error == "ValueError: no video"
    assert not (layout.out / "status.damaged.json").exists()
    assert "3 jobs finished by the original NeuroPose are left as they are" in caplog.text
