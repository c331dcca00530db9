"""``neuropose reconstruct`` with several cameras."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.body.known_bodies import known_body
from tests.body.known_views import rig_of, seen

from neuropose.cli import main
from neuropose.data import JobEntry, JobResults, Source, Status
from neuropose.io import (
    load_reconstruction,
    load_report,
    save_job_results,
    save_rig,
    save_status,
    save_video_predictions,
)

Captured = pytest.CaptureFixture[str]
NAMES = ("front", "side")


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    for name, predictions in seen(NAMES, known_body(frames=30)).items():
        save_video_predictions(tmp_path / f"walk_{name}.poses.json", predictions)
    save_rig(tmp_path / "rig.toml", rig_of(NAMES))
    return tmp_path


def test_the_cameras_are_told_by_the_names_of_files(trial: Path, capsys: Captured) -> None:
    files = [str(trial / f"walk_{name}.poses.json") for name in reversed(NAMES)]
    assert main(["reconstruct", *files, "--rig", str(trial / "rig.toml")]) == 0
    found = load_reconstruction(trial / "cameras.reconstruction.npz")
    assert found.cameras == NAMES
    assert found.axes == "lab"
    assert found.shape.height_mm == pytest.approx(1720.0, abs=5.0)
    told = capsys.readouterr().out
    assert "seen by front and side" in told
    assert "mm tall, measured" in told
    assert "subject     seen longest by two cameras or more at once (2 cameras, " in told


def test_methods_and_page_say_how_it_was_filmed(trial: Path, capsys: Captured) -> None:
    files = [str(trial / f"walk_{name}.poses.json") for name in NAMES]
    assert main(["reconstruct", *files, "--rig", str(trial / "rig.toml"), "--synchronous"]) == 0
    found, page = str(trial / "cameras.reconstruction.npz"), trial / "page.html"
    assert main(["report", found, "--task", "rom", "-o", str(page)]) == 0
    assert main(["analyze", found, "--task", "rom", "-o", str(trial / "r.rom.json")]) == 0
    report = load_report(trial / "r.rom.json")
    assert report.assumptions["height"].source is Source.MEASURED
    capsys.readouterr()
    assert main(["methods", str(trial / "r.rom.json"), "-o", str(trial / "methods")]) == 0
    for text in (capsys.readouterr().out, page.read_text()):
        assert "filmed with 2 calibrated cameras at once (calibration: " in text
        assert "Their clocks were stated to be synchronous" in text
        assert "named by the caller" not in text
        assert "second camera" not in text


def test_or_are_said(trial: Path) -> None:
    one, other = trial / "a.json", trial / "b.json"
    (trial / "walk_front.poses.json").rename(one)
    (trial / "walk_side.poses.json").rename(other)
    files = [f"side={other}", f"front={one}"]
    out = trial / "both.reconstruction.npz"
    assert main(["reconstruct", *files, "--rig", str(trial / "rig.toml"), "-o", str(out)]) == 0
    assert load_reconstruction(out).cameras == NAMES


def test_or_are_the_videos_of_a_job_whatever_they_are_numbered(trial: Path) -> None:
    videos = seen(NAMES, known_body(frames=30))
    folder = trial / "out" / "anna"
    folder.mkdir(parents=True)
    ordered = {f"video_{n:02d}": videos[name] for n, name in enumerate(reversed(NAMES), 1)}
    save_job_results(folder / "results.json", JobResults(videos=ordered))
    names = ("1_side.mp4", "2_front.mp4")
    entry = JobEntry(
        state="completed",
        queued_at=datetime.now(UTC),
        videos=names,
        results="out/anna/results.json",
    )
    save_status(trial / "out" / "status.json", Status(jobs={"anna": entry}))
    command = ["reconstruct", str(folder / "results.json"), "--rig", str(trial / "rig.toml")]
    assert main([*command, "--synchronous"]) == 0
    found = load_reconstruction(folder / "cameras.reconstruction.npz")
    assert found.cameras == NAMES
    assert not any("do not fit" in each for each in found.warnings)


def test_or_are_the_videos_of_a_job(trial: Path) -> None:
    videos = seen(NAMES, known_body(frames=30))
    results = trial / "results.json"
    ordered = {f"video_{n:02d}": videos[name] for n, name in enumerate(NAMES, 1)}
    save_job_results(results, JobResults(videos=ordered))
    assert main(["reconstruct", str(results), "--rig", str(trial / "rig.toml")]) == 0
    assert load_reconstruction(trial / "cameras.reconstruction.npz").cameras == NAMES


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (("walk_front.poses.json", "front_2.poses.json"), "both from camera 'front'"),
        (("walk_front.poses.json", "other.poses.json"), "does not say which camera"),
        (("walk_front.poses.json",), "1 view is not several"),
    ],
)
def test_mistakes_are_one_line_each(
    trial: Path, files: tuple[str, ...], said: str, capsys: Captured
) -> None:
    paths = [str(trial / name) for name in files]
    assert main(["reconstruct", *paths, "--rig", str(trial / "rig.toml"), "--json"]) != 0
    error = json.loads(capsys.readouterr().out)["error"]
    assert said in error["message"]


def test_several_recordings_need_a_rig(trial: Path, capsys: Captured) -> None:
    files = [str(trial / f"walk_{name}.poses.json") for name in NAMES]
    assert main(["reconstruct", *files]) == 2
    assert "--rig" in capsys.readouterr().err
